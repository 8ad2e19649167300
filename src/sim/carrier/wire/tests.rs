//! Tests of `wire`.

use serde_json::{Value, json};

use super::*;

const STREAM: &str = "MZ00000000000000000000000000000001";

fn names() -> Names {
    Names { account: "AC1".to_owned(), call: "CA1".to_owned(), stream: STREAM.to_owned() }
}

fn code(text: &str) -> Option<u32> {
    read(&text.replace('$', STREAM), STREAM).err().map(|(code, _)| code)
}

#[test]
fn reads_the_three_messages_that_exist() {
    let read = |text: &str| read(&text.replace('$', STREAM), STREAM);
    assert_eq!(
        read(r#"{"event":"media","streamSid":"$","media":{"payload":"AAEC"}}"#),
        Ok(FromGateway::Media(Bytes::from_static(&[0, 1, 2])))
    );
    assert_eq!(
        read(r#"{ "streamSid" : "$", "mark":{"name":"r7:\"1600\""}, "event":"mark"}"#),
        Ok(FromGateway::Mark("r7:\"1600\"".to_owned()))
    );
    assert_eq!(read(r#"{"event":"clear","streamSid":"$"}"#), Ok(FromGateway::Clear));
}

#[test]
fn refuses_everything_else() {
    for (text, expected) in [
        ("", NO_PROTOCOL),
        ("null", NO_PROTOCOL),
        ("[]", NO_PROTOCOL),
        (r#"{"event":"clear"}"#, NO_PROTOCOL),
        (r#"{"streamSid":"$"}"#, NO_PROTOCOL),
        (r#"{"event":"clear","streamSid":"MZ0"}"#, NO_PROTOCOL),
        (r#"{"event":"clear","streamSid":"$","x":1}"#, NO_PROTOCOL),
        (r#"{"event":"clear","streamSid":"$"} x"#, NO_PROTOCOL),
        (r#"{"event":"clear","event":"clear","streamSid":"$"}"#, NO_PROTOCOL),
        (r#"{"event":"clear","streamSid":"$","media":null}"#, NO_PROTOCOL),
        (r#"{"event":"clear","streamSid":"$","mark":{"name":"a"}}"#, NO_PROTOCOL),
        (r#"{"event":"stop","streamSid":"$"}"#, NO_PROTOCOL),
        (r#"{"event":"mark","streamSid":"$"}"#, NO_PROTOCOL),
        (r#"{"event":"mark","streamSid":"$","mark":{"name":""}}"#, NO_PROTOCOL),
        (r#"{"event":"mark","streamSid":"$","mark":{"name":5}}"#, NO_PROTOCOL),
        (r#"{"event":"media","streamSid":"$","media":{}}"#, NO_PROTOCOL),
        (r#"{"event":"media","streamSid":"$","media":{"payload":""}}"#, NO_PROTOCOL),
        (r#"{"event":"media","streamSid":"$","media":{"payload":"AAEC","track":"inbound"}}"#, NO_PROTOCOL),
        (r#"{"event":"media","streamSid":"$","media":{"payload":"AAE"}}"#, UNDECODABLE),
        (r#"{"event":"media","streamSid":"$","media":{"payload":"A-_C"}}"#, UNDECODABLE),
    ] {
        assert_eq!(code(text), Some(expected), "{text}");
    }
}

#[test]
fn writes_what_is_documented() {
    let mut writer = Writer::new(names(), false);
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parse(&Writer::connected()), json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}));
    let parameters = [("ticket".to_owned(), "a\"b&c".to_owned())];
    assert_eq!(
        parse(&writer.start(&parameters, "AC1", "CA1")),
        json!({"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": {
            "streamSid": STREAM, "accountSid": "AC1", "callSid": "CA1", "tracks": ["inbound"],
            "customParameters": {"ticket": "a\"b&c"},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        }})
    );
    assert_eq!(
        parse(&writer.media(1, 20, &[0, 1, 2])),
        json!({"event": "media", "sequenceNumber": "2", "streamSid": STREAM,
               "media": {"track": "inbound", "chunk": "1", "timestamp": "20", "payload": "AAEC"}})
    );
    assert_eq!(
        parse(&writer.dtmf('#')),
        json!({"event": "dtmf", "sequenceNumber": "3", "streamSid": STREAM,
               "dtmf": {"track": "inbound_track", "digit": "#"}})
    );
    assert_eq!(
        parse(&writer.mark("a\\b")),
        json!({"event": "mark", "sequenceNumber": "4", "streamSid": STREAM, "mark": {"name": "a\\b"}})
    );
    assert_eq!(
        parse(&writer.stop()),
        json!({"event": "stop", "sequenceNumber": "5", "streamSid": STREAM,
               "stop": {"accountSid": "AC1", "callSid": "CA1"}})
    );
}

#[test]
fn writes_numbers_when_told_so() {
    let mut writer = Writer::new(names(), true);
    let media: Value = serde_json::from_str(&writer.media(7, 140, &[1; 160])).unwrap();
    assert_eq!((&media["sequenceNumber"], &media["media"]["chunk"]), (&json!(1), &json!(7)));
    let unknown: Value = serde_json::from_str(&writer.unknown()).unwrap();
    assert_eq!(unknown["sequenceNumber"], json!(2));
}
