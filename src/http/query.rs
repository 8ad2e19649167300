//! Path and query parameters, parsed at the door.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, MatchedPath, Path, Query, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::{FieldError, Problem};
use crate::types::{CallId, CallbackState, OrgId};

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 100;

/// Refuses parameters that mean nothing to the path: a list whose filter was mistyped would be the wrong list.
pub(super) async fn refuse_unknown(path: MatchedPath, request: Request, next: Next) -> Response {
    let known: &[&'static str] = match path.as_str().trim_end_matches('/') {
        "/api/calls" | "/api/call" => &["org_id", "limit", "offset"],
        "/api/escalations" => &["org_id", "limit", "offset", "open"],
        "/api/callbacks" => &["org_id", "limit", "offset", "state"],
        _ => &[],
    };
    let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    let unknown =
        query.ok().and_then(|Query(pairs)| pairs.into_iter().find(|(name, _)| !known.contains(&name.as_str())));
    match unknown {
        Some((name, _)) => Problem::unknown_parameter(&name, known).into_response(),
        None => next.run(request).await,
    }
}

/// The id in a path. Ids are opaque to clients, so one that cannot exist is simply not found.
pub(super) struct PathId<T>(pub(super) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| text.parse().ok()).map(Self).ok_or_else(|| Problem::not_found("What you ask for"))
    }
}

/// A callback task: its call, and its number within the call, from 1.
pub(super) struct PathTask(pub(super) CallId, pub(super) u32);

impl<S: Send + Sync> FromRequestParts<S> for PathTask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await.ok();
        let task = path.and_then(|Path((call, no))| Some(Self(call.parse().ok()?, no.parse().ok()?)));
        task.ok_or_else(|| Problem::not_found("What you ask for"))
    }
}

/// `open=true`: only what is not finished. Absent: everything.
pub(super) struct WhetherOpen(pub(super) bool);

impl<S: Send + Sync> FromRequestParts<S> for WhetherOpen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = query(parts, state).await?;
        match query.get("open").map(String::as_str) {
            None | Some("false" | "0") => Ok(Self(false)),
            Some("true" | "1") => Ok(Self(true)),
            Some(_) => Err(bad_word("open", "`open` must be true or false.")),
        }
    }
}

/// `state=open` or `state=done`. Absent: both.
pub(super) struct TaskState(pub(super) Option<CallbackState>);

impl<S: Send + Sync> FromRequestParts<S> for TaskState {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = query(parts, state).await?;
        let wanted = query.get("state").map(|text| CallbackState::parse(text));
        match wanted {
            Some(None) => Err(bad_word("state", "`state` must be open or done.")),
            None => Ok(Self(None)),
            Some(known) => Ok(Self(known)),
        }
    }
}

fn bad_word(name: &'static str, detail: &str) -> Problem {
    Problem::validation_failed(vec![FieldError::parameter(name, "invalid", detail)])
}

async fn query<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<HashMap<String, String>, Problem> {
    let query = Query::<HashMap<String, String>>::from_request_parts(parts, state).await;
    query.map(|Query(query)| query).map_err(|_| {
        let error = FieldError::parameter("query", "unreadable", "The query cannot be read.");
        Problem::validation_failed(vec![error])
    })
}

/// Which part of a list is wanted.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Page {
    pub(super) org: Option<OrgId>,
    pub(super) limit: u32,
    pub(super) offset: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = query(parts, state).await?;
        let mut errors = Vec::new();
        let limit = number(&query, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &mut errors);
        let offset = number(&query, "offset", 0, u32::MAX, 0, &mut errors);
        if !errors.is_empty() {
            return Err(Problem::validation_failed(errors));
        }
        let org = query.get("org_id").map(|text| text.parse());
        let org = org.transpose().map_err(|_| {
            let detail = "`org_id` is not an organization id (1 to 64 of a-z 0-9 - _).";
            Problem::invalid_id(FieldError::parameter("org_id", "invalid_id", detail))
        })?;
        Ok(Self { org, limit, offset })
    }
}

fn number(
    query: &HashMap<String, String>,
    name: &'static str,
    min: u32,
    max: u32,
    default: u32,
    errors: &mut Vec<FieldError>,
) -> u32 {
    let Some(text) = query.get(name) else { return default };
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => number,
        _ => {
            let detail = format!("`{name}` must be a whole number from {min} to {max}.");
            errors.push(FieldError::parameter(name, "out_of_range", detail));
            default
        }
    }
}
