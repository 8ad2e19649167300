//! Asks the provider for the secret of a browser's session, over REST.
//!
//! Nothing is repeated: whoever asked can ask again, and is told soon.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ports::mint::{MintError, Minted};
use crate::ports::model::ModelSetup;
use crate::realtime::setup::Session;
use crate::types::Secret;

const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// From the first byte out to the last byte in; shorter than the API's own limit.
const TOTAL_WAIT: Duration = Duration::from_secs(8);

/// The answer repeats the configuration, which an organization's texts may make long.
const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// A page begins to talk at once; the provider allows 10 to 7200.
const SECRET_SECS: u32 = 600;

/// The provider's REST interface.
pub struct SecretMint {
    client: Client,
    url: String,
    api_key: Option<Secret>,
}

/// What is read of the answer.
#[derive(Deserialize)]
struct Answer {
    value: String,
    expires_at: i64,
    #[serde(default)]
    session: Named,
}

#[derive(Default, Deserialize)]
struct Named {
    id: Option<String>,
}

impl SecretMint {
    /// `base_url`: `https://host/v1`. `api_key`: `None` sends none (a simulated model).
    ///
    /// reqwest is built without a TLS provider of its own: one must be installed as rustls' default beforehand.
    pub fn new(base_url: &str, api_key: Option<Secret>) -> reqwest::Result<Self> {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WAIT)
            .timeout(TOTAL_WAIT)
            .build()?;
        Ok(Self { client, url: format!("{}/realtime/client_secrets", base_url.trim_end_matches('/')), api_key })
    }

    /// One secret for a session that is set up so.
    pub async fn mint(&self, setup: &ModelSetup) -> Result<Minted, MintError> {
        let config = serde_json::to_value(Session::for_browser(setup)).map_err(|_| MintError::Refused)?;
        let answer = self.ask(setup, &config).await?;
        Ok(Minted {
            session: answer.session.id,
            secret: Secret::new(answer.value),
            expires_at: answer.expires_at,
            model: setup.model.clone(),
            config: config.to_string(),
        })
    }

    async fn ask(&self, setup: &ModelSetup, config: &Value) -> Result<Answer, MintError> {
        // Here, where no URL names it, the model is a part of the session.
        let mut session = config.clone();
        session["model"] = json!(setup.model);
        let body = json!({ "expires_after": { "anchor": "created_at", "seconds": SECRET_SECS }, "session": session });
        let mut request = self.client.post(&self.url).header("openai-safety-identifier", &setup.safety_id).json(&body);
        if let Some(key) = &self.api_key {
            // reqwest marks it as sensitive.
            request = request.bearer_auth(key.expose());
        }
        let response = request.send().await.map_err(|error| {
            tracing::warn!(timeout = error.is_timeout(), connect = error.is_connect(), "no secret for a browser");
            MintError::Unavailable
        })?;
        let status = response.status();
        if status != StatusCode::OK {
            tracing::warn!(status = status.as_u16(), "the model's provider makes no secret for a browser");
            return Err(refusal(status));
        }
        let body = read(response).await.ok_or(MintError::Unavailable)?;
        serde_json::from_slice(&body).map_err(|_| {
            tracing::warn!("the answer with a secret for a browser cannot be read");
            MintError::Unavailable
        })
    }
}

fn refusal(status: StatusCode) -> MintError {
    match status {
        StatusCode::TOO_MANY_REQUESTS => MintError::Limited,
        status if status.is_client_error() => MintError::Refused,
        _ => MintError::Unavailable,
    }
}

/// The whole body, unless it is too long or breaks off.
async fn read(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
