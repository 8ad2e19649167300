//! One message of every kind that the server may send, as it may send it: with nulls and with fields nobody knows.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::decode_all;

/// Event type to message.
fn fixtures() -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/realtime");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// What each message that matters becomes; all others are ignored.
const MEANING: &[(&str, &[&str])] = &[
    (
        "conversation.item.input_audio_transcription.completed",
        &[r#"Input(CallerText { item: item_u1, text: Some("I would like to book."), transcribed_ms: 1900 })"#],
    ),
    (
        "conversation.item.input_audio_transcription.failed",
        &[r#"Input(CallerTextFailed { item: item_u1, code: "server_error" })"#],
    ),
    (
        "error",
        &[concat!(
            "Input(Fault { about: Some(RequestNo(7)), kind: ActiveResponse, ",
            r#"code: "conversation_already_has_active_response" })"#
        )],
    ),
    ("input_audio_buffer.committed", &["Input(TurnCommitted { item: item_u1 })"]),
    ("input_audio_buffer.speech_started", &["Input(SpeechStarted { item: item_u1, at_ms: 740 })"]),
    ("input_audio_buffer.speech_stopped", &["Input(SpeechStopped { item: item_u1, at_ms: 2240 })"]),
    ("response.created", &["Input(ResponseStarted { response: resp_1, about: None })"]),
    (
        "response.done",
        &[
            r#"Input(ToolAsked { response: Some(resp_1), call: call_1, request: EndCall { reason: "done" } })"#,
            concat!(
                "Input(ResponseEnded { response: resp_1, end: Completed, usage: Usage { text_in: 119, text_cached: 64, ",
                "audio_in: 13, audio_cached: 0, text_out: 30, audio_out: 91, transcribed_ms: 0 } })"
            ),
        ],
    ),
    (
        "response.output_audio.delta",
        &[r#"Audio { response: resp_1, item: item_a1, bytes: b"\0\x01\x02\x03\x04\x05\x06\x07\x08\t\n" }"#],
    ),
    ("response.output_audio.done", &["AudioDone { response: resp_1, item: item_a1 }"]),
    ("response.output_audio_transcript.delta", &[r#"Input(AssistantText { item: item_a1, delta: "It is " })"#]),
    ("response.output_audio_transcript.done", &[r#"Input(AssistantTextDone { item: item_a1, text: "It is noon." })"#]),
    ("response.output_item.added", &["Input(ItemStarted { response: resp_1, item: item_a1 })"]),
    (
        "response.output_item.done",
        &[r#"Input(ToolAsked { response: Some(resp_1), call: call_1, request: EndCall { reason: "done" } })"#],
    ),
    ("session.created", &["Input(Opened)"]),
    ("session.updated", &["Input(Ready)"]),
];

#[test]
fn every_message_means_what_it_should() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 46, "the protocol has 46 kinds of server events");
    let meaning: BTreeMap<_, _> = MEANING.iter().copied().collect();
    assert_eq!(meaning.len(), MEANING.len());
    for (kind, message) in &fixtures {
        let events: Vec<_> = decode_all([message.as_str()]).iter().map(|event| format!("{event:?}")).collect();
        let expected = meaning.get(kind.as_str()).copied().unwrap_or(&["Ignored"]);
        assert_eq!(events, expected, "{kind}");
    }
    assert!(meaning.keys().all(|kind| fixtures.contains_key(*kind)), "every meaning has its message");
}

#[test]
fn no_message_is_harmed_by_a_null_a_missing_field_or_a_wrong_type() {
    for (kind, message) in fixtures() {
        let event: Value = serde_json::from_str(&message).unwrap();
        let mut places = Vec::new();
        pointers(&event, "", &mut places);
        for place in places {
            for wrong in [Value::Null, Value::Bool(true), serde_json::json!({"a": [0.5]}), serde_json::json!([["x"]])] {
                let mut changed = event.clone();
                *changed.pointer_mut(&place).unwrap() = wrong;
                let events = decode_all([changed.to_string().as_str()]);
                assert!(!events.is_empty(), "{kind} {place}");
            }
        }
    }
}

/// Every place below the root.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, child)| (format!("{at}/{key}"), child)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, child)| (format!("{at}/{index}"), child)).collect(),
        _ => Vec::new(),
    };
    for (pointer, child) in children {
        pointers(child, &pointer, out);
        out.push(pointer);
    }
}
