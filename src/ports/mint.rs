//! Secrets with which a browser talks with the model by itself.
//!
//! The browser never gets the installation's own key; what it gets is bound to one configuration and soon worthless.

use async_trait::async_trait;

use crate::types::org::Organization;
use crate::types::{CallId, Secret};

/// A secret that was made. Without `Debug`, as every struct that holds one.
pub struct Minted {
    /// The provider's name of the session, if it gave one.
    pub session: Option<String>,
    pub secret: Secret,
    /// Seconds since 1970, as the provider counts them.
    pub expires_at: i64,
    pub model: String,
    /// What the session is configured with: a JSON object as text, the `session` of a `session.update`.
    pub config: String,
}

/// Why none was made. The provider's own words stay in the log of its adapter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MintError {
    /// The key, the model or the configuration is not accepted: trying again does not help.
    #[error("the model's provider refuses the request")]
    Refused,
    #[error("the model's provider takes no more requests for now")]
    Limited,
    /// Not reached, too slow, or an answer that cannot be read.
    #[error("the model's provider does not answer")]
    Unavailable,
}

/// Makes secrets.
#[async_trait]
pub trait Mint: Send + Sync {
    /// A secret for this organization's assistant; `session` names the session for the provider's abuse detection.
    async fn mint(&self, org: &Organization, session: CallId) -> Result<Minted, MintError>;
}
