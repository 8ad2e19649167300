//! What bringing people in left behind: the list of escalations, and callback tasks that staff work off.
//!
//! A task is done or not, and somebody's or nobody's; everything else about it was settled by the call.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Map, Value};

use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::fields::Fields;
use crate::http::problem::of_store;
use crate::http::query::{Page, PathTask, TaskState, WhetherOpen};
use crate::http::views::{CallbackView, CallbacksView, EscalationItemView, EscalationsView};
use crate::http::{AppState, FieldError, Problem};
use crate::ports::store::CallbackChange;
use crate::types::{CallbackState, Wall};

const THE_TASK: &str = "The callback task";

/// Longest name of somebody who takes a task.
const ASSIGNEE_CHARS_MAX: usize = 64;

/// `GET /api/escalations?org_id&open&limit&offset`, newest first.
pub(super) async fn escalations(
    State(state): State<AppState>,
    page: Page,
    WhetherOpen(open): WhetherOpen,
) -> Result<Json<EscalationsView>, Problem> {
    let read = state.api.transfers.escalations(page.org.as_ref(), open, page.limit, page.offset);
    let (rows, total) = read.await?;
    Ok(Json(EscalationsView { escalations: rows.into_iter().map(EscalationItemView::from).collect(), total }))
}

/// `GET /api/callbacks?org_id&state&limit&offset`, what is due first comes first.
pub(super) async fn callbacks(
    State(state): State<AppState>,
    page: Page,
    TaskState(wanted): TaskState,
) -> Result<Json<CallbacksView>, Problem> {
    let read = state.api.transfers.callbacks(page.org.as_ref(), wanted, page.limit, page.offset);
    let (rows, total) = read.await?;
    let now = state.api.clock.now().wall;
    Ok(Json(CallbacksView { callbacks: rows.into_iter().map(|row| CallbackView::new(row, now)).collect(), total }))
}

/// `PATCH` or `POST /api/callbacks/{call_id}/{no} {state?, assignee?}`.
pub(super) async fn change_callback(
    State(state): State<AppState>,
    PathTask(call, no): PathTask,
    Extension(KeyName(key)): Extension<KeyName>,
    JsonObject(body): JsonObject,
) -> Result<Json<CallbackView>, Problem> {
    let now = state.api.clock.now().wall;
    let change = change(body, now)?;
    let row = state.api.transfers.change_callback(call, no, change).await.map_err(of_store(THE_TASK))?;
    tracing::info!(call_id = %call, no, key, state = %row.state, "a callback task was changed");
    Ok(Json(CallbackView::new(row, now)))
}

fn change(body: Map<String, Value>, at: Wall) -> Result<CallbackChange, Problem> {
    let mut fields = Fields::new(body);
    let words: Vec<_> = CallbackState::ALL.iter().map(|state| state.as_str()).collect();
    let state = fields.word("state", CallbackState::parse, &words);
    // Null is an answer here: nobody any more.
    let assignee = fields
        .take_nullable("assignee")
        .map(|value| if value.is_null() { None } else { fields.as_line("assignee", &value, ASSIGNEE_CHARS_MAX) });
    fields.finish()?;
    if state.is_none() && assignee.is_none() {
        let error = FieldError::at("", "missing", "Name what changes: `state`, `assignee`, or both.");
        return Err(Problem::validation_failed(vec![error]));
    }
    Ok(CallbackChange { state, assignee, at })
}
