//! What carriers' webhooks and the HTTP API may ask of the calls.

use async_trait::async_trait;

use crate::ports::media::MediaLink;
use crate::session::effect::AfterStream;
use crate::session::input::LegStatus;
use crate::types::{CallId, Caller, LegId, Phase, PhoneNumber, Secret, StreamId};

/// An incoming call, as the signed voice webhook describes it.
#[derive(Clone, Debug)]
pub struct Ring {
    pub leg: LegId,
    pub caller: Caller,
    /// `None`: not an E.164 number (a SIP address).
    pub dialled: Option<PhoneNumber>,
}

/// What to tell the carrier about an incoming call.
#[derive(Clone)]
pub enum Answer {
    /// Connect the call's media stream and hand this one-use ticket over in its parameters.
    Connect { ticket: Secret },
    /// Say a sentence and hang up.
    Refuse(Refusal),
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
    pub leg: LegId,
    pub phase: Phase,
}

/// A command to a call that is not live.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the call is not live")]
pub struct NotLive;

/// What the outside may ask of the calls.
#[async_trait]
pub trait Door: Send + Sync {
    /// A voice webhook. The same leg gives the same answer until its call is over, then `HangUp`. Never fails.
    async fn ring(&self, ring: Ring) -> Answer;

    /// Takes a ticket: the first half of binding a stream. Synchronous and cheap, so a socket is refused at once.
    fn claim(&self, ticket: &str, leg: &LegId) -> Result<Claim, AttachError>;

    /// Hands an open stream to the call that it was claimed for.
    fn attach(&self, claim: Claim, link: MediaLink) -> Result<(), AttachError>;

    /// The carrier asks what to do next with a caller whose stream has ended.
    async fn after_stream(&self, leg: &LegId) -> (AfterStream, Option<Secret>);

    /// A status callback, in any order, perhaps twice. `sequence` orders them if the carrier gives it.
    fn leg_status(&self, leg: &LegId, status: LegStatus, sequence: Option<u32>);

    /// A stream callback: the carrier says that this stream stopped or failed.
    fn stream_ended(&self, leg: &LegId, stream: &StreamId);

    /// The carrier could not use an answer of ours.
    fn fallback(&self, leg: &LegId);

    /// Staff end a live call.
    fn end(&self, call: CallId) -> Result<(), NotLive>;

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
