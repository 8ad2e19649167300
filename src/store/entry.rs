//! Journal entries as rows: the store's own form, in which they are applied and kept in the spool.
//!
//! The core's types know no format, so everything that outlives the process is spelled out here.

mod event;
mod people;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

pub(crate) use crate::store::entry::event::TAKE_OVER;
pub(crate) use crate::store::entry::people::{
    AttemptMoveRow, AttemptRow, CallbackRow, EscalationMoveRow, EscalationRaiseRow, EscalationRow, VoicemailRow,
};

use crate::ports::store::Entry;
use crate::session::effect::{Consent, Ending, Heard, Intake, Line, LineOrigin, Opening, Record};
use crate::types::Direction;
use crate::types::usage::Usage;

/// One entry. The JSON form is what older releases may have left in a spool: add fields with defaults, remove none.
/// The fields of a record lie beside `call`, `no` and `at`, so no record may have a field of these names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EntryRow {
    pub call: Uuid,
    pub no: u32,
    /// Microseconds since 1970.
    pub at: i64,
    #[serde(flatten)]
    pub record: RecordRow,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum RecordRow {
    Opened {
        org: String,
        leg: Option<String>,
        caller: Option<String>,
        dialled: Option<String>,
        #[serde(default = "inbound")]
        direction: String,
        consent: Option<ConsentRow>,
    },
    Leg {
        leg: String,
    },
    Line {
        seq: u32,
        speaker: String,
        text: String,
        start_ms: u32,
        end_ms: u32,
        heard_ms: Option<u32>,
        total_ms: Option<u32>,
        origin: String,
        /// A JSON object.
        metadata: String,
    },
    Intake {
        /// A JSON object.
        json: String,
        urgency: String,
        completed: bool,
        missing: Vec<String>,
    },
    Phase {
        phase: String,
        escalated: bool,
    },
    Event {
        name: String,
        /// A JSON object.
        detail: String,
    },
    Usage(UsageRow),
    Escalation(EscalationRow),
    EscalationMove(EscalationMoveRow),
    EscalationRaised(EscalationRaiseRow),
    Attempt(AttemptRow),
    AttemptMove(AttemptMoveRow),
    Callback(CallbackRow),
    Voicemail(VoicemailRow),
    Ended {
        outcome: String,
        reason: String,
        status: String,
        escalated: bool,
        /// Since the call began.
        after_ms: u32,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ConsentRow {
    pub basis: String,
    /// Microseconds since 1970.
    pub at: i64,
    pub by: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct UsageRow {
    pub text_in: u64,
    pub text_cached: u64,
    pub audio_in: u64,
    pub audio_cached: u64,
    pub text_out: u64,
    pub audio_out: u64,
    pub transcribed_ms: u64,
}

impl From<&Entry> for EntryRow {
    fn from(entry: &Entry) -> Self {
        let record = match &entry.record {
            Record::Opened(opening) => opened(opening),
            Record::Line(said) => line(said),
            Record::Intake(facts) => intake(facts),
            Record::Phase(phase) => RecordRow::Phase {
                phase: phase.as_str().to_owned(),
                escalated: *phase == crate::types::Phase::Escalation,
            },
            Record::Event(event) => {
                let (name, detail) = event::describe(event);
                RecordRow::Event { name: name.to_owned(), detail: detail.to_string() }
            }
            Record::Usage(used) => RecordRow::Usage(UsageRow::from(*used)),
            Record::Leg(leg) => RecordRow::Leg { leg: leg.as_str().to_owned() },
            Record::Escalation(fact) => RecordRow::Escalation(fact.into()),
            Record::EscalationMove(moved) => RecordRow::EscalationMove(moved.into()),
            Record::EscalationRaised(fact) => RecordRow::EscalationRaised(fact.into()),
            Record::Attempt(fact) => RecordRow::Attempt(fact.into()),
            Record::AttemptMove(moved) => RecordRow::AttemptMove(moved.into()),
            Record::Callback(fact) => RecordRow::Callback(fact.into()),
            Record::Voicemail(fact) => RecordRow::Voicemail(fact.into()),
            Record::Ended(ending) => ended(ending),
        };
        Self { call: entry.call.0, no: entry.no.0, at: entry.at.0, record }
    }
}

impl EntryRow {
    /// What the timeline shows of this entry: a kind and a JSON object. Lines and tokens have tables of their own.
    pub(crate) fn timeline(&self) -> Option<(&str, String)> {
        match &self.record {
            RecordRow::Opened { .. } => Some(("opened", json!({}).to_string())),
            RecordRow::Intake { urgency, completed, missing, .. } => {
                Some(("intake", json!({"urgency": urgency, "completed": completed, "missing": missing}).to_string()))
            }
            RecordRow::Phase { phase, .. } => Some(("phase", json!({"phase": phase}).to_string())),
            RecordRow::Event { name, detail } => Some((name, detail.clone())),
            RecordRow::Leg { .. } => Some(("leg", json!({}).to_string())),
            RecordRow::Escalation(row) => Some(("escalation", row.detail().to_string())),
            RecordRow::EscalationMove(row) => Some(("escalation_state", row.detail().to_string())),
            RecordRow::EscalationRaised(row) => Some(("escalation_raised", row.detail().to_string())),
            RecordRow::Attempt(row) => Some(("attempt", row.detail().to_string())),
            RecordRow::AttemptMove(row) => Some(("attempt_state", row.detail().to_string())),
            RecordRow::Callback(row) => Some(("callback", row.detail().to_string())),
            RecordRow::Voicemail(row) => Some(("voicemail", row.detail().to_string())),
            RecordRow::Ended { outcome, reason, after_ms, .. } => {
                Some(("ended", json!({"outcome": outcome, "reason": reason, "after_ms": after_ms}).to_string()))
            }
            RecordRow::Line { .. } | RecordRow::Usage(_) => None,
        }
    }
}

impl From<&Consent> for ConsentRow {
    fn from(consent: &Consent) -> Self {
        let (basis, by) = (storable(&consent.basis).into_owned(), storable(&consent.by).into_owned());
        Self { basis, at: consent.at.0, by }
    }
}

impl From<Usage> for UsageRow {
    fn from(used: Usage) -> Self {
        let Usage { text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms } = used;
        Self { text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms }
    }
}

impl UsageRow {
    /// Both together.
    pub(crate) const fn plus(&self, other: &Self) -> Self {
        Self {
            text_in: self.text_in.saturating_add(other.text_in),
            text_cached: self.text_cached.saturating_add(other.text_cached),
            audio_in: self.audio_in.saturating_add(other.audio_in),
            audio_cached: self.audio_cached.saturating_add(other.audio_cached),
            text_out: self.text_out.saturating_add(other.text_out),
            audio_out: self.audio_out.saturating_add(other.audio_out),
            transcribed_ms: self.transcribed_ms.saturating_add(other.transcribed_ms),
        }
    }
}

impl From<UsageRow> for Usage {
    fn from(row: UsageRow) -> Self {
        let UsageRow { text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms } = row;
        Self { text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms }
    }
}

fn opened(opening: &Opening) -> RecordRow {
    RecordRow::Opened {
        org: opening.org.as_str().to_owned(),
        leg: opening.leg.as_ref().map(|leg| leg.as_str().to_owned()),
        caller: opening.caller.number().map(|number| number.e164().to_owned()),
        dialled: opening.dialled.as_ref().map(|number| number.e164().to_owned()),
        direction: opening.direction.as_str().to_owned(),
        consent: opening.consent.as_ref().map(ConsentRow::from),
    }
}

/// What an opening meant before there were outbound calls.
fn inbound() -> String {
    Direction::Inbound.as_str().to_owned()
}

fn line(line: &Line) -> RecordRow {
    let (heard_ms, total_ms) = match line.heard {
        Heard::Full => (None, None),
        Heard::Cut { heard, total } => (Some(heard.0), Some(total.0)),
    };
    let (origin, metadata) = match &line.origin {
        LineOrigin::Item(item) => ("speech", json!({"item": storable(item.as_str())})),
        LineOrigin::Local(prompt) => ("local", json!({"prompt": prompt.as_str()})),
        LineOrigin::Keys => ("keys", json!({})),
    };
    RecordRow::Line {
        seq: line.seq,
        speaker: line.speaker.as_str().to_owned(),
        text: bounded(&line.text),
        start_ms: line.start.0,
        end_ms: line.end.0,
        heard_ms,
        total_ms,
        origin: origin.to_owned(),
        metadata: metadata.to_string(),
    }
}

fn intake(intake: &Intake) -> RecordRow {
    RecordRow::Intake {
        json: storable(&intake.data.json).into_owned(),
        urgency: intake.urgency.as_str().to_owned(),
        completed: intake.completed,
        missing: intake.missing.iter().map(|name| storable(name).into_owned()).collect(),
    }
}

fn ended(ending: &Ending) -> RecordRow {
    RecordRow::Ended {
        outcome: ending.outcome.as_str().to_owned(),
        reason: ending.reason.as_str().to_owned(),
        status: ending.outcome.status().as_str().to_owned(),
        escalated: ending.outcome == crate::types::Outcome::Transferred,
        after_ms: ending.at.0,
    }
}

/// Text that both databases take: Postgres knows no NUL character.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// A line as it is kept. Whoever transcribes could send any length; one person cannot say so much without a pause.
fn bounded(text: &str) -> String {
    let text = storable(text);
    match text.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}{LINE_CUT}", &text[..end]),
        None => text.into_owned(),
    }
}

/// Ten minutes of speech.
const LINE_CHARS_MAX: usize = 10_000;

/// Stands where the rest of a longer line was.
const LINE_CUT: &str = " [cut]";

#[cfg(test)]
mod tests;
