//! What the simulated model refuses, and how.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::sim::model::{BadKey, FakeModel, ModelKnobs, ModelOut};
use switchboard::types::Mono;

use super::talk::{Talk, call, script, speech};

fn session(extra: Value) -> Value {
    let mut session = json!({"type": "realtime"});
    for (key, value) in extra.as_object().unwrap() {
        session[key] = value.clone();
    }
    json!({"type": "session.update", "event_id": "bad", "session": session})
}

fn input(extra: Value) -> Value {
    session(json!({"audio": {"input": extra}}))
}

#[test]
fn a_wrong_event_is_refused_with_its_code_and_place_and_changes_nothing() {
    let long = "x".repeat(33);
    let user = |content: Value| json!({"type": "message", "role": "user", "content": content});
    let create = |item: Value| json!({"type": "conversation.item.create", "item": item});
    let text = json!([{"type": "input_text", "text": "hello"}]);
    let table = [
        (json!({"type": "session.update", "session": {}}), "missing_required_parameter", "session.type"),
        (json!({"type": "session.update"}), "missing_required_parameter", "session"),
        (session(json!({"modalities": ["audio"]})), "unknown_parameter", "session.modalities"),
        (session(json!({"temperature": 0.8})), "unknown_parameter", "session.temperature"),
        (session(json!({"type": "voice"})), "invalid_value", "session.type"),
        (session(json!({"instructions": null})), "invalid_type", "session.instructions"),
        (session(json!({"output_modalities": ["audio", "text"]})), "invalid_value", "session.output_modalities"),
        (session(json!({"max_output_tokens": 9000})), "integer_above_max_value", "session.max_output_tokens"),
        (session(json!({"max_output_tokens": "many"})), "invalid_value", "session.max_output_tokens"),
        (session(json!({"tools": [{"type": "function"}]})), "missing_required_parameter", "session.tools[0].name"),
        (
            session(json!({"tools": [{"type": "function", "function": {"name": "x"}}]})),
            "unknown_parameter",
            "session.tools[0].function",
        ),
        (session(json!({"model": "gpt-realtime-1.5"})), "invalid_value", "session.model"),
        (
            session(json!({"audio": {"output": {"speed": 2.0}}})),
            "decimal_above_max_value",
            "session.audio.output.speed",
        ),
        (input(json!({"format": "g711_ulaw"})), "invalid_type", "session.audio.input.format"),
        (
            input(json!({"format": {"type": "audio/pcmu", "rate": 8000}})),
            "unknown_parameter",
            "session.audio.input.format.rate",
        ),
        (
            input(json!({"turn_detection": {"type": "server_vad", "eagerness": "low"}})),
            "unknown_parameter",
            "session.audio.input.turn_detection.eagerness",
        ),
        (
            input(json!({"turn_detection": {"type": "server_vad", "idle_timeout_ms": 1000}})),
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            input(json!({"turn_detection": {"type": "none"}})),
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
        (
            input(json!({"transcription": {"model": "gpt-transcribe", "language": "en", "languages": ["en"]}})),
            "invalid_value",
            "session.audio.input.transcription",
        ),
        (json!({"type": "transcription_session.update", "session": {}}), "invalid_value", "type"),
        (json!({"type": "output_audio_buffer.clear"}), "invalid_value", "type"),
        (json!({"hello": "there"}), "missing_required_parameter", "type"),
        (json!({"type": "input_audio_buffer.append"}), "missing_required_parameter", "audio"),
        (json!({"type": "input_audio_buffer.append", "audio": "not base64!"}), "invalid_value", "audio"),
        (json!({"type": "input_audio_buffer.append", "audio": "AAA"}), "invalid_value", "audio"),
        (json!({"type": "input_audio_buffer.append", "audio": ""}), "invalid_value", "audio"),
        (json!({"type": "input_audio_buffer.append", "audio": "AAAA", "x": 1}), "unknown_parameter", "x"),
        (json!({"type": "input_audio_buffer.append", "audio": [1]}), "invalid_type", "audio"),
        (json!({"type": "input_audio_buffer.commit"}), "input_audio_buffer_commit_empty", ""),
        (json!({"type": "response.cancel"}), "response_cancel_not_active", ""),
        (json!({"type": "response.create", "response": {"voice": "marin"}}), "unknown_parameter", "response.voice"),
        (
            json!({"type": "conversation.item.truncate", "item_id": "x", "content_index": 0}),
            "missing_required_parameter",
            "audio_end_ms",
        ),
        (
            json!({"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": -1}),
            "integer_below_min_value",
            "audio_end_ms",
        ),
        (
            json!({"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 7.5}),
            "invalid_type",
            "audio_end_ms",
        ),
        (
            json!({"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 7}),
            "item_truncate_invalid_item_id",
            "item_id",
        ),
        (json!({"type": "conversation.item.delete", "item_id": "x"}), "item_delete_invalid_item_id", "item_id"),
        (json!({"type": "conversation.item.retrieve", "item_id": "x"}), "item_retrieve_invalid_item_id", "item_id"),
        (
            create(json!({"type": "message", "role": "user", "content": []})),
            "missing_required_parameter",
            "item.content[0]",
        ),
        (create(user(json!([{"type": "output_text", "text": "x"}]))), "invalid_value", "item.content[0].type"),
        (create(user(json!([{"type": "input_text"}]))), "missing_required_parameter", "item.content[0].text"),
        (
            create(
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": "AA=="}]}),
            ),
            "missing_required_parameter",
            "item.content[0].text",
        ),
        (
            create(json!({"type": "message", "id": long, "role": "user", "content": text})),
            "string_above_max_length",
            "item.id",
        ),
        (
            create(json!({"type": "function_call_output", "call_id": long, "output": "{}"})),
            "string_above_max_length",
            "item.call_id",
        ),
        (
            create(json!({"type": "function_call_output", "call_id": "call_x", "output": "{}"})),
            "invalid_tool_call_id",
            "",
        ),
        (
            create(json!({"type": "function_call_output", "call_id": "call_x", "output": {}})),
            "invalid_type",
            "item.output",
        ),
    ];
    let mut talk = Talk::ready(1, script(vec![]), ModelKnobs::default());
    let before = talk.last("session.updated")["session"].clone();
    for (mut event, code, param) in table {
        event["event_id"] = "bad".into();
        talk.send(event.clone());
        let error = &talk.last("error")["error"];
        assert_eq!(error["code"], code, "{event} {error}");
        assert_eq!(error["param"].as_str().unwrap_or_default(), param, "{event}");
        assert_eq!(error["event_id"], "bad", "{event}");
        talk.run(100);
    }
    talk.send(session(json!({})));
    talk.run(100);
    assert_eq!(talk.last("session.updated")["session"], before);
    assert_eq!(talk.model.ledger().updates, 2);
    assert_eq!(talk.model.ledger().appends, 0);
}

#[test]
fn a_text_that_is_no_json_is_refused_and_the_session_goes_on() {
    let mut talk = Talk::ready(1, script(vec![]), ModelKnobs::default());
    talk.send_text("{\"type\":");
    assert_eq!(talk.last_error(), ("invalid_json", None));
    assert!(!talk.model.is_closed());
}

#[test]
fn half_a_sample_and_too_much_audio_are_refused() {
    let mut talk = Talk::ready_pcm(1, script(vec![]), ModelKnobs::default());
    talk.send(json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode([1, 2, 3])}));
    assert_eq!(talk.last_error().0, "invalid_value");
    let big = STANDARD.encode(vec![0_u8; 15 * 1024 * 1024 + 2]);
    talk.send(json!({"type": "input_audio_buffer.append", "audio": big}));
    assert_eq!(talk.model.ledger().codes(), ["invalid_value", "invalid_value"]);
    assert_eq!(talk.model.ledger().appends, 0);
}

#[test]
fn the_voice_is_locked_once_something_was_said() {
    let mut talk = Talk::ready(1, script(vec![]), ModelKnobs::default());
    talk.send(json!({"type": "response.create"}));
    talk.run(3000);
    talk.send(session(json!({"audio": {"output": {"voice": "cedar"}}})));
    assert_eq!(talk.last_error(), ("cannot_update_voice", Some("bad")));
}

#[test]
fn a_second_response_is_refused_while_one_is_active() {
    let mut talk = Talk::ready(1, script(vec![speech("assistant-long")]), ModelKnobs::default());
    talk.send(json!({"type": "response.create"}));
    let second = talk.send(json!({"type": "response.create"}));
    assert_eq!(talk.last_error(), ("conversation_already_has_active_response", Some(second.as_str())));
    assert_eq!(talk.model.ledger().creates_waiting_max, 2);
    talk.run(5000);
    assert_eq!(talk.model.ledger().responses.len(), 1);
}

#[test]
fn truncation_is_limited_to_what_was_sent_and_never_grows() {
    let mut talk = Talk::ready(1, script(vec![speech("assistant-greeting")]), ModelKnobs::default());
    talk.send(json!({"type": "response.create"}));
    talk.run(4000);
    let item = talk.last("response.output_audio.delta")["item_id"].as_str().unwrap().to_owned();
    let sent = talk.model.ledger().audio[&item].duration.0;
    let cut = |talk: &mut Talk, ms: u32| {
        talk.send(
            json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": ms}),
        );
    };
    cut(&mut talk, sent + 1);
    let message = talk.last("error")["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, format!("Audio content of {sent}ms is already shorter than {}ms", sent + 1));
    cut(&mut talk, sent);
    cut(&mut talk, 700);
    assert_eq!(talk.model.ledger().truncations.len(), 2);
    cut(&mut talk, 701);
    assert_eq!(talk.model.ledger().truncations.len(), 2);
    assert_eq!(talk.last("error")["error"]["message"], "Audio content of 700ms is already shorter than 701ms");
}

#[test]
fn only_the_assistants_audio_can_be_truncated() {
    let mut talk = Talk::ready(1, script(vec![]), ModelKnobs::default());
    talk.send(json!({"type": "conversation.item.create", "item": {
        "type": "message", "id": "note", "role": "system", "content": [{"type": "input_text", "text": "Keys: 12#"}],
    }}));
    talk.send(json!({"type": "conversation.item.truncate", "item_id": "note", "content_index": 0, "audio_end_ms": 0}));
    assert_eq!(talk.last("error")["error"]["message"], "Only model output audio messages can be truncated");
    assert_eq!(talk.model.ledger().notes, ["Keys: 12#"]);
}

#[test]
fn a_call_has_one_output() {
    let mut talk = Talk::ready(1, script(vec![call("end_call", "{}")]), ModelKnobs::default());
    talk.send(json!({"type": "response.create"}));
    talk.run(4000);
    let (id, name) = talk.model.ledger().calls[0].clone();
    assert_eq!(name, "end_call");
    assert_eq!(talk.model.ledger().tool_outputs[&id], [r#"{"ok":true}"#]);
    talk.send(json!({"type": "conversation.item.create", "item": {
        "type": "function_call_output", "call_id": id, "output": "{}",
    }}));
    assert_eq!(talk.last_error().0, "invalid_tool_call_id");
    assert_eq!(talk.model.ledger().tool_outputs[&id].len(), 1);
}

#[test]
fn audio_before_the_configuration_is_taken_and_counted() {
    let mut talk = Talk::open(1, script(vec![]), ModelKnobs::default());
    talk.send(json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode([0; 960])}));
    assert_eq!(talk.model.ledger().early_appends, 1);
    // Read as PCM: the format of before.
    assert_eq!(talk.model.ledger().appended_ms, 20);
}

#[test]
fn those_who_may_not_in_are_told_and_closed() {
    let table = [
        (Some("m"), Some("Bearer wrong"), false, 3000, "invalid_request_error.invalid_api_key"),
        (Some("m"), None, false, 3000, "invalid_request_error.invalid_api_key"),
        (Some("m"), Some("Basic right"), false, 3000, "invalid_request_error.invalid_api_key"),
        (None, Some("Bearer right"), false, 4000, "invalid_request_error.missing_model"),
        (Some("m"), Some("Bearer right"), true, 4000, "invalid_request_error.beta_api_shape_disabled"),
    ];
    for (model, authorization, beta, code, reason) in table {
        let knobs = ModelKnobs { key: Some("right".into()), ..ModelKnobs::default() };
        let mut fake = FakeModel::new(1, script(vec![]), knobs);
        fake.open(Mono::ZERO, model, authorization, beta);
        let Some(ModelOut::Text(text)) = fake.poll() else { panic!("no error came first") };
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("invalid_request_error.{}", error["error"]["code"].as_str().unwrap()), reason);
        assert_eq!(fake.poll(), Some(ModelOut::Close { code, reason: reason.into() }));
        assert_eq!((fake.poll(), fake.next_wake()), (None, None));
    }
    let knobs = ModelKnobs { key: Some("right".into()), bad_key: BadKey::Http, ..ModelKnobs::default() };
    let fake = FakeModel::new(1, script(vec![]), knobs);
    assert_eq!(fake.refusal_status(Some("Bearer wrong")), Some(401));
    assert_eq!(fake.refusal_status(Some("Bearer right")), None);
}
