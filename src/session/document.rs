//! What the carrier should do with a leg: our answer to its questions, and what a redirect leads to.
//!
//! No number, URL or wire word is here: the shell adds the ticket and the permitted number, the adapter writes it.

use std::sync::Arc;
use std::time::Duration;

use crate::types::vocabulary::words;
use crate::types::{TargetId, Urgency};

/// One document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Document {
    HangUp,
    /// Say that we are sorry, then hang up.
    Apologise,
    /// Wait a moment and ask the same again: the answer depends on something that will be known soon.
    AskAgain,
    /// The caller: a media stream of this call (again). What follows is asked at `/twilio/after-stream`.
    Connect,
    /// Join the room of an escalation.
    Room(RoomPlan),
    /// The caller's leg dials the target itself; a key accepts there. Asks `CallerDone` afterwards.
    Cold {
        attempt: u32,
        target: TargetId,
        urgency: Urgency,
        ring: Duration,
        time_limit: Duration,
    },
    /// "Please leave a message": records, then asks `VoicemailDone`.
    Voicemail {
        escalation: u32,
        max: Duration,
    },
    /// To an operator: a neutral sentence (organization, urgency) and "press any key". Asks `OperatorKey` with `step`.
    Gate {
        attempt: u32,
        step: u32,
        urgency: Urgency,
    },
    /// To an operator: the briefing, then the menu of keys. Asks `OperatorKey` with `step`.
    Briefing {
        attempt: u32,
        step: u32,
        text: Arc<str>,
    },
    /// To the operator of a cold transfer: the document ends, and the two legs are joined.
    Proceed,
    /// One sentence, then hang up.
    Goodbye(Goodbye),
    /// To an answering machine: this text, then hang up.
    Message(Arc<str>),
}

/// How a leg joins a room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoomPlan {
    /// The room's name is made of the call and this number.
    pub escalation: u32,
    /// Whose events the room reports to.
    pub attempt: u32,
    pub who: Party,
    /// The conversation does not start with this party alone: it waits, and hears that we are trying.
    pub waits: bool,
    pub time_limit: Duration,
}

words! {
    /// Who is in a room; also the label.
    Party { Caller = "caller", Operator = "operator" }
}

words! {
    /// The last sentence to a leg; to an operator, if nothing else is said.
    Goodbye {
        /// The caller hung up meanwhile.
        CallerGone = "caller_gone",
        /// Declined, or sent to the voicemail.
        Thanks = "thanks",
        /// Will call back.
        CallsBack = "calls_back",
        /// The call went another way (time was up, staff called it off).
        TooLate = "too_late",
        /// The gateway stopped in between; who is still needed is rung again.
        Interrupted = "interrupted",
        /// No key came.
        NoKey = "no_key",
        /// To the caller, without a stream: nobody can take the call.
        NobodyFree = "nobody_free",
        /// To the caller: somebody will call back.
        WillCallBack = "will_call_back",
        /// To the caller, in an emergency: nobody could be reached.
        EmergencyNobody = "emergency_nobody",
    }
}
