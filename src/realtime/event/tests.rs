//! The reader is lenient in fields and strict in what an event must be about.

use super::*;

#[test]
fn what_is_not_an_object_is_malformed() {
    for text in
        ["", "null", "[]", "[\"error\"]", "\"x\"", "{", "{\"type\":\"error\"", "{\"type\":\"a\",\"type\":\"b\"}"]
    {
        assert_eq!(parse(text), Err(Malformed), "{text}");
    }
}

#[test]
fn a_new_type_is_unknown_and_a_missing_one_too() {
    assert_eq!(
        parse(r#"{"type":"response.hologram.delta"}"#),
        Ok(ServerEvent::Unknown("response.hologram.delta".into()))
    );
    assert_eq!(parse("{}"), Ok(ServerEvent::Unknown("".into())));
    assert_eq!(parse(r#"{"type":5}"#), Ok(ServerEvent::Unknown("".into())));
}

#[test]
fn fields_of_another_type_read_as_absent() {
    let text = r#"{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":"soon","delta":{"a":[1]},
        "item":7,"response":[],"transcript":false,"usage":"none"}"#;
    assert_eq!(parse(text), Ok(ServerEvent::SpeechStarted { item: "i".into(), audio_start_ms: 0 }));
}

#[test]
fn an_event_without_what_it_is_about_is_incomplete() {
    for text in [
        r#"{"type":"response.done","response":null}"#,
        r#"{"type":"response.done","response":{"id":null}}"#,
        r#"{"type":"response.created"}"#,
        r#"{"type":"input_audio_buffer.committed","item_id":null}"#,
        r#"{"type":"response.output_audio.delta","response_id":"r","item_id":"i"}"#,
        r#"{"type":"response.output_item.added","response_id":"r","item":"message"}"#,
    ] {
        assert!(matches!(parse(text), Ok(ServerEvent::Incomplete(_))), "{text}");
    }
}

#[test]
fn audio_is_borrowed_unless_it_is_escaped() {
    let event = parse(r#"{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AAEC/w=="}"#);
    let Ok(ServerEvent::AudioDelta { delta: Cow::Borrowed(delta), .. }) = event else {
        panic!("{event:?}");
    };
    assert_eq!(delta, "AAEC/w==");
    let event = parse(r#"{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AAEC\/w=="}"#);
    let Ok(ServerEvent::AudioDelta { delta, .. }) = event else {
        panic!("{event:?}");
    };
    assert_eq!(delta, "AAEC/w==");
}

#[test]
fn numbers_may_be_floats_and_absurd() {
    let started = |ms: &str| {
        let text = format!(r#"{{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":{ms}}}"#);
        match parse(&text) {
            Ok(ServerEvent::SpeechStarted { audio_start_ms, .. }) => audio_start_ms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(started("740.9"), 740);
    assert_eq!(started("-5"), 0);
    assert_eq!(started("1e300"), u32::MAX);
}

#[test]
fn transcription_bills_seconds_or_tokens() {
    let billed = |usage: &str| {
        let text = format!(
            r#"{{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":"x","usage":{usage}}}"#
        );
        match parse(&text) {
            Ok(ServerEvent::Transcribed { billed_ms, .. }) => billed_ms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(billed(r#"{"type":"duration","seconds":1.9001}"#), 1901);
    assert_eq!(billed(r#"{"type":"tokens","input_token_details":{"audio_tokens":19}}"#), 1900);
    assert_eq!(billed("null"), 0);
    assert_eq!(billed(r#"{"seconds":1e300}"#), 86_400_000);
}
