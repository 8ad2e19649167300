//! What a summary says about bringing a person in: who was tried, how it ended, and how long it took.

use serde_json::{Value, json};

use crate::app::play::{PhoneEvent, PhoneNews, Played, bridged, wall};
use crate::ports::store::EscalationRow;
use crate::session::effect::Record;
use crate::types::{Speaker, Wall};

/// When a person was asked for, and when a phone was dialled for it.
struct Times {
    /// From the end of the caller's last words before the request.
    from_words_ms: Option<i64>,
    /// From the request.
    from_request_ms: i64,
}

/// One line for each thing: label and text.
pub(super) fn lines(played: &Played) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for escalation in &played.detail.escalations {
        let cause = format!("{}, {}", escalation.cause, escalation.urgency);
        lines.push(("escalation", format!("{} ({cause})", words(escalation.state.as_str()))));
        let tried = escalation.attempts.iter().map(|at| format!("{} {}", at.target, words(at.state.as_str())));
        let tried: Vec<String> = tried.collect();
        if !tried.is_empty() {
            lines.push(("tried", tried.join(", ")));
        }
        if let Some(times) = times(played, escalation) {
            let words = times.from_words_ms.map(|ms| format!("{} after the caller's words, ", seconds(ms)));
            let words = words.unwrap_or_default();
            lines.push(("dialled", format!("{words}{} ms after the request", times.from_request_ms)));
        }
    }
    let talked = bridged(played);
    if !talked.is_zero() {
        lines.push(("talked", format!("{:.1} s with a person", talked.as_secs_f64())));
    }
    for callback in &played.callbacks {
        let who = callback.assignee.as_deref().unwrap_or("nobody yet");
        let minutes = (callback.due.0 - callback.created_at.0) / 60_000_000;
        lines.push(("callback", format!("{} urgency, due in {minutes} minutes, by {who}", callback.urgency)));
    }
    for voicemail in &played.detail.voicemails {
        lines.push(("message", format!("{} s", voicemail.duration_secs)));
    }
    lines
}

/// The same facts, and what happened on the phones.
pub(super) fn as_json(played: &Played) -> Value {
    let escalation = |row: &EscalationRow| {
        let times = times(played, row);
        let attempts: Vec<Value> = row
            .attempts
            .iter()
            .map(|at| json!({ "target": at.target.as_str(), "mode": at.mode.as_str(), "state": at.state.as_str() }))
            .collect();
        json!({
            "state": row.state.as_str(), "cause": row.cause.as_str(), "urgency": row.urgency.as_str(),
            "reason": row.reason, "summary": row.summary, "attempts": attempts,
            "words_to_dial_ms": times.as_ref().and_then(|times| times.from_words_ms),
            "request_to_dial_ms": times.as_ref().map(|times| times.from_request_ms),
        })
    };
    let callbacks: Vec<Value> = played
        .callbacks
        .iter()
        .map(|row| {
            let due_s = (row.due.0 - row.created_at.0) / 1_000_000;
            json!({ "urgency": row.urgency.as_str(), "assignee": row.assignee, "due_in_s": due_s })
        })
        .collect();
    let began = began(played);
    json!({
        "escalations": played.detail.escalations.iter().map(escalation).collect::<Vec<_>>(),
        "talked_ms": bridged(played).as_millis() as u64,
        "callbacks": callbacks,
        "voicemails": played.detail.voicemails.iter().map(|row| row.duration_secs).collect::<Vec<_>>(),
        "phones": played.phones.iter().map(|news| phone(began, news)).collect::<Vec<_>>(),
    })
}

fn phone(began: Wall, news: &PhoneNews) -> Value {
    let (event, text) = match &news.what {
        PhoneEvent::Rings => ("rings", None),
        PhoneEvent::Answers => ("answers", None),
        PhoneEvent::Hears(text) => ("hears", Some(text.clone())),
        PhoneEvent::Presses(key) => ("presses", Some(key.to_string())),
        PhoneEvent::Says(text) => ("says", Some(text.clone())),
        PhoneEvent::Records => ("records", None),
        PhoneEvent::Detected(found) => ("detected", Some((*found).to_owned())),
        PhoneEvent::Connected => ("connected", None),
        PhoneEvent::Parted => ("parted", None),
        PhoneEvent::Ends { status, .. } => ("ends", Some((*status).to_owned())),
    };
    json!({ "at_ms": (news.at.0 - began.0) / 1000, "who": news.who, "event": event, "text": text })
}

fn times(played: &Played, escalation: &EscalationRow) -> Option<Times> {
    let asked = played.entries.iter().find_map(|entry| match &entry.record {
        Record::Escalation(fact) if fact.no == escalation.no => Some(entry.at),
        _ => None,
    })?;
    let dialled = played.exchange.dialled.iter().map(|dialled| wall(played.epoch, dialled.at));
    let dialled = dialled.filter(|at| *at >= asked).min()?;
    let began = began(played);
    let spoken = played.detail.lines.iter().filter(|line| line.speaker == Speaker::Caller);
    let ends = spoken.map(|line| began.0 + i64::from(line.end_ms) * 1000).filter(|end| *end <= asked.0);
    let from_words_ms = ends.max().map(|end| (dialled.0 - end) / 1000);
    Some(Times { from_words_ms, from_request_ms: (dialled.0 - asked.0) / 1000 })
}

fn began(played: &Played) -> Wall {
    played.entries.first().map_or(Wall(0), |entry| entry.at)
}

fn words(word: &str) -> String {
    word.replace('_', " ")
}

fn seconds(ms: i64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}
