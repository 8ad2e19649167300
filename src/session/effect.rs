//! Everything a call can do, as one closed enum.
//!
//! `CallSession::handle` returns all of its effects, in the order in which they must be performed.

use std::sync::Arc;

use crate::session::input::IntakeData;
use crate::types::usage::Usage;
use crate::types::{
    CallId, Caller, ItemId, LegId, Millis, Mulaw, OrgId, Outcome, Phase, PhoneNumber, Prompt, Reason, ResponseId,
    Speaker, StreamId, ToolCallId, Urgency,
};

/// A counter that names a mark on the stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MarkId(pub u32);

/// A counter that names a request to the model, so that its errors can be attributed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestNo(pub u32);

/// A counter that names a carrier action.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ActionId(pub u32);

/// A counter that names a durable record of this call: 0, 1, 2, without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordId(pub u32);

/// The effects of one step, in order.
pub type Effects = Vec<Effect>;

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Effect {
    Media(MediaEffect),
    Model(ModelEffect),
    Carrier(ActionId, CarrierEffect),
    /// The answer to `CarrierInput::AfterStream`.
    AfterStream(AfterStream),
    /// A durable fact.
    Record(RecordId, Record),
}

/// What goes to the caller's stream.
#[derive(Clone, Debug)]
pub enum MediaEffect {
    Play {
        source: Source,
        frame: Mulaw,
    },
    Mark(MarkId),
    /// Drop what the carrier has buffered; also what our own writer still holds.
    Clear,
    Close,
}

/// Whose sound the caller hears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    Model(ItemId),
    Local(Prompt),
}

/// What goes to the model.
#[derive(Clone, Debug)]
pub enum ModelEffect {
    /// Open a connection; drop the one that may still be opening.
    Open,
    /// Send the configuration.
    Configure,
    Append(Mulaw),
    Respond {
        no: RequestNo,
        kind: RespondKind,
    },
    Cancel {
        no: RequestNo,
        response: ResponseId,
    },
    Truncate {
        no: RequestNo,
        item: ItemId,
        heard: Millis,
    },
    ToolReply {
        no: RequestNo,
        call: ToolCallId,
        answer: ToolAnswer,
    },
    /// A system item: what the model should know and cannot have heard.
    Note {
        no: RequestNo,
        text: String,
    },
    /// A user item in text: the keys that the caller pressed.
    UserText {
        no: RequestNo,
        text: String,
    },
    Close,
}

/// Why we ask for a response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RespondKind {
    /// Go on with the conversation.
    Bare,
    /// Say exactly this: the disclosure or the greeting.
    Say(Arc<str>),
    /// Say goodbye; no tools.
    Farewell,
}

/// The outcome of a tool, to be told to the model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToolAnswer {
    Ok,
    /// The intake is stored; these required fields are still missing.
    IntakeMissing(Vec<String>),
    /// Nothing was done, and why.
    Refused(String),
}

/// What we ask of the carrier outside the stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CarrierEffect {
    HangUp(LegId),
    /// Ask for the leg's status.
    LookUp(LegId),
}

/// What the carrier should do with a caller whose stream has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterStream {
    HangUp,
    /// Open a new stream to the same call.
    Reconnect,
    /// Say that we are sorry, then hang up.
    Apologise,
}

/// A durable fact about a call.
#[derive(Clone, PartialEq, Debug)]
pub enum Record {
    /// Always the first.
    Opened(Opening),
    Line(Line),
    Intake(Intake),
    Phase(Phase),
    Event(Event),
    Usage(Usage),
    /// Always the last.
    Ended(Ending),
}

/// How a call began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    pub call: CallId,
    pub org: OrgId,
    pub leg: LegId,
    pub caller: Caller,
    pub dialled: Option<PhoneNumber>,
}

/// One settled line of the transcript.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// 0, 1, 2 without gaps once the call has ended; given when the utterance began.
    pub seq: u32,
    pub speaker: Speaker,
    pub text: String,
    /// Since the call began.
    pub start: Millis,
    pub end: Millis,
    pub heard: Heard,
    /// Where it came from.
    pub origin: LineOrigin,
}

/// How much of a line was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    Full,
    /// Cut: `text` holds an estimate by proportion of what was heard.
    Cut {
        heard: Millis,
        total: Millis,
    },
}

/// What a line is a record of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineOrigin {
    /// Speech, as an item of the model's conversation.
    Item(ItemId),
    /// A sentence of the gateway's own.
    Local(Prompt),
    /// Keys.
    Keys,
}

/// The intake as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intake {
    pub data: IntakeData,
    pub urgency: Urgency,
    /// Nothing that is required is missing.
    pub completed: bool,
    pub missing: Vec<String>,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ending {
    pub outcome: Outcome,
    pub reason: Reason,
    /// Since the call began.
    pub at: Millis,
}

/// One entry of the timeline that is neither a line nor a phase.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    StreamAttached {
        stream: StreamId,
        resumed: bool,
    },
    StreamDetached {
        cause: &'static str,
    },
    ModelReady {
        after: Millis,
    },
    ModelFault {
        code: String,
    },
    ModelLost {
        cause: &'static str,
    },
    /// The caller spoke over the assistant.
    BargeIn {
        item: ItemId,
        heard: Millis,
        received: Millis,
    },
    /// From the end of the caller's speech to the first sound out.
    Answered {
        latency: Millis,
    },
    LocalSentence {
        prompt: Prompt,
    },
    ToolUsed {
        name: String,
        accepted: bool,
    },
    KeysPressed {
        count: u32,
    },
    Silence {
        step: u8,
    },
    TimeWarning,
    /// More was queued for the caller than the bound allows; this much was cut.
    PlayoutOverflow {
        dropped: Millis,
    },
    LegStatus {
        status: &'static str,
    },
    ResponseFailed {
        code: String,
    },
}
