//! The call list, one call, and ending one: a live call by phone, or a session in a browser.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::Value;

use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::problem::of_store;
use crate::http::query::{Page, PathId};
use crate::http::views::{CallView, CallsView, DetailView, Done};
use crate::http::{AppState, FieldError, Problem, sessions};
use crate::ports::door::CommandError;
use crate::session::input::StaffInput;
use crate::types::CallId;

const THE_CALL: &str = "The call";

/// `GET /api/calls?org_id&limit&offset`, newest first.
pub(super) async fn list(State(state): State<AppState>, page: Page) -> Result<Json<CallsView>, Problem> {
    let (rows, total) = state.api.history.calls(page.org.as_ref(), page.limit, page.offset).await?;
    Ok(Json(CallsView { calls: rows.into_iter().map(CallView::from).collect(), total }))
}

/// `GET /api/calls/{id}`.
pub(super) async fn detail(
    State(state): State<AppState>,
    PathId(id): PathId<CallId>,
) -> Result<Json<DetailView>, Problem> {
    let detail = state.api.history.call(id).await.map_err(of_store(THE_CALL))?;
    Ok(Json(detail.into()))
}

/// `POST /api/call/end {call_id}`. Asking twice is fine: a call that is over is answered so.
pub(super) async fn end(
    State(state): State<AppState>,
    Extension(KeyName(key)): Extension<KeyName>,
    JsonObject(body): JsonObject,
) -> Result<Json<Done>, Problem> {
    let text = match body.get("call_id") {
        None | Some(Value::Null) => return Err(Problem::missing_field("call_id")),
        Some(Value::String(text)) => text,
        Some(_) => {
            let error = FieldError::at("/call_id", "wrong_type", "`call_id` must be a text.");
            return Err(Problem::validation_failed(vec![error]));
        }
    };
    let id: CallId = text.parse().map_err(|_| Problem::not_found(THE_CALL))?;
    match state.api.door.command(id, StaffInput::End).await {
        Ok(()) => {
            tracing::info!(call_id = %id, key, "staff end a call");
            Ok(Json(Done::new("The call is being ended.")))
        }
        Err(CommandError::NotLive) if sessions::end(&state, id).await? => {
            tracing::info!(call_id = %id, key, "a session in a browser is ended");
            Ok(Json(Done::new("The session is over.")))
        }
        Err(CommandError::NotLive) => Ok(Json(Done::new("The call is already over."))),
        Err(error @ (CommandError::Busy | CommandError::Ignored(_))) => Err(error.into()),
    }
}
