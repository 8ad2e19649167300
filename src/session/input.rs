//! Everything that can happen to a call, as one closed enum.
//!
//! Adapters translate what they hear into these; nothing else reaches the core.

use std::time::Duration;

use crate::session::effect::{ActionId, MarkId, RecordId, RequestNo};
use crate::types::usage::Usage;
use crate::types::vocabulary::words;
use crate::types::{AnsweredBy, DialFault, ItemId, LegId, Mulaw, ResponseId, StreamId, TargetId, ToolCallId, Urgency};

/// One event of a call.
#[derive(Clone, Debug)]
pub enum Input {
    Media(MediaInput),
    Model(ModelInput),
    Carrier(CarrierInput),
    Staff(StaffInput),
    /// The result of a carrier action that we asked for.
    Action(ActionId, ActionResult),
    /// The journal has this record on disk.
    Committed(RecordId),
    /// `next_deadline` has passed.
    Deadline,
    /// The gateway shuts down and has waited long enough: say goodbye and end.
    Drain,
}

/// What the caller's media stream brings.
#[derive(Clone, Debug)]
pub enum MediaInput {
    /// The stream is open and bound to this call. A second one replaces the first.
    Attached {
        stream: StreamId,
    },
    /// Caller audio, in order and without gaps (the shell pads them).
    Frame(Mulaw),
    /// The carrier returned a mark: played, or flushed by a clear.
    Heard(MarkId),
    /// One of `0-9 * # A-D`.
    Digit(char),
    Detached(DetachCause),
}

/// Why a stream ended, as far as its socket tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DetachCause {
    /// The carrier said `stop`.
    Stopped,
    /// The socket closed or broke without it.
    Dropped,
    /// The peer broke the protocol, or our own writes stalled; we closed the socket.
    Refused,
}

/// What the model's connection brings. Audio is already mu-law.
#[derive(Clone, Debug)]
pub enum ModelInput {
    /// The socket is open and greeted us; it may be configured.
    Opened,
    /// The configuration is in force; anything may be sent now.
    Ready,
    /// The caller began to speak. `at_ms` counts the audio appended on this connection.
    SpeechStarted {
        item: ItemId,
        at_ms: u32,
    },
    SpeechStopped {
        item: ItemId,
        at_ms: u32,
    },
    /// The caller's turn became an item; the model will answer by itself.
    TurnCommitted {
        item: ItemId,
    },
    /// The caller's words; `None`: not understood. `transcribed_ms` is what the transcription bills.
    CallerText {
        item: ItemId,
        text: Option<String>,
        transcribed_ms: u64,
    },
    /// The caller's words will not come: the server could not make them out, with its code.
    CallerTextFailed {
        item: ItemId,
        code: String,
    },
    /// A response began, whoever asked for it. `about`: the request of ours that it answers, when the server tells.
    ResponseStarted {
        response: ResponseId,
        about: Option<RequestNo>,
    },
    /// The response speaks: a new item of audio.
    ItemStarted {
        response: ResponseId,
        item: ItemId,
    },
    /// Assistant audio. `received_ms` is all audio of this item so far, counted on the model's own bytes (rounded down).
    Audio {
        response: ResponseId,
        item: ItemId,
        frame: Mulaw,
        received_ms: u32,
    },
    /// No more audio of this item comes. `frame` is what the transcoder still held, often empty.
    AudioDone {
        response: ResponseId,
        item: ItemId,
        frame: Mulaw,
    },
    /// The next words of an item, usually ahead of its audio.
    AssistantText {
        item: ItemId,
        delta: String,
    },
    /// All words of an item.
    AssistantTextDone {
        item: ItemId,
        text: String,
    },
    /// A tool call, complete. Reported once or more; the core acts once per `call`.
    ToolAsked {
        response: Option<ResponseId>,
        call: ToolCallId,
        request: ToolRequest,
    },
    /// A tool call that was cut before it was complete: nobody knows what it asked for.
    ToolCut {
        response: Option<ResponseId>,
        call: ToolCallId,
        name: String,
    },
    ResponseEnded {
        response: ResponseId,
        end: ResponseEnd,
        usage: Usage,
    },
    /// The server refused something, or complains. `about`: our request, when it says which.
    Fault {
        about: Option<RequestNo>,
        kind: FaultKind,
        code: String,
    },
    /// The connection is gone or was never made.
    Lost(LostCause),
}

/// How a response ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResponseEnd {
    Completed,
    Cancelled,
    /// Cut short by a limit or a filter (`max_output_tokens`, `content_filter`).
    Incomplete(String),
    /// The provider could not; the code as it says.
    Failed {
        code: String,
        fatal: bool,
    },
}

/// What an error of the model's server means to us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// A response is active already: ask again after it ends.
    ActiveResponse,
    /// Too late or needless; nothing to do.
    Benign,
    /// We asked for something wrong; counted, the call goes on.
    Ours,
    /// The server had a problem; the request may be repeated once.
    Server,
    /// The configuration was refused, perhaps for something that a call can do without. The code names the field.
    Setting,
    /// No further attempt can succeed: key, quota, model name.
    Fatal,
}

/// Why the model's connection is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LostCause {
    /// It could not be opened; another attempt may succeed.
    Unreachable,
    /// It closed or broke, or stopped taking what we write.
    Broken,
    /// The provider refuses us; another attempt cannot succeed.
    Refused,
}

