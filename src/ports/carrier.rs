//! The carrier's REST interface: what we ask about and do to legs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::dialling::Permitted;
use crate::session::document::Document;
use crate::session::input::LegStatus;
use crate::types::{AttemptId, CallId, DialFault, LegId, NotDialled, PhoneNumber, RoomId, Secret, Wall};

/// Why a carrier request did not work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CarrierError {
    /// No such leg, or it has ended, or it is not in a state for this.
    #[error("the leg is gone")]
    Gone,
    /// The carrier refuses our credentials, or our account as a whole; its error code, if any. Nothing was done, and no
    /// other request fares better.
    #[error("the carrier refuses our credentials (code {0:?})")]
    Unauthorized(Option<u32>),
    /// Too many requests, after all tries; nothing was done.
    #[error("the carrier is limiting us")]
    Limited,
    /// The carrier refuses this request; its error code, if any. Nothing was done.
    #[error("the carrier refused the request (code {0:?})")]
    Refused(Option<u32>),
    /// Time-out or server error: nobody knows whether it was done.
    #[error("the outcome of the request is unknown")]
    Unknown,
    /// No connection could be made, or the circuit breaker is open: nothing was done.
    #[error("the carrier cannot be reached")]
    Unreachable,
    /// No credentials are configured.
    #[error("no carrier credentials are configured")]
    NotConfigured,
}

impl CarrierError {
    /// What it says about a dial. `None`: nobody knows whether it was done.
    pub const fn dial_fault(&self) -> Option<DialFault> {
        let (why, code) = match self {
            Self::Unknown => return None,
            Self::Unauthorized(code) => (NotDialled::Unauthorized, *code),
            Self::Limited => (NotDialled::Limited, None),
            Self::Unreachable => (NotDialled::Unreachable, None),
            Self::Refused(code) => (NotDialled::Carrier, *code),
            Self::Gone => (NotDialled::Carrier, None),
            Self::NotConfigured => (NotDialled::NotConfigured, None),
        };
        Some(DialFault { why, code })
    }
}

/// A leg to be created. Only the choke point makes a `Permitted` number.
#[derive(Clone, Debug)]
pub struct DialOrder {
    pub to: Permitted,
    /// Shown to the called party: one of our own numbers.
    pub from: PhoneNumber,
    pub purpose: Purpose,
    /// Whole seconds.
    pub ring: Duration,
    /// Longest life of the leg, from its answer. Whole seconds.
    pub time_limit: Duration,
}

/// What a leg is created for; decides the URLs that the carrier asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// An operator's phone.
    Attempt(AttemptId),
    /// The party of an outbound call; machines are detected beside it.
    Outbound(CallId),
}

/// A document with everything that an adapter needs to write it. Has no `Debug`, because of the ticket.
#[derive(Clone)]
pub struct Script {
    pub call: CallId,
    pub document: Document,
    pub org_name: Arc<str>,
    /// BCP 47.
    pub language: Arc<str>,
    /// The organization's own sentence about emergencies, for whoever is turned away; may be empty.
    pub emergency: Arc<str>,
    /// For `Document::Connect`.
    pub ticket: Option<Secret>,
    /// For `Document::Cold`: whom to dial, and the number to show.
    pub cold: Option<(Permitted, PhoneNumber)>,
}

/// A leg, as a look-up shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundLeg {
    pub leg: LegId,
    pub status: LegStatus,
}

/// Legs and rooms by request. Every method has its own time-out and repeats only what is safe to repeat: creating a
/// leg is repeated only when the carrier says that it did not process the request.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Whether credentials are there at all.
    fn is_configured(&self) -> bool;

    /// Ends a leg in whatever state it is. `Gone` counts as done.
    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError>;

    async fn status(&self, leg: &LegId) -> Result<LegStatus, CarrierError>;

    /// Creates a leg. `Unknown`: it may ring or not.
    async fn dial(&self, order: &DialOrder) -> Result<LegId, CarrierError>;

    /// Legs that we created to this number, from this number, since then; for a dial whose outcome is unknown.
    async fn find(&self, to: &PhoneNumber, from: &PhoneNumber, since: Wall) -> Result<Vec<FoundLeg>, CarrierError>;

    /// Moves a leg that is in progress to another document. `Gone`: it is not in progress.
    async fn redirect(&self, leg: &LegId, script: &Script) -> Result<(), CarrierError>;

    /// Ends a room with everybody in it; fine if there is none.
    async fn end_room(&self, room: &RoomId) -> Result<(), CarrierError>;
}
