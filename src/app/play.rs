//! Plays one scenario on a stage and judges how it went.
//!
//! What the gateway commits and what happens on the phones are told as they happen; a play is over when the call is,
//! and when no phone rings or talks any more.

mod judge;
mod outbound;
mod phones;

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::app::stage::{Stage, StageOptions};
use crate::assistant::demo_org;
use crate::ports::store::{
    CallDetail, CallbackRow, Directory as _, Entry, History as _, OrgRow, StoreError, Transfers as _,
};
use crate::session::effect::{Event, LineOrigin, Record};
use crate::sim::caller::ScriptedCaller;
use crate::sim::carrier::company::CallReport;
use crate::sim::carrier::{CallPlan, ExchangeReport};
use crate::sim::clips::{Kind, Library};
use crate::sim::model::{ModelKnobs, ModelScript};
use crate::sim::scenario::Scenario;
use crate::sim::server::carrier::CallHandle;
use crate::types::{CallId, LegId, Mono, OrgId, PhoneNumber, Wall};

use phones::Phones;

pub use judge::bridged;
pub use phones::{PhoneEvent, PhoneNews, wall};

/// The number that callers of a scenario dial; fictional.
pub const DIALLED: &str = "+15550100199";

/// Longer than any scenario.
const CALL_WAIT: Duration = Duration::from_secs(240);

/// From the last phone's end to the gateway's, or the other way round.
const END_WAIT: Duration = Duration::from_secs(20);

/// Between looks at the phones.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A call that was played.
pub struct Played {
    pub call: CallId,
    /// What the phone company and its caller (or callee) saw.
    pub report: CallReport,
    /// The same of every other leg.
    pub others: Vec<CallReport>,
    /// Who was connected with whom, and every number dialled.
    pub exchange: ExchangeReport,
    /// What is stored.
    pub detail: CallDetail,
    pub callbacks: Vec<CallbackRow>,
    /// Committed entries in order.
    pub entries: Vec<Entry>,
    /// What happened on the phones.
    pub phones: Vec<PhoneNews>,
    /// The wall clock at the stage's `Mono::ZERO`.
    pub epoch: Wall,
    /// What is not as the scenario says, in sentences. Empty: all is well.
    pub problems: Vec<String>,
}

/// What happens while a scenario is played.
pub enum News<'a> {
    /// The gateway has recorded something, and it is safe on disk.
    Recorded(&'a Entry),
    /// Something happened on a phone.
    Phone(PhoneNews),
    /// Nothing; this is what time it is.
    Now(Wall),
}

/// Options for a stage on which this scenario can be played.
///
/// # Errors
/// The scenario names a clip that is not there.
pub fn options(scenario: &Scenario, data_dir: impl Into<std::path::PathBuf>) -> anyhow::Result<StageOptions> {
    // The caller may come back from a person to a new connection, which goes on with the script.
    let script = ModelScript::scenario(scenario, &Library::builtin())?.shared();
    Ok(StageOptions { knobs: ModelKnobs::scenario(scenario), ..StageOptions::new(data_dir, script) })
}

