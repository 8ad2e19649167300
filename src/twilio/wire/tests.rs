//! Tests of `twilio::wire`: the fixtures, what is tolerated, what is not, and what we write.

use proptest::prelude::*;

use super::*;
use crate::ports::media::{EncodeMedia, MediaCommand};

const STREAM: &str = "MZ0123456789abcdef0123456789abcdef";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/twilio/", $name, ".json"))
    };
}

fn event(text: &str) -> MediaEvent {
    match decode(text) {
        Incoming::Event { event, .. } => event,
        other => panic!("{text} gave {other:?}"),
    }
}

fn violation(text: &str) -> &'static str {
    match decode(text) {
        Incoming::Violation(why) => why,
        other => panic!("{text} gave {other:?}"),
    }
}

fn start(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut message: serde_json::Value = serde_json::from_str(fixture!("start")).unwrap();
    change(&mut message);
    message.to_string()
}

#[test]
fn a_media_message_is_a_frame_with_its_place() {
    let Incoming::Event { stream, event } = decode(fixture!("media")) else {
        panic!("not an event");
    };
    assert_eq!(stream.as_deref(), Some(STREAM));
    let MediaEvent::Frame { chunk, timestamp_ms, audio } = event else {
        panic!("not a frame: {event:?}");
    };
    assert_eq!((chunk, timestamp_ms), (Some(1), Some(57)));
    let expected: Vec<u8> = [[0xff; 80].to_vec(), [0x7f, 0x00, 0x80, 0x1e].repeat(20)].concat();
    assert_eq!(audio.bytes(), expected);
}

#[test]
fn connected_start_and_stop_are_read() {
    assert!(matches!(decode(fixture!("connected")), Incoming::Connected));
    let Incoming::Start(start) = decode(fixture!("start")) else {
        panic!("not a start");
    };
    assert_eq!(start.stream.as_str(), STREAM);
    assert_eq!(start.account.as_str(), "AC0123456789abcdef0123456789abcdef");
    assert_eq!(start.leg.as_str(), "CA0123456789abcdef0123456789abcdef");
    assert_eq!(start.parameters["ticket"], "00112233445566778899aabbccddeeff");
    assert!(matches!(event(fixture!("stop")), MediaEvent::Stopped));
}

