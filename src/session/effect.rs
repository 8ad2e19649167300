//! Everything a call can do, as one closed enum.
//!
//! `CallSession::handle` returns all of its effects, in the order in which they must be performed.

use std::sync::Arc;
use std::time::Duration;

use crate::session::document::Document;
use crate::session::fact::{
    AttemptFact, AttemptMove, CallbackFact, EscalationFact, EscalationMove, EscalationRaise, VoicemailFact,
};
use crate::session::guard::Part;
use crate::session::input::{Ignored, IntakeData};
pub use crate::session::line::{Heard, Line, LineOrigin};
use crate::types::usage::Usage;
use crate::types::{
    AnsweredBy, CallId, Caller, Cause, DialFault, Direction, ItemId, LegId, Millis, Mulaw, OrgId, Outcome, Phase,
    PhoneNumber, Prompt, Reason, ResponseId, Speaker, StreamId, TargetId, ToolCallId, Urgency, Wall,
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
    /// The answer to the `CarrierInput::Ask` of this step; exactly one for each.
    Answer(Document),
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
    /// The hold sound.
    Hold,
}

/// What goes to the model.
#[derive(Clone, Debug)]
pub enum ModelEffect {
    /// Open a connection; drop the one that may still be opening.
    Open,
    /// Send the configuration; `plain`: without anything that a call can do without.
    Configure {
        plain: bool,
    },
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
    /// Make a turn of what the caller has said so far; the server answers nothing by itself.
    Commit {
        no: RequestNo,
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
    /// What was said before this connection was made, one line each, oldest first.
    Recall {
        no: RequestNo,
        speaker: Speaker,
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
    /// A person's phone is being rung; news follow.
    Ringing,
    /// The intake is stored; these required fields are still missing.
    IntakeMissing(Vec<String>),
    /// Nothing was done, and why.
    Refused(String),
}

/// What we ask of the carrier outside the stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CarrierEffect {
    /// Answered with `Done`, `Gone` or `Failed`.
    HangUp(LegId),
    /// Ask for a leg's status. Answered with `Status`, `Gone` or `Failed`.
    LookUp(LegId),
    /// Ring a target of the organization on a leg of its own. The intent was committed before.
    /// Answered with `Dialled`, `Refused`, `NotDone` or `Unknown`.
    Dial(Dial),
    /// Ring the party that this outbound call is for. Answered like `Dial`.
    DialOut { ring: Duration, time_limit: Duration },
    /// Nobody knows whether a dial was done: look for its leg. Answered with `Dialled` if exactly one leg can be it,
    /// `Gone` if there is none, else `Failed`. `None`: the outbound call's own.
    FindDialled(Option<Dial>),
    /// Move a leg to another document. Answered with `Done`, `Gone` or `Failed`.
    Redirect { leg: LegId, document: Document },
    /// End a room, should it still be there. Answered with `Done` or `Failed`.
    EndRoom { escalation: u32 },
}

/// One operator's phone to be rung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dial {
    pub attempt: u32,
    pub target: TargetId,
    /// Emergencies have dials of their own.
    pub urgency: Urgency,
    pub ring: Duration,
    /// Longest life of the leg, from its answer.
    pub time_limit: Duration,
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
    /// The leg of an outbound call is known.
    Leg(LegId),
    Escalation(EscalationFact),
    EscalationMove(EscalationMove),
    EscalationRaised(EscalationRaise),
    Attempt(AttemptFact),
    AttemptMove(AttemptMove),
    Callback(CallbackFact),
    Voicemail(VoicemailFact),
    /// Always the last.
    Ended(Ending),
}

/// How a call began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    pub call: CallId,
    pub org: OrgId,
    /// `None`: an outbound call, whose leg is not known yet.
    pub leg: Option<LegId>,
    /// The outside party: who phones, or who is phoned.
    pub caller: Caller,
    /// Our number.
    pub dialled: Option<PhoneNumber>,
    pub direction: Direction,
    /// Why an outbound call may be made.
    pub consent: Option<Consent>,
}

/// The called party's consent, as staff state it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    pub basis: String,
    pub at: Wall,
    pub by: String,
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
    /// The server cut a response short; `asked`: the assistant is asked to go on.
    ResponseCut {
        reason: String,
        asked: bool,
    },
    /// A tool call was cut off, and not acted on.
    ToolCut {
        name: String,
    },
    /// The words of a turn of the caller will not come.
    NotTranscribed {
        code: String,
    },
    /// The model's server refused a setting; it is asked again without what is optional.
    SettingRefused {
        field: String,
    },
    /// The caller spoke on and on, or was loud where silence was counted: their turn was committed by us.
    Committed {
        after: Millis,
    },
    /// A rule of the safety net fired, on whose words.
    Alarm {
        alarm: &'static str,
        rule: &'static str,
        speaker: Speaker,
    },
    /// A rule fired on words that probably nobody spoke; nothing was done.
    AlarmDoubted {
        alarm: &'static str,
        rule: &'static str,
        why: &'static str,
    },
    /// A pure part panicked; the call goes on without its answer.
    PartFailed {
        part: Part,
    },
    /// A second request while an escalation is under way joined it.
    EscalationJoined {
        cause: Cause,
        urgency: Urgency,
    },
    /// The operator pressed a key in the briefing's menu.
    OperatorKey {
        attempt: u32,
        key: char,
    },
    /// A phone was rung before anybody knew that its intent was on disk.
    RungUnrecorded {
        attempt: u32,
    },
    /// The caller's own leg dials, because we cannot ask the carrier to.
    CallerDials {
        escalation: u32,
        fault: DialFault,
    },
    /// Nobody is rung for an escalation: `no_carrier`, `no_targets`, or all are `closed` now.
    NobodyToRing(&'static str),
    /// The caller's leg was asked to move to another document.
    Moved {
        to: &'static str,
        worked: bool,
    },
    /// The call was taken up again by a restarted gateway.
    TakenUp,
    /// Detection says who picked up an outbound call.
    PickedUp {
        by: AnsweredBy,
    },
    /// What was to end the call was called off: by speech, a key, or an emergency.
    EndCalledOff {
        by: &'static str,
    },
    /// An emergency reached nobody: the line stays open, and the targets are rung once more or not.
    LineKept {
        again: bool,
    },
    /// The gateway shut down while an emergency rang; the next process goes on.
    HandedOn,
    /// Staff want this target and no other for an escalation; `None`: an emergency lifted that.
    TakeOver {
        escalation: u32,
        target: Option<TargetId>,
    },
    /// The caller hears what staff had the assistant say.
    StaffSaid,
    /// A command of staff came to nothing.
    CommandIgnored {
        command: &'static str,
        why: Ignored,
    },
}
