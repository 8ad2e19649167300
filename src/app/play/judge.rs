//! Compares what happened with what the scenario says, and with what must always be true.

use std::time::Duration;

use crate::app::play::Played;
use crate::app::play::barge_ins;
use crate::sim::carrier::company::Beat;
use crate::sim::carrier::{LegNo, Violation};
use crate::sim::scenario::Scenario;
use crate::types::{Mono, OrgId};

pub(super) fn judge(scenario: &Scenario, org: &OrgId, played: &mut Played) {
    let mut problems = std::mem::take(&mut played.problems);
    facts(scenario, org, played, &mut problems);
    lines(scenario, played, &mut problems);
    transfers(scenario, played, &mut problems);
    phones(scenario, played, &mut problems);
    played.problems = problems;
}

fn differs(problems: &mut Vec<String>, what: &str, expected: &str, found: &str) {
    if expected != found {
        problems.push(format!("{what} is {found}, not {expected}"));
    }
}

fn facts(scenario: &Scenario, org: &OrgId, played: &Played, problems: &mut Vec<String>) {
    let (expect, detail) = (&scenario.expect, &played.detail);
    differs(problems, "the organization", org.as_str(), detail.call.org.as_str());
    if let Some(outcome) = &expect.outcome {
        differs(problems, "the outcome", outcome, detail.call.outcome.map_or("none", |outcome| outcome.as_str()));
    }
    if let Some(reason) = &expect.reason {
        differs(problems, "the reason", reason, detail.call.reason.map_or("none", |reason| reason.as_str()));
    }
    if let Some(count) = expect.barge_ins {
        let found = barge_ins(&played.entries).count().to_string();
        differs(problems, "the number of barge-ins", &count.to_string(), &found);
    }
    if let Some(completed) = expect.intake_completed {
        let found = detail.intake.as_ref().is_some_and(|intake| intake.completed);
        let word = |completed| if completed { "completed" } else { "open" };
        differs(problems, "the intake", word(completed), word(found));
    }
}

fn lines(scenario: &Scenario, played: &Played, problems: &mut Vec<String>) {
    let (expect, stored) = (&scenario.expect, &played.detail.lines);
    let mut rest = stored.iter();
    for (speaker, part) in &expect.lines {
        if !rest.any(|line| line.speaker.as_str() == speaker && line.text.contains(part.as_str())) {
            problems.push(format!("no line of `{speaker}` says \"{part}\", or not in this order"));
        }
    }
    for (speaker, part) in &expect.once {
        let said = stored.iter().filter(|line| line.speaker.as_str() == speaker && line.text.contains(part.as_str()));
        let count = said.count();
        if count != 1 {
            problems.push(format!("{count} lines of `{speaker}` say \"{part}\", not one"));
        }
    }
    for (index, line) in stored.iter().enumerate() {
        if line.seq as usize != index {
            problems.push(format!("line {index} has the sequence number {}", line.seq));
        }
    }
}

fn transfers(scenario: &Scenario, played: &Played, problems: &mut Vec<String>) {
    let (expect, detail) = (&scenario.expect, &played.detail);
    let states: Vec<&str> = detail.escalations.iter().map(|escalation| escalation.state.as_str()).collect();
    differs(problems, "the escalation", expect.escalation.as_deref().unwrap_or_default(), &states.join(" "));
    if let Some(expected) = &expect.attempts {
        let attempts = detail.escalations.iter().flat_map(|escalation| &escalation.attempts);
        let found: Vec<String> =
            attempts.map(|attempt| format!("{}:{}", attempt.target, attempt.state.as_str())).collect();
        differs(problems, "the list of attempts", expected, &found.join(" "));
    }
    if let Some(least) = expect.bridged {
        let found = bridged(played);
        if found < least {
            problems.push(format!("the two talked for {:.1} s, not {:.1} s", found.as_secs_f64(), least.as_secs_f64()));
        }
    }
    match (&expect.callback, &*played.callbacks) {
        (None, []) => {}
        (Some(assignee), [callback]) => {
            let of = |assignee: &Option<String>| assignee.clone().unwrap_or_else(|| "nobody".to_owned());
            differs(problems, "who calls back", &of(assignee), &of(&callback.assignee));
        }
        (expected, found) => {
            let expected = usize::from(expected.is_some());
            problems.push(format!("there are {} callback tasks, not {expected}", found.len()));
        }
    }
    if expect.voicemail == detail.voicemails.is_empty() {
        problems.push(format!("there are {} messages", detail.voicemails.len()));
    }
}

/// How long the caller and an operator heard each other.
pub fn bridged(played: &Played) -> Duration {
    let bridges = played.exchange.bridges.iter().filter(|bridge| bridge.legs.contains(&played.report.leg));
    bridges.filter_map(|bridge| Some(bridge.to?.since(bridge.from))).sum()
}

/// What those on the phones have to say, and that nobody else was called.
fn phones(scenario: &Scenario, played: &Played, problems: &mut Vec<String>) {
    let exchange = &played.exchange;
    let number = |name: &str| match &scenario.outbound {
        Some((order, _)) if name == "callee" => Some(order.to.clone()),
        _ => scenario.number_of(name),
    };
    let mut said: Vec<(LegNo, usize)> = Vec::new();
    for (name, part) in &scenario.expect.hears {
        let number = number(name);
        let is_it = |to: &str, direction: &str| match (&number, &**name) {
            (_, "caller") => direction == "inbound",
            (Some(number), _) => to == number,
            (None, _) => false,
        };
        let found = exchange.legs.iter().filter(|leg| is_it(&leg.to, leg.direction)).find_map(|leg| {
            let after = said.iter().filter(|(no, _)| *no == leg.no).map(|(_, index)| index + 1).max().unwrap_or(0);
            let rest = leg.story.iter().enumerate().skip(after);
            let says = |beat: &Beat| matches!(beat, Beat::Said(text) if text.contains(part.as_str()));
            rest.into_iter().find(|(_, moment)| says(&moment.beat)).map(|(index, _)| (leg.no, index))
        });
        match found {
            Some(place) => said.push(place),
            None => problems.push(format!("nobody tells the {name} \"{part}\", or not in this order")),
        }
    }
    for dialled in &exchange.dialled {
        let known =
            scenario.operators.iter().any(|role| scenario.number_of(&role.name).as_ref() == Some(&dialled.number));
        if !known && number("callee").as_ref() != Some(&dialled.number) {
            problems.push(format!("{} was dialled", dialled.number));
        }
    }
    if !exchange.machines_bridged().is_empty() {
        problems.push("a machine was connected with somebody".to_owned());
    }
    let began = played.report.dialled_at;
    let of_legs = exchange.legs.iter().flat_map(|leg| &leg.violations);
    problems.extend(of_legs.chain(&exchange.violations).map(|violation| complaint(began, violation)));
    let complaints = played.report.complaints.iter().chain(played.others.iter().flat_map(|other| &other.complaints));
    problems.extend(complaints.map(|complaint| format!("somebody on the phone complains: {complaint}")));
}

fn complaint(began: Mono, violation: &Violation) -> String {
    let at = violation.at.since(began).as_secs_f64();
    format!("the phone company complains at {at:.3} s: {violation:?}")
}
