//! Facts about bringing a person in, as rows, and what the timeline shows of them.
//!
//! The timeline is read by more people than the rows are: it has no summary, no name, and of reasons only the one that
//! a row lost to a more serious one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::session::fact::{
    AttemptFact, AttemptMove, CallbackFact, EscalationFact, EscalationMove, EscalationRaise, VoicemailFact,
};
use crate::store::entry::storable;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EscalationRow {
    pub escalation: u32,
    pub cause: String,
    pub urgency: String,
    pub reason: String,
    pub summary: String,
}

/// Both moves name the state that they leave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EscalationMoveRow {
    pub escalation: u32,
    pub from: String,
    pub to: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EscalationRaiseRow {
    pub escalation: u32,
    pub cause: String,
    pub urgency: String,
    pub reason: String,
    pub reason_before: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AttemptRow {
    pub attempt: u32,
    pub escalation: u32,
    pub target: String,
    pub mode: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AttemptMoveRow {
    pub attempt: u32,
    pub from: String,
    pub to: String,
    pub leg: Option<String>,
    /// Why nothing rang, and the carrier's code; lines of an older spool have neither.
    #[serde(default)]
    pub why: Option<String>,
    #[serde(default)]
    pub code: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CallbackRow {
    pub callback: u32,
    pub escalation: Option<u32>,
    pub urgency: String,
    pub reason: String,
    /// Microseconds since 1970.
    pub due: i64,
    pub assignee: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct VoicemailRow {
    pub voicemail: u32,
    pub escalation: Option<u32>,
    pub recording: String,
    pub duration_secs: u32,
}

impl EscalationRow {
    pub(super) fn detail(&self) -> Value {
        json!({"no": self.escalation, "cause": self.cause, "urgency": self.urgency})
    }
}

impl EscalationMoveRow {
    pub(super) fn detail(&self) -> Value {
        json!({"no": self.escalation, "from": self.from, "to": self.to})
    }
}

impl EscalationRaiseRow {
    pub(super) fn detail(&self) -> Value {
        json!({
            "no": self.escalation,
            "cause": self.cause,
            "urgency": self.urgency,
            "reason_before": self.reason_before,
        })
    }
}

impl AttemptRow {
    pub(super) fn detail(&self) -> Value {
        json!({"no": self.attempt, "escalation": self.escalation, "target": self.target, "mode": self.mode})
    }
}

impl AttemptMoveRow {
    pub(super) fn detail(&self) -> Value {
        let mut detail = json!({"no": self.attempt, "from": self.from, "to": self.to});
        if let Some(why) = &self.why {
            detail["why"] = json!(why);
            detail["code"] = json!(self.code);
        }
        detail
    }
}

impl CallbackRow {
    /// The time as the API writes times; null beyond the year 9999.
    pub(super) fn detail(&self) -> Value {
        let due = Timestamp::from_microsecond(self.due).ok().map(|due| format!("{due:.3}"));
        json!({"no": self.callback, "urgency": self.urgency, "due": due})
    }
}

impl VoicemailRow {
    pub(super) fn detail(&self) -> Value {
        json!({"no": self.voicemail, "duration_secs": self.duration_secs})
    }
}

impl From<&EscalationFact> for EscalationRow {
    fn from(fact: &EscalationFact) -> Self {
        let EscalationFact { no, cause, urgency, reason, summary } = fact;
        Self {
            escalation: *no,
            cause: cause.as_str().to_owned(),
            urgency: urgency.as_str().to_owned(),
            reason: storable(reason).into_owned(),
            summary: storable(summary).into_owned(),
        }
    }
}

impl From<&EscalationMove> for EscalationMoveRow {
    fn from(moved: &EscalationMove) -> Self {
        let EscalationMove { no, from, to } = *moved;
        Self { escalation: no, from: from.as_str().to_owned(), to: to.as_str().to_owned() }
    }
}

impl From<&EscalationRaise> for EscalationRaiseRow {
    fn from(raised: &EscalationRaise) -> Self {
        let EscalationRaise { no, cause, urgency, reason, reason_before } = raised;
        Self {
            escalation: *no,
            cause: cause.as_str().to_owned(),
            urgency: urgency.as_str().to_owned(),
            reason: storable(reason).into_owned(),
            reason_before: storable(reason_before).into_owned(),
        }
    }
}

impl From<&AttemptFact> for AttemptRow {
    fn from(fact: &AttemptFact) -> Self {
        let AttemptFact { no, escalation, target, mode } = fact;
        Self {
            attempt: *no,
            escalation: *escalation,
            target: target.as_str().to_owned(),
            mode: mode.as_str().to_owned(),
        }
    }
}

impl From<&AttemptMove> for AttemptMoveRow {
    fn from(moved: &AttemptMove) -> Self {
        let AttemptMove { no, from, to, leg, fault } = moved;
        Self {
            attempt: *no,
            from: from.as_str().to_owned(),
            to: to.as_str().to_owned(),
            leg: leg.as_ref().map(|leg| leg.as_str().to_owned()),
            why: fault.map(|fault| fault.why.as_str().to_owned()),
            code: fault.and_then(|fault| fault.code),
        }
    }
}

impl From<&CallbackFact> for CallbackRow {
    fn from(fact: &CallbackFact) -> Self {
        let CallbackFact { no, escalation, urgency, reason, due, assignee } = fact;
        Self {
            callback: *no,
            escalation: *escalation,
            urgency: urgency.as_str().to_owned(),
            reason: storable(reason).into_owned(),
            due: due.0,
            assignee: assignee.as_ref().map(|target| target.as_str().to_owned()),
        }
    }
}

impl From<&VoicemailFact> for VoicemailRow {
    fn from(fact: &VoicemailFact) -> Self {
        let VoicemailFact { no, escalation, recording, duration } = fact;
        Self {
            voicemail: *no,
            escalation: *escalation,
            recording: storable(recording).into_owned(),
            duration_secs: u32::try_from(duration.as_secs()).unwrap_or(u32::MAX),
        }
    }
}
