//! An organization's columns and `config` into the typed `Organization` that calls use.
//!
//! Keys that this version does not know are left alone: rows keep the document as it was written, and a later version
//! may read them. What is known must have its type and stay within its limit.

use std::time::Duration;

use serde_json::{Map, Value};

pub use crate::assistant::check::Problem;
use crate::assistant::check::{Problems, Section, bad_text};
pub use crate::assistant::demo::demo_org;
use crate::ports::store::OrgRow;
use crate::types::OrgId;
use crate::types::org::{
    AudioFormat, Eagerness, EscalationSettings, FieldKind, IntakeField, Organization, OutboundSettings, SafetySettings,
    SilenceSteps, TurnDetection, WeekHours,
};

/// Longest greeting and disclosure: about a minute of speech.
pub const SENTENCE_CHARS_MAX: usize = 1000;
/// Longest business hours, after-hours policy, and list of services.
pub const TEXT_CHARS_MAX: usize = 4000;
pub const NAME_CHARS_MAX: usize = 200;
pub const QUESTION_CHARS_MAX: usize = 500;
pub const INTAKE_FIELDS_MAX: usize = 32;
pub const SERVICES_MAX: usize = 100;
/// Longest `config` as text.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;
/// Longest call that an organization may ask for.
pub const CALL_SECS_MAX: u32 = 14_400;

/// Reads a row. All problems are reported, in document order; their pointers name the API's fields.
pub fn organization(row: &OrgRow) -> Result<Organization, Vec<Problem>> {
    let mut problems = Problems::default();
    let id = row.id.parse::<OrgId>().map_err(|_| {
        problems.add("/id", "This must be 1 to 64 characters of a-z, 0-9, - and _.");
    });
    let name = row.name.trim().to_owned();
    if name.is_empty() {
        problems.add("/name", "An organization needs a name.");
    }
    plain_text("/name", &name, NAME_CHARS_MAX, &mut problems);
    let business_hours = hours(&row.business_hours, &mut problems);
    plain_text("/after_hours_policy", &row.after_hours_policy, TEXT_CHARS_MAX, &mut problems);
    let services_offered = services(&row.services_offered, &mut problems);
    if !is_phone_like(&row.escalation_phone) {
        problems.add("/escalation_phone", "This must be a phone number, or empty.");
    }
    let config = document(&row.config, &mut problems);
    let config = Section { object: &config, pointer: "/config".into() };
    let greeting = config.text("greeting", SENTENCE_CHARS_MAX, &mut problems);
    let disclosure = config.text("disclosure", SENTENCE_CHARS_MAX, &mut problems);
    let language = config.word("language", 35, is_language, "a language tag such as en or pt-BR", &mut problems);
    let voice = config.word("voice", 64, is_name, "the name of a voice", &mut problems);
    let model = config.word("model", 100, is_name, "the name of a model", &mut problems);
    let audio_format = audio_format(&config, &mut problems);
    let turn_detection = turn_detection(&config, &mut problems);
    let intake_fields = intake_fields(&config, &mut problems);
    let silence = silence(&config, &mut problems);
    let call_secs_max = config.whole("call_secs_max", (30, CALL_SECS_MAX), &mut problems);
    for key in ["escalation", "safety"] {
        config.section(key, &mut problems);
    }
    config.text("time_zone", 64, &mut problems);
    let Ok(id) = id else { return Err(problems.0) };
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    Ok(Organization {
        id,
        greeting: greeting.unwrap_or_else(|| default_greeting(&name)),
        name,
        business_hours,
        after_hours_policy: row.after_hours_policy.trim().to_owned(),
        services_offered,
        escalation_phone: row.escalation_phone.trim().to_owned(),
        disclosure: disclosure.unwrap_or_default(),
        language: language.unwrap_or_else(|| "en".to_owned()),
        voice,
        model,
        audio_format,
        turn_detection,
        intake_fields,
        silence,
        call_secs_max,
        time_zone: "UTC".to_owned(),
        hours: WeekHours::Always,
        escalation: EscalationSettings::default(),
        safety: SafetySettings::default(),
        outbound: OutboundSettings::default(),
    })
}

/// For an organization that has not written one; one that wants none writes an empty one.
fn default_greeting(name: &str) -> String {
    format!("{name}, this is the assistant. How can I help you?")
}

fn plain_text(pointer: &str, text: &str, chars_max: usize, problems: &mut Problems) {
    if let Some(detail) = bad_text(text, chars_max) {
        problems.add(pointer, detail);
    }
}

/// `config` itself; empty text is an empty object.
fn document(text: &str, problems: &mut Problems) -> Map<String, Value> {
    if text.trim().is_empty() {
        return Map::new();
    }
    if text.len() > CONFIG_BYTES_MAX {
        problems.add("/config", format!("This must be at most {CONFIG_BYTES_MAX} bytes of JSON."));
        return Map::new();
    }
    if let Ok(Value::Object(object)) = serde_json::from_str(text) {
        return object;
    }
    problems.add("/config", "This must be an object.");
    Map::new()
}

