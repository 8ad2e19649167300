//! Request bodies: JSON objects, refused with a problem document for whatever else arrives.

use axum::body::{Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value};

use crate::http::{BODY_BYTES_MAX, FieldError, Problem};
use crate::types::json::mended;

/// A body that is one JSON object.
pub(super) struct JsonObject(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::unsupported_media_type());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::payload_too_large(BODY_BYTES_MAX),
                _ => Problem::unreadable_body(),
            }
        })?;
        // A browser writes half of an astral character as an escape, and means no harm by it.
        let text = std::str::from_utf8(&bytes).map(mended);
        match text.map_or_else(|_| serde_json::from_slice(&bytes), |text| serde_json::from_str(&text)) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => {
                let error = FieldError::at("", "wrong_type", "The body must be a JSON object.");
                Err(Problem::validation_failed(vec![error]))
            }
            Err(error) => Err(Problem::invalid_json(error.line(), error.column())),
        }
    }
}

/// A body that is one JSON object, or none at all: a command whose every field may be left out.
pub(super) struct MaybeJson(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for MaybeJson {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(Map::new()));
        }
        JsonObject::from_request(request, state).await.map(|JsonObject(object)| Self(object))
    }
}

/// `application/json`, or a type built on it, with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
