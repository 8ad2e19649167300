//! The columns of the seed that hold loosely written JSON: business hours for the assistant to say, and services.
//!
//! People describe their hours in many ways; what is sayable is taken, the rest is refused at its place.

use serde_json::Value;

use super::{SERVICES_MAX, TEXT_CHARS_MAX, plain_text};
use crate::assistant::check::Problems;

/// JSON if it is JSON, else the text itself: both were written by people who describe their hours.
fn loose(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Business hours as the assistant should say them: text, a list of texts, or an object of days.
pub(super) fn business_hours(text: &str, problems: &mut Problems) -> String {
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
pub(super) fn services(text: &str, problems: &mut Problems) -> Vec<String> {
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
