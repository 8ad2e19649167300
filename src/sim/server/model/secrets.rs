//! The simulated model's REST side: it makes secrets for browsers, with sessions that its socket would accept, and lists
//! models for whoever has a key.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::sim::model::{FakeModel, ModelOut};
use crate::sim::server::model::Clock;
use crate::types::Mono;

const PATH: &str = "/v1/realtime/client_secrets";
const MODELS: &str = "/v1/models";
/// How a request for the list begins, and no upgrade does.
const LIST_HEAD: &[u8; 9] = b"GET /v1/m";
const BODY_BYTES_MAX: usize = 512 * 1024;

/// Longer than a session takes to begin.
const BEGIN_WAIT: Duration = Duration::from_secs(5);

/// What the provider documents for a secret's life.
const SECS: std::ops::RangeInclusive<i64> = 10..=7200;

/// What a connection wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// A socket: an upgrade.
    Socket,
    /// A session that a browser will open.
    Secret,
    /// The list of models: no session.
    List,
}

/// Tells by the first bytes; they are left for whoever answers.
pub(super) async fn wish(stream: &TcpStream) -> Wish {
    let mut head = [0; LIST_HEAD.len()];
    match stream.peek(&mut head).await {
        Ok(_) if head[0] == b'P' => Wish::Secret,
        Ok(_) if head == *LIST_HEAD => Wish::List,
        Ok(_) | Err(_) => Wish::Socket,
    }
}

/// Answers one request.
pub(super) async fn serve(stream: TcpStream, model: &mut FakeModel, clock: &Clock) -> anyhow::Result<()> {
    let model = Mutex::new(model);
    let service = service_fn(|request: Request<Incoming>| {
        let model = &model;
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(Body::new(body), BODY_BYTES_MAX).await?;
            let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
            let (status, answer) = match parts.uri.path() {
                PATH => {
                    let mut model = model.lock().unwrap_or_else(PoisonError::into_inner);
                    let beta = header("openai-beta").is_some();
                    mint(&mut model, clock(), header("authorization"), beta, &body)
                }
                MODELS => list(&model.lock().unwrap_or_else(PoisonError::into_inner), header("authorization")),
                _ => (404, json!({ "error": { "message": "Invalid URL" } })),
            };
            let mut response = Response::new(Body::from(answer.to_string()));
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
            Ok::<_, axum::Error>(response)
        }
    });
    http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await?;
    Ok(())
}

/// The models that there are, for whoever has the key.
fn list(model: &FakeModel, key: Option<&str>) -> (u16, Value) {
    if let Some(status) = model.rest_refusal(key) {
        return (status, json!({ "error": { "message": "secret words", "type": "invalid_request_error" } }));
    }
    (200, json!({ "object": "list", "data": [{ "id": "gpt-realtime", "object": "model", "owned_by": "system" }] }))
}

/// A status, and the answer. The session is tried on the machine itself, so both doors are equally strict.
fn mint(model: &mut FakeModel, now: Mono, key: Option<&str>, beta: bool, body: &[u8]) -> (u16, Value) {
    let error = |status, code: &str| (status, json!({ "error": { "code": code, "message": "secret words" } }));
    if let Some(status) = model.refusal_status(key) {
        return error(status, "refused");
    }
    let Ok(wanted) = serde_json::from_slice::<Value>(body) else { return error(400, "invalid_json") };
    if !wanted["expires_after"]["seconds"].as_i64().is_some_and(|secs| SECS.contains(&secs)) {
        return error(400, "invalid_value");
    }
    model.open(now, wanted["session"]["model"].as_str(), key, beta);
    let update = json!({ "type": "session.update", "event_id": "mint", "session": wanted["session"] });
    model.receive(now, &update.to_string());
    model.advance(now + BEGIN_WAIT);
    let unix = model.knobs().unix_secs + i64::try_from(now.0 / 1_000_000).unwrap_or(0);
    while let Some(out) = model.poll() {
        let event = match out {
            ModelOut::Text(text) => serde_json::from_str::<Value>(&text).unwrap_or_default(),
            ModelOut::Close { .. } | ModelOut::Reset => return error(401, "invalid_api_key"),
            ModelOut::Binary(_) => continue,
        };
        match event["type"].as_str() {
            Some("error") => return error(400, event["error"]["code"].as_str().unwrap_or_default()),
            Some("session.updated") => {
                let lasts = wanted["expires_after"]["seconds"].as_i64().unwrap_or_default();
                let value = format!("ek_{}", event["session"]["id"].as_str().unwrap_or_default());
                let answer = json!({ "value": value, "expires_at": unix + lasts, "session": event["session"] });
                return (200, answer);
            }
            _ => {}
        }
    }
    error(500, "server_error")
}
