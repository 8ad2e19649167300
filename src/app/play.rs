//! Plays one scenario on a stage and judges how it went.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::time::timeout;

use crate::app::stage::{Stage, StageOptions};
use crate::assistant::demo_org;
use crate::ports::store::{CallDetail, Directory as _, Entry, History as _, OrgRow};
use crate::session::effect::{Event, LineOrigin, Record};
use crate::sim::caller::ScriptedCaller;
use crate::sim::carrier::CallPlan;
use crate::sim::carrier::company::CallReport;
use crate::sim::clips::{Kind, Library};
use crate::sim::model::{ModelKnobs, ModelScript};
use crate::sim::scenario::Scenario;
use crate::types::{CallId, OrgId, PhoneNumber};

/// The number that callers of a scenario dial; fictional.
const DIALLED: &str = "+15550100199";

/// Longer than any scenario.
const CALL_WAIT: Duration = Duration::from_secs(240);

/// From the phone company's end of the call to the gateway's.
const END_WAIT: Duration = Duration::from_secs(20);

/// A call that was played.
pub struct Played {
    pub call: CallId,
    /// What the phone company and its caller saw.
    pub report: CallReport,
    /// What is stored.
    pub detail: CallDetail,
    /// Committed entries in order.
    pub entries: Vec<Entry>,
    /// What is not as the scenario says, in sentences. Empty: all is well.
    pub problems: Vec<String>,
}

/// Options for a stage on which this scenario can be played.
///
/// # Errors
/// The scenario names a clip that is not there.
pub fn options(scenario: &Scenario, data_dir: impl Into<std::path::PathBuf>) -> anyhow::Result<StageOptions> {
    let script = ModelScript::scenario(scenario, &Library::builtin())?;
    Ok(StageOptions { knobs: ModelKnobs::scenario(scenario), ..StageOptions::new(data_dir, script) })
}

/// Plays the scenario and reads back what it left. `tell` hears each entry when it is committed.
///
/// # Errors
/// The call could not be played to its end; what went wrong in a call that ended is in `Played::problems`.
pub async fn play(stage: &mut Stage, scenario: &Scenario, mut tell: impl FnMut(&Entry)) -> anyhow::Result<Played> {
    let org = make_org(stage, scenario).await?;
    let library = Library::builtin();
    let clip = |name: &str| library.clip(Kind::Caller, name).map(|clip| clip.audio);
    let mut plan = CallPlan::new(Box::new(ScriptedCaller::new(&scenario.caller, clip)?));
    plan.to = DIALLED.to_owned();

    let handle = stage.place(plan);
    let leg = handle.leg.clone();
    let report = timeout(CALL_WAIT, handle.report());
    tokio::pin!(report);
    let (mut call, mut entries, mut reported, mut is_over) = (None, Vec::new(), None, false);
    while reported.is_none() || !is_over {
        let entry = tokio::select! {
            entry = stage.committed.recv() => entry.context("the journal is gone")?,
            ended = &mut report, if reported.is_none() => {
                reported = Some(ended.context("the call does not end")??);
                continue;
            }
            () = tokio::time::sleep(END_WAIT), if reported.is_some() => bail!("the gateway does not end the call"),
        };
        if let Record::Opened(opening) = &entry.record
            && opening.leg.as_ref() == Some(&leg)
        {
            call = Some(entry.call);
        }
        if call == Some(entry.call) {
            is_over = matches!(entry.record, Record::Ended(_));
            tell(&entry);
            entries.push(entry);
        }
    }
    let (Some(call), Some(report)) = (call, reported) else { bail!("no call was taken") };
    let detail = stage.gateway.store().call(call).await.context("the call cannot be read back")?;
    let problems = judge(scenario, &org, &report, &detail, &entries);
    Ok(Played { call, report, detail, entries, problems })
}

/// The demonstration's organization with the scenario's settings, under a name of its own.
async fn make_org(stage: &Stage, scenario: &Scenario) -> anyhow::Result<OrgId> {
    let demo = demo_org();
    let mut config: Value = serde_json::from_str(&demo.config)?;
    let over: Value = serde_json::from_str(&scenario.org).context("the scenario's org")?;
    if let (Some(config), Some(over)) = (config.as_object_mut(), over.as_object()) {
        config.extend(over.clone());
    }
    let row = OrgRow { id: format!("scenario-{}", scenario.name), config: config.to_string(), ..demo };
    let (id, store) = (row.id.parse::<OrgId>()?, stage.gateway.store());
    store.create_org(&row).await?;
    store.update_org(&row).await?;
    store.assign_number(&DIALLED.parse::<PhoneNumber>()?, &id).await?;
    Ok(id)
}

fn judge(scenario: &Scenario, org: &OrgId, report: &CallReport, detail: &CallDetail, entries: &[Entry]) -> Vec<String> {
    let mut problems = Vec::new();
    let expect = &scenario.expect;
    let mut differs = |what: &str, expected: &str, found: &str| {
        if expected != found {
            problems.push(format!("{what} is {found}, not {expected}"));
        }
    };
    differs("the organization", org.as_str(), detail.call.org.as_str());
    if let Some(outcome) = &expect.outcome {
        differs("the outcome", outcome, detail.call.outcome.map_or("none", |outcome| outcome.as_str()));
    }
    if let Some(reason) = &expect.reason {
        differs("the reason", reason, detail.call.reason.map_or("none", |reason| reason.as_str()));
    }
    if let Some(count) = expect.barge_ins {
        differs("the number of barge-ins", &count.to_string(), &barge_ins(entries).count().to_string());
    }
    if let Some(completed) = expect.intake_completed {
        let found = detail.intake.as_ref().is_some_and(|intake| intake.completed);
        let word = |completed| if completed { "completed" } else { "open" };
        differs("the intake", word(completed), word(found));
    }
    let mut lines = detail.lines.iter();
    for (speaker, part) in &expect.lines {
        if !lines.any(|line| line.speaker.as_str() == speaker && line.text.contains(part.as_str())) {
            problems.push(format!("no line of `{speaker}` says \"{part}\", or not in this order"));
        }
    }
    for (index, line) in detail.lines.iter().enumerate() {
        if line.seq as usize != index {
            problems.push(format!("line {index} has the sequence number {}", line.seq));
        }
    }
    problems.extend(report.violations.iter().map(|violation| {
        format!(
            "the phone company complains at {:.3} s: {violation:?}",
            violation.at.since(report.dialled_at).as_secs_f64()
        )
    }));
    problems.extend(report.complaints.iter().map(|complaint| format!("the caller complains: {complaint}")));
    problems
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
