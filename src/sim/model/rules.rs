//! What the GA protocol lets a client send: every event, field by field.
//!
//! Taken from the official SDK's request types and the limits that the server's documentation adds to them.

use serde_json::Value;

use crate::sim::model::schema::{Field, Refused, Shape, check, may, missing, must};

/// Longest `event_id`.
const EVENT_ID_CHARS_MAX: usize = 512;
/// Longest `item.id` and `item.call_id`.
const ITEM_ID_CHARS_MAX: usize = 32;

const TEXT: &Shape = &Shape::Text;
const BOOL: &Shape = &Shape::Bool;
const COUNT: &Shape = &Shape::Integer(0, i64::MAX);
const EVENT_ID: Field = may("event_id", &Shape::Short(EVENT_ID_CHARS_MAX));
const NEW_ID: &Shape = &Shape::Short(ITEM_ID_CHARS_MAX);

/// Every client event that a WebSocket may send.
const EVENTS: &Shape = &Shape::Tagged(&[
    ("session.update", &[EVENT_ID, must("session", SESSION)]),
    ("input_audio_buffer.append", &[EVENT_ID, must("audio", TEXT)]),
    ("input_audio_buffer.commit", &[EVENT_ID]),
    ("input_audio_buffer.clear", &[EVENT_ID]),
    ("conversation.item.create", &[EVENT_ID, may("previous_item_id", TEXT), must("item", ITEM)]),
    ("conversation.item.retrieve", &[EVENT_ID, must("item_id", TEXT)]),
    (
        "conversation.item.truncate",
        &[
            EVENT_ID,
            must("item_id", TEXT),
            must("content_index", &Shape::Integer(0, i64::MAX)),
            must("audio_end_ms", &Shape::Integer(0, i64::MAX)),
        ],
    ),
    ("conversation.item.delete", &[EVENT_ID, must("item_id", TEXT)]),
    ("response.create", &[EVENT_ID, may("response", &Shape::Object(RESPONSE))]),
    ("response.cancel", &[EVENT_ID, may("response_id", TEXT)]),
]);

/// `session` of `session.update`, for a voice session.
const SESSION: &Shape = &Shape::Object(&[
    must("type", &Shape::Word(&["realtime"])),
    may("model", TEXT),
    may("instructions", TEXT),
    may("output_modalities", MODALITIES),
    may("audio", &Shape::Object(&[may("input", INPUT), may("output", OUTPUT)])),
    may("tools", &Shape::List(TOOL)),
    may("tool_choice", TOOL_CHOICE),
    may("parallel_tool_calls", BOOL),
    may("reasoning", REASONING),
    may("max_output_tokens", MAX_TOKENS),
    may("truncation", &Shape::Either(&Shape::Word(&["auto", "disabled"]), RETENTION)),
    may(
        "tracing",
        &Shape::Null(&Shape::Either(
            &Shape::Word(&["auto"]),
            &Shape::Object(&[may("workflow_name", TEXT), may("group_id", TEXT), may("metadata", &Shape::Any)]),
        )),
    ),
    may("include", &Shape::List(&Shape::Word(&["item.input_audio_transcription.logprobs"]))),
    may("prompt", &Shape::Null(PROMPT)),
]);

const INPUT: &Shape = &Shape::Object(&[
    may("format", FORMAT),
    may(
        "noise_reduction",
        &Shape::Null(&Shape::Object(&[
            may("type", &Shape::Word(&["near_field", "far_field"])),
            may("strength", &Shape::Number),
        ])),
    ),
    may(
        "transcription",
        &Shape::Null(&Shape::Object(&[
            may("model", TEXT),
            may("language", TEXT),
            may("languages", &Shape::List(TEXT)),
            may("keywords", &Shape::List(TEXT)),
            may("prompt", TEXT),
            may("delay", &Shape::Word(&["minimal", "low", "medium", "high", "xhigh"])),
        ])),
    ),
    may(
        "turn_detection",
        &Shape::Null(&Shape::Tagged(&[
            (
                "server_vad",
                &[
                    may("threshold", &Shape::Real(0.0, 1.0)),
                    may("prefix_padding_ms", COUNT),
                    may("silence_duration_ms", COUNT),
                    may("idle_timeout_ms", &Shape::Null(&Shape::Integer(5000, 30_000))),
                    may("create_response", BOOL),
                    may("interrupt_response", BOOL),
                ],
            ),
            (
                "semantic_vad",
                &[
                    may("eagerness", &Shape::Word(&["low", "medium", "high", "auto"])),
                    may("create_response", BOOL),
                    may("interrupt_response", BOOL),
                ],
            ),
        ])),
    ),
]);

const OUTPUT: &Shape =
    &Shape::Object(&[may("format", FORMAT), may("voice", VOICE), may("speed", &Shape::Real(0.25, 1.5))]);

const FORMAT: &Shape = &Shape::Tagged(&[
    ("audio/pcm", &[may("rate", &Shape::Integer(24_000, 24_000))]),
    ("audio/pcmu", &[]),
    ("audio/pcma", &[]),
]);

const VOICE: &Shape = &Shape::Either(TEXT, &Shape::Object(&[must("id", TEXT)]));
const MODALITIES: &Shape = &Shape::List(&Shape::Word(&["text", "audio"]));
const MAX_TOKENS: &Shape = &Shape::WordOr("inf", &Shape::Integer(1, 4096));
const REASONING: &Shape =
    &Shape::Object(&[may("effort", &Shape::Word(&["minimal", "low", "medium", "high", "xhigh"]))]);
const RETENTION: &Shape = &Shape::Tagged(&[(
    "retention_ratio",
    &[
        must("retention_ratio", &Shape::Real(0.0, 1.0)),
        may("token_limits", &Shape::Object(&[may("post_instructions", COUNT)])),
    ],
)]);
const PROMPT: &Shape = &Shape::Object(&[must("id", TEXT), may("version", TEXT), may("variables", &Shape::Free)]);