/// Plays the scenario and reads back what it left. `tell` hears what happens, about in order.
///
/// # Errors
/// The call could not be played to its end; what went wrong in a call that ended is in `Played::problems`.
pub async fn play(stage: &mut Stage, scenario: &Scenario, mut tell: impl FnMut(News<'_>)) -> anyhow::Result<Played> {
    let org = make_org(stage, scenario).await?;
    let mut phones = Phones::new(scenario, stage.clock.epoch());
    phones.fill_book(scenario, &stage.carrier)?;
    let mut problems = Vec::new();
    let begun = begin(stage, scenario, &org, &phones, &mut problems).await?;
    let mut on_phones = Vec::new();
    let (call, entries) = watch(stage, &mut phones, &begun, &mut |news| {
        if let News::Phone(news) = &news {
            on_phones.push(news.clone());
        }
        tell(news);
    })
    .await?;

    let exchange = stage.carrier.report();
    let (report, leg) = match begun {
        Begun::Dialled(handle, _) => {
            let leg = handle.leg.clone();
            (timeout(END_WAIT, handle.report()).await.context("the call does not end")??, leg)
        }
        Begun::Ordered(_) => {
            let leg = exchange.dialled.first().context("nobody was called")?.leg.clone();
            (stage.carrier.take_leg_report(&leg).context("the leg is unknown")?, leg)
        }
    };
    let others = exchange.legs.iter().filter(|other| other.leg != leg);
    let others = others.filter_map(|other| stage.carrier.take_leg_report(&other.leg)).collect();
    let store = stage.gateway.store();
    let detail = patiently(async || store.call(call).await).await?;
    let (callbacks, _) = patiently(async || store.callbacks(Some(&org), None, CALLBACKS_MAX, 0).await).await?;
    let callbacks = callbacks.into_iter().filter(|callback| callback.call == call).collect();
    let epoch = stage.clock.epoch();
    let phones = on_phones;
    let mut played = Played { call, report, others, exchange, detail, callbacks, entries, phones, epoch, problems };
    judge::judge(scenario, &org, &mut played);
    Ok(played)
}

/// A busy machine's database may take longer than anybody else would wait for it.
async fn patiently<T>(mut read: impl AsyncFnMut() -> Result<T, StoreError>) -> anyhow::Result<T> {
    let until = Instant::now() + READ_WAIT;
    loop {
        match read().await {
            Err(StoreError::Unavailable) if Instant::now() < until => sleep(READ_PAUSE).await,
            read => return read.context("the call cannot be read back"),
        }
    }
}

const READ_WAIT: Duration = Duration::from_secs(30);
const READ_PAUSE: Duration = Duration::from_millis(200);

/// More than any scenario leaves.
const CALLBACKS_MAX: u32 = 50;

/// How the call came to be.
enum Begun {
    Dialled(CallHandle, LegId),
    /// Staff asked for it.
    Ordered(CallId),
}

async fn begin(
    stage: &Stage,
    scenario: &Scenario,
    org: &OrgId,
    phones: &Phones,
    problems: &mut Vec<String>,
) -> anyhow::Result<Begun> {
    if let Some((order, _)) = &scenario.outbound {
        return Ok(Begun::Ordered(outbound::order(stage, org, order, problems).await?));
    }
    let library = Library::builtin();
    let clip = |name: &str| library.clip(Kind::Caller, name).map(|clip| clip.audio);
    let caller = ScriptedCaller::new(&scenario.caller, clip)?.noting(phones.caller_diary());
    let mut plan = CallPlan::new(Box::new(stage.tape.of(caller)));
    plan.to = DIALLED.to_owned();
    let handle = stage.place(plan);
    let leg = handle.leg.clone();
    Ok(Begun::Dialled(handle, leg))
}

/// Tells what happens until the call is over and every phone is quiet.
async fn watch(
    stage: &mut Stage,
    phones: &mut Phones,
    begun: &Begun,
    tell: &mut impl FnMut(News<'_>),
) -> anyhow::Result<(CallId, Vec<Entry>)> {
    let (mut call, mut entries, mut is_over) = (None, Vec::new(), false);
    if let Begun::Ordered(ordered) = begun {
        call = Some(*ordered);
    }
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let give_up = stage.clock.mono() + CALL_WAIT;
    let mut alone_since: Option<Mono> = None;
    loop {
        tokio::select! {
            biased;
            entry = stage.committed.recv() => {
                let entry = entry.context("the journal is gone")?;
                if let (Record::Opened(opening), Begun::Dialled(_, leg)) = (&entry.record, begun)
                    && opening.leg.as_ref() == Some(leg)
                {
                    call = Some(entry.call);
                }
                if call == Some(entry.call) {
                    is_over |= matches!(entry.record, Record::Ended(_));
                    tell(News::Recorded(&entry));
                    entries.push(entry);
                }
                continue;
            }
            _ = looks.tick() => {}
        }
        for news in phones.look(&stage.carrier.report()) {
            tell(News::Phone(news));
        }
        tell(News::Now(stage.clock.wall()));
        let (now, at_rest) = (stage.clock.mono(), stage.carrier.is_at_rest() && phones.saw_anybody());
        match (is_over, at_rest, call) {
            (true, true, Some(call)) => return Ok((call, entries)),
            (true, false, _) | (false, true, _) => {
                if now.since(*alone_since.get_or_insert(now)) > END_WAIT {
                    let who = if is_over { "the phones do" } else { "the gateway does" };
                    bail!("{who} not end the call; live: {:?}", stage.carrier.live_legs());
                }
            }
            (true, true, None) | (false, false, _) => alone_since = None,
        }
        if now > give_up {
            bail!("the call does not end");
        }
    }
}

/// The demonstration's organization with the scenario's settings, under a name of its own. Nobody can be rung but whom
/// the scenario names.
async fn make_org(stage: &Stage, scenario: &Scenario) -> anyhow::Result<OrgId> {
    let demo = demo_org();
    let mut config: Value = serde_json::from_str(&demo.config)?;
    let over: Value = serde_json::from_str(&scenario.org).context("the scenario's org")?;
    if let (Some(config), Some(over)) = (config.as_object_mut(), over.as_object()) {
        config.remove("escalation");
        config.extend(over.clone());
    }
    let id = format!("scenario-{}", scenario.name);
    let row = OrgRow { id, config: config.to_string(), escalation_phone: String::new(), ..demo };
    let (id, store) = (row.id.parse::<OrgId>()?, stage.gateway.store());
    store.create_org(&row).await?;
    store.update_org(&row).await?;
    store.assign_number(&DIALLED.parse::<PhoneNumber>()?, &id).await?;
    Ok(id)
}

/// When the call began, which lines count from: a call's id begins with it.
pub fn began(call: CallId) -> Wall {
    let (secs, nanos) = call.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
    Wall(i64::try_from(secs).unwrap_or(0) * 1_000_000 + i64::from(nanos / 1000))
}

/// Times that the caller spoke over the assistant: what was heard and what had been received, in ms.
pub fn barge_ins(entries: &[Entry]) -> impl Iterator<Item = (u32, u32)> {
    entries.iter().filter_map(|entry| match &entry.record {
        Record::Event(Event::BargeIn { heard, received, .. }) => Some((heard.0, received.0)),
        _ => None,
    })
}

/// From the end of the caller's speech to the first sound out, as the gateway measured it, in ms.
pub fn answers(entries: &[Entry]) -> impl Iterator<Item = u32> {
    entries.iter().filter_map(|entry| match &entry.record {
        Record::Event(Event::Answered { latency }) => Some(latency.0),
        _ => None,
    })
}

/// Whether a line is one of the gateway's own sentences.
pub const fn is_local(origin: &LineOrigin) -> bool {
    matches!(origin, LineOrigin::Local(_))
}
