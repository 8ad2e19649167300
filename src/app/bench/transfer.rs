//! How soon a person is rung: from the words of an emergency to the carrier's request, over real sockets.
//!
//! Between the two lie the rules' decision and the intent's commit, with its fsync. The clock of both ends is the
//! load's: the model's when it tells the words, the phone company's when the request has arrived.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use crate::app::SystemClock;
use crate::app::bench::process::{self, Cores, GatewayProcess};
use crate::app::bench::{DIALLED, Place, START_WAIT, prepare, report, settings};
use crate::app::commands::CommandError;
use crate::app::stage::{ACCOUNT, PUBLIC_BASE, TOKEN};
use crate::cli::Exit;
use crate::sim::caller::ScriptedCaller;
use crate::sim::carrier::{CallPlan, Person};
use crate::sim::clips::{Kind, Library};
use crate::sim::model::{FakeModel, ModelKnobs, ModelScript};
use crate::sim::scenario::CallerStep;
use crate::sim::server::carrier::{CarrierConfig, CarrierServer};
use crate::sim::server::model::ModelServer;
use crate::types::org::AudioFormat;

/// Between two looks at the phone company.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Whose phone rings; nobody's number.
const OPERATOR: &str = "+15550107000";

/// What the caller sounds like, and what the model understands.
const SOUND: &str = "caller-thanks";
const WORDS: &str = "Please help me, I have chest pain.";

/// A call from its first ring to the operator's phone, and to the end of both.
const CALL_WAIT: Duration = Duration::from_secs(30);

/// Quiet that ends the caller's turn: short, because it is waited for in every call and not measured.
const TURN_SILENCE: Duration = Duration::from_millis(200);

/// What should not be exceeded.
const GOAL_MS: f64 = 50.0;

/// Measures and prints. Exit code 1 if somebody was not rung.
pub(super) fn bench(
    runtime: &Runtime,
    calls: u32,
    as_json: bool,
    cores: Option<Cores>,
    out: &mut impl Write,
) -> Result<Exit, CommandError> {
    let sorted_us = runtime.block_on(measure(calls, cores))?;
    let ms = |permille| report::at(&sorted_us, permille) / 1000.0;
    let (p50, p99, max) = (ms(500), ms(990), ms(1000));
    if as_json {
        let line = json!({ "transfers": calls, "words_to_ring_ms": { "p50": p50, "p99": p99, "max": max } });
        writeln!(out, "{line}")?;
        return Ok(Exit::Ok);
    }
    writeln!(out, "transfers   p50 ms   p99 ms   max ms\n{calls:9} {p50:8.2} {p99:8.2} {max:8.2}")?;
    writeln!(
        out,
        "\nfrom the final transcript of an emergency, told by the model, to the arrival of the request that rings a \
         person;\n  the rules' decision and the commit of the intent to SQLite (with fsync) lie between. Goal: {GOAL_MS} ms."
    )?;
    Ok(Exit::Ok)
}

/// One call after the other; microseconds, sorted.
async fn measure(calls: u32, cores: Option<Cores>) -> anyhow::Result<Vec<u32>> {
    let clock = SystemClock::start();
    let place = Place::new(clock)?;
    let time = Arc::new(move || clock.mono());
    let knobs = ModelKnobs {
        unix_secs: clock.wall().0 / 1_000_000,
        semantic_silence: TURN_SILENCE,
        transcript_delay: (Duration::ZERO, Duration::ZERO),
        ..ModelKnobs::default()
    };
    let script = ModelScript::turns(Vec::new(), Vec::new(), vec![WORDS.into()]);
    let factory = Arc::new(move |number| FakeModel::new(number, script.clone(), knobs.clone()));
    let model = ModelServer::start(time.clone(), factory, None).await.context("the model's server")?;
    let addr = process::free_port().context("no loopback port is free")?;
    let carrier = CarrierServer::start(CarrierConfig {
        gateway: addr,
        public_base: PUBLIC_BASE.to_owned(),
        account: ACCOUNT.parse()?,
        token: TOKEN.to_owned(),
        clock: time,
        epoch: clock.wall(),
        seed: 1,
    })
    .await?;
    carrier.add_person(OPERATOR, Person::never());

    let mut settings = settings(&place.0, &model, AudioFormat::Pcmu);
    settings.push(("TWILIO_API_BASE_URL".to_owned(), carrier.rest_base()));
    let target = json!({ "id": "desk", "number": OPERATOR });
    let escalation = json!({ "targets": [target], "dials_per_minute_max": 60 });
    let org = json!({ "greeting": "", "disclosure": "", "escalation": escalation });
    prepare(&settings, &org.to_string()).await?;
    let client = reqwest::Client::builder().no_proxy().timeout(START_WAIT).build()?;
    let gateway = GatewayProcess::start(addr, &place.0, &settings, cores, &client).await?;

    for number in 0..calls {
        let played = timeout(CALL_WAIT, one_call(&carrier, number)).await;
        let played = played.context("nobody is rung").flatten();
        played.with_context(|| format!("call {number}; the gateway says:\n{}", gateway.says()))?;
    }
    let rung: Vec<_> = carrier.report().dialled.iter().map(|dialled| dialled.at).collect();
    carrier.stop().await;
    model.stop().await;
    // Calls come one after the other, so both are in their order.
    let told: Vec<_> = model.ledgers().iter().filter_map(|ledger| ledger.transcribed_at.first().copied()).collect();
    ensure!(told.len() == rung.len(), "{} emergencies were told, and {} persons rung", told.len(), rung.len());
    let took = |(told, rung): (_, &crate::types::Mono)| rung.since(told).as_micros() as u32;
    let mut took: Vec<u32> = told.into_iter().zip(&rung).map(took).collect();
    took.sort_unstable();
    Ok(took)
}

/// Rings, speaks, is heard, and hangs up as soon as the operator's phone rings.
async fn one_call(carrier: &CarrierServer, number: u32) -> anyhow::Result<()> {
    let library = Library::builtin();
    let clip = |name: &str| library.clip(Kind::Caller, name).map(|clip| clip.audio);
    let settle = CallerStep::Wait(Duration::from_millis(300));
    let steps = [settle, CallerStep::Say { audio: SOUND.to_owned() }, CallerStep::Wait(CALL_WAIT)];
    let caller = ScriptedCaller::new(&steps, clip)?;
    let from = format!("+1555012{number:04}");
    let handle = carrier.place_call(CallPlan { from, to: DIALLED.to_owned(), ..CallPlan::new(Box::new(caller)) });
    while carrier.report().dialled.len() <= number as usize {
        sleep(LOOK_EVERY).await;
    }
    handle.hang_up();
    while !carrier.is_at_rest() {
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}