const TOOL: &Shape = &Shape::Tagged(&[
    ("function", &[must("name", TEXT), may("description", TEXT), may("parameters", &Shape::Free)]),
    (
        "mcp",
        &[
            must("server_label", TEXT),
            may("server_url", TEXT),
            may("connector_id", TEXT),
            may("tunnel_id", TEXT),
            may("authorization", TEXT),
            may("headers", &Shape::Free),
            may("allowed_tools", &Shape::Any),
            may("require_approval", &Shape::Any),
            may("server_description", TEXT),
            may("defer_loading", BOOL),
            may("allowed_callers", &Shape::Any),
        ],
    ),
]);

const TOOL_CHOICE: &Shape = &Shape::Either(
    &Shape::Word(&["auto", "none", "required"]),
    &Shape::Tagged(&[("function", &[must("name", TEXT)]), ("mcp", &[must("server_label", TEXT), may("name", TEXT)])]),
);

/// `response` of `response.create`.
const RESPONSE: &[Field] = &[
    may("audio", &Shape::Object(&[may("output", &Shape::Object(&[may("format", FORMAT), may("voice", VOICE)]))])),
    may("conversation", &Shape::Word(&["auto", "none"])),
    may("input", &Shape::List(&Shape::Free)),
    may("instructions", TEXT),
    may("max_output_tokens", MAX_TOKENS),
    may("metadata", &Shape::Null(&Shape::Free)),
    may("output_modalities", MODALITIES),
    may("parallel_tool_calls", BOOL),
    may("prompt", PROMPT),
    may("reasoning", REASONING),
    may("tool_choice", TOOL_CHOICE),
    may("tools", &Shape::List(TOOL)),
];

const ITEM: &Shape = &Shape::Tagged(&[
    (
        "message",
        &[
            ID,
            OBJECT,
            STATUS,
            must("role", &Shape::Word(&["user", "system", "assistant"])),
            must("content", &Shape::List(CONTENT)),
        ],
    ),
    ("function_call", &[ID, OBJECT, STATUS, must("name", TEXT), must("arguments", TEXT), may("call_id", NEW_ID)]),
    ("function_call_output", &[ID, OBJECT, STATUS, must("call_id", NEW_ID), must("output", TEXT)]),
    (
        "mcp_approval_response",
        &[
            must("id", NEW_ID),
            must("approval_request_id", TEXT),
            must("approve", BOOL),
            may("reason", &Shape::Null(TEXT)),
        ],
    ),
]);

const ID: Field = may("id", NEW_ID);
const OBJECT: Field = may("object", &Shape::Word(&["realtime.item"]));
const STATUS: Field = may("status", &Shape::Word(&["completed", "incomplete", "in_progress"]));

const CONTENT: &Shape = &Shape::Tagged(&[
    ("input_text", &[must("text", TEXT)]),
    ("input_audio", &[must("audio", TEXT), may("transcript", TEXT)]),
    ("input_image", &[must("image_url", TEXT), may("detail", &Shape::Word(&["auto", "low", "high"]))]),
    ("output_text", &[must("text", TEXT)]),
    ("output_audio", &[may("audio", TEXT), may("transcript", TEXT), must("text", TEXT)]),
]);

/// Judges a whole client event.
pub(super) fn event(event: &Value) -> Result<(), Refused> {
    check(EVENTS, event, "")?;
    modalities(event.pointer("/session/output_modalities"), "session.output_modalities")?;
    modalities(event.pointer("/response/output_modalities"), "response.output_modalities")?;
    transcription(event.pointer("/session/audio/input"))?;
    event.get("item").map_or(Ok(()), roles)
}

/// One of audio and text, never both.
fn modalities(found: Option<&Value>, path: &str) -> Result<(), Refused> {
    match found.and_then(Value::as_array) {
        Some(list) if list.len() != 1 => {
            let message = "Invalid modalities. Supported combinations are: ['text'] and ['audio'].";
            Err(Refused::at("invalid_value", path, message))
        }
        _ => Ok(()),
    }
}

fn transcription(input: Option<&Value>) -> Result<(), Refused> {
    let path = "session.audio.input.transcription";
    let Some(wanted) = input.and_then(|input| input.get("transcription")) else {
        return Ok(());
    };
    if wanted.get("language").is_some() && wanted.get("languages").is_some() {
        return Err(Refused::at("invalid_value", path, "language and languages exclude each other."));
    }
    let live =
        matches!(wanted.get("model").and_then(Value::as_str), Some("gpt-live-transcribe" | "gpt-realtime-whisper"));
    if live && input.and_then(|input| input.get("turn_detection")).is_some_and(Value::is_object) {
        return Err(Refused::at("invalid_value", path, "This model needs turn_detection null."));
    }
    Ok(())
}

/// Which content each role may have.
fn roles(item: &Value) -> Result<(), Refused> {
    let Some(role) = item.get("role").and_then(Value::as_str) else {
        return Ok(());
    };
    let allowed: &[&str] = match role {
        "user" => &["input_text", "input_audio", "input_image"],
        "system" => &["input_text"],
        _ => &["output_text", "output_audio"],
    };
    let parts = item.get("content").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    if parts.is_empty() {
        return Err(missing("item.content[0]"));
    }
    for (at, part) in parts.iter().enumerate() {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        if !allowed.contains(&kind) {
            let param = format!("item.content[{at}].type");
            let message = format!("Invalid value: '{kind}'. A {role} message cannot hold it.");
            return Err(Refused::at("invalid_value", &param, message));
        }
    }
    Ok(())
}