#[test]
fn keys_are_the_sixteen_of_a_telephone() {
    assert!(matches!(event(fixture!("dtmf")), MediaEvent::Digit('1')));
    let pressed = |digit: &str| event(&format!(r#"{{"event":"dtmf","dtmf":{{"digit":"{digit}"}}}}"#));
    for digit in "0123456789*#ABCD".chars() {
        assert!(matches!(pressed(&digit.to_string()), MediaEvent::Digit(read) if read == digit), "{digit}");
    }
    for text in ["", "12", "a", "E", " ", "\u{661}"] {
        assert!(matches!(pressed(text), MediaEvent::Ignored), "{text:?}");
    }
}

#[test]
fn a_mark_of_ours_has_its_number_and_others_are_ignored() {
    assert!(matches!(event(fixture!("mark")), MediaEvent::Mark(MarkId(7))));
    let returned = |name: &str| event(&format!(r#"{{"event":"mark","mark":{{"name":"{name}"}}}}"#));
    assert!(matches!(returned("m4294967295"), MediaEvent::Mark(MarkId(u32::MAX))));
    for name in ["", "m", "7", "m07", "m+7", "m-1", "m4294967296", "r7:1600", "m7 "] {
        assert!(matches!(returned(name), MediaEvent::Ignored), "{name:?}");
    }
}

#[test]
fn counters_may_be_strings_numbers_or_nonsense() {
    let place = |chunk: &str, timestamp: &str| {
        let text =
            format!(r#"{{"event":"media","media":{{"chunk":{chunk},"timestamp":{timestamp},"payload":"/w=="}}}}"#);
        match event(&text) {
            MediaEvent::Frame { chunk, timestamp_ms, .. } => (chunk, timestamp_ms),
            other => panic!("{text} gave {other:?}"),
        }
    };
    assert_eq!(place("3", r#""40""#), (Some(3), Some(40)));
    assert_eq!(place("3.0", "-1"), (Some(3), None));
    assert_eq!(place("null", r#""x""#), (None, None));
    assert_eq!(place("[1,[2]]", r#"{"a":{"b":1}}"#), (None, None));
    assert_eq!(place("true", "0.5"), (None, None));
}

#[test]
fn what_twilio_may_add_or_leave_out_is_ignored() {
    for text in [
        r#"{}"#,
        r#"{"event":null}"#,
        r#"{"event":"hologram","streamSid":"MZ1","hologram":{}}"#,
        r#"{"event":"media"}"#,
        r#"{"event":"media","media":null}"#,
        r#"{"event":"media","media":{}}"#,
        r#"{"event":"media","media":{"payload":null}}"#,
        r#"{"event":"media","media":{"payload":""}}"#,
        r#"{"event":"media","media":{"track":"outbound","payload":"/w=="}}"#,
        r#"{"event":"media","media":{"payload":"not base64!"}}"#,
        r#"{"event":"media","media":{"payload":"////="}}"#,
        r#"{"event":"media","media":{"payload":"/"}}"#,
        r#"{"event":"media","media":17}"#,
        r#"{"event":17}"#,
        r#"{"event":"mark","mark":17}"#,
        r#"{"event":"dtmf","dtmf":{"digit":5}}"#,
    ] {
        assert!(matches!(event(text), MediaEvent::Ignored), "{text}");
    }
    let escaped = r#" {"event":"media","new":[1,{"a":null}],"media":{"payload":"\/w==","extra":1,"track":"inbound"}}"#;
    assert!(matches!(event(escaped), MediaEvent::Frame { audio, .. } if audio.bytes() == [0xff]));
}

#[test]
fn padding_is_not_insisted_on() {
    for (payload, bytes) in
        [("AQ==", &[1][..]), ("AQ", &[1]), ("AQI=", &[1, 2]), ("AQI", &[1, 2]), ("AQID", &[1, 2, 3])]
    {
        let read = event(&format!(r#"{{"event":"media","media":{{"payload":"{payload}"}}}}"#));
        assert!(matches!(&read, MediaEvent::Frame { audio, .. } if audio.bytes() == bytes), "{payload}: {read:?}");
    }
}

#[test]
fn what_is_no_message_is_a_violation() {
    for text in ["", "hello", "[]", "null", "17", r#""text""#, "{", r#"{"event":"media""#, "{} {}", "{\"event\":\u{0}}"]
    {
        violation(text);
    }
    let deep = format!("{}{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
    assert_eq!(violation(&deep), "not JSON");
}

#[test]
fn a_start_must_be_whole_and_of_our_format() {
    assert_eq!(violation(r#"{"event":"start"}"#), "a start without its fields");
    assert_eq!(violation(r#"{"event":"start","start":17}"#), "a start without its fields");
    for (field, why) in [("callSid", "no leg id"), ("accountSid", "no account id")] {
        assert_eq!(violation(&start(|m| m["start"][field] = "XX".into())), why);
        assert_eq!(violation(&start(|m| m["start"][field] = serde_json::Value::Null)), why);
    }
    assert_eq!(
        violation(&start(|m| m["streamSid"] = "MZ00000000000000000000000000000000".into())),
        "a start of two streams"
    );
    let format = "a format other than mu-law at 8 kHz, mono";
    assert_eq!(violation(&start(|m| m["start"]["mediaFormat"]["encoding"] = "audio/x-l16".into())), format);
    assert_eq!(violation(&start(|m| m["start"]["mediaFormat"]["sampleRate"] = 16000.into())), format);
    assert_eq!(violation(&start(|m| m["start"]["mediaFormat"]["channels"] = "2".into())), format);
}

#[test]
fn a_start_is_read_liberally_where_it_can_be() {
    let liberal = start(|m| {
        m["start"]["mediaFormat"]["sampleRate"] = "8000".into();
        m["start"]["streamSid"] = serde_json::Value::Null;
        m["start"]["tracks"] = 5.into();
        m["start"]["customParameters"]["odd"] = serde_json::json!({"a": 1});
        m["future"] = serde_json::json!([1, 2]);
    });
    let Incoming::Start(read) = decode(&liberal) else {
        panic!("not a start");
    };
    assert_eq!(read.stream.as_str(), STREAM);
    assert_eq!(read.parameters.len(), 1);
}

#[test]
fn we_write_exactly_what_twilio_knows() {
    let mut encoder = MediaEncoder::new(STREAM.parse().unwrap());
    assert_eq!(
        encoder.encode(&MediaCommand::Frame(Mulaw::from_static(&[0xff, 0x7f]))),
        format!(r#"{{"event":"media","streamSid":"{STREAM}","media":{{"payload":"/38="}}}}"#)
    );
    assert_eq!(
        encoder.encode(&MediaCommand::Mark(MarkId(12))),
        format!(r#"{{"event":"mark","streamSid":"{STREAM}","mark":{{"name":"m12"}}}}"#)
    );
    assert_eq!(encoder.encode(&MediaCommand::Clear), format!(r#"{{"event":"clear","streamSid":"{STREAM}"}}"#));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        decode(&text);
    }

    #[test]
    fn no_broken_message_panics(at in any::<prop::sample::Index>(), with in any::<u8>(), which in 0usize..6) {
        let fixtures = [fixture!("media"), fixture!("start"), fixture!("mark"), fixture!("dtmf"), fixture!("stop"),
            fixture!("connected")];
        let mut bytes = fixtures[which].as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            decode(text);
        }
    }

    #[test]
    fn audio_survives_the_way_out_and_in(audio in prop::collection::vec(any::<u8>(), 1..500)) {
        let mut encoder = MediaEncoder::new(STREAM.parse().unwrap());
        let text = encoder.encode(&MediaCommand::Frame(Mulaw::new(audio.clone().into())));
        let Incoming::Event { stream, event: MediaEvent::Frame { audio: read, .. } } = decode(&text) else {
            panic!("not a frame: {text}");
        };
        prop_assert_eq!(stream.as_deref(), Some(STREAM));
        prop_assert_eq!(read.bytes(), audio);
    }

    #[test]
    fn marks_survive_the_way_out_and_in(number in any::<u32>()) {
        let text = MediaEncoder::new(STREAM.parse().unwrap()).encode(&MediaCommand::Mark(MarkId(number)));
        prop_assert!(matches!(event(&text), MediaEvent::Mark(MarkId(read)) if read == number));
    }
}
