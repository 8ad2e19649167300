//! Common faults against four callers: who rings anew, who talks, who talks and is in danger, and who is being put
//! through. What each of them meets is printed as the table of `docs/RELIABILITY.md`, and what must never be is asserted.

mod descriptors;
mod gate;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use switchboard::app::stage::Stage;
use switchboard::ports::door::Door as _;
use switchboard::ports::store::History as _;
use switchboard::sim::carrier::company::Beat;
use switchboard::sim::carrier::{CallPlan, ExchangeReport, Keys, Person, PickUp};
use switchboard::sim::server::carrier::CarrierServer;
use switchboard::types::{LegId, Mono};
use tokio::time::timeout;

use crate::e2e::faults::gate::{Gate, Mode};
use crate::e2e::ground::eventually;
use crate::e2e::outside::talking;
use crate::e2e::ward::{Call, Ward, beats, silent_plan};
use crate::net::ground::{Hosts, Says, Shared};
use crate::support::small_disk::SmallDisk;

/// Soon full, and more than a call's usual records.
const SPOOL_BYTES: u64 = 8 * 1024;

/// Longer than an escalation lasts.
const ENOUGH: Duration = Duration::from_secs(150);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    RestRefused,
    RestDead,
    NamesDead,
    DatabaseLocked,
    DiskFull,
    SpoolFull,
    ModelRefused,
    NothingTranscribed,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::None,
        Self::RestRefused,
        Self::RestDead,
        Self::NamesDead,
        Self::DatabaseLocked,
        Self::DiskFull,
        Self::SpoolFull,
        Self::ModelRefused,
        Self::NothingTranscribed,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::None => "nothing is wrong",
            Self::RestRefused => "REST answers 401",
            Self::RestDead => "REST never answers",
            Self::NamesDead => "no name is resolved",
            Self::DatabaseLocked => "the database is locked",
            Self::DiskFull => "the disk is full",
            Self::SpoolFull => "the database is locked, and the spool is full",
            Self::ModelRefused => "the model refuses the key",
            Self::NothingTranscribed => "no word is transcribed",
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn common_faults_ring_somebody_in_an_emergency_and_part_nobody() {
    let mut rows = Vec::new();
    for fault in Fault::ALL {
        rows.extend(row(fault).await);
    }
    rows.push(descriptors::row().await);
    eprintln!(
        "| fault | new caller | live call | emergency in a live call: first phone | transfer under way | `/readyz` |"
    );
    eprintln!("| --- | --- | --- | --- | --- | --- |");
    rows.iter().for_each(|row| eprintln!("{row}"));
}

/// Somebody who answers soon, and takes the call after so long in the briefing.
fn operator(thinks: Duration) -> Person {
    let mut person = Person::pressing(&["5", "1"]);
    person.pick_up = PickUp::After(Duration::from_millis(300));
    for (Keys { after, .. }, wait) in person.habits.keys.iter_mut().zip([Duration::from_millis(200), thinks]) {
        *after = wait;
    }
    person
}

/// Everything that can be broken, and is not yet.
struct House {
    ward: Ward,
    rest: Gate,
    model: Gate,
    hosts: Arc<Hosts>,
    disk: Option<SmallDisk>,
    url: String,
    lock: Option<SqliteConnection>,
}

impl House {
    /// `None`: a disk of its own cannot be had here, and the fault needs one.
    async fn open(fault: Fault) -> Option<Self> {
        let (rest, model) = (Gate::start().await, Gate::start().await);
        let hosts = Hosts::that_say("localhost", Says::loopback());
        let disk = if fault == Fault::DiskFull { Some(SmallDisk::mount(8)?) } else { None };
        let lookup = Arc::new(Shared(hosts.clone()));
        let (rest_url, model_url) = (rest.url("http", ""), model.url("ws", "/v1/realtime"));
        let mut url = String::new();
        let ward = Ward::open_with("faults", vec![operator(Duration::from_secs(4))], |options| {
            if let Some(disk) = &disk {
                options.data_dir = disk.path().to_owned();
                options.database_url = format!("sqlite://{}", disk.path().join("switchboard.db").display());
            }
            options.lookup = Some(lookup);
            url.clone_from(&options.database_url);
            if fault == Fault::SpoolFull {
                options.spool_bytes_max = Some(SPOOL_BYTES);
            }
            if fault == Fault::NothingTranscribed {
                options.knobs.deaf = Some("transcription_model_error");
            }
            options.settings.push(("TWILIO_API_BASE_URL".into(), rest_url));
            options.settings.push(("OPENAI_REALTIME_URL".into(), model_url));
        });
        // The gates know where to lead only when the stage is there; until then they hold.
        let ward = ward.await;
        let Stage { carrier, model: server, .. } = &ward.stage;
        rest.lead_to(&carrier.rest_base());
        model.lead_to(&server.rest_base());
        Some(Self { ward, rest, model, hosts, disk, url, lock: None })
    }

