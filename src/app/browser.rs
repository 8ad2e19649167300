//! What a browser's session with the model is told: what a caller's would be, without what needs a telephone.

use async_trait::async_trait;

use crate::app::SystemClock;
use crate::calls::{CallsSettings, model_setup};
use crate::ports::mint::{Mint, MintError, Minted};
use crate::realtime::SecretMint;
use crate::types::org::Organization;
use crate::types::{CallId, Caller, Fallback};

/// The provider, and how calls are set up.
pub(super) struct BrowserMint {
    pub(super) settings: CallsSettings,
    pub(super) clock: SystemClock,
    pub(super) provider: SecretMint,
}

#[async_trait]
impl Mint for BrowserMint {
    async fn mint(&self, org: &Organization, session: CallId) -> Result<Minted, MintError> {
        // Nobody can be put through to a browser, called back or left a message from it; an assistant that could ask for
        // a person would promise one.
        let mut org = org.clone();
        if !org.escalation.targets.is_empty() {
            // A number that the gateway could ring is told to nobody, here as little as in a call.
            org.escalation_phone.clear();
        }
        org.escalation.targets.clear();
        org.escalation.fallback = Fallback::Assistant;
        self.provider.mint(&model_setup(&self.settings, &org, session, &Caller::Withheld, self.clock.wall())).await
    }
}