/// JSON if it is JSON, else the text itself: both were written by people who describe their hours.
fn loose(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Business hours as the assistant should say them: text, a list of texts, or an object of days.
fn hours(text: &str, problems: &mut Problems) -> String {
    const SHAPE: &str = "This must be text, a list of texts, or an object such as {\"monday\": \"08:00-18:00\"}.";
    let lines = match loose(text) {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(|line| line.as_str().map(str::to_owned)).collect(),
        Value::Object(days) => days.iter().map(|(day, open)| Some(format!("{day}: {}", opening(open)?))).collect(),
        Value::Bool(_) | Value::Number(_) => None,
    };
    let Some(lines) = lines else {
        problems.add("/business_hours", SHAPE);
        return String::new();
    };
    let hours = lines.join("\n").trim().to_owned();
    plain_text("/business_hours", &hours, TEXT_CHARS_MAX, problems);
    hours
}

/// One day's hours; `None`: not a shape that anybody would mean.
fn opening(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => Some("closed".to_owned()),
        Value::Bool(true) => Some("open".to_owned()),
        Value::String(text) => Some(text.clone()),
        Value::Array(spans) => Some(spans.iter().map(opening).collect::<Option<Vec<_>>>()?.join(", ")),
        Value::Object(span) => {
            let (open, close) = (span.get("open")?.as_str()?, span.get("close")?.as_str()?);
            Some(format!("{open}-{close}"))
        }
        Value::Number(_) => None,
    }
}

/// A list of texts, or one text.
fn services(text: &str, problems: &mut Problems) -> Vec<String> {
    let services: Option<Vec<String>> = match loose(text) {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(|service| service.as_str().map(str::to_owned)).collect(),
        Value::Object(_) | Value::Bool(_) | Value::Number(_) => None,
    };
    let Some(services) = services else {
        problems.add("/services_offered", "This must be text or a list of texts.");
        return Vec::new();
    };
    let services: Vec<_> = services.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    if services.len() > SERVICES_MAX {
        problems.add("/services_offered", format!("These must be at most {SERVICES_MAX} services."));
    }
    plain_text("/services_offered", &services.join("\n"), TEXT_CHARS_MAX, problems);
    services
}

fn audio_format(config: &Section<'_>, problems: &mut Problems) -> Option<AudioFormat> {
    let word = config.text("audio_format", 16, problems)?;
    let format = AudioFormat::parse(&word);
    if format.is_none() {
        problems.add(config.at("audio_format"), "This must be \"pcm\" or \"pcmu\".");
    }
    format
}

fn turn_detection(config: &Section<'_>, problems: &mut Problems) -> TurnDetection {
    let default = TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 };
    let Some(section) = config.section("turn_detection", problems) else {
        return default;
    };
    match section.text("type", 32, problems).as_deref() {
        Some("server_vad") | None => TurnDetection::Server {
            threshold: section.number("threshold", (0.0, 1.0), problems).map_or(0.5, |n| n as f32),
            prefix_padding_ms: section.whole("prefix_padding_ms", (0, 5000), problems).unwrap_or(300),
            silence_duration_ms: section.whole("silence_duration_ms", (100, 5000), problems).unwrap_or(500),
        },
        Some("semantic_vad") => {
            let word = section.text("eagerness", 16, problems);
            let eagerness = word.as_deref().map(Eagerness::parse);
            if eagerness == Some(None) {
                problems.add(section.at("eagerness"), "This must be \"low\", \"medium\", \"high\" or \"auto\".");
            }
            TurnDetection::Semantic { eagerness: eagerness.flatten().unwrap_or(Eagerness::Auto) }
        }
        Some(_) => {
            problems.add(section.at("type"), "This must be \"server_vad\" or \"semantic_vad\".");
            default
        }
    }
}

fn intake_fields(config: &Section<'_>, problems: &mut Problems) -> Vec<IntakeField> {
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

fn silence(config: &Section<'_>, problems: &mut Problems) -> SilenceSteps {
    let section = config.section("silence", problems);
    let mut secs = |key: &str, default: f64| {
        let secs = section.as_ref().and_then(|section| section.number(key, (1.0, 300.0), problems));
        Duration::from_secs_f64(secs.unwrap_or(default))
    };
    SilenceSteps { ask: secs("ask_secs", 6.0), again: secs("again_secs", 8.0), end: secs("end_secs", 10.0) }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// BCP 47, in shape.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    primary && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// What models and voices are called.
fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/'))
}

/// Digits with the usual decoration. Empty is fine.
fn is_phone_like(text: &str) -> bool {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let decorated = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b' ' | b'(' | b')' | b'.'));
    text.is_empty() || (decorated && (3..=15).contains(&digits) && text.len() <= 32)
}

#[cfg(test)]
mod tests;
