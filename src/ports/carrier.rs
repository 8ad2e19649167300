//! The carrier's REST interface: what we ask about and do to legs.

use async_trait::async_trait;

use crate::session::input::LegStatus;
use crate::types::LegId;

/// Why a carrier request did not work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CarrierError {
    /// No such leg, or it has ended.
    #[error("the leg is gone")]
    Gone,
    /// The carrier refuses our credentials.
    #[error("the carrier refuses our credentials")]
    Unauthorized,
    /// Too many requests, after all tries; nothing was done.
    #[error("the carrier is limiting us")]
    Limited,
    /// The carrier refuses this request; its error code, if any.
    #[error("the carrier refused the request (code {0:?})")]
    Refused(Option<u32>),
    /// Time-out or server error: nobody knows whether it was done.
    #[error("the outcome of the request is unknown")]
    Unknown,
    /// No credentials are configured.
    #[error("no carrier credentials are configured")]
    NotConfigured,
}

/// The caller's leg by request. Every method has its own time-out and repeats only what is safe to repeat.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Whether credentials are there at all.
    fn is_configured(&self) -> bool;

    /// Ends a leg in whatever state it is. `Gone` counts as done.
    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError>;

    async fn status(&self, leg: &LegId) -> Result<LegStatus, CarrierError>;
}
