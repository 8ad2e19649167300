//! What is worth a remark besides what was said.

use crate::session::effect::{Event, Record};
use crate::types::{AttemptState, EscalationState};

/// The remark, without its brackets.
pub(super) fn note(record: &Record) -> Option<String> {
    match record {
        Record::Event(event) => of_event(event),
        Record::Escalation(fact) => Some(format!("a person is asked for: {}, {}", fact.cause, fact.urgency)),
        Record::EscalationMove(moved) => match moved.to {
            // The attempts say so.
            EscalationState::Requested | EscalationState::Dialing => None,
            to => Some(format!("escalation: {}", words(to.as_str()))),
        },
        Record::EscalationRaised(raised) => {
            Some(format!("it is more serious now: {}, {}", raised.cause, raised.urgency))
        }
        Record::Attempt(fact) => Some(format!("attempt {}: {}, {}", fact.no, fact.target, fact.mode)),
        Record::AttemptMove(moved) => match moved.to {
            // The phones, and the escalation, say so.
            AttemptState::Intended
            | AttemptState::Dialing
            | AttemptState::Briefing
            | AttemptState::Accepted
            | AttemptState::Bridged => None,
            to => Some(format!("attempt {}: {}", moved.no, words(to.as_str()))),
        },
        Record::Callback(fact) => {
            let who = fact.assignee.as_ref().map_or_else(String::new, |who| format!(" for {who}"));
            Some(format!("a callback is noted{who}, {} urgency", fact.urgency))
        }
        Record::Voicemail(fact) => Some(format!("a message of {} s is kept", fact.duration.as_secs())),
        Record::Opened(_)
        | Record::Line(_)
        | Record::Intake(_)
        | Record::Phase(_)
        | Record::Usage(_)
        | Record::Leg(_)
        | Record::Ended(_) => None,
    }
}

fn words(word: &str) -> String {
    word.replace('_', " ")
}

fn of_event(event: &Event) -> Option<String> {
    match event {
        Event::BargeIn { heard, received, .. } => Some(format!(
            "the caller interrupts: {:.1} s of {:.1} s were heard",
            f64::from(heard.0) / 1000.0,
            f64::from(received.0) / 1000.0
        )),
        Event::ToolUsed { name, accepted } => {
            Some(format!("the assistant uses {name}{}", if *accepted { "" } else { ", which is refused" }))
        }
        Event::ModelLost { cause } => Some(format!("the model is lost: {cause}")),
        Event::ModelFault { code } => Some(format!("the model complains: {code}")),
        Event::ResponseFailed { code } => Some(format!("a response of the model fails: {code}")),
        Event::ResponseCut { reason, .. } => Some(format!("a response of the model is cut short: {reason}")),
        Event::ToolCut { name } => Some(format!("the assistant's call of {name} is cut off")),
        Event::NotTranscribed { code } => Some(format!("the caller's words do not come: {code}")),
        Event::SettingRefused { field } => Some(format!("the model refuses {field}, and is set up without it")),
        Event::Committed { .. } => Some("what the caller said so far is made a turn".to_owned()),
        Event::Silence { step } => Some(format!("the caller is silent, step {step}")),
        Event::KeysPressed { count } => Some(format!("{count} keys")),
        Event::TimeWarning => Some("the call nears its longest time".to_owned()),
        Event::PlayoutOverflow { dropped } => Some(format!("{} ms of sound are dropped", dropped.0)),
        Event::StreamDetached { cause: "stopped" } => None,
        Event::StreamDetached { cause } => Some(format!("the media stream ends: {cause}")),
        Event::StreamAttached { resumed: true, .. } => Some("a new media stream takes over".to_owned()),
        Event::Alarm { alarm, rule, .. } => Some(format!("the safety net hears: {alarm} ({rule})")),
        Event::AlarmDoubted { alarm, why, .. } => Some(format!("the safety net doubts what it hears: {alarm} ({why})")),
        Event::PartFailed { part } => Some(format!("a part of the gateway fails: {part}")),
        Event::EscalationJoined { cause, .. } => Some(format!("asked for again: {cause}")),
        Event::RungUnrecorded { attempt } => Some(format!("attempt {attempt} rings before it is written down")),
        Event::CallerDials { fault, .. } => Some(format!("the caller's own leg dials: {}", fault.why)),
        Event::NobodyToRing(why) => Some(format!("nobody is rung: {why}")),
        Event::Moved { to, worked: false } => Some(format!("the caller cannot be moved: {to}")),
        Event::TakenUp => Some("the call is taken up again".to_owned()),
        Event::TakeOver { target: Some(target), .. } => Some(format!("staff want {target} and no other")),
        Event::TakeOver { target: None, .. } => Some("everybody may be rung again".to_owned()),
        Event::CommandIgnored { command, why } => Some(format!("staff's {command} is ignored: {why}")),
        Event::EndCalledOff { by } => Some(format!("the end of the call is called off: {by}")),
        Event::LineKept { again: true } => Some("the line stays open, and the targets are rung once more".to_owned()),
        Event::LineKept { again: false } => Some("the line stays open".to_owned()),
        Event::HandedOn => Some("the caller waits for the next process".to_owned()),
        Event::StaffSaid => Some("staff have the assistant say something".to_owned()),
        Event::OperatorKey { .. }
        | Event::Moved { worked: true, .. }
        | Event::PickedUp { .. }
        | Event::StreamAttached { resumed: false, .. }
        | Event::ModelReady { .. }
        | Event::Answered { .. }
        | Event::LocalSentence { .. }
        | Event::LegStatus { .. } => None,
    }
}
