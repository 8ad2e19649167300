//! Whatever comes over the socket, the decoder answers with events and never with a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::decode_all;

/// JSON of any shape, with names that somebody looks for.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()),
        ]
    })
}

const WORDS: &[&str] = &[
    "completed",
    "failed",
    "cancelled",
    "incomplete",
    "message",
    "function_call",
    "end_call",
    "complete_intake",
    "AAEC",
    "{\"reason\":\"x\"}",
    "session_expired",
    "r1",
    "cfg1",
    "a1",
];

const KEYS: &[&str] = &[
    "type",
    "event_id",
    "response_id",
    "item_id",
    "delta",
    "transcript",
    "audio_start_ms",
    "audio_end_ms",
    "item",
    "response",
    "error",
    "usage",
    "id",
    "status",
    "status_details",
    "output",
    "name",
    "call_id",
    "arguments",
    "code",
    "message",
    "param",
    "reason",
    "seconds",
    "input_tokens",
    "output_tokens",
    "input_token_details",
    "text_tokens",
    "audio_tokens",
    "cached_tokens",
    "cached_tokens_details",
    "output_token_details",
];

const KINDS: &[&str] = &[
    "error",
    "session.created",
    "session.updated",
    "response.created",
    "response.done",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.done",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.input_audio_transcription.failed",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_an_event(text in ".{0,200}") {
        prop_assert!(!decode_all([text.as_str()]).is_empty());
    }

    #[test]
    fn any_bytes_give_an_event(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!decode_all([String::from_utf8_lossy(&bytes).as_ref()]).is_empty());
    }

    #[test]
    fn any_json_of_a_known_kind_gives_an_event(
        kind in prop::sample::select(KINDS),
        fields in prop::collection::vec((prop::sample::select(KEYS), any_json()), 0..8),
    ) {
        let mut event = json!({});
        for (key, value) in fields {
            event[key] = value;
        }
        event["type"] = kind.into();
        prop_assert!(!decode_all([event.to_string().as_str()]).is_empty());
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!(r#"{{"type":"response.done","response":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(decode_all([deep.as_str()]).len(), 1);
}

#[test]
fn half_a_megabyte_of_audio_in_one_delta_is_audio() {
    let delta = "AAEC".repeat(125_000);
    let text = format!(r#"{{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"{delta}"}}"#);
    let events = decode_all([text.as_str()]);
    let [switchboard::ports::model::ModelEvent::Audio { bytes, .. }] = events.as_slice() else {
        panic!("{} events", events.len());
    };
    assert_eq!(bytes.len(), 375_000);
}