    /// `calm`: a call that others may be told something in.
    async fn break_down(&mut self, fault: Fault, calm: &Call) {
        match fault {
            // Nothing was ever transcribed.
            Fault::None | Fault::NothingTranscribed => {}
            Fault::RestRefused => self.rest.set(Mode::Refuse),
            Fault::RestDead => self.rest.set(Mode::Swallow),
            Fault::NamesDead => self.hosts.say("localhost", Says::Hangs),
            Fault::DatabaseLocked => self.lock_database().await,
            Fault::SpoolFull => {
                self.lock_database().await;
                eventually(async || {
                    self.ward.command(calm.id, "say", &json!({ "text": "One moment, please. ".repeat(10) })).await;
                    let ready = self.ready().await;
                    if ready["status"] == "full" { Ok(()) } else { Err(ready) }
                })
                .await;
            }
            Fault::DiskFull => self.disk.iter().for_each(SmallDisk::fill),
            Fault::ModelRefused => self.model.set(Mode::RefuseNew),
        }
    }

    async fn lock_database(&mut self) {
        let mut lock = SqliteConnection::connect(&self.url).await.unwrap();
        eventually(async || sqlx::query("begin exclusive").execute(&mut lock).await.map(drop)).await;
        self.lock = Some(lock);
    }

    /// Waits until a caller was told that a key brings a person; how long that took from the call's beginning.
    async fn told_of_key(&self, call: &Call) -> String {
        eventually(async || {
            let detail = self.ward.stage.gateway.store().call(call.id).await.unwrap();
            let prompt = detail
                .events
                .iter()
                .find(|event| event.kind == "local_sentence" && event.detail.contains("press_zero"));
            let told = prompt.map(|event| (event.at.0 - detail.call.started_at.0) as f64 / 1e6);
            told.map(|secs| format!("goes on, and hears of key 0 {secs:.1} s after its beginning"))
                .ok_or(detail.events.len())
        })
        .await
    }

    fn mend(&mut self, fault: Fault) {
        self.rest.set(Mode::Pass);
        self.model.set(Mode::Pass);
        self.hosts.say("localhost", Says::loopback());
        drop(self.lock.take());
        if fault == Fault::DiskFull {
            self.disk.iter().for_each(SmallDisk::empty);
        }
    }

    async fn ready(&self) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/readyz", self.ward.stage.gateway.addr());
        client.get(url).send().await.unwrap().json().await.unwrap()
    }
}

/// The callers of a row, and the phone that rings for one of them.
struct Legs<'a> {
    calm: &'a LegId,
    endangered: &'a LegId,
    moving: &'a LegId,
    newcomer: &'a LegId,
    operator: &'a LegId,
}

/// One row of the table. `None`: it could not be tried here.
async fn row(fault: Fault) -> Option<String> {
    let mut house = House::open(fault).await?;
    // Who is not transcribed has to speak.
    let plan = |number| if fault == Fault::NothingTranscribed { talking(number) } else { silent_plan() };
    let (calm, endangered, moving) =
        (house.ward.ring(plan(1)).await, house.ward.ring(plan(2)).await, house.ward.ring(plan(3)).await);
    house.ward.escalate(&moving).await;
    let operator = house.ward.operator(0).await;
    house.ward.asked(&operator, 2).await;

    house.break_down(fault, &calm).await;
    let broken_at = house.ward.stage.carrier.now();
    // From a number of its own: three calls of one caller are enough.
    let newcomer = house.ward.stage.place(CallPlan { from: "+15550120009".to_owned(), ..silent_plan() });
    let danger = json!({ "urgency": "emergency", "reason": "chest pain" });
    let told = house.ward.command(endangered.id, "escalate", &danger).await;
    assert_eq!(told, 202, "{fault:?}: staff cannot reach a live call");

    let legs = Legs {
        calm: &calm.leg,
        endangered: &endangered.leg,
        moving: &moving.leg,
        newcomer: &newcomer.leg,
        operator: &operator,
    };
    let mut met = what_they_meet(&house.ward.stage.carrier, &format!("{fault:?}"), broken_at, &legs).await;
    assert!(met.transferred || fault != Fault::None, "{fault:?}: the transfer came to nothing");
    if fault == Fault::NothingTranscribed {
        met.live = house.told_of_key(&calm).await;
    }
    let ready = house.ready().await;
    // Addresses are remembered, so dead names hurt nobody at first; the next look, within a minute, finds them.
    let is_told = ready["status"] != "ready" || matches!(fault, Fault::None | Fault::NamesDead);
    assert!(is_told, "{fault:?}: nobody is told");
    house.mend(fault);
    for leg in [&calm.leg, &endangered.leg, &moving.leg, &newcomer.leg] {
        house.ward.stage.carrier.hang_up(leg);
    }
    house.wait_at_rest().await;
    Some(met.row(fault.title(), &ready))
}

