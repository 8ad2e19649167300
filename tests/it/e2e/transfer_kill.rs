//! The gateway, killed at fifty random moments of transfers and started again: nobody is left behind.
//!
//! Callers are served again or their calls are closed, operators' phones end, and every row is final. In one world the
//! phone company's connections wait for the gateway, as behind a proxy; in the other they are refused.

use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use switchboard::ports::store::Directory;
use switchboard::sim::carrier::company::Beat;
use switchboard::sim::carrier::{CallPlan, Keys, Leave, Person, PickUp};
use switchboard::sim::server::carrier::CallHandle;
use switchboard::store::{Store, StoreSettings};
use switchboard::types::{CallId, Mono};
use tokio::time::{Instant, sleep_until, timeout};

use crate::e2e::child::{Gateway, Heard, free_address};
use crate::e2e::doorstep::Doorstep;
use crate::e2e::ground::{Folder, PATIENCE, company_until, eventually};
use crate::e2e::outside::{Outside, is_served, patient_model};
use crate::e2e::stored::{Stored, call_of, people_open};
use crate::e2e::ward::{beats, clinic_row, number_of, silent_plan};

/// Kills in each of the two worlds.
const ROUNDS: u32 = 5;

/// Transfers under way at each kill.
const CALLS: u32 = 5;

/// From the request for a person to the caller's return, about.
const LIFE: Duration = Duration::from_millis(5500);

const KEY: &str = "sk_transfer_kill_0123456789abcdef0123456789abcdef";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_left_behind_when_the_gateway_is_killed_in_the_middle_of_transfers() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    tokio::join!(world("held", true, 0, seed), world("refused", false, 1, seed));
}

/// One gateway, its phone company, and its kills.
struct World {
    name: &'static str,
    outside: Outside,
    url: String,
    client: reqwest::Client,
}

async fn world(name: &'static str, holds: bool, nth: u32, seed: u64) {
    let folder = Folder::new(name);
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    open_clinic(&url).await;
    let gateway = free_address();
    let doorstep = if holds { Some(Doorstep::start(gateway).await) } else { None };
    let door = doorstep.as_ref().map_or(gateway, |doorstep| doorstep.addr);
    let outside = Outside::behind(door, gateway, patient_model()).await;
    for person in operators() {
        outside.carrier.add_person(&number_of(0), person);
    }
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let world = World { name, outside, url, client };
    let mut settings = world.outside.settings(folder.path(), &world.url);
    settings.push(("ADMIN_API_KEY", KEY.to_owned()));

    let (mut rng, mut heard) = (Rng::with_seed(seed + u64::from(nth)), Heard::default());
    let mut gone = Vec::new();
    let open = |is_open| doorstep.iter().for_each(|doorstep| doorstep.set_open(is_open));
    let mut running = Gateway::start(folder.path(), gateway, &settings).await;
    open(true);
    for round in 0..ROUNDS {
        let calls = world.calls(round).await;
        world.transfer(&calls, round * 2 + nth, &mut rng).await;
        open(false);
        running.kill(&mut heard).await;
        let killed_at = world.outside.carrier.now();
        running = Gateway::start(folder.path(), gateway, &settings).await;
        open(true);
        running.meanwhile(&mut heard, world.all_served(&calls, killed_at)).await;
        let live = world.outside.carrier.live_legs();
        gone.extend(
            calls
                .iter()
                .filter(|(call, _)| !live.contains(&call.leg))
                .map(|(call, id)| (id.to_string(), call.leg.clone())),
        );
        calls.iter().for_each(|(call, _)| call.hang_up());
    }
    running.meanwhile(&mut heard, world.all_over()).await;
    running.kill(&mut heard).await;
    assert_eq!(heard.panics, Vec::<String>::new(), "{name}");
    let stored = Stored::read(&world.url).await;
    stored.must_hold(&heard);
    // Behind a proxy nobody loses a call, however slow everything is: who is gone left a message, or heard the end.
    let outcome = |id: &String| stored.outcomes[id].clone().unwrap_or_default();
    let report = world.outside.carrier.report();
    let story = |leg| report.leg(leg).map(|leg| (leg.ended, leg.story.clone()));
    let lost: Vec<_> = gone.iter().filter(|(id, _)| !is_proper(&outcome(id))).collect();
    let told: Vec<_> = lost.iter().map(|(id, leg)| (id, outcome(id), story(leg))).collect();
    assert!(!holds || lost.is_empty(), "{name}: {told:#?}");
}

/// Ends that a caller was told of, or made.
fn is_proper(outcome: &str) -> bool {
    matches!(outcome, "voicemail" | "callback" | "transferred" | "completed")
}

