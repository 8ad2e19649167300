//! `escalate_call`: the assistant asks for a person.
//!
//! It says why and how urgent it is, and nothing else: who is called, in which order and on which number is the
//! organization's business. A model that a stranger talks to must not be able to choose a number.

use serde_json::json;

use crate::assistant::tools::{Arguments, one_line};
use crate::ports::model::ToolSpec;
use crate::session::input::ToolRequest;
use crate::types::org::Organization;
use crate::types::{Fallback, Urgency};

pub const NAME: &str = "escalate_call";

/// Longest reason and summary that are kept; the rest is cut off.
pub const REASON_CHARS_MAX: usize = 200;
pub const SUMMARY_CHARS_MAX: usize = 600;

const ARGUMENTS: [&str; 3] = ["reason", "urgency", "summary"];

/// Somebody can be reached, or something better than the assistant follows when nobody is.
pub(super) fn is_offered(org: &Organization) -> bool {
    reaches_people(org) || org.escalation.fallback != Fallback::Assistant
}

/// There is somebody whose phone can ring.
pub(in crate::assistant) fn reaches_people(org: &Organization) -> bool {
    !org.escalation.targets.is_empty()
}

pub(super) fn spec(org: &Organization) -> ToolSpec {
    let what = if reaches_people(org) {
        "Ask for a person. The gateway then rings the staff and tells you by system messages what came of it. "
    } else {
        "Ask for a person. Nobody's phone rings; the staff call the caller back or get a message, and system messages \
         tell you what to say. "
    };
    ToolSpec {
        name: NAME,
        description: format!(
            "{what}Use it when the caller asks for a person, when life or safety is in danger, when the matter is urgent, \
             or when you could not help after two attempts. You do not choose who is called, and there is no way to name \
             a phone number or a person here."
        ),
        parameters: json!({
            "type": "object",
            "properties": {
                "reason": { "type": "string", "description": "Why a person is needed, in a few words." },
                "urgency": {
                    "type": "string",
                    "enum": Urgency::ALL.iter().map(|urgency| urgency.as_str()).collect::<Vec<_>>(),
                    "description": "emergency: life or safety is in danger now. high: it cannot wait until tomorrow."
                },
                "summary": {
                    "type": "string",
                    "description": "What the person must know before talking to the caller: who it is, what it is \
                                    about, what was said. Only what the caller told you."
                }
            },
            "required": ARGUMENTS,
            "additionalProperties": false
        })
        .to_string(),
    }
}

pub(super) fn parse(arguments: &Arguments<'_>) -> Result<ToolRequest, String> {
    arguments.only(&ARGUMENTS).map_err(|known| format!("{known} Who is called cannot be chosen here."))?;
    let urgency = Urgency::parse(arguments.text("urgency")?);
    let urgency = urgency.ok_or("urgency must be low, medium, high or emergency.")?;
    let reason = one_line(arguments.text("reason")?, REASON_CHARS_MAX);
    if reason.is_empty() {
        return Err("reason must say why a person is needed.".to_owned());
    }
    let summary = one_line(arguments.text("summary")?, SUMMARY_CHARS_MAX);
    Ok(ToolRequest::EscalateCall { reason, urgency, summary })
}
