//! Refusals as problem documents (RFC 9457), each made by one small constructor.
//!
//! `detail` is a sentence that a receptionist can act on and never holds an internal error's text; old clients of the
//! seed find it under the name that they know.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::config::did_you_mean;
use crate::ports::door::{CommandError, OutboundError};
use crate::ports::mint::MintError;
use crate::ports::store::StoreError;
use crate::session::input::Ignored;

/// Advice to try again, in seconds.
const RETRY_SECS: &str = "5";

/// The limit of dials counts minutes.
const DIALS_RETRY_SECS: &str = "60";

/// One faulty field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FieldError {
    /// JSON pointer into the request's body, for example `/config/greeting`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of a query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<&'static str>,
    pub code: &'static str,
    pub detail: String,
}

impl FieldError {
    pub fn at(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, code, detail: detail.into() }
    }

    pub fn parameter(name: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: Some(name), code, detail: detail.into() }
    }
}

/// A refusal. As a response it is whole; `layers::finish` adds the request's id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    /// Advice to try again after so many seconds, if it is not the usual.
    retry_secs: Option<u64>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), errors: Vec::new(), retry_secs: None }
    }

    fn with(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    pub fn unauthenticated() -> Self {
        let detail = "Send a valid API key as `Authorization: Bearer KEY`.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "No valid key", detail)
    }

    /// The sender has tried too many keys.
    pub fn too_many_wrong_keys(wait_secs: u64) -> Self {
        let detail = format!("Too many wrong API keys came from your address; try again in {wait_secs} seconds.");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_wrong_keys", "Too many wrong keys", detail);
        Self { retry_secs: Some(wait_secs), ..problem }
    }

    /// `what` begins the sentence: "The call".
    pub fn not_found(what: &str) -> Self {
        let detail = format!("{what} does not exist.");
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    pub fn method_not_allowed() -> Self {
        let detail = "This path does not answer to this method; see the Allow header.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    pub fn payload_too_large(bytes_max: usize) -> Self {
        let detail = format!("The body may have at most {bytes_max} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "Body too large", detail)
    }

    pub fn unsupported_media_type() -> Self {
        let detail = "Send the body as application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type", detail)
    }

    pub fn unreadable_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable_body", "Unreadable body", "The body did not arrive whole.")
    }

    /// `line` and `column` count from 1.
    pub fn invalid_json(line: usize, column: usize) -> Self {
        let detail = format!("The body is not valid JSON (line {line}, column {column}).");
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", "Invalid JSON", detail)
    }

    pub fn missing_field(name: &'static str) -> Self {
        let error = FieldError::at(format!("/{name}"), "missing", "This field is required.");
        let detail = format!("The field `{name}` is missing.");
        Self::new(StatusCode::BAD_REQUEST, "missing_field", "Missing field", detail).with(vec![error])
    }

    /// As the seed refused a line: 400, whether a field is missing or is not what it must be.
    pub fn bad_fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join(" ");
        let (code, title) = match errors.iter().any(|error| error.code == "missing") {
            true => ("missing_field", "Missing field"),
            false => ("invalid_field", "Invalid field"),
        };
        Self::new(StatusCode::BAD_REQUEST, code, title, detail).with(errors)
    }

    pub fn invalid_id(error: FieldError) -> Self {
        let detail = error.detail.clone();
        Self::new(StatusCode::BAD_REQUEST, "invalid_id", "Invalid id", detail).with(vec![error])
    }

    pub fn validation_failed(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            many => format!("{} values are not valid; nothing was changed.", many.len()),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", "Validation failed", detail).with(errors)
    }

    /// `If-Match` names another version than the stored one.
    pub fn changed_meanwhile() -> Self {
        let detail = "It was changed since you read it; read it again, and send your changes with its new ETag.";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", "Changed meanwhile", detail)
    }

    /// A query parameter that the path does not know; `known`: those that it does.
    pub fn unknown_parameter(name: &str, known: &[&'static str]) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        let detail = match (did_you_mean(&name, known.iter().copied()), known) {
            (Some(meant), _) => format!("There is no parameter `{name}`. Did you mean `{meant}`?"),
            (None, []) => format!("There is no parameter `{name}`; this path takes none."),
            (None, known) => format!("There is no parameter `{name}`; this path takes {}.", known.join(", ")),
        };
        let error = FieldError::parameter("query", "unknown_parameter", detail.clone());
        Self::new(StatusCode::BAD_REQUEST, "unknown_parameter", "Unknown parameter", detail).with(vec![error])
    }

    pub fn call_not_live() -> Self {
        let detail = "The call is over, so nothing can be done with it.";
        Self::new(StatusCode::CONFLICT, "call_not_live", "The call is not live", detail)
    }

    pub fn not_by_phone() -> Self {
        let detail = "The call is a session in a browser: nobody can be brought in or heard there. End it with \
                      POST /api/call/end.";
        Self::new(StatusCode::CONFLICT, "not_by_phone", "Not a call by phone", detail)
    }

    pub fn written_by_gateway() -> Self {
        let detail = "The call is by phone; the gateway itself writes what is said there.";
        Self::new(StatusCode::CONFLICT, "written_by_gateway", "Not a session in a browser", detail)
    }

    pub fn transcript_full(lines_max: u32) -> Self {
        let detail = format!("The session has {lines_max} lines, and no more are taken.");
        Self::new(StatusCode::CONFLICT, "transcript_full", "The transcript is full", detail)
    }

    pub fn too_many_sessions() -> Self {
        let detail = "Too many sessions of this organization are open; end those that are over.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_sessions", "Too many sessions", detail)
    }

    pub fn storage_unavailable() -> Self {
        let detail = "The database does not answer at the moment; try again in a few seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable", "Database not available", detail)
    }

    pub fn timeout() -> Self {
        let detail = "The request took too long; try again in a few seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "Took too long", detail)
    }

    pub fn internal() -> Self {
        let detail = "Something went wrong on our side. If it stays, report the request id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
    }

    pub fn idempotency_key_required() -> Self {
        let detail = "Send an `Idempotency-Key` header (1 to 255 visible characters), so that no phone rings twice.";
        Self::new(StatusCode::BAD_REQUEST, "idempotency_key_required", "Idempotency-Key required", detail)
    }

    /// The key was used before, for something else.
    pub fn idempotency_mismatch() -> Self {
        let detail = "This `Idempotency-Key` was used with another request; use a new one.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch", "Key used before", detail)
    }

    pub fn idempotency_running() -> Self {
        let detail = "A request with this `Idempotency-Key` is still being worked on, or nobody knows how it ended; look \
                      at the list of calls.";
        Self::new(StatusCode::CONFLICT, "idempotency_running", "Still being worked on", detail)
    }

    pub fn outbound_disabled() -> Self {
        let detail = "Outbound calls are switched off for this organization (`config.outbound.enabled`).";
        Self::new(StatusCode::FORBIDDEN, "outbound_disabled", "Outbound calls are off", detail)
    }

    pub fn no_number() -> Self {
        let detail = "The organization has no phone number of its own that could be shown.";
        Self::new(StatusCode::CONFLICT, "no_number", "No number to show", detail)
    }

    pub const fn code(&self) -> &'static str {
        self.code
    }

    fn document(&self, request_id: Option<&str>) -> Vec<u8> {
        let document = Document {
            r#type: format!("/api/docs/problems/{}", self.code.replace('_', "-")),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id,
            errors: &self.errors,
        };
        serde_json::to_vec(&document).expect("texts and numbers always serialize")
    }

    /// The same response with the request's id in its document.
    pub(super) fn body(&self, request_id: &str) -> Body {
        Body::from(self.document(Some(request_id)))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.document(None)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECS));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(DIALS_RETRY_SECS));
        }
        if let Some(secs) = self.retry_secs {
            headers.insert(RETRY_AFTER, secs.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<OutboundError> for Problem {
    fn from(error: OutboundError) -> Self {
        let new = Self::new;
        match error {
            OutboundError::Disabled => Self::outbound_disabled(),
            OutboundError::NotAllowed => {
                let detail =
                    "This number may not be called; the organization's `config.escalation.allow` must cover it.";
                new(StatusCode::FORBIDDEN, "number_not_allowed", "Number not allowed", detail)
            }
            OutboundError::TooMany => {
                let detail = "Too many calls were placed for this organization; try again later.";
                new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many calls", detail)
            }
            OutboundError::NoCarrier => {
                let detail = "The gateway has no credentials with which it could place calls.";
                new(StatusCode::SERVICE_UNAVAILABLE, "not_configured", "No carrier", detail)
            }
            OutboundError::Busy => {
                let detail = "No further call can be taken on now; try again later.";
                new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail)
            }
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotLive => Self::call_not_live(),
            CommandError::Busy => {
                let detail = "The call has more to do than it can take now; try again in a moment.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail)
            }
            CommandError::Ignored(Ignored::UnknownTarget) => {
                let detail = "The call knows no target of this id; it knows those that `config.escalation.targets` had \
                              when it began.";
                Self::validation_failed(vec![FieldError::at("/target_id", "unknown_target", detail)])
            }
            CommandError::Ignored(why) => {
                Self::new(StatusCode::CONFLICT, "not_possible_now", "Not possible now", why_not(why))
            }
        }
    }
}

impl From<MintError> for Problem {
    fn from(error: MintError) -> Self {
        let new = |code, detail: &str| Self::new(StatusCode::BAD_GATEWAY, code, "No session with the model", detail);
        match error {
            MintError::Refused => {
                new("model_refused", "The model's provider refuses the gateway's key or settings; see its log.")
            }
            MintError::Limited => new("model_busy", "The model's provider takes no more requests; try again later."),
            MintError::Unavailable => {
                new("model_unavailable", "The model's provider does not answer; try again later.")
            }
        }
    }
}

/// What a receptionist can make of it.
const fn why_not(why: Ignored) -> &'static str {
    match why {
        Ignored::Ending => "The call is ending.",
        Ignored::NotAnswered => "Nobody has picked up yet.",
        Ignored::Voicemail => "The caller is leaving a message.",
        Ignored::WithPerson => "The caller talks with a person, or is being connected to one.",
        Ignored::NoAssistant => "The assistant is not connected, or the caller is not with it; try again in a moment.",
        Ignored::CallerDials => {
            "The assistant is gone and the caller's own line dials; nothing can be put in front of it."
        }
        Ignored::UnknownTarget => "The call knows no target of this id.",
        Ignored::LimitReached => "This call has asked for persons as often as it may.",
        Ignored::TooLate => "The present request for a person ends within seconds; try again after it.",
        Ignored::NotSaid => "The assistant did not say it.",
        Ignored::TooManyWaiting => "Other sentences wait to be said; try again after them.",
        Ignored::NothingToEnd => "The caller is with the assistant, and nobody is being called.",
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found("What you ask for"),
            StoreError::Unavailable => Self::storage_unavailable(),
            StoreError::Database(source) => {
                tracing::error!(error = %source, "the database refused a statement of the API");
                Self::internal()
            }
        }
    }
}

/// Says which thing is not there.
pub(super) fn of_store(what: &'static str) -> impl Fn(StoreError) -> Problem {
    move |error| match error {
        StoreError::NotFound => Problem::not_found(what),
        StoreError::Unavailable | StoreError::Database(_) => error.into(),
    }
}
