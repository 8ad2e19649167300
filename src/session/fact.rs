//! Durable facts about bringing a person in: escalations, attempts, callback tasks, voicemails.
//!
//! Each is a row that is changed by compare-and-set: a change names the state that it leaves.

use std::time::Duration;

use crate::types::{AttemptState, Cause, DialFault, EscalationState, LegId, TargetId, TransferMode, Urgency, Wall};

/// A person was asked for. Its state is `requested`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EscalationFact {
    /// Within the call, from 1.
    pub no: u32,
    pub cause: Cause,
    pub urgency: Urgency,
    /// One line for staff: the assistant's reason, staff's reason, or the name of the rule.
    pub reason: String,
    /// What the assistant says it is about; may be empty.
    pub summary: String,
}

/// An escalation moves on; nothing changes if it is not in `from`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EscalationMove {
    pub no: u32,
    pub from: EscalationState,
    pub to: EscalationState,
}

/// Something more serious joined an escalation: from now on the row says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EscalationRaise {
    pub no: u32,
    pub cause: Cause,
    /// More urgent than what the row says.
    pub urgency: Urgency,
    pub reason: String,
    /// What the row says before; the timeline keeps it.
    pub reason_before: String,
}

/// The intent to ring a target: committed before the carrier is asked. Its state is `intended`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptFact {
    /// Within the call, from 1.
    pub no: u32,
    pub escalation: u32,
    pub target: TargetId,
    pub mode: TransferMode,
}

/// An attempt moves on; nothing changes if it is not in `from`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptMove {
    pub no: u32,
    pub from: AttemptState,
    pub to: AttemptState,
    /// The operator's leg, once it is known.
    pub leg: Option<LegId>,
    /// Why nothing rang.
    pub fault: Option<DialFault>,
}

/// Somebody has to call the caller back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallbackFact {
    /// Within the call, from 1.
    pub no: u32,
    pub escalation: Option<u32>,
    pub urgency: Urgency,
    pub reason: String,
    /// In business hours; for an emergency at once.
    pub due: Wall,
    /// The operator who promised it.
    pub assignee: Option<TargetId>,
}

/// The caller left a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoicemailFact {
    /// Within the call, from 1.
    pub no: u32,
    pub escalation: Option<u32>,
    /// The carrier's name of the recording; empty: none was made.
    pub recording: String,
    pub duration: Duration,
}
