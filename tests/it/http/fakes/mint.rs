//! The model's provider as the API sees it.

use std::sync::Mutex;

use async_trait::async_trait;
use switchboard::ports::mint::{Mint, MintError, Minted};
use switchboard::types::org::Organization;
use switchboard::types::{CallId, Secret};

#[derive(Default)]
pub(in crate::http) struct FakeMint {
    /// Why no secret is made.
    pub(in crate::http) refusal: Mutex<Option<MintError>>,
    /// The provider gives its sessions no names.
    pub(in crate::http) nameless: Mutex<bool>,
}

#[async_trait]
impl Mint for FakeMint {
    async fn mint(&self, org: &Organization, session: CallId) -> Result<Minted, MintError> {
        if let Some(refusal) = *self.refusal.lock().unwrap() {
            return Err(refusal);
        }
        Ok(Minted {
            session: (!*self.nameless.lock().unwrap()).then(|| "sess_7".to_owned()),
            secret: Secret::new(format!("ek_{}", session.0.simple())),
            expires_at: 1_795_344_660,
            model: "gpt-realtime-2.1".into(),
            config: format!(r#"{{"type":"realtime","instructions":"Speak for {}."}}"#, org.name),
        })
    }
}
