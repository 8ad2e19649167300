//! What a call is told at its start: the facts about it, and every limit with its name, unit and default.

use std::sync::Arc;
use std::time::Duration;

use crate::safety::{Extensions, Language, Rules};
use crate::session::effect::Consent;
use crate::session::fact::{AttemptFact, EscalationFact};
use crate::session::input::IntakeData;
use crate::types::org::{IntakeField, SilenceSteps};
use crate::types::{
    AttemptState, CallId, Caller, Direction, EscalationState, Fallback, LegId, Mulaw, OpenHours, OrgId, Phase,
    PhoneNumber, Prompts, Speaker, TargetId, Wall,
};

/// What is known when the phone rings.
#[derive(Clone, Debug)]
pub struct CallFacts {
    pub call: CallId,
    pub org: OrgId,
    /// `None`: an outbound call, until its leg is known.
    pub leg: Option<LegId>,
    /// The outside party: who phones, or who is phoned.
    pub caller: Caller,
    /// Our number.
    pub dialled: Option<PhoneNumber>,
    pub direction: Direction,
    pub consent: Option<Consent>,
    /// Of what operators are told in a call of ours; callers and assistants speak any.
    pub language: Language,
    /// Empty: none.
    pub disclosure: Arc<str>,
    /// Empty: the caller speaks first.
    pub greeting: Arc<str>,
    pub intake_fields: Arc<[IntakeField]>,
    pub prompts: Prompts,
    /// The carrier's REST interface can be used: hang-up by request, look-ups, dialling.
    pub carrier_rest: bool,
    /// Nothing can be written down: the caller's leg dials the targets at once, and no conversation is begun.
    pub direct: bool,
    /// The hold sound: one round of it.
    pub hold: Mulaw,
    pub people: People,
    /// What the safety net listens for.
    pub rules: Arc<Rules>,
    /// Left to an answering machine after its beep; empty: hang up.
    pub machine_message: Arc<str>,
    /// When what the model knows of the date and the hours is no longer true, earliest first.
    pub moments: Arc<[Moment]>,
}

/// Something that changes by itself in the course of a call, and what the model is told then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    pub at: Wall,
    pub text: Box<str>,
}

impl CallFacts {
    /// A call that comes in, at an organization without anything: nothing is said first, and nobody can be brought in.
    pub fn inbound(call: CallId, org: OrgId, leg: LegId, prompts: Prompts) -> Self {
        Self {
            call,
            org,
            leg: Some(leg),
            caller: Caller::Withheld,
            dialled: None,
            direction: Direction::Inbound,
            consent: None,
            language: Language::English,
            disclosure: "".into(),
            greeting: "".into(),
            intake_fields: Arc::default(),
            prompts,
            carrier_rest: false,
            direct: false,
            hold: Mulaw::default(),
            people: People::nobody(),
            rules: Arc::new(Rules::new(Language::English, &Extensions::default())),
            machine_message: "".into(),
            moments: Arc::default(),
        }
    }
}

/// Who can be brought in, and what happens when nobody can.
#[derive(Clone, Debug)]
pub struct People {
    /// In the order in which they are tried.
    pub targets: Arc<[Reachable]>,
    /// Business hours, for callbacks.
    pub hours: OpenHours,
    pub fallback: Fallback,
    pub after_hours: Fallback,
    /// Said at once in an emergency, in the assistant's voice; empty: the pre-rendered sentence.
    pub emergency_sentence: Arc<str>,
    /// Business time from the call to a callback.
    pub callback_due: Duration,
}

impl People {
    /// Nobody can be brought in.
    pub fn nobody() -> Self {
        Self {
            targets: Arc::default(),
            hours: OpenHours::Always,
            fallback: Fallback::Callback,
            after_hours: Fallback::Callback,
            emergency_sentence: "".into(),
            callback_due: Duration::from_secs(7200),
        }
    }
}

/// A target as the core knows it: no number.
#[derive(Clone, Debug)]
pub struct Reachable {
    pub id: TargetId,
    pub name: Arc<str>,
    pub ring: Duration,
    pub hours: OpenHours,
}

/// What an earlier process wrote down of a call that is still going on: enough to take it up again.
#[derive(Clone, Debug)]
pub struct Past {
    pub next_record: u32,
    pub next_line: u32,
    pub phase: Phase,
    /// The last lines, oldest first, as they were heard.
    pub lines: Vec<(Speaker, String)>,
    pub intake: Option<IntakeData>,
    /// Escalations, attempts, callbacks and voicemails so far.
    pub escalations: u32,
    pub attempts: u32,
    pub callbacks: u32,
    pub voicemails: u32,
    /// The caller was sent to the voicemail, and no message is on disk.
    pub leaving_message: bool,
    /// Staff have the task to call back at once.
    pub urgent_callback: bool,
    /// An emergency that was interrupted before, and has come to nothing yet.
    pub unserved: Option<EscalationFact>,
    /// Attempts that are finished, of every escalation: a leg of theirs may still be there.
    pub earlier: Vec<PastAttempt>,
    /// The one that was not finished.
    pub open: Option<PastEscalation>,
}

impl Past {
    /// Every attempt that is known: those that go on, and those that are finished.
    pub fn attempts(&self) -> impl Iterator<Item = &PastAttempt> {
        self.open.iter().flat_map(|open| &open.attempts).chain(&self.earlier)
    }
}

