//! `complete_intake`: the assistant hands over what it has found out.
//!
//! The fields are the organization's, and others are kept too: a caller may say something that no list foresaw.

use serde_json::{Map, Value, json};

use crate::assistant::tools::{Arguments, clean};
use crate::ports::model::ToolSpec;
use crate::session::input::{IntakeData, ToolRequest};
use crate::types::Urgency;
use crate::types::org::{FieldKind, IntakeField, Organization};

pub const NAME: &str = "complete_intake";

/// Facts in one intake.
const FIELDS_MAX: usize = 64;

/// Longest name of a fact.
const NAME_CHARS_MAX: usize = 64;

/// What the model may choose; an emergency is not an intake.
const URGENCIES: [Urgency; 3] = [Urgency::Low, Urgency::Medium, Urgency::High];

pub(super) fn spec(org: &Organization) -> ToolSpec {
    let properties: Map<String, Value> =
        org.intake_fields.iter().map(|field| (field.name.clone(), property(field))).collect();
    let urgencies = URGENCIES.map(Urgency::as_str);
    ToolSpec {
        name: NAME,
        description:
            "Store what the caller has told and confirmed. Use it once the required facts are known, and again \
                      with all facts when something changes. The answer names required facts that are still missing."
                .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "structured_data": {
                    "type": "object",
                    "description": "The facts by field name. Leave out what the caller has not told.",
                    "properties": properties,
                    "additionalProperties": true
                },
                "urgency_level": {
                    "type": "string",
                    "enum": urgencies,
                    "description": "How soon a person should look at it."
                }
            },
            "required": ["structured_data", "urgency_level"],
            "additionalProperties": false
        })
        .to_string(),
    }
}

/// The schema of one fact. Not `required`: a caller may decline, and what is missing is answered with its name.
fn property(field: &IntakeField) -> Value {
    let (kind, hint) = match field.kind {
        FieldKind::Text | FieldKind::Choice => ("string", ""),
        FieldKind::Phone => ("string", "A phone number, digits as the caller gave them."),
        FieldKind::Email => ("string", "An e-mail address."),
        FieldKind::Date => ("string", "A date as YYYY-MM-DD; the caller's words only if they name no date."),
        FieldKind::Time => ("string", "A time of day, or the caller's words for it."),
        FieldKind::Number => ("number", ""),
        FieldKind::Boolean => ("boolean", ""),
    };
    let need = if field.required { "Required." } else { "" };
    let words: Vec<_> = [hint, need].into_iter().filter(|text| !text.is_empty()).collect();
    if words.is_empty() {
        return json!({ "type": kind });
    }
    json!({ "type": kind, "description": words.join(" ") })
}

pub(super) fn parse(arguments: &Arguments<'_>) -> Result<ToolRequest, String> {
    arguments.only(&["structured_data", "urgency_level"])?;
    let data = arguments.value("structured_data")?.as_object().ok_or("structured_data must be an object.")?;
    let urgency = arguments.text("urgency_level")?;
    let urgency = URGENCIES.into_iter().find(|known| known.as_str() == urgency);
    let urgency = urgency.ok_or("urgency_level must be low, medium or high.")?;
    if data.len() > FIELDS_MAX {
        return Err(format!("structured_data must have at most {FIELDS_MAX} fields."));
    }
    if data.keys().any(|name| name.is_empty() || name.chars().count() > NAME_CHARS_MAX) {
        return Err(format!("Field names must have 1 to {NAME_CHARS_MAX} characters."));
    }
    let data = without_nul(&Value::Object(data.clone()));
    let fields = data.as_object().into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    Ok(ToolRequest::CompleteIntake { intake: IntakeData { fields: fields.collect(), json: data.to_string() }, urgency })
}

/// The same document without NUL characters in names and strings.
fn without_nul(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(list) => Value::Array(list.iter().map(without_nul).collect()),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(name, value)| (name.replace('\0', ""), without_nul(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A fact as text; `None`: nothing is known.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => clean(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(list) => list.iter().filter_map(text_of_part).collect::<Vec<_>>().join(", "),
        Value::Object(object) if object.is_empty() => return None,
        Value::Object(_) => value.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// A member of a list.
fn text_of_part(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) => Some(value.to_string()),
        _ => text(value),
    }
}
