//! What carriers' webhooks and the HTTP API may ask of the calls.

use async_trait::async_trait;

use std::sync::Arc;

use crate::ports::carrier::Script;
use crate::ports::media::MediaLink;
use crate::session::effect::Consent;
use crate::session::input::{CarrierInput, Ignored, LegStatus, Question, StaffInput};
use crate::types::org::Organization;
use crate::types::{
    AttemptId, CallId, Caller, Direction, EscalationState, LegId, Phase, PhoneNumber, Secret, StreamId, TargetId,
};

/// An incoming call, as the signed voice webhook describes it.
#[derive(Clone, Debug)]
pub struct Ring {
    pub leg: LegId,
    pub caller: Caller,
    /// `None`: no whole number (`sip:clinic@example.com`).
    pub dialled: Option<PhoneNumber>,
    /// The dialled digits came without a plus.
    pub guess: Option<Guess>,
}

/// What the two ends of a call are, if the digits that were dialled are one of our numbers without its plus.
#[derive(Clone, Debug)]
pub struct Guess {
    pub dialled: PhoneNumber,
    pub caller: Caller,
}

/// What to tell the carrier about an incoming call.
#[derive(Clone)]
pub enum Answer {
    /// Connect the call's media stream and hand this one-use ticket over in its parameters.
    Connect { ticket: Secret },
    /// No conversation is begun: the leg does this.
    Follow(Box<Script>),
    /// Say a sentence and hang up. `language`: the organization's, where it is known; `emergency`: its own sentence
    /// about emergencies, else empty.
    Refuse { refusal: Refusal, language: Option<Arc<str>>, emergency: Arc<str> },
    /// Nobody can tell yet, be it whose number it is or what becomes of the caller: let the caller wait, and ask again.
    AskAgain,
    /// The call is over: hang up.
    HangUp,
}

/// Why a call is not taken; each has its own sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A limit is reached (caller, organization or all), or storage is full.
    Busy,
    /// No organization owns the dialled number.
    UnknownNumber,
    /// The gateway shuts down.
    Draining,
    /// The organization is closed, and takes no calls then.
    Closed,
}

/// A stream's `start` is refused; the socket closes with a policy violation.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AttachError {
    #[error("the ticket is unknown, used, expired or of another call")]
    Ticket,
    #[error("the call is over")]
    Over,
}

/// One live call, as a list shows it.
#[derive(Clone, Debug)]
pub struct LiveCall {
    pub call: CallId,
    /// `None`: an outbound call whose phone does not ring yet.
    pub leg: Option<LegId>,
    pub direction: Direction,
    pub phase: Phase,
    /// Where bringing in a person stands, if that is under way, and who is being tried or talks.
    pub escalation: Option<(EscalationState, Option<TargetId>)>,
}

/// A call that staff want placed.
#[derive(Clone, Debug)]
pub struct OutboundOrder {
    pub call: CallId,
    pub org: Arc<Organization>,
    pub to: PhoneNumber,
    /// The organization's number that is shown.
    pub from: PhoneNumber,
    pub consent: Consent,
}

/// Why an outbound call is not placed. Nothing was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("outbound calls are switched off for this organization")]
    Disabled,
    #[error("the number may not be called")]
    NotAllowed,
    #[error("too many calls were placed; try again later")]
    TooMany,
    #[error("no carrier credentials are configured")]
    NoCarrier,
    #[error("a limit of concurrent calls is reached, storage is full, or the gateway shuts down")]
    Busy,
}

/// Why a command of staff was not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommandError {
    #[error("the call is not live")]
    NotLive,
    #[error("too much waits for this call; try again")]
    Busy,
    #[error("the call does not do this now: {0}")]
    Ignored(Ignored),
}

/// What the outside may ask of the calls.
#[async_trait]
pub trait Door: Send + Sync {
    /// A voice webhook. The same leg gives the same answer until its call is over, then `HangUp`. Never fails.
    async fn ring(&self, ring: Ring) -> Answer;

    /// Whether a stream could be claimed with this ticket, whatever its leg. Takes nothing.
    fn knows_ticket(&self, ticket: &str) -> bool;

    /// Takes a ticket: the first half of binding a stream. Synchronous and cheap, so a socket is refused at once.
    fn claim(&self, ticket: &str, leg: &LegId) -> Result<Claim, AttachError>;

    /// Hands an open stream to the call that it was claimed for.
    fn attach(&self, claim: Claim, link: MediaLink) -> Result<(), AttachError>;

    /// The carrier asks what to do with a caller's leg: `AfterStream`, `CallerDone`, `VoicemailDone`, `Fallback`.
    /// `None`: nobody can tell yet; the same question is to be asked again in a moment.
    async fn ask(&self, leg: &LegId, question: Question) -> Option<Script>;

    /// The carrier asks what to do with an operator's leg, or with the party of an outbound call (by its call).
    /// Never anything but a hang-up for an attempt that nobody knows. `None`: as for `ask`.
    async fn ask_call(&self, call: CallId, question: Question) -> Option<Script>;

    /// News about an operator's leg, a room, a recording, or detection, for a call that is known by its id.
    fn tell_call(&self, call: CallId, input: CarrierInput);

    /// A status callback of an operator's leg; `sequence` orders them if the carrier gives it.
    fn operator_status(&self, attempt: AttemptId, leg: &LegId, status: LegStatus, sequence: Option<u32>);

    /// A status callback of the party of an outbound call, known by its call; the first one may tell the leg.
    fn party_status(&self, call: CallId, leg: &LegId, status: LegStatus, sequence: Option<u32>);

    /// A status callback, in any order, perhaps twice. `sequence` orders them if the carrier gives it.
    fn leg_status(&self, leg: &LegId, status: LegStatus, sequence: Option<u32>);

    /// A stream callback: the carrier says that this stream stopped or failed.
    fn stream_ended(&self, leg: &LegId, stream: &StreamId);

    /// A caller's leg was told an apology, and ends: that is our doing and not the caller's.
    fn gave_up(&self, leg: &LegId);

    /// Staff do something to a live call. When it returns, the call has begun to do it; a call that takes its time
    /// (one that an earlier process left) may still ignore it, and its timeline says so.
    async fn command(&self, call: CallId, command: StaffInput) -> Result<(), CommandError>;

    /// Places a call. When it returns, the call's first record is on disk; the dial follows its intent.
    async fn place(&self, order: OutboundOrder) -> Result<(), OutboundError>;

    /// Calls that are live on this node.
    fn live(&self) -> Vec<LiveCall>;

    /// Whether new calls are taken.
    fn is_draining(&self) -> bool;
}

/// Proof that a ticket was taken.
pub struct Claim {
    pub call: CallId,
    pub leg: LegId,
}
