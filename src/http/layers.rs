//! What happens to every request: an id, a time limit, security headers, CORS, and a seat belt for panics.

use std::any::Any;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;
use uuid::Uuid;

use crate::config::CorsOrigins;
use crate::http::Problem;
use crate::http::unread::Unread;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REQUEST_ID_CHARS_MAX: usize = 128;

/// How long a browser remembers a preflight's answer.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// Gives the request an id and a time limit, and the answer its common headers.
pub(super) async fn finish(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let span = tracing::info_span!("request", request_id = %id, method = %request.method());
    let (request, unread) = Unread::watch(request);
    let answer = tokio::time::timeout(limit, next.run(request)).instrument(span);
    let mut response = answer.await.unwrap_or_else(|_| Problem::timeout().into_response());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        metrics::counter!("switchboard_http_problems_total", "code" => problem.code()).increment(1);
        *response.body_mut() = problem.body(&id);
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    unread.tell(&mut response);
    response
}

/// The client's own id if it is harmless to log, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let harmless = |id: &&str| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(legal)
    };
    let sent = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(harmless);
    sent.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// A handler's panic costs one request. The payload is not repeated: it may quote what was sent.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request's handler panicked");
    Problem::internal().into_response()
}

/// `None`: no other origin's pages may read answers.
pub(super) fn cors(origins: &CorsOrigins) -> Option<CorsLayer> {
    let allowed = match origins {
        CorsOrigins::Any => AllowOrigin::any(),
        CorsOrigins::List(list) if list.is_empty() => return None,
        CorsOrigins::List(list) => AllowOrigin::list(list.iter().filter_map(|origin| origin.parse().ok())),
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PATCH])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, IDEMPOTENCY_KEY, IF_MATCH, REQUEST_ID])
        .expose_headers([REQUEST_ID, ETAG, RETRY_AFTER])
        .max_age(PREFLIGHT_AGE);
    Some(layer)
}