#[derive(Clone, Debug)]
pub struct PastEscalation {
    pub fact: EscalationFact,
    pub state: EscalationState,
    /// Staff wanted this target and no other.
    pub only: Option<TargetId>,
    /// Attempts of it that were not finished.
    pub attempts: Vec<PastAttempt>,
}

#[derive(Clone, Debug)]
pub struct PastAttempt {
    pub fact: AttemptFact,
    pub state: AttemptState,
    pub leg: Option<LegId>,
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
    /// Distance between marks. No multiple of 20 ms, at which carriers look for them: so each comes at another place
    /// between two looks, and the best of them is nearly exact.
    pub mark_every: Duration,
    /// Longest frame sent to the carrier.
    pub frame_max: Duration,
    /// How long the disclosure is protected from barge-in.
    pub protected_max: Duration,
    /// Speech without a pause; then what was said so far is committed by us, and again each time.
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
    /// A caller's transcript that does not come; at the end of a call it is waited for a shorter time.
    pub transcript_wait: Duration,
    /// Streams that a call may lose and get back.
    pub resumes_max: u32,
    /// Model responses that fail in a row before the model counts as lost.
    pub failures_max: u32,
    /// Tool calls in one response that are acted on; more are refused.
    pub tools_per_response_max: u32,
    /// From the request for a person to the final answer to the caller.
    pub escalation_max: Duration,
    /// For the receipt of an intent; then an emergency dials without it, and anything else waits on.
    pub commit_wait: Duration,
    /// In an emergency: for the answer to a dial, or a callback of its leg; then the caller's own leg dials.
    pub unheard_wait: Duration,
    /// A dial's answer and its ringing, beyond the ring time.
    pub dial_grace: Duration,
    /// From an operator's answer to the decision.
    pub briefing_max: Duration,
    /// Briefings that an operator may hear again.
    pub repeats_max: u32,
    /// After "I am connecting you" should have been heard.
    pub connect_grace: Duration,
    /// From the caller's redirect to the room's start.
    pub merge_wait: Duration,
    /// Longest life of a leg that we created or moved into a room.
    pub bridge_max: Duration,
    /// Between looks at the legs while they talk.
    pub bridge_look: Duration,
    /// Between looks at the leg of an operator who hears the briefing, should its end not be told.
    pub briefing_look: Duration,
    /// The caller hears something at least so often while a phone rings.
    pub reassure_every: Duration,
    /// Phones that one escalation rings.
    pub attempts_max: u32,
    /// Escalations of one call.
    pub escalations_max: u32,
    /// Intakes in a row that leave something missing.
    pub clarifications_max: u32,
    pub voicemail_max: Duration,
    /// For a recording's end after its longest length.
    pub voicemail_grace: Duration,
    /// An outbound call rings.
    pub outbound_ring: Duration,
    /// For the assistant's voice to begin the emergency sentence; then the rendered one is said.
    pub emergency_wait: Duration,
    /// How long the assistant's voice may not be interrupted when it says the emergency sentence.
    pub emergency_voice_max: Duration,
    /// After an emergency in which nobody was reached, until the targets are rung once more.
    pub emergency_again: Duration,
    /// After it, silence does not end the call for so long.
    pub emergency_open: Duration,
    /// A last sentence to an operator, until its leg is ended by force.
    pub goodbye_max: Duration,
    /// Before a cold transfer: for the receipt, and for the caller to hear what happens.
    pub announce_max: Duration,
    /// Lines of the past that a new model connection is told.
    pub recall_lines_max: usize,
    /// A bug on demand.
    #[cfg(feature = "plant")]
    pub plant: Option<crate::session::plant::Plant>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            stream_wait: Duration::from_secs(15),
            model_connect: Duration::from_secs(2),
            model_connect_tries: 2,
            ready_wait: Duration::from_millis(1500),
            configure_wait: Duration::from_secs(4),
            response_slow: Duration::from_secs(4),
            response_lost: Duration::from_secs(10),
            backlog: Duration::from_secs(5),
            playout_max: Duration::from_secs(120),
            outstanding_max: Duration::from_secs(2),
            mark_every: Duration::from_millis(75),
            frame_max: Duration::from_millis(100),
            protected_max: Duration::from_secs(7),
            speech_max: Duration::from_secs(15),
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
            transcript_wait: Duration::from_secs(15),
            resumes_max: 3,
            failures_max: 3,
            tools_per_response_max: 8,
            escalation_max: Duration::from_secs(120),
            commit_wait: Duration::from_secs(2),
            unheard_wait: Duration::from_secs(10),
            dial_grace: Duration::from_secs(10),
            briefing_max: Duration::from_secs(45),
            repeats_max: 3,
            connect_grace: Duration::from_secs(2),
            merge_wait: Duration::from_secs(10),
            bridge_max: Duration::from_secs(14_400),
            bridge_look: Duration::from_secs(30),
            briefing_look: Duration::from_secs(15),
            reassure_every: Duration::from_secs(12),
            attempts_max: 8,
            escalations_max: 5,
            clarifications_max: 3,
            voicemail_max: Duration::from_secs(120),
            voicemail_grace: Duration::from_secs(15),
            outbound_ring: Duration::from_secs(30),
            emergency_wait: Duration::from_secs(2),
            emergency_voice_max: Duration::from_secs(30),
            emergency_again: Duration::from_secs(45),
            emergency_open: Duration::from_secs(300),
            goodbye_max: Duration::from_secs(10),
            announce_max: Duration::from_secs(15),
            recall_lines_max: 40,
            #[cfg(feature = "plant")]
            plant: None,
        }
    }
}