/// A tool call with its arguments parsed.
#[derive(Clone, PartialEq, Debug)]
pub enum ToolRequest {
    EndCall {
        reason: String,
    },
    EscalateCall {
        reason: String,
        urgency: Urgency,
        summary: String,
    },
    CompleteIntake {
        intake: IntakeData,
        urgency: Urgency,
    },
    /// An unknown tool, or arguments that do not fit it: answered once, with what is wrong.
    Invalid {
        name: String,
        problem: String,
    },
    /// Whoever reads tool calls panicked at this one.
    Failed,
}

/// What an intake holds: the object as the model gave it, and its top-level fields as text.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct IntakeData {
    /// A JSON object, re-serialized: the form in which it is stored.
    pub json: String,
    /// Non-empty top-level fields: name and value as text.
    pub fields: Vec<(String, String)>,
}

/// What the carrier tells outside the stream.
#[derive(Clone, Debug)]
pub enum CarrierInput {
    /// A status callback of the caller's leg.
    Leg(LegStatus),
    /// The carrier asks what to do with a leg. Answered in the same step by exactly one `Effect::Answer`.
    Ask(Question),
    /// The caller's leg was told an apology of ours, after which it ends.
    Apologised,
    /// A status callback of an outbound call's party; it may be the first that tells the leg.
    PartyLeg { leg: LegId, status: LegStatus },
    /// A status callback of an operator's leg.
    OperatorLeg { attempt: u32, leg: LegId, status: LegStatus },
    /// A room reports.
    Room { attempt: u32, event: RoomEvent },
    /// Detection says who picked up an outbound call.
    PickedUp(AnsweredBy),
    /// Detection says who picked up an operator's leg.
    OperatorPickedUp { attempt: u32, by: AnsweredBy },
    /// A recording of the voicemail is ready, or came to nothing.
    Recorded { recording: String, duration: Duration },
}

/// A leg waits for our document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// The caller's stream has ended; the caller is still on the line.
    AfterStream,
    /// The carrier could not use, or did not get, our answer about the caller's leg.
    Fallback,
    /// An operator's leg was answered.
    OperatorAnswered { attempt: u32, leg: LegId, by: AnsweredBy },
    /// A key, or none in time, at this step of the gate or the menu.
    OperatorKey { attempt: u32, leg: LegId, step: u32, key: Option<char> },
    /// The operator's part in the room is over. `parted`: the operator was in the room and is still on the line, so that
    /// it was the room that ended.
    OperatorDone { attempt: u32, leg: LegId, parted: bool },
    /// The caller's part in the room, or the cold transfer, is over. `bridged`: the carrier's word on a cold transfer;
    /// `ended`: the caller has hung up, and is asked about all the same.
    CallerDone { attempt: u32, bridged: Option<bool>, ended: bool },
    /// The caller has finished the message.
    VoicemailDone { recording: String, duration: Duration },
    /// The party of an outbound call picked up.
    OutboundAnswered { leg: LegId },
    /// We answered with a cold transfer that our own rules do not allow: what instead?
    ColdRefused { attempt: u32, fault: DialFault },
}

/// What a room reports. Any event may be missing, late or double.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RoomEvent {
    /// Two parties are there: they hear each other.
    Started,
    Joined(LegId),
    Left(LegId),
    Ended,
}

/// Progress of a leg.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LegStatus {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl LegStatus {
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled)
    }
}

/// What staff do to a live call.
#[derive(Clone, Debug)]
pub enum StaffInput {
    End,
    /// Bring somebody in; `target`: this one and no other.
    Escalate {
        target: Option<TargetId>,
        urgency: Urgency,
        reason: String,
    },
    /// End the operator's part, or the attempts to reach one; the caller comes back to the assistant.
    Return,
    /// The assistant says exactly this.
    Say(String),
}

impl StaffInput {
    /// Its word on the timeline.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::End => "hangup",
            Self::Escalate { target: None, .. } => "escalate",
            Self::Escalate { target: Some(_), .. } => "take_over",
            Self::Return => "return",
            Self::Say(_) => SAY,
        }
    }
}

pub(super) const SAY: &str = "say";

words! {
    /// Why a command of staff does nothing now.
    Ignored {
        /// The call is ending.
        Ending = "ending",
        /// The party of an outbound call has not answered.
        NotAnswered = "not_answered",
        /// The caller is leaving a message.
        Voicemail = "voicemail",
        /// The caller talks with a person, or is on the way to one.
        WithPerson = "with_person",
        /// There is no assistant who could do it: it is not connected, or the caller is not with it.
        NoAssistant = "no_assistant",
        /// The caller's own line dials, because there is no assistant; nothing can be put in front of that.
        CallerDials = "caller_dials",
        /// The organization's settings, as they were when the call began, have no such target.
        UnknownTarget = "unknown_target",
        /// This call has asked for persons, or rung phones, as often as it may.
        LimitReached = "limit_reached",
        /// The present request is about to end without an answer: ask again after it.
        TooLate = "too_late",
        /// The assistant was asked to say it, again and again, and did not.
        NotSaid = "not_said",
        /// More sentences wait to be said than may.
        TooManyWaiting = "too_many_waiting",
        /// Nobody is asked for or talks.
        NothingToEnd = "nothing_to_end",
    }
}

/// How a carrier action went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionResult {
    Done,
    /// The leg is gone already.
    Gone,
    /// The answer to a look-up.
    Status(LegStatus),
    /// It did not work after all tries, or no one knows whether it did.
    Failed,
    /// The dial was done: the leg's name.
    Dialled(LegId),
    /// The dial was not done, and will not be: our own rules or the carrier's speak against this phone.
    Refused(DialFault),
    /// The dial was not done, for a reason that this phone shares with every other one: it may be asked for again.
    NotDone(DialFault),
    /// Nobody knows whether the dial was done.
    Unknown,
}
