//! The summary of a played scenario: for people, and as one JSON object.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{intake, latencies, people};
use crate::app::play::{Played, answers, barge_ins};
use crate::session::effect::Record;
use crate::sim::scenario::Scenario;
use crate::types::org::AudioFormat;

pub(super) fn print(
    scenario: &Scenario,
    played: &Played,
    stored: &str,
    colours: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let call = &played.detail.call;
    let word = |word: Option<&'static str>| word.unwrap_or("none");
    let outcome = word(call.outcome.map(|outcome| outcome.as_str()));
    let reason = word(call.reason.map(|reason| reason.as_str()));
    writeln!(out, "\n  outcome    {outcome} ({reason}) after {:.1} s", f64::from(ended_ms(played)) / 1000.0)?;
    writeln!(out, "  turns      {}", turns(played))?;
    writeln!(out, "  barge-ins  {}", interruptions(played))?;
    writeln!(out, "  intake     {}", intake_text(played))?;
    for (label, text) in people::lines(played) {
        writeln!(out, "  {label:<10} {text}")?;
    }
    writeln!(out, "  cost       {:.4} USD, had the model been a real one", call.cost_micro_usd as f64 / 1e6)?;
    writeln!(out, "  stored     {stored}, call {}", played.call)?;
    let (verdict, colour) = if played.problems.is_empty() { ("as expected", "32") } else { ("NOT as expected", "31") };
    let verdict = if colours { format!("\x1b[{colour}m{verdict}\x1b[0m") } else { verdict.to_owned() };
    writeln!(out, "  result     {verdict} ({} checks of {})", checks(scenario), scenario.name)?;
    for problem in &played.problems {
        writeln!(out, "             {problem}")?;
    }
    writeln!(out)
}

pub(super) fn as_json(scenario: &Scenario, format: AudioFormat, played: &Played, stored: &str) -> Value {
    let call = &played.detail.call;
    let lines: Vec<Value> = played
        .detail
        .lines
        .iter()
        .map(|line| {
            json!({
                "seq": line.seq, "speaker": line.speaker.as_str(), "text": line.text,
                "start_ms": line.start_ms, "end_ms": line.end_ms,
                "heard_ms": line.heard_ms, "total_ms": line.total_ms, "origin": line.origin,
            })
        })
        .collect();
    let cuts: Vec<Value> = barge_ins(&played.entries)
        .map(|(heard, received)| json!({ "heard_ms": heard, "received_ms": received }))
        .collect();
    let mut facts = json!({
        "scenario": scenario.name,
        "ok": played.problems.is_empty(),
        "problems": played.problems,
        "call_id": played.call.to_string(),
        "stored": stored,
        "audio_format": format.as_str(),
        "outcome": call.outcome.map(|outcome| outcome.as_str()),
        "reason": call.reason.map(|reason| reason.as_str()),
        "status": call.status.as_str(),
        "duration_ms": ended_ms(played),
        "turns": played.report.talk.turns().len(),
        "latency_ms": latencies(played),
        "gateway_latency_ms": answers(&played.entries).collect::<Vec<_>>(),
        "barge_ins": cuts,
        "intake": intake(played),
        "cost_micro_usd": call.cost_micro_usd,
        "transcript": lines,
    });
    if let (Some(facts), Value::Object(people)) = (facts.as_object_mut(), people::as_json(played)) {
        facts.extend(people);
    }
    facts
}

fn ended_ms(played: &Played) -> u32 {
    let ended = |record: &Record| if let Record::Ended(ending) = record { Some(ending.at.0) } else { None };
    played.entries.iter().find_map(|entry| ended(&entry.record)).unwrap_or(0)
}

fn turns(played: &Played) -> String {
    let (count, mut latencies) = (played.report.talk.turns().len(), latencies(played));
    if latencies.is_empty() {
        return format!("{count} of the caller, none answered");
    }
    let each: Vec<String> = latencies.iter().map(u64::to_string).collect();
    latencies.sort_unstable();
    let median = latencies[latencies.len() / 2];
    format!(
        "{count} of the caller\n  answers    {} ms from the end of speech to the first sound, median {median}",
        each.join(", ")
    )
}

fn interruptions(played: &Played) -> String {
    let cuts: Vec<_> =
        barge_ins(&played.entries).map(|(heard, received)| format!("{heard} of {received} ms heard")).collect();
    if cuts.is_empty() { "none".to_owned() } else { format!("{}: {}", cuts.len(), cuts.join(", ")) }
}

fn intake_text(played: &Played) -> String {
    let Some(intake) = intake(played) else { return "none".to_owned() };
    let fields: Vec<String> = intake["data"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let state = if intake["completed"] == true { "completed" } else { "open" };
    format!("{state}: {}", fields.join("; "))
}

/// How many things the scenario says about its end, with the line's protocol and the caller's plan.
fn checks(scenario: &Scenario) -> usize {
    let expect = &scenario.expect;
    let single = [
        expect.outcome.is_some(),
        expect.reason.is_some(),
        expect.barge_ins.is_some(),
        expect.intake_completed.is_some(),
        expect.escalation.is_some(),
        expect.attempts.is_some(),
        expect.bridged.is_some(),
        expect.callback.is_some(),
        expect.voicemail,
    ];
    let single = single.into_iter().filter(|is_there| *is_there).count();
    single + expect.lines.len() + expect.once.len() + expect.hears.len() + 2
}