async fn open_clinic(url: &str) {
    let store = Store::open(url, StoreSettings::default()).await.unwrap();
    store.create_org(&clinic_row(1)).await.unwrap();
    store.close().await;
}

/// Who picks up, in this order; the last one goes on doing so.
fn operators() -> impl Iterator<Item = Person> {
    let accepts = || pressing(&["5", "1"]).leaving(Leave::Talking(Duration::from_millis(1500)));
    let others = [pressing(&["5", "2"]), Person::busy(), pressing(&["5", "3"]), Person::never(), pressing(&["5", "5"])];
    others.into_iter().flat_map(move |other| [accepts(), other, accepts()])
}

/// Answers soon, and decides soon.
fn pressing(keys: &[&str]) -> Person {
    let mut person = Person::pressing(keys);
    person.pick_up = PickUp::After(Duration::from_millis(300));
    for Keys { after, .. } in &mut person.habits.keys {
        *after = Duration::from_millis(300);
    }
    person
}

impl World {
    /// Calls whose streams are up.
    async fn calls(&self, round: u32) -> Vec<(CallHandle, CallId)> {
        let from = |call: u32| format!("+1555013{:04}", round * CALLS + call);
        let place = |call| self.outside.carrier.place_call(CallPlan { from: from(call), ..silent_plan() });
        let calls: Vec<_> = (0..CALLS).map(place).collect();
        let about = format!("{}: streams in round {round}", self.name);
        company_until(&about, &self.outside.carrier, |carrier| {
            let report = carrier.report();
            calls.iter().all(|call| beats(&report, &call.leg, |beat| *beat == Beat::Streaming) > 0)
        })
        .await;
        // The answer to a ring waits for the row, but not for ever.
        let mut with_ids = Vec::new();
        for call in calls {
            let id = eventually(async || call_of(&self.url, &call.leg).await.ok_or("a row of every call")).await;
            with_ids.push((call, id));
        }
        with_ids
    }

    /// Asks for people, so that each transfer is at another moment of its life when this returns.
    async fn transfer(&self, calls: &[(CallHandle, CallId)], part: u32, rng: &mut Rng) {
        let parts = ROUNDS * 2;
        let moments: Vec<_> = calls.iter().map(|_| LIFE * part / parts + LIFE.mul_f64(rng.f64()) / parts).collect();
        let kill_at = Instant::now() + LIFE * (part + 1) / parts;
        let asking = calls.iter().zip(&moments).map(async |((_, id), moment)| {
            sleep_until(kill_at - *moment).await;
            let url = format!("http://{}/api/calls/{id}/escalate", self.outside.gateway);
            let request = self.client.post(url).bearer_auth(KEY).json(&json!({ "urgency": "high" }));
            // The answer may be overtaken by the kill.
            let _ = request.send().await;
        });
        let all = futures_util::future::join_all(asking);
        tokio::select! {
            _ = all => sleep_until(kill_at).await,
            () = sleep_until(kill_at) => {}
        }
    }

    /// Each caller talks with somebody again, or is gone.
    async fn all_served(&self, calls: &[(CallHandle, CallId)], since: Mono) {
        let carrier = &self.outside.carrier;
        let legs = || calls.iter().map(|(call, _)| &call.leg);
        let all = carrier.until(|carrier| {
            let report = carrier.report();
            legs().all(|leg| is_served(&report, leg, since))
        });
        if timeout(PATIENCE, all).await.is_err() {
            let report = carrier.report();
            let left = legs().filter(|leg| !is_served(&report, leg, since));
            let stories: Vec<_> = left.map(|leg| (leg, report.leg(leg).map(|leg| &leg.story))).collect();
            panic!("{}: callers wait for nothing: {stories:#?}", self.name);
        }
    }

    /// Nothing is left: no leg, no room, no open row.
    async fn all_over(&self) {
        let carrier = &self.outside.carrier;
        eventually(async || {
            let (legs, rooms) = (carrier.live_legs(), carrier.live_rooms());
            let mut open = Stored::read(&self.url).await.outcomes;
            open.retain(|_, outcome| outcome.is_none());
            let people = people_open(&self.url).await;
            let nothing = legs.is_empty() && rooms.is_empty() && open.is_empty() && people.is_empty();
            nothing.then_some(()).ok_or((self.name, legs, rooms, open, people))
        })
        .await;
        let report = carrier.report();
        assert!(report.dialled.iter().all(|dialled| dialled.number == number_of(0)), "{:?}", report.dialled);
        assert!(report.dialled.len() >= (ROUNDS * CALLS / 2) as usize, "{} dials", report.dialled.len());
    }
}
