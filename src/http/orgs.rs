//! An organization's settings: read, and changed in part.

use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName};
use axum::{Extension, Json};
use serde_json::{Map, Value};

use crate::assistant::settings;
use crate::auth::hash_key;
use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::problem::of_store;
use crate::http::query::PathId;
use crate::http::views::{OrgSaved, OrgView};
use crate::http::{AppState, FieldError, Problem};
use crate::ports::store::OrgRow;
use crate::types::OrgId;
use crate::types::org::Target;

/// 128 bits of the hash.
const TAG_CHARS: usize = 32;

const THE_ORG: &str = "The organization";

/// `GET /api/org/config/{org_id}`, with an `ETag`.
pub(super) async fn show(
    State(state): State<AppState>,
    PathId(id): PathId<OrgId>,
) -> Result<(Tag, Json<OrgView>), Problem> {
    let row = state.api.directory.org(&id).await.map_err(of_store(THE_ORG))?;
    Ok((tag(&row), Json(row.into())))
}

/// `POST /api/org/config/{org_id}`: fields that are absent or null stay as they are; `config` is merged by key. With
/// `If-Match` only if nobody has changed it since.
pub(super) async fn update(
    State(state): State<AppState>,
    PathId(id): PathId<OrgId>,
    Extension(KeyName(key)): Extension<KeyName>,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<(Tag, Json<OrgSaved>), Problem> {
    let _turn = state.org_writes.lock().await;
    let mut row = state.api.directory.org(&id).await.map_err(of_store(THE_ORG))?;
    if !is_expected(&headers, &tag(&row)) {
        return Err(Problem::changed_meanwhile());
    }
    apply(&mut row, body).map_err(Problem::validation_failed)?;
    let checked = (state.api.check_org)(&mut row).map_err(Problem::validation_failed)?;
    refuse_own_numbers(&state, &checked.targets).await.map_err(Problem::validation_failed)?;
    state.api.directory.update_org(&row).await.map_err(of_store(THE_ORG))?;
    tracing::info!(org = %id, key, warnings = checked.warnings.len(), "the organization's settings were changed");
    Ok((tag(&row), Json(checked.into())))
}

/// The version of a row: another one after every change.
type Tag = [(HeaderName, String); 1];

fn tag(row: &OrgRow) -> Tag {
    let OrgRow { id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config } = row;
    let columns = [id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config];
    let hash = hash_key(&serde_json::to_string(&columns).unwrap_or_default());
    [(ETAG, format!("\"{}\"", &hash[..TAG_CHARS]))]
}

/// Whether `If-Match` allows a change of this version. Weak tags never match (RFC 9110, 13.1.1).
fn is_expected(headers: &HeaderMap, [(_, tag)]: &Tag) -> bool {
    let mut expected = headers.get_all(IF_MATCH).iter().peekable();
    expected.peek().is_none()
        || expected.any(|value| {
            let mut tags = value.to_str().unwrap_or_default().split(',').map(str::trim);
            tags.any(|expected| expected == "*" || expected == tag)
        })
}

/// A call to one of our own numbers would ring at our own door.
async fn refuse_own_numbers(state: &AppState, targets: &[Target]) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    for target in targets {
        if state.api.orgs.is_ours(&target.number).await {
            let detail = format!("The number of \"{}\" is one that this gateway answers itself.", target.id);
            errors.push(FieldError::at("/config/escalation/targets", "invalid", detail));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
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
            "config" => merged(&row.config, value).map(|text| row.config = text),
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

/// `config` with a partial update over it. One that is stored and is no object is replaced: calls cannot read it.
fn merged(stored: &str, patch: Value) -> Result<String, Fault> {
    let mut config = match serde_json::from_str(stored) {
        Ok(Value::Object(config)) => config,
        Ok(_) | Err(_) => Map::new(),
    };
    if let Value::Object(patch) = patch {
        settings::merge(&mut config, patch);
    }
    Ok(Value::Object(config).to_string())
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
