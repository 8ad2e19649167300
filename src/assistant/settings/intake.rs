//! `config.intake_fields`: what a call should establish.
//!
//! Names become properties of a tool's schema, so they are identifiers and each is there once.

use super::{INTAKE_FIELDS_MAX, QUESTION_CHARS_MAX};
use crate::assistant::check::{Problems, Section};
use crate::types::org::{FieldKind, IntakeField};

pub(super) fn intake_fields(config: &Section<'_>, problems: &mut Problems) -> Vec<IntakeField> {
    let at = config.at("intake_fields");
    let Some(value) = config.value("intake_fields") else {
        return Vec::new();
    };
    let Some(list) = value.as_array() else {
        problems.add(at, "This must be a list of fields.");
        return Vec::new();
    };
    if list.len() > INTAKE_FIELDS_MAX {
        problems.add(at, format!("These must be at most {INTAKE_FIELDS_MAX} fields."));
        return Vec::new();
    }
    let mut fields: Vec<IntakeField> = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let pointer = format!("{at}/{index}");
        let Some(object) = value.as_object() else {
            problems.add(pointer, "This must be an object.");
            continue;
        };
        let Some(field) = intake_field(&Section { object, pointer: pointer.clone() }, problems) else {
            continue;
        };
        if fields.iter().any(|known| known.name == field.name) {
            problems.add(format!("{pointer}/name"), "Each field needs a name of its own.");
            continue;
        }
        fields.push(field);
    }
    fields
}

fn intake_field(section: &Section<'_>, problems: &mut Problems) -> Option<IntakeField> {
    let name = section.text("name", 64, problems).unwrap_or_default();
    if !is_identifier(&name) {
        let shape = "This must be a lower-case identifier such as caller_name.";
        if !problems.0.iter().any(|known| known.pointer == section.at("name")) {
            problems.add(section.at("name"), shape);
        }
        return None;
    }
    let kind = section.text("type", 16, problems).unwrap_or_else(|| "text".to_owned());
    let kind = FieldKind::parse(&kind).or_else(|| {
        let kinds: Vec<_> = FieldKind::ALL.iter().map(|kind| kind.as_str()).collect();
        problems.add(section.at("type"), format!("This must be one of {}.", kinds.join(", ")));
        None
    });
    let required = section.boolean("required", problems).unwrap_or(false);
    let question = section.text("question", QUESTION_CHARS_MAX, problems).unwrap_or_default();
    Some(IntakeField { name, kind: kind?, required, question })
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
