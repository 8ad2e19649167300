//! An organization's settings: read, and changed in part.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Map, Value};

use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::problem::of_store;
use crate::http::query::PathId;
use crate::http::views::{Done, OrgView};
use crate::http::{AppState, FieldError, Problem};
use crate::ports::store::OrgRow;
use crate::types::OrgId;

const THE_ORG: &str = "The organization";

/// `GET /api/org/config/{org_id}`.
pub(super) async fn show(State(state): State<AppState>, PathId(id): PathId<OrgId>) -> Result<Json<OrgView>, Problem> {
    let row = state.api.directory.org(&id).await.map_err(of_store(THE_ORG))?;
    Ok(Json(row.into()))
}

/// `POST /api/org/config/{org_id}`: fields that are absent or null stay as they are.
pub(super) async fn update(
    State(state): State<AppState>,
    PathId(id): PathId<OrgId>,
    Extension(KeyName(key)): Extension<KeyName>,
    JsonObject(body): JsonObject,
) -> Result<Json<Done>, Problem> {
    let _turn = state.org_writes.lock().await;
    let mut row = state.api.directory.org(&id).await.map_err(of_store(THE_ORG))?;
    apply(&mut row, body).map_err(Problem::validation_failed)?;
    (state.api.validate_org)(&row).map_err(Problem::validation_failed)?;
    state.api.directory.update_org(&row).await.map_err(of_store(THE_ORG))?;
    tracing::info!(org = %id, key, "the organization's settings were changed");
    Ok(Json(Done::new("The configuration was updated.")))
}

/// Lays a partial update over a row; names every field that is unknown or of the wrong type.
fn apply(row: &mut OrgRow, body: Map<String, Value>) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    for (name, value) in body {
        if value.is_null() {
            continue;
        }
        let result = match name.as_str() {
            // What was read may be sent back as it is.
            "id" if value.as_str() == Some(&row.id) => Ok(()),
            "id" => Err(("read_only", "An organization's id cannot be changed.")),
            "name" => text(value).map(|text| row.name = text),
            "after_hours_policy" => text(value).map(|text| row.after_hours_policy = text),
            "escalation_phone" => text(value).map(|text| row.escalation_phone = text),
            "business_hours" => json(value).map(|text| row.business_hours = text),
            "services_offered" => json(value).map(|text| row.services_offered = text),
            "config" if !value.is_object() => Err(("wrong_type", "`config` must be an object.")),
            "config" => json(value).map(|text| row.config = text),
            _ => Err(("unknown_field", "There is no such field.")),
        };
        if let Err((code, detail)) = result {
            errors.push(FieldError::at(format!("/{}", escape(&name)), code, detail));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The code and the sentence of a fault.
type Fault = (&'static str, &'static str);

/// Any JSON value, as the text that is stored.
fn json(value: Value) -> Result<String, Fault> {
    Ok(value.to_string())
}

fn text(value: Value) -> Result<String, Fault> {
    match value {
        // Postgres cannot store it, and nobody means it.
        Value::String(text) if text.contains('\0') => Err(("invalid", "The text holds a NUL character.")),
        Value::String(text) => Ok(text),
        _ => Err(("wrong_type", "This field must be a text.")),
    }
}

/// A name as part of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
