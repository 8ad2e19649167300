//! The tools that the assistant may use: what the model is told of them, and how their arguments are read.
//!
//! A new tool is a file here and a line in `TOOLS`. Arguments are read strictly, because they come from a model that a
//! stranger talks to; what does not fit becomes `ToolRequest::Invalid` and is answered once.

pub mod complete_intake;
pub mod end_call;
pub mod escalate_call;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::ports::model::ToolSpec;
use crate::session::effect::ToolAnswer;
use crate::session::input::ToolRequest;
use crate::types::json::mended;
use crate::types::org::Organization;
use crate::types::text::head;

/// Longest arguments of one call.
pub const ARGUMENTS_BYTES_MAX: usize = 16 * 1024;

/// Longest name of an unknown tool that is kept.
const NAME_CHARS_MAX: usize = 64;

struct Tool {
    name: &'static str,
    /// Whether an organization's assistant has it.
    is_offered: fn(&Organization) -> bool,
    spec: fn(&Organization) -> ToolSpec,
    /// The error says what is wrong, for the model to read.
    parse: fn(&Arguments<'_>) -> Result<ToolRequest, String>,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: complete_intake::NAME,
        is_offered: |_| true,
        spec: complete_intake::spec,
        parse: complete_intake::parse,
    },
    Tool {
        name: escalate_call::NAME,
        is_offered: escalate_call::is_offered,
        spec: escalate_call::spec,
        parse: escalate_call::parse,
    },
    Tool { name: end_call::NAME, is_offered: |_| true, spec: end_call::spec, parse: end_call::parse },
];

/// The tools of an organization's assistant, in a fixed order.
pub fn specs(org: &Organization) -> Vec<ToolSpec> {
    TOOLS.iter().filter(|tool| (tool.is_offered)(org)).map(|tool| (tool.spec)(org)).collect()
}

/// Whether the organization's assistant can ask for a person.
pub(super) fn can_escalate(org: &Organization) -> bool {
    escalate_call::is_offered(org)
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
        ToolAnswer::Ok => Rendered { ok: Some(true), ..Rendered::default() },
        ToolAnswer::Ringing => Rendered { status: Some("ringing"), ..Rendered::default() },
        ToolAnswer::IntakeMissing(missing) => {
            Rendered { ok: Some(true), missing: Some(missing), ..Rendered::default() }
        }
        ToolAnswer::Refused(error) => Rendered { ok: Some(false), error: Some(error), ..Rendered::default() },
    };
    serde_json::to_string(&rendered).expect("strings always serialize")
}

#[derive(Default, Serialize)]
struct Rendered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
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
    match serde_json::from_str(&mended(arguments)) {
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

/// Text of the model as one printable line of at most `chars_max` characters: it is said to an operator and shown to
/// staff, so nothing in it may control a voice, a terminal or a reading direction.
fn one_line(text: &str, chars_max: usize) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() || is_unseen(c) { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    head(&line, chars_max).trim_end().to_owned()
}

/// Marks of direction, joiners, invisible operators, separators, tags, and what XML cannot hold.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests;
