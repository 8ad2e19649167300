//! `end_call`: the assistant has said goodbye and wants the call to end.
//!
//! The reason is for the record; what ends the call, and when, is the core's business.

use serde_json::json;

use crate::assistant::tools::{Arguments, clean};
use crate::ports::model::ToolSpec;
use crate::session::input::ToolRequest;
use crate::types::org::Organization;

pub const NAME: &str = "end_call";

/// Longest reason that is kept; the rest is cut off.
const REASON_CHARS_MAX: usize = 500;

pub(super) fn spec(_org: &Organization) -> ToolSpec {
    ToolSpec {
        name: NAME,
        description: "End the call. Use it after saying goodbye, when the caller has nothing more to ask.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "reason": { "type": "string", "description": "Why the call ends, in a few words." }
            },
            "required": ["reason"],
            "additionalProperties": false
        })
        .to_string(),
    }
}

pub(super) fn parse(arguments: &Arguments<'_>) -> Result<ToolRequest, String> {
    arguments.only(&["reason"])?;
    let reason = clean(arguments.text("reason")?);
    Ok(ToolRequest::EndCall { reason: reason.chars().take(REASON_CHARS_MAX).collect() })
}
