//! Sessions in browsers: begun here, written to by the page that runs them, ended by `POST /api/call/end`.
//!
//! The page talks with the model by itself, so the gateway knows of such a call what the page posts, and no more.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};

use crate::calls::new_call_id;
use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::fields::Fields;
use crate::http::problem::of_store;
use crate::http::views::{Saved, Started};
use crate::http::{AppState, Problem};
use crate::ports::sessions::{NewSession, PostedLine, SessionError};
use crate::types::{CallId, OrgId, Speaker, Wall};

const THE_CALL: &str = "The call";
const THE_ORG: &str = "The organization";

/// Open sessions of one organization.
const OPEN_MAX: u32 = 1_000;

/// Lines of one session: more than anybody says in four hours, which is the longest call.
const LINES_MAX: u32 = 4_000;

/// Characters of one line: what is said without a pause in about two minutes.
const LINE_CHARS_MAX: usize = 2_000;

/// `POST /api/call/start {org_id}`, without `to`. The organization is known to exist.
pub(super) async fn start(
    state: &AppState,
    org: OrgId,
    mut body: Map<String, Value>,
    KeyName(key): KeyName,
) -> Result<Json<Started>, Problem> {
    // What is left over belongs to a call by phone whose number was forgotten.
    ["org_id", "to"].iter().for_each(|known| drop(body.remove(*known)));
    Fields::new(body).finish()?;
    let at = state.api.clock.now().wall;
    let settings = state.api.orgs.by_id(&org).await.ok_or_else(Problem::storage_unavailable)?;
    let longest = settings.call_secs_max.map_or(state.api.call_max, |secs| Duration::from_secs(secs.into()));
    let longest_us = i64::try_from(longest.as_micros()).unwrap_or(i64::MAX);
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| Problem::internal())?;
    let call = new_call_id(at, &random);
    let session = NewSession { call, org: org.clone(), at, deadline: Wall(at.0.saturating_add(longest_us)) };
    match state.api.sessions.open(session, OPEN_MAX).await {
        Ok(()) => {}
        Err(SessionError::Full) => return Err(Problem::too_many_sessions()),
        Err(SessionError::Store(error)) => return Err(of_store(THE_ORG)(error)),
        Err(SessionError::ByPhone | SessionError::Over) => return Err(Problem::internal()),
    }
    metrics::counter!("switchboard_sessions_opened_total").increment(1);
    tracing::info!(call_id = %call, %org, key, "a session in a browser begins");
    Ok(Json(Started::new(call)))
}

/// `POST /api/call/transcript {call_id, speaker, text}`.
pub(super) async fn transcript(
    State(state): State<AppState>,
    JsonObject(body): JsonObject,
) -> Result<Json<Saved>, Problem> {
    let line = read(body, state.api.clock.now().wall)?;
    let call = line.call;
    match state.api.sessions.post(line, LINES_MAX).await {
        Ok(seq) => Ok(Json(Saved::new(call, seq))),
        Err(SessionError::ByPhone) => Err(Problem::written_by_gateway()),
        Err(SessionError::Over) => Err(Problem::call_not_live()),
        Err(SessionError::Full) => Err(Problem::transcript_full(LINES_MAX)),
        Err(SessionError::Store(error)) => Err(of_store(THE_CALL)(error)),
    }
}

/// Ends a session if the call is one that is still open. False: the call is over, or never was a session.
pub(super) async fn end(state: &AppState, call: CallId) -> Result<bool, Problem> {
    match state.api.sessions.end(call, state.api.clock.now().wall).await {
        Ok(ended) => Ok(ended),
        Err(SessionError::ByPhone | SessionError::Over | SessionError::Full) => Ok(false),
        Err(SessionError::Store(error)) => Err(of_store(THE_CALL)(error)),
    }
}

/// The seed's refusal of a faulty line is a 400; further fields were never minded.
fn read(body: Map<String, Value>, at: Wall) -> Result<PostedLine, Problem> {
    let mut fields = Fields::new(body);
    let call = fields.required_text("call_id", LINE_CHARS_MAX);
    let speaker = fields.required_word("speaker", Speaker::parse, &["user", "agent"]);
    let text = fields.required_text("text", LINE_CHARS_MAX);
    let faults = fields.faults();
    let (Some(call), Some(speaker), Some(text)) = (call, speaker, text) else {
        return Err(Problem::bad_fields(faults));
    };
    let call = call.parse().map_err(|_| Problem::not_found(THE_CALL))?;
    Ok(PostedLine { call, speaker, text, at })
}
