//! Words and names of bringing a person in: escalations, attempts to reach an operator, callback tasks.
//!
//! Rows, the API and the timeline use these spellings.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::types::CallId;
use crate::types::id::InvalidId;
use crate::types::vocabulary::words;

/// A place that a call can go to, as the organization named it: 1 to 64 characters of `a-z 0-9 - _`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(Arc<str>);

impl TargetId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TargetId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 64 || !text.chars().all(legal) {
            return Err(InvalidId("target id"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One attempt to reach an operator: its call, and its number within the call, from 1. Written `<call>-<no>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttemptId {
    pub call: CallId,
    pub no: u32,
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.call, self.no)
    }
}

impl FromStr for AttemptId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (call, no) = text.rsplit_once('-').ok_or(InvalidId("attempt id"))?;
        let canonical = no.bytes().all(|b| b.is_ascii_digit()) && !no.starts_with('0') && no.len() <= 6;
        match (call.parse(), no.parse()) {
            (Ok(call), Ok(no)) if canonical => Ok(Self { call, no }),
            _ => Err(InvalidId("attempt id")),
        }
    }
}

/// The room (conference) of one escalation: its call and the escalation's number, from 1. Written `xfer-<call>-<no>`;
/// the call's id has 74 random bits, so that nobody else's room has this name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RoomId {
    pub call: CallId,
    pub escalation: u32,
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xfer-{}-{}", self.call, self.escalation)
    }
}

words! {
    /// Who placed the call.
    Direction { Inbound = "inbound", Outbound = "outbound" }
}

words! {
    /// Why a person is asked for.
    Cause {
        /// A rule of the safety net heard an emergency or something urgent.
        Safety = "safety",
        /// A rule heard that the caller wants a person.
        CallerAsked = "caller_asked",
        /// The caller pressed 0.
        Key = "key",
        /// The assistant used `escalate_call`.
        Assistant = "assistant",
        /// The assistant is not sure, again and again.
        Uncertainty = "uncertainty",
        /// The two do not understand each other, or go round in circles.
        Misunderstanding = "misunderstanding",
        /// What must be known could not be established.
        Clarification = "clarification",
        Staff = "staff",
        /// The model is gone for good.
        ModelDown = "model_down",
        /// Nothing can be written down, so callers are connected at once.
        RecordsDown = "records_down",
    }
}

words! {
    /// Where an escalation stands. The last seven are final.
    ///
    /// ```text
    /// requested -> dialing -> briefing -> merging -> bridged -> transferred | returned
    ///     |           ^---------'            |
    ///     '---> returned | voicemail | callback | failed | caller_gone | canceled   (from any of them)
    /// ```
    EscalationState {
        Requested = "requested",
        /// An operator's phone is called.
        Dialing = "dialing",
        /// An operator is on the phone and decides.
        Briefing = "briefing",
        /// Accepted: the caller is on the way to the room.
        Merging = "merging",
        /// The two talk.
        Bridged = "bridged",
        /// They talked, and the call ended with it.
        Transferred = "transferred",
        /// The caller is back with the assistant.
        Returned = "returned",
        Voicemail = "voicemail",
        /// Nobody was reached; somebody will call back.
        Callback = "callback",
        /// Nobody was reached, and nothing else could be done.
        Failed = "failed",
        CallerGone = "caller_gone",
        /// Staff called it off.
        Canceled = "canceled",
    }
}

impl EscalationState {
    pub const fn is_final(self) -> bool {
        match self {
            Self::Requested | Self::Dialing | Self::Briefing | Self::Merging | Self::Bridged => false,
            Self::Transferred
            | Self::Returned
            | Self::Voicemail
            | Self::Callback
            | Self::Failed
            | Self::CallerGone
            | Self::Canceled => true,
        }
    }
}

words! {
    /// Where one attempt stands, and how it ended.
    AttemptState {
        /// Written down, not yet asked for.
        Intended = "intended",
        Dialing = "dialing",
        /// Answered; the operator hears the gate or the briefing.
        Briefing = "briefing",
        Accepted = "accepted",
        Bridged = "bridged",
        /// They talked.
        Done = "done",
        Declined = "declined",
        Busy = "busy",
        NoAnswer = "no_answer",
        /// Answered, but no key was pressed, or the phone was put down.
        NoResponse = "no_response",
        /// An answering machine or a fax.
        Machine = "machine",
        /// "I call back in ten minutes."
        CallsBack = "calls_back",
        /// The operator sent the caller to the voicemail.
        ToVoicemail = "to_voicemail",
        Failed = "failed",
        /// Our own rules do not let this number be called, or the carrier does not.
        Refused = "refused",
        CallerGone = "caller_gone",
        /// Given up by staff, by the time limit, or because the call went another way.
        Canceled = "canceled",
        /// A restart found it, and nobody knows what became of it.
        Lost = "lost",
    }
}

impl AttemptState {
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Intended | Self::Dialing | Self::Briefing | Self::Accepted | Self::Bridged)
    }
}

words! {
    /// How an operator is brought in.
    TransferMode {
        /// Briefed first, accepts, then both meet in a room.
        Warm = "warm",
        /// The caller's own leg dials; a key accepts.
        Cold = "cold",
    }
}

words! {
    /// What happens when nobody is reached.
    Fallback { Assistant = "assistant", Voicemail = "voicemail", Callback = "callback" }
}

words! {
    CallbackState { Open = "open", Done = "done" }
}

words! {
    /// Who or what picked up, as the carrier's detection says. Unknown counts as a person.
    AnsweredBy {
        Human = "human",
        Unknown = "unknown",
        /// A machine that is still speaking.
        Machine = "machine",
        /// A machine whose greeting is over: a message can be left now.
        MachineReady = "machine_ready",
        Fax = "fax",
    }
}

#[cfg(test)]
mod tests;
