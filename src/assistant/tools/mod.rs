//! The tools that the assistant may use: what the model is told of them, and how their arguments are read.
//!
//! A new tool is a file here and a line in `TOOLS`. Arguments are read strictly, because they come from a model that a
//! stranger talks to; what does not fit becomes `ToolRequest::Invalid` and is answered once.

pub mod complete_intake;
pub mod end_call;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::ports::model::ToolSpec;
use crate::session::effect::ToolAnswer;
use crate::session::input::ToolRequest;
use crate::types::org::Organization;

/// Longest arguments of one call.
pub const ARGUMENTS_BYTES_MAX: usize = 16 * 1024;

/// Longest name of an unknown tool that is kept.
const NAME_CHARS_MAX: usize = 64;

struct Tool {
    name: &'static str,
    spec: fn(&Organization) -> ToolSpec,
    /// The error says what is wrong, for the model to read.
    parse: fn(&Arguments<'_>) -> Result<ToolRequest, String>,
}

const TOOLS: &[Tool] = &[
    Tool { name: complete_intake::NAME, spec: complete_intake::spec, parse: complete_intake::parse },
    Tool { name: end_call::NAME, spec: end_call::spec, parse: end_call::parse },
];

/// The tools of an organization's assistant, in a fixed order.
pub fn specs(org: &Organization) -> Vec<ToolSpec> {
    TOOLS.iter().map(|tool| (tool.spec)(org)).collect()
}

/// Reads a tool call. Never fails: what does not fit is `Invalid`, with a sentence for the model.
pub fn parse(name: &str, arguments: &str) -> ToolRequest {
    let request = match TOOLS.iter().find(|tool| tool.name == name) {
        None => Err("There is no tool of this name.".to_owned()),
        Some(tool) => object(arguments).and_then(|object| (tool.parse)(&Arguments(&object))),
    };
    request.unwrap_or_else(|problem| ToolRequest::Invalid { name: safe_name(name), problem })
}

/// The answer as the model reads it: a JSON object as text.
pub fn render(answer: &ToolAnswer) -> String {
    let rendered = match answer {
        ToolAnswer::Ok | ToolAnswer::Ringing => Rendered { ok: true, missing: None, error: None },
        ToolAnswer::IntakeMissing(missing) => Rendered { ok: true, missing: Some(missing), error: None },
        ToolAnswer::Refused(error) => Rendered { ok: false, missing: None, error: Some(error) },
    };
    serde_json::to_string(&rendered).expect("strings always serialize")
}

#[derive(Serialize)]
struct Rendered<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// The arguments of one call.
struct Arguments<'a>(&'a Map<String, Value>);

impl Arguments<'_> {
    /// Refuses keys that the tool does not have.
    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(_) => Err(format!("Only these arguments are known: {}.", known.join(", "))),
        }
    }

    fn value(&self, key: &str) -> Result<&Value, String> {
        self.0.get(key).ok_or_else(|| format!("{key} is missing."))
    }

    fn text(&self, key: &str) -> Result<&str, String> {
        self.value(key)?.as_str().ok_or_else(|| format!("{key} must be a string."))
    }
}

fn object(arguments: &str) -> Result<Map<String, Value>, String> {
    if arguments.len() > ARGUMENTS_BYTES_MAX {
        return Err(format!("The arguments are longer than {ARGUMENTS_BYTES_MAX} bytes."));
    }
    match serde_json::from_str(arguments) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("The arguments must be a JSON object.".to_owned()),
        Err(_) => Err("The arguments are not JSON.".to_owned()),
    }
}

/// A name that the model made up, fit for a row.
fn safe_name(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_graphic()).take(NAME_CHARS_MAX).collect()
}

/// Text of the model without NUL, which one of the databases cannot store; trimmed.
fn clean(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

#[cfg(test)]
mod tests;
