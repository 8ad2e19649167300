//! The session as the server holds it: its whole JSON, and the few settings that the machine acts on.
//!
//! Updates are partial: what is present changes, the rest stays; one bad field refuses the whole update.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::model::schema::Refused;

/// How audio is coded on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// 16-bit little-endian at 24 kHz.
    Pcm,
    Pcmu,
}

impl Format {
    pub(super) const fn bytes_per_ms(self) -> usize {
        match self {
            Self::Pcm => 48,
            Self::Pcmu => 8,
        }
    }

    pub(super) const fn bytes_per_sample(self) -> usize {
        match self {
            Self::Pcm => 2,
            Self::Pcmu => 1,
        }
    }
}

/// Turn detection, as far as we need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Vad {
    pub prefix_ms: u64,
    pub silence: Duration,
    pub create_response: bool,
    pub interrupt_response: bool,
}

/// The effective configuration.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// As `session.created` and `session.updated` show it.
    pub json: Value,
    pub input: Format,
    pub output: Format,
    pub vad: Option<Vad>,
    pub transcribes: bool,
    pub text_only: bool,
    semantic_silence: Duration,
}

impl Session {
    /// The server's defaults, which are not the client's.
    pub(super) fn new(id: &str, model: &str, expires_at: i64, semantic_silence: Duration) -> Self {
        let json = json!({
            "type": "realtime", "object": "realtime.session", "id": id, "model": model, "expires_at": expires_at,
            "output_modalities": ["audio"], "instructions": "You are a helpful voice.", "tools": [],
            "tool_choice": "auto", "max_output_tokens": "inf", "tracing": null, "truncation": "auto", "prompt": null,
            "include": null,
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000}, "transcription": null, "noise_reduction": null,
                    "turn_detection": server_vad(),
                },
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
            },
        });
        Self::read(json, semantic_silence)
    }

    /// The session after an update that was found well-formed. `spoke`: audio was made already.
    pub(super) fn updated(&self, update: &Value, spoke: bool) -> Result<Self, Refused> {
        let model = update.get("model").and_then(Value::as_str);
        if model.is_some() && model != self.json["model"].as_str() {
            return Err(Refused::at("invalid_value", "session.model", "The model of a session cannot be changed."));
        }
        let thinks = self.json["model"].as_str().is_some_and(|model| model.starts_with("gpt-realtime-2"));
        for field in ["reasoning", "parallel_tool_calls"] {
            if !thinks && update.get(field).is_some() {
                let param = format!("session.{field}");
                return Err(Refused::at("unsupported_parameter", &param, "This model does not support it."));
            }
        }
        let voice = update.pointer("/audio/output/voice");
        if spoke && voice.is_some_and(|voice| *voice != self.json["audio"]["output"]["voice"]) {
            let message = "Cannot update a conversation's voice if assistant audio is present.";
            return Err(Refused::new("cannot_update_voice", message));
        }
        let mut json = self.json.clone();
        merge(&mut json, update, "");
        Ok(Self::read(json, self.semantic_silence))
    }

    fn read(json: Value, semantic_silence: Duration) -> Self {
        let input = &json["audio"]["input"];
        let detection = &input["turn_detection"];
        let millis = |key: &str, default: u64| detection[key].as_u64().unwrap_or(default);
        let vad = detection.is_object().then(|| Vad {
            prefix_ms: millis("prefix_padding_ms", 300),
            silence: match detection["type"].as_str() {
                Some("semantic_vad") => semantic_silence,
                _ => Duration::from_millis(millis("silence_duration_ms", 200)),
            },
            create_response: detection["create_response"].as_bool().unwrap_or(true),
            interrupt_response: detection["interrupt_response"].as_bool().unwrap_or(true),
        });
        Self {
            input: format(&input["format"]),
            output: format(&json["audio"]["output"]["format"]),
            vad,
            transcribes: input["transcription"].is_object(),
            text_only: json["output_modalities"][0] == "text",
            semantic_silence,
            json,
        }
    }

    /// Rough length of the instructions and tools in tokens.
    pub(super) fn text_tokens(&self) -> u64 {
        let instructions = self.json["instructions"].as_str().map_or(0, str::len);
        let tools = self.json["tools"].as_array().map_or(0, Vec::len) * 80;
        (instructions + tools) as u64 / 4
    }
}

/// The format that JSON names; A-law is taken for mu-law, nobody here uses it.
pub(super) fn format(json: &Value) -> Format {
    if json["type"] == "audio/pcm" { Format::Pcm } else { Format::Pcmu }
}

fn server_vad() -> Value {
    json!({
        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
        "idle_timeout_ms": null, "create_response": true, "interrupt_response": true,
    })
}

/// Copies what `update` has into `into`. Only `audio` and its two halves are merged field by field.
fn merge(into: &mut Value, update: &Value, path: &str) {
    for (key, value) in update.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        match path.as_str() {
            "/audio" | "/audio/input" | "/audio/output" => merge(&mut into[key], value, &path),
            "/audio/input/turn_detection" => into[key] = detection(value),
            "/audio/input/format" | "/audio/output/format" if value["type"] == "audio/pcm" => {
                into[key] = json!({"type": "audio/pcm", "rate": 24000});
            }
            _ => into[key] = value.clone(),
        }
    }
}

/// Turn detection with its defaults filled in.
fn detection(wanted: &Value) -> Value {
    let mut full = match wanted["type"].as_str() {
        Some("server_vad") => server_vad(),
        Some("semantic_vad") => {
            json!({"type": "semantic_vad", "eagerness": "auto", "create_response": true, "interrupt_response": true})
        }
        _ => return wanted.clone(),
    };
    for (key, value) in wanted.as_object().into_iter().flatten() {
        full[key] = value.clone();
    }
    full
}