/// What a fault means to four callers.
struct Met {
    newcomer: String,
    live: String,
    first_ring: String,
    transfer: String,
    transferred: bool,
}

/// Waits for what becomes of each of them. Nobody may be hung up on, and in an emergency somebody's phone rings.
async fn what_they_meet(carrier: &CarrierServer, fault: &str, broken_at: Mono, legs: &Legs<'_>) -> Met {
    let wait = async |so: &dyn Fn(&ExchangeReport) -> bool| {
        timeout(ENOUGH, carrier.until(|carrier| so(&carrier.report()))).await.is_ok()
    };
    let rung = wait(&|report| rung_after(report, broken_at, legs).is_some()).await;
    let report = carrier.report();
    assert!(rung, "{fault}: nobody's phone rang: {:#?}", report.leg(legs.endangered).map(|leg| &leg.story));
    let (rang_at, how) = rung_after(&report, broken_at, legs).unwrap();
    let first_ring = format!("{:.1} s, {how}", secs(broken_at, rang_at));

    let met = wait(&|report| meeting(report, legs.newcomer).is_some()).await;
    assert!(met, "{fault}: the new caller hears nothing");
    let (at, what) = meeting(&carrier.report(), legs.newcomer).unwrap();
    let newcomer = format!("{what} after {:.1} s", secs(broken_at, at));

    let transferred = wait(&|report| !report.bridged(legs.moving, legs.operator).is_empty()).await;
    let report = carrier.report();
    let transfer = match report.bridged(legs.moving, legs.operator).first() {
        Some(bridge) => format!("connected after {:.1} s", secs(broken_at, bridge.from)),
        None => "not connected".to_owned(),
    };
    for (who, leg) in [("endangered", legs.endangered), ("calm", legs.calm), ("moved", legs.moving)] {
        let story = report.leg(leg).unwrap();
        assert!(story.ended.is_none(), "{fault}: the {who} caller was hung up on: {:#?}", story.story);
    }
    let on_stream = beats(&report, legs.calm, |beat| *beat == Beat::Streaming) > 0;
    let live = if on_stream { "goes on" } else { "is elsewhere" }.to_owned();
    Met { newcomer, live, first_ring, transfer, transferred }
}

impl Met {
    fn row(&self, title: &str, ready: &Value) -> String {
        let causes: Vec<&str> = ready["causes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let says = format!("{} {}", ready["status"].as_str().unwrap(), causes.join(", "));
        let Self { newcomer, live, first_ring, transfer, .. } = self;
        format!("| {title} | {newcomer} | {live} | {first_ring} | {transfer} | {} |", says.trim())
    }
}

impl House {
    async fn wait_at_rest(&self) {
        let board = self.ward.stage.gateway.switchboard();
        eventually(async || if board.live().is_empty() { Ok(()) } else { Err(board.live()) }).await;
    }
}

/// The first phone that was rung after this, and by which way; not the one that a new caller is put through to.
fn rung_after(report: &ExchangeReport, after: Mono, legs: &Legs<'_>) -> Option<(Mono, &'static str)> {
    use switchboard::sim::carrier::exchange::DialledBy;

    let by_newcomer = DialledBy::Number(legs.newcomer.clone());
    let dialled = report.dialled.iter().find(|dialled| dialled.at > after && dialled.by != by_newcomer)?;
    let how = match dialled.by {
        DialledBy::Request => "by request",
        DialledBy::Number(_) => "by the caller's own line",
    };
    Some((dialled.at, how))
}

/// The first thing that somebody who rings anew meets.
fn meeting(report: &ExchangeReport, leg: &LegId) -> Option<(Mono, String)> {
    report.leg(leg)?.story.iter().find_map(|moment| {
        let what = match &moment.beat {
            Beat::Streaming => "the assistant's stream".to_owned(),
            Beat::Dialling(_) => "is put through".to_owned(),
            Beat::Said(text) => format!("hears \"{}\"", text.split('.').next().unwrap_or(text)),
            _ => return None,
        };
        Some((moment.at, what))
    })
}

fn secs(from: Mono, to: Mono) -> f64 {
    to.since(from).as_secs_f64()
}
