//! What we send, judged by the provider's own SDK: a whole conversation, recorded as the gateway records it.
//!
//! Needs a Python with the pinned SDK (`tests/conformance`). Without one the test says so and passes, except in CI.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::ports::model::{EncodeModel, ModelCommand, ModelSetup};
use switchboard::realtime::{Direction, Encoder, tap};
use switchboard::session::effect::{RequestNo, RespondKind, ToolAnswer};
use switchboard::types::org::{AudioFormat, Eagerness, TurnDetection};
use switchboard::types::{ItemId, Millis, ResponseId, Speaker, ToolCallId};

use super::{decode_all, demo_setup};
use crate::support::conformance;

/// Runs the checker; its output and whether it is content.
fn check(recording: &str) -> Option<(bool, String)> {
    let output = conformance::realtime(recording, &["--werror"])?;
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// A conversation in the making: our side from the encoder, the server's by hand.
struct Conversation {
    encoder: Encoder,
    lines: Vec<String>,
    server_texts: Vec<String>,
    events: u32,
    format: Value,
}

impl Conversation {
    fn new(setup: ModelSetup) -> Self {
        let format = match setup.format {
            AudioFormat::Pcm => json!({"type": "audio/pcm", "rate": 24000}),
            AudioFormat::Pcmu => json!({"type": "audio/pcmu"}),
        };
        Self { encoder: Encoder::new(setup), lines: Vec::new(), server_texts: Vec::new(), events: 0, format }
    }

    fn client(&mut self, command: &ModelCommand) -> Value {
        let text = self.encoder.encode(command);
        self.lines.push(tap::line(Direction::Client, "c1", &text));
        serde_json::from_str(&text).unwrap()
    }

    fn server(&mut self, kind: &str, fields: Value) {
        self.events += 1;
        let mut event = fields;
        event["type"] = kind.into();
        event["event_id"] = format!("event_{}", self.events).into();
        let text = event.to_string();
        self.lines.push(tap::line(Direction::Server, "c1", &text));
        self.server_texts.push(text);
    }

    /// Connection and configuration.
    fn set_up(&mut self, model: &str) {
        let pcm = json!({"type": "audio/pcm", "rate": 24000});
        let mut session = json!({
            "type": "realtime", "object": "realtime.session", "id": "sess_1", "model": model,
            "output_modalities": ["audio"], "instructions": "default", "tools": [], "tool_choice": "auto",
            "max_output_tokens": "inf", "tracing": null, "truncation": "auto", "prompt": null,
            "expires_at": 1_800_000_000,
            "audio": {
                "input": {"format": pcm, "transcription": null, "noise_reduction": null, "turn_detection": {
                    "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
                    "idle_timeout_ms": null, "create_response": true, "interrupt_response": true}},
                "output": {"format": pcm, "voice": "marin", "speed": 1.0}
            },
            "include": null
        });
        self.server("session.created", json!({"session": session}));
        let update = self.client(&ModelCommand::Configure { plain: false });
        for (key, value) in update["session"].as_object().unwrap() {
            session[key] = value.clone();
        }
        self.server("session.updated", json!({"session": session}));
    }

    fn response(&self, id: &str, status: &str, output: &Value, usage: &Value, details: &Value) -> Value {
        json!({"response": {
            "object": "realtime.response", "id": id, "status": status, "status_details": details, "output": output,
            "conversation_id": "conv_1", "output_modalities": ["audio"], "max_output_tokens": 2048,
            "audio": {"output": {"format": self.format, "voice": "marin"}}, "usage": usage, "metadata": null
        }})
    }

    /// A spoken response up to its audio, 200 ms a delta.
    fn speak(&mut self, response: &str, item: &str, deltas: usize) {
        let at = json!({"response_id": response, "item_id": item, "output_index": 0, "content_index": 0});
        let with = |field: &str, value: Value| {
            let mut event = at.clone();
            event[field] = value;
            event
        };
        let message =
            json!({"id": item, "type": "message", "status": "in_progress", "role": "assistant", "content": []});
        let created = self.response(response, "in_progress", &json!([]), &Value::Null, &Value::Null);
        self.server("response.created", created);
        self.server("response.output_item.added", json!({"response_id": response, "output_index": 0, "item": message}));
        self.server("conversation.item.added", json!({"previous_item_id": null, "item": message}));
        self.server("response.content_part.added", with("part", json!({"type": "audio", "transcript": ""})));
        self.server("response.output_audio_transcript.delta", with("delta", "Hello".into()));
        let bytes = if self.format["type"] == "audio/pcm" { 9600 } else { 1600 };
        for _ in 0..deltas {
            self.server("response.output_audio.delta", with("delta", "AAAA".repeat(bytes / 3).into()));
        }
    }

    /// The end of a spoken response.
    fn fall_silent(&mut self, response: &str, item: &str, cancelled: bool) {
        let at = json!({"response_id": response, "item_id": item, "output_index": 0, "content_index": 0});
        let mut transcript = at.clone();
        transcript["transcript"] = "Hello".into();
        let mut part = at.clone();
        part["part"] = json!({"type": "audio", "transcript": "Hello"});
        let status = if cancelled { "incomplete" } else { "completed" };
        let message = json!({"id": item, "type": "message", "status": status, "role": "assistant",
            "content": [{"type": "output_audio", "transcript": "Hello"}]});
        self.server("response.output_audio.done", at);
        self.server("response.output_audio_transcript.done", transcript);
        self.server("response.content_part.done", part);
        self.server("conversation.item.done", json!({"previous_item_id": null, "item": message}));
        self.server("response.output_item.done", json!({"response_id": response, "output_index": 0, "item": message}));
        let (status, details) = if cancelled {
            ("cancelled", json!({"type": "cancelled", "reason": "client_cancelled"}))
        } else {
            ("completed", Value::Null)
        };
        let done = self.response(response, status, &json!([message]), &usage(), &details);
        self.server("response.done", done);
    }

    /// The caller speaks for a while.
    fn caller(&mut self, item: &str, during: impl FnOnce(&mut Self)) {
        self.server("input_audio_buffer.speech_started", json!({"audio_start_ms": 100, "item_id": item}));
        let frame = if self.format["type"] == "audio/pcm" { 960 } else { 160 };
        for _ in 0..10 {
            self.client(&ModelCommand::Append(vec![0xFF; frame].into()));
        }
        during(self);
        self.server("input_audio_buffer.speech_stopped", json!({"audio_end_ms": 1600, "item_id": item}));
        self.server("input_audio_buffer.committed", json!({"previous_item_id": null, "item_id": item}));
        let message = json!({"id": item, "type": "message", "status": "completed", "role": "user",
            "content": [{"type": "input_audio", "transcript": null}]});
        self.server("conversation.item.added", json!({"previous_item_id": null, "item": message}));
        self.server("conversation.item.done", json!({"previous_item_id": null, "item": message}));
    }

    /// A response that asks for a tool and says nothing.
    fn ask_tool(&mut self, response: &str, call: &str) {
        let item = |status: &str, arguments: &str| {
            json!({"id": format!("item_{call}"), "type": "function_call", "status": status, "name": "complete_intake",
                "call_id": call, "arguments": arguments})
        };
        let arguments = r#"{"structured_data":{"caller_name":"Maria"},"urgency_level":"low"}"#;
        let created = self.response(response, "in_progress", &json!([]), &Value::Null, &Value::Null);
        self.server("response.created", created);
        let added = json!({"response_id": response, "output_index": 0, "item": item("in_progress", "")});
        self.server("response.output_item.added", added);
        let done = item("completed", arguments);
        self.server("conversation.item.added", json!({"previous_item_id": null, "item": item("in_progress", "")}));
        self.server("conversation.item.done", json!({"previous_item_id": null, "item": done}));
        self.server("response.output_item.done", json!({"response_id": response, "output_index": 0, "item": done}));
        let ended = self.response(response, "completed", &json!([done]), &usage(), &Value::Null);
        self.server("response.done", ended);
    }

    fn respond(&mut self, no: u32, kind: RespondKind) {
        self.client(&ModelCommand::Respond { no: RequestNo(no), kind });
    }

    fn recording(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}

fn usage() -> Value {
    json!({"total_tokens": 253, "input_tokens": 132, "output_tokens": 121,
        "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "image_tokens": 0, "cached_tokens": 64,
            "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0}},
        "output_token_details": {"text_tokens": 30, "audio_tokens": 91}})
}

/// A phone call with everything that we ever send: one that comes back from an operator, so that it begins with what
/// was said before.
fn phone_call(setup: ModelSetup) -> Conversation {
    let model = setup.model.clone();
    let mut call = Conversation::new(setup);
    call.set_up(&model);
    for (no, speaker, text) in [
        (91, Speaker::Assistant, "Riverside Clinic, how can I help you?"),
        (92, Speaker::Caller, "I want to talk to a person."),
        (93, Speaker::Assistant, "One moment."),
    ] {
        call.client(&ModelCommand::Recall { no: RequestNo(no), speaker, text: text.into() });
    }
    call.respond(1, RespondKind::Say(Arc::from("This call is answered by an automated assistant.")));
    call.speak("resp_1", "item_a1", 4);
    call.fall_silent("resp_1", "item_a1", false);
    call.caller("item_u1", |call| {
        call.client(&ModelCommand::Commit { no: RequestNo(10) });
    });
    // The server answers a committed turn by itself, and is interrupted.
    call.speak("resp_2", "item_a2", 10);
    call.caller("item_u2", |call| {
        call.client(&ModelCommand::Cancel { no: RequestNo(2), response: ResponseId::from("resp_2") });
        call.client(&ModelCommand::Truncate { no: RequestNo(3), item: ItemId::from("item_a2"), heard: Millis(700) });
        call.fall_silent("resp_2", "item_a2", true);
    });
    call.ask_tool("resp_3", "call_1");
    let output = switchboard::assistant::tools::render(&ToolAnswer::IntakeMissing(vec!["caller_phone".into()]));
    call.client(&ModelCommand::ToolReply { no: RequestNo(4), call: ToolCallId::from("call_1"), output });
    call.respond(5, RespondKind::Bare);
    call.speak("resp_4", "item_a4", 2);
    call.fall_silent("resp_4", "item_a4", false);
    call.client(&ModelCommand::Note { no: RequestNo(6), text: "The caller heard: \"One moment, please.\"".into() });
    call.client(&ModelCommand::UserText { no: RequestNo(7), text: "The caller pressed 5 5 5 #".into() });
    call.respond(8, RespondKind::Farewell);
    call.speak("resp_5", "item_a5", 2);
    call.fall_silent("resp_5", "item_a5", false);
    call
}

fn assert_conforms(setup: ModelSetup) {
    let call = phone_call(setup);
    // The other half of the contract: we understand all of it.
    let events = decode_all(call.server_texts.iter().map(String::as_str));
    assert_eq!(events.iter().filter(|event| format!("{event:?}").contains("ResponseEnded")).count(), 5);
    if let Some((content, report)) = check(&call.recording()) {
        assert!(content, "{report}");
        assert!(report.contains(&format!("{} events checked, 0 violations", call.lines.len())), "{report}");
    }
}

#[test]
fn a_call_in_pcm_conforms() {
    assert_conforms(demo_setup(AudioFormat::Pcm));
}

#[test]
fn a_call_in_mulaw_conforms() {
    assert_conforms(demo_setup(AudioFormat::Pcmu));
}

#[test]
fn a_call_of_an_earlier_model_with_semantic_detection_conforms() {
    let turn_detection = TurnDetection::Semantic { eagerness: Eagerness::Low };
    let setup = demo_setup(AudioFormat::Pcmu);
    assert_conforms(ModelSetup { model: "gpt-realtime-1.5".into(), turn_detection, ..setup });
}

#[test]
fn a_configuration_without_what_is_optional_conforms() {
    for turn_detection in
        [demo_setup(AudioFormat::Pcmu).turn_detection, TurnDetection::Semantic { eagerness: Eagerness::Low }]
    {
        let setup = ModelSetup { turn_detection, ..demo_setup(AudioFormat::Pcmu) };
        let model = setup.model.clone();
        let mut call = Conversation::new(setup);
        call.set_up(&model);
        call.client(&ModelCommand::Configure { plain: true });
        if let Some((content, report)) = check(&call.recording()) {
            assert!(content, "{report}");
        }
    }
}

#[test]
fn the_judge_finds_a_fault() {
    let mut call = phone_call(demo_setup(AudioFormat::Pcm));
    call.client(&ModelCommand::Truncate { no: RequestNo(9), item: ItemId::from("item_a5"), heard: Millis(60_000) });
    if let Some((content, report)) = check(&call.recording()) {
        assert!(!content, "{report}");
        assert!(report.contains("P-TRUNCATE"), "{report}");
    }
}
