//! Opening connections to the model.
//!
//! Measured choices: small read buffers, no compression. Names, addresses, proxies and TLS are `net`'s.

use std::path::PathBuf;

use async_trait::async_trait;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::net::{Net, Place};
use crate::ports::model::{ModelConnector, ModelLink, ModelSetup, ParseTool};
use crate::realtime::{Recorder, link};
use crate::session::input::LostCause;
use crate::types::Secret;

/// Where and as whom to connect.
pub struct RealtimeSettings {
    /// `wss://host/path`; `ws://` for loopback hosts only, because the key travels with the request.
    pub url: String,
    /// `None`: no key is sent (a simulated model).
    pub api_key: Option<Secret>,
    /// Where to record each call's events, for debugging.
    pub log_dir: Option<PathBuf>,
    pub parse_tool: ParseTool,
}

/// The endpoint cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadUrl {
    #[error("the Realtime URL is not a wss:// URL with a host")]
    Shape,
    #[error("a ws:// Realtime URL is for loopback hosts only")]
    PlainText,
}

/// The connector cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    #[error(transparent)]
    Url(#[from] BadUrl),
    #[error("the directory for the Realtime log cannot be made")]
    LogDir(#[source] std::io::Error),
}

/// Opens connections to the Realtime API.
pub struct RealtimeConnector {
    /// Scheme, host and path, and the query so far.
    url: String,
    place: Place,
    api_key: Option<Secret>,
    parse_tool: ParseTool,
    net: Net,
    recorder: Option<Recorder>,
}

impl RealtimeConnector {
    /// Where it connects to.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Checks the URL and, if there is a log directory, makes it and starts its writer.
    pub fn new(settings: RealtimeSettings, net: Net) -> Result<Self, ConnectorError> {
        let place = check_url(&settings.url)?;
        let recorder = settings.log_dir.as_deref().map(Recorder::start).transpose().map_err(ConnectorError::LogDir)?;
        let RealtimeSettings { url, api_key, parse_tool, .. } = settings;
        Ok(Self { url, place, api_key, parse_tool, net, recorder })
    }

    /// Waits until the log holds everything so far; true at once without a log. Blocks the thread, 5 s at most.
    pub fn flush_log(&self) -> bool {
        self.recorder.as_ref().is_none_or(Recorder::flush)
    }

    fn request(&self, setup: &ModelSetup) -> Result<Request, SocketError> {
        let mut request = with_model(&self.url, &setup.model).into_client_request()?;
        let headers = request.headers_mut();
        if let Some(key) = &self.api_key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|error| SocketError::HttpFormat(error.into()))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Ok(value) = HeaderValue::from_str(&setup.safety_id) {
            headers.insert("openai-safety-identifier", value);
        }
        Ok(request)
    }
}

#[async_trait]
impl ModelConnector for RealtimeConnector {
    async fn connect(&self, setup: &ModelSetup) -> Result<ModelLink, LostCause> {
        let request = self.request(setup).map_err(|error| refused_or_unreachable(&error))?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let stream = self.net.connect(&self.place).await.map_err(|error| {
            tracing::debug!(%error, "the model's connection could not be opened");
            LostCause::Unreachable
        })?;
        let (socket, _) = client_async_with_config(request, stream, Some(config))
            .await
            .map_err(|error| refused_or_unreachable(&error))?;
        let tap = self.recorder.as_ref().map(|recorder| recorder.tap(setup.call));
        Ok(link::link(socket, setup.clone(), self.parse_tool, tap))
    }
}

/// Why a connection could not be opened.
fn refused_or_unreachable(error: &SocketError) -> LostCause {
    tracing::debug!(%error, "the model's connection could not be opened");
    match error {
        SocketError::Http(response) if matches!(response.status().as_u16(), 401 | 403 | 404) => LostCause::Refused,
        // A refusal of somebody who knows no upgrades: another attempt cannot succeed.
        SocketError::Protocol(ProtocolError::WrongHttpVersion) => LostCause::Refused,
        _ => LostCause::Unreachable,
    }
}

fn check_url(url: &str) -> Result<Place, BadUrl> {
    let uri: Uri = url.parse().map_err(|_| BadUrl::Shape)?;
    let place = Place::of(&uri).ok_or(BadUrl::Shape)?;
    match uri.scheme_str() {
        Some("wss") => Ok(place),
        Some("ws") if place.is_loopback() => Ok(place),
        Some("ws") => Err(BadUrl::PlainText),
        _ => Err(BadUrl::Shape),
    }
}

/// Adds the model to the URL's query.
fn with_model(url: &str, model: &str) -> String {
    let mut url = format!("{url}{}model=", if url.contains('?') { '&' } else { '?' });
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// A socket's read buffer is held as long as the call.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// What a stalled peer may make us hold; the writer's own time limit comes sooner.
const WRITE_BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Deltas of half a megabyte are legal; nothing that a call needs comes near this.
const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

#[cfg(test)]
mod tests;
