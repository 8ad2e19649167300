//! An organization's columns and `config` into the typed `Organization` that calls use.
//!
//! Keys that this version does not know are left alone when a row is read: an earlier or later version may have written
//! them. What is known must have its type and stay within its limit. Who writes a row is asked for more (`write`).

mod after_hours;
mod columns;
mod escalation;
mod hours;
mod intake;
mod keys;
mod number;
mod outbound;
mod safety;
mod write;

use std::time::Duration;

use serde_json::{Map, Value};

pub use crate::assistant::check::Problem;
use crate::assistant::check::{Problems, Section, bad_text};
pub use crate::assistant::demo::demo_org;
use crate::assistant::settings::after_hours::AfterHours;
use crate::ports::store::OrgRow;
use crate::types::OrgId;
use crate::types::org::{AudioFormat, Eagerness, Organization, SilenceSteps, TurnDetection, WeekHours};

pub use escalation::{ALLOW_MAX, RING_SECS, TARGETS_MAX};
pub use keys::{KEYS, merge};
pub use number::read_number;
pub use safety::{EMERGENCY_CHARS_MAX, PHRASE_CHARS_MAX, PHRASES_MAX};
pub use write::{Checked, check};

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
/// Longest call that an organization may ask for: a session of the model lasts an hour, and a call has one.
pub const CALL_SECS_MAX: u32 = 3500;
/// What rows of older versions may ask for; they get the longest that there is.
const CALL_SECS_STORED_MAX: u32 = 14_400;

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
    let business_hours = columns::business_hours(&row.business_hours, &mut problems);
    plain_text("/after_hours_policy", &row.after_hours_policy, TEXT_CHARS_MAX, &mut problems);
    let services_offered = columns::services(&row.services_offered, &mut problems);
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
    let intake_fields = intake::intake_fields(&config, &mut problems);
    let silence = silence(&config, &mut problems);
    let call_secs_max = config.whole("call_secs_max", (30, CALL_SECS_STORED_MAX), &mut problems);
    let time_zone = hours::time_zone(&config, &mut problems);
    let week = hours::week(&config, &mut problems).unwrap_or(WeekHours::Always);
    let policy = AfterHours::of(&row.after_hours_policy);
    let escalation = escalation::escalation(&config, &row.escalation_phone, &week, policy, &mut problems);
    let safety = safety::safety(&config, &mut problems);
    let outbound = outbound::outbound(&config, &mut problems);
    let Ok(id) = id else { return Err(problems.0) };
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    Ok(Organization {
        id,
        greeting: greeting.unwrap_or_else(|| default_greeting(&name)),
        name,
        business_hours,
        after_hours_policy: policy.map_or_else(|| row.after_hours_policy.trim().to_owned(), AfterHours::sentence),
        turns_away_when_closed: policy == Some(AfterHours::Reject),
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
        call_secs_max: call_secs_max.map(|secs| secs.min(CALL_SECS_MAX)),
        time_zone: time_zone.unwrap_or_else(|| "UTC".to_owned()),
        hours: week,
        escalation,
        safety,
        outbound,
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

fn silence(config: &Section<'_>, problems: &mut Problems) -> SilenceSteps {
    let section = config.section("silence", problems);
    let mut secs = |key: &str, default: f64| {
        let secs = section.as_ref().and_then(|section| section.number(key, (1.0, 300.0), problems));
        Duration::from_secs_f64(secs.unwrap_or(default))
    };
    SilenceSteps { ask: secs("ask_secs", 6.0), again: secs("again_secs", 8.0), end: secs("end_secs", 10.0) }
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
