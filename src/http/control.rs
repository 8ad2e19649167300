//! What staff do to a live call: bring somebody in, take over, give back, have something said, hang up.
//!
//! Who can be rung is in the organization's settings; a request names one of them at most, and never a number.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde_json::{Map, Value};

use crate::http::access::KeyName;
use crate::http::body::{JsonObject, MaybeJson};
use crate::http::fields::Fields;
use crate::http::problem::of_store;
use crate::http::query::PathId;
use crate::http::views::Accepted;
use crate::http::{AppState, Problem};
use crate::ports::door::CommandError;
use crate::session::input::StaffInput;
use crate::types::{CallId, Channel, TargetId, Urgency};

const THE_CALL: &str = "The call";

/// Longest reason of staff.
const REASON_CHARS_MAX: usize = 200;

/// Longest sentence that the assistant is made to say: about half a minute.
const SAY_CHARS_MAX: usize = 500;

/// The call has begun to do it; the timeline says what came of it.
type Answer = Result<(StatusCode, Json<Accepted>), Problem>;

/// `POST /api/calls/{id}/escalate {reason?, urgency?}`.
pub(super) async fn escalate(
    State(state): State<AppState>,
    PathId(id): PathId<CallId>,
    Extension(key): Extension<KeyName>,
    MaybeJson(body): MaybeJson,
) -> Answer {
    let mut fields = Fields::new(body);
    let reason = fields.line("reason", REASON_CHARS_MAX).unwrap_or_else(|| "staff asked for a person".to_owned());
    let words: Vec<_> = Urgency::ALL.iter().map(|urgency| urgency.as_str()).collect();
    let urgency = fields.word("urgency", Urgency::parse, &words).unwrap_or(Urgency::Medium);
    fields.finish()?;
    command(&state, id, &key, "escalate", StaffInput::Escalate { target: None, urgency, reason }).await
}

/// `POST /api/calls/{id}/take-over {target_id}`: this target and no other; whoever is rung meanwhile is let go. The
/// call itself knows its targets: they are those of its start.
pub(super) async fn take_over(
    State(state): State<AppState>,
    PathId(id): PathId<CallId>,
    Extension(key): Extension<KeyName>,
    JsonObject(body): JsonObject,
) -> Answer {
    let target = target_of(body)?;
    let reason = "staff take over".to_owned();
    let input = StaffInput::Escalate { target: Some(target), urgency: Urgency::Medium, reason };
    command(&state, id, &key, "take_over", input).await
}

fn target_of(body: Map<String, Value>) -> Result<TargetId, Problem> {
    let mut fields = Fields::new(body);
    let target = fields.required_line("target_id", 64).and_then(|text| {
        let target = text.parse().ok();
        if target.is_none() {
            fields.complain("target_id", "invalid", "This is not the id of a target (1 to 64 of a-z 0-9 - _).");
        }
        target
    });
    fields.finish()?;
    target.ok_or_else(Problem::internal)
}

/// `POST /api/calls/{id}/return`: the operator's part ends, or the attempts to reach one; back to the assistant.
pub(super) async fn give_back(
    State(state): State<AppState>,
    PathId(id): PathId<CallId>,
    Extension(key): Extension<KeyName>,
    MaybeJson(body): MaybeJson,
) -> Answer {
    Fields::new(body).finish()?;
    command(&state, id, &key, "return", StaffInput::Return).await
}

/// `POST /api/calls/{id}/say {text}`.
pub(super) async fn say(
    State(state): State<AppState>,
    PathId(id): PathId<CallId>,
    Extension(key): Extension<KeyName>,
    JsonObject(body): JsonObject,
) -> Answer {
    let mut fields = Fields::new(body);
    let text = fields.required_line("text", SAY_CHARS_MAX);
    fields.finish()?;
    command(&state, id, &key, "say", StaffInput::Say(text.ok_or_else(Problem::internal)?)).await
}

/// `POST /api/calls/{id}/hangup`.
pub(super) async fn hang_up(
    State(state): State<AppState>,
    PathId(id): PathId<CallId>,
    Extension(key): Extension<KeyName>,
    MaybeJson(body): MaybeJson,
) -> Answer {
    Fields::new(body).finish()?;
    command(&state, id, &key, "hangup", StaffInput::End).await
}

/// Gives a command to the call. One that is not live is unknown or over.
async fn command(state: &AppState, id: CallId, key: &KeyName, what: &'static str, input: StaffInput) -> Answer {
    match state.api.door.command(id, input).await {
        Ok(()) => {
            tracing::info!(call_id = %id, key = key.0, command = what, "staff command a call");
            Ok((StatusCode::ACCEPTED, Json(Accepted::new(id))))
        }
        Err(CommandError::NotLive) => {
            let row = state.api.history.call(id).await.map_err(of_store(THE_CALL))?.call;
            let is_open = row.channel == Channel::Browser && row.ended_at.is_none();
            Err(if is_open { Problem::not_by_phone() } else { Problem::call_not_live() })
        }
        Err(error @ (CommandError::Busy | CommandError::Ignored(_))) => Err(error.into()),
    }
}
