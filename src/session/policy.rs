//! What a call is told at its start: the facts about it, and every limit with its name, unit and default.

use std::sync::Arc;
use std::time::Duration;

use crate::types::org::{IntakeField, SilenceSteps};
use crate::types::{CallId, Caller, LegId, OrgId, PhoneNumber, Prompts};

/// What is known when the phone rings.
#[derive(Clone, Debug)]
pub struct CallFacts {
    pub call: CallId,
    pub org: OrgId,
    pub leg: LegId,
    pub caller: Caller,
    pub dialled: Option<PhoneNumber>,
    /// Empty: none.
    pub disclosure: Arc<str>,
    /// Empty: the caller speaks first.
    pub greeting: Arc<str>,
    pub intake_fields: Arc<[IntakeField]>,
    pub prompts: Prompts,
    /// The carrier's REST interface can be used: hang-up by request, look-ups.
    pub carrier_rest: bool,
}

/// Every limit of a call.
#[derive(Clone, Debug)]
pub struct Policy {
    /// From the webhook's answer to the stream; then the reservation is given up.
    pub stream_wait: Duration,
    /// One attempt to open and greet the model's connection.
    pub model_connect: Duration,
    pub model_connect_tries: u32,
    /// From the stream's start to a ready model; then a local sentence fills the gap.
    pub ready_wait: Duration,
    /// From a ready connection being needed to its configuration being accepted; then the model counts as lost.
    pub configure_wait: Duration,
    /// From the end of the caller's turn to a sign of an answer: "one moment", and one retry.
    pub response_slow: Duration,
    /// The same: the model counts as lost.
    pub response_lost: Duration,
    /// Caller audio kept while the model is not ready; the oldest is dropped.
    pub backlog: Duration,
    /// Assistant audio not yet sent to the carrier; beyond it the response is cancelled and its tail cut.
    pub playout_max: Duration,
    /// Assistant audio outstanding at the carrier.
    pub outstanding_max: Duration,
    /// Distance between marks.
    pub mark_every: Duration,
    /// Longest frame sent to the carrier.
    pub frame_max: Duration,
    /// How long the disclosure is protected from barge-in.
    pub protected_max: Duration,
    /// Speech without an end; then it counts as noise, and silence is counted.
    pub speech_max: Duration,
    pub silence: SilenceSteps,
    pub call_max: Duration,
    /// Before `call_max`.
    pub warn_before: Duration,
    /// After the remaining sound of a farewell.
    pub farewell_grace: Duration,
    /// A farewell that the model does not begin.
    pub farewell_wait: Duration,
    /// After the last key, unless it is `#`.
    pub keys_rest: Duration,
    pub keys_max: usize,
    /// After the stream's end: for the carrier's status or its next request.
    pub detach_wait: Duration,
    pub lookup_tries: u32,
    /// After our hang-up: for the carrier's confirmation.
    pub hangup_wait: Duration,
    /// A caller's transcript that does not come.
    pub transcript_wait: Duration,
    /// Streams that a call may lose and get back.
    pub resumes_max: u32,
    /// Model responses that fail in a row before the model counts as lost.
    pub failures_max: u32,
    /// Tool calls in one response that are acted on; more are refused.
    pub tools_per_response_max: u32,
    /// A bug on demand.
    #[cfg(feature = "plant")]
    pub plant: Option<crate::session::plant::Plant>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            stream_wait: Duration::from_secs(60),
            model_connect: Duration::from_secs(2),
            model_connect_tries: 2,
            ready_wait: Duration::from_millis(1500),
            configure_wait: Duration::from_secs(4),
            response_slow: Duration::from_secs(4),
            response_lost: Duration::from_secs(10),
            backlog: Duration::from_secs(5),
            playout_max: Duration::from_secs(120),
            outstanding_max: Duration::from_secs(2),
            mark_every: Duration::from_millis(100),
            frame_max: Duration::from_millis(100),
            protected_max: Duration::from_secs(7),
            speech_max: Duration::from_secs(40),
            silence: SilenceSteps {
                ask: Duration::from_secs(6),
                again: Duration::from_secs(8),
                end: Duration::from_secs(10),
            },
            call_max: Duration::from_secs(1200),
            warn_before: Duration::from_secs(60),
            farewell_grace: Duration::from_secs(2),
            farewell_wait: Duration::from_secs(3),
            keys_rest: Duration::from_secs(2),
            keys_max: 32,
            detach_wait: Duration::from_secs(5),
            lookup_tries: 3,
            hangup_wait: Duration::from_secs(10),
            transcript_wait: Duration::from_secs(3),
            resumes_max: 3,
            failures_max: 3,
            tools_per_response_max: 8,
            #[cfg(feature = "plant")]
            plant: None,
        }
    }
}
