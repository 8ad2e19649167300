//! Asks the provider whether it takes our key, so that a wrong one is known before a caller meets it.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode, Uri};

use crate::net::{Net, Request};
use crate::realtime::BadUrl;
use crate::types::Secret;

/// From the first byte out to the last byte in.
const TOTAL_WAIT: Duration = Duration::from_secs(8);

/// The list of models is not looked at; the longest seen had 60 KB.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What the provider says about our key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    Accepted,
    Refused,
    /// Nobody answers, or the provider has a problem of its own.
    Unreachable,
    /// It answers something that tells nothing about the key: a proxy without a list of models, a key with few rights.
    Unknown,
}

/// One question to the provider's REST interface.
pub struct KeyProbe {
    net: Net,
    url: Uri,
    authorization: HeaderValue,
}

impl KeyProbe {
    /// `base_url`: `https://host/v1`.
    ///
    /// # Errors
    /// It is no URL, or the key cannot be sent.
    pub fn new(net: Net, base_url: &str, api_key: &Secret) -> Result<Self, BadUrl> {
        let url = format!("{}/models", base_url.trim_end_matches('/'));
        let authorization = HeaderValue::from_str(&format!("Bearer {}", api_key.expose()));
        let mut authorization = authorization.map_err(|_| BadUrl::Shape)?;
        authorization.set_sensitive(true);
        Ok(Self { net, url: url.parse().map_err(|_| BadUrl::Shape)?, authorization })
    }

    pub async fn look(&self) -> KeyState {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, self.authorization.clone())]);
        let request = Request { method: Method::GET, url: self.url.clone(), headers, body: Bytes::new() };
        let status = match self.net.send(request, TOTAL_WAIT, ANSWER_BYTES_MAX).await {
            Ok(answer) => answer.status,
            Err(missed) => {
                tracing::debug!(why = missed.label(), "the model's key cannot be looked at");
                return KeyState::Unreachable;
            }
        };
        match status {
            status if status.is_success() => KeyState::Accepted,
            StatusCode::UNAUTHORIZED => KeyState::Refused,
            status if status.is_server_error() => KeyState::Unreachable,
            _ => KeyState::Unknown,
        }
    }
}
