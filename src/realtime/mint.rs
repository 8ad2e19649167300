//! Asks the provider for the secret of a browser's session, over REST.
//!
//! Nothing is repeated: whoever asked can ask again, and is told soon.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::net::{Net, Request};
use crate::ports::mint::{MintError, Minted};
use crate::ports::model::ModelSetup;
use crate::realtime::BadUrl;
use crate::realtime::setup::Session;
use crate::types::Secret;

/// From the first byte out to the last byte in; shorter than the API's own limit.
const TOTAL_WAIT: Duration = Duration::from_secs(8);

/// The answer repeats the configuration, which an organization's texts may make long.
const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// A page begins to talk at once; the provider allows 10 to 7200.
const SECRET_SECS: u32 = 600;

/// The provider's REST interface.
pub struct SecretMint {
    net: Net,
    url: Uri,
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
    /// # Errors
    /// It is no URL.
    pub fn new(net: Net, base_url: &str, api_key: Option<Secret>) -> Result<Self, BadUrl> {
        let url = format!("{}/realtime/client_secrets", base_url.trim_end_matches('/'));
        Ok(Self { net, url: url.parse().map_err(|_| BadUrl::Shape)?, api_key })
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
        let request = self.request(setup, &body).ok_or(MintError::Refused)?;
        let answer = self.net.send(request, TOTAL_WAIT, ANSWER_BYTES_MAX).await.map_err(|missed| {
            tracing::warn!(why = missed.label(), "no secret for a browser");
            MintError::Unavailable
        })?;
        if answer.status != StatusCode::OK {
            tracing::warn!(status = answer.status.as_u16(), "the model's provider makes no secret for a browser");
            return Err(refusal(answer.status));
        }
        serde_json::from_slice(&answer.body).map_err(|_| {
            tracing::warn!("the answer with a secret for a browser cannot be read");
            MintError::Unavailable
        })
    }

    fn request(&self, setup: &ModelSetup, body: &Value) -> Option<Request> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("openai-safety-identifier", HeaderValue::from_str(&setup.safety_id).ok()?);
        if let Some(key) = &self.api_key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let body = Bytes::from(body.to_string());
        Some(Request { method: Method::POST, url: self.url.clone(), headers, body })
    }
}

fn refusal(status: StatusCode) -> MintError {
    match status {
        StatusCode::TOO_MANY_REQUESTS => MintError::Limited,
        status if status.is_client_error() => MintError::Refused,
        _ => MintError::Unavailable,
    }
}
