//! Media Streams as the phone company speaks it: its messages written, the gateway's read without mercy.
//!
//! Written from the carrier's public description alone; it shares no code with the gateway's own adapter.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::{GeneralPurposeConfig, Simd};
use bytes::Bytes;
use serde::Deserialize;

use crate::types::Mono;

/// What the gateway may say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FromGateway {
    Media(Bytes),
    Mark(String),
    Clear,
}

/// A breach of the carrier's rules by the gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    pub at: Mono,
    /// The code under which the carrier would report it (31951: does not fit the protocol, 31950: not decodable).
    pub code: u32,
    pub what: String,
}

/// Reads one text of the gateway; the error is the code and what is wrong.
pub fn read(text: &str, stream: &str) -> Result<FromGateway, (u32, String)> {
    let message: Message<'_> =
        serde_json::from_str(text).map_err(|error| (NO_PROTOCOL, format!("not a message: {error}")))?;
    if message.stream_sid != stream {
        return Err((NO_PROTOCOL, format!("another stream: {}", message.stream_sid)));
    }
    match (message.event.as_ref(), message.media, message.mark) {
        ("media", Some(media), None) => {
            let audio = BASE64
                .decode(media.payload.as_bytes())
                .map_err(|error| (UNDECODABLE, format!("payload is no base64: {error}")))?;
            if audio.is_empty() {
                return Err((NO_PROTOCOL, "payload is empty".to_owned()));
            }
            Ok(FromGateway::Media(audio.into()))
        }
        ("mark", None, Some(mark)) if !mark.name.is_empty() => Ok(FromGateway::Mark(mark.name.into_owned())),
        ("mark", None, Some(_)) => Err((NO_PROTOCOL, "a mark without a name".to_owned())),
        ("clear", None, None) => Ok(FromGateway::Clear),
        (event, _, _) => Err((NO_PROTOCOL, format!("event {event:?} with the wrong fields, or unknown"))),
    }
}

/// Who a stream belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Names {
    pub account: String,
    pub call: String,
    pub stream: String,
}

/// Writes the company's messages and numbers them.
pub struct Writer {
    names: Names,
    /// Counters as JSON numbers: a fault.
    numbers: bool,
    sequence: u64,
}

impl Writer {
    pub const fn new(names: Names, numbers: bool) -> Self {
        Self { names, numbers, sequence: 0 }
    }

    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// The first message of a socket; it has no number.
    pub fn connected() -> String {
        r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.to_owned()
    }

    pub fn start(&mut self, parameters: &[(String, String)], account: &str, call: &str) -> String {
        let parameters: serde_json::Map<String, serde_json::Value> =
            parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let parameters = serde_json::Value::from(parameters);
        let sequence = self.next();
        let stream = &self.names.stream;
        format!(
            r#"{{"event":"start","sequenceNumber":{sequence},"start":{{"streamSid":"{stream}","accountSid":"{account}","callSid":"{call}","tracks":["inbound"],"customParameters":{parameters},"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}},"streamSid":"{stream}"}}"#
        )
    }

    /// Caller audio. `chunk` counts from 1, `timestamp_ms` from the stream's start.
    pub fn media(&mut self, chunk: u64, timestamp_ms: u64, audio: &[u8]) -> String {
        let mut text = self.media_head(chunk, timestamp_ms, audio.len());
        BASE64.encode_string(audio, &mut text);
        self.media_tail(&mut text);
        text
    }

    /// The same with a payload as it is: a fault.
    pub fn media_raw(&mut self, chunk: u64, timestamp_ms: u64, payload: &str) -> String {
        let mut text = self.media_head(chunk, timestamp_ms, payload.len());
        text.push_str(payload);
        self.media_tail(&mut text);
        text
    }

    pub fn dtmf(&mut self, digit: char) -> String {
        let sequence = self.next();
        let stream = &self.names.stream;
        format!(
            r#"{{"event":"dtmf","streamSid":"{stream}","sequenceNumber":{sequence},"dtmf":{{"track":"inbound_track","digit":"{digit}"}}}}"#
        )
    }

    pub fn mark(&mut self, name: &str) -> String {
        let sequence = self.next();
        let stream = &self.names.stream;
        let name = serde_json::Value::from(name);
        format!(r#"{{"event":"mark","sequenceNumber":{sequence},"streamSid":"{stream}","mark":{{"name":{name}}}}}"#)
    }

    pub fn stop(&mut self) -> String {
        let sequence = self.next();
        let Names { account, call, stream } = &self.names;
        format!(
            r#"{{"event":"stop","sequenceNumber":{sequence},"stop":{{"accountSid":"{account}","callSid":"{call}"}},"streamSid":"{stream}"}}"#
        )
    }

    /// An event that no description mentions: a fault of sorts.
    pub fn unknown(&mut self) -> String {
        let sequence = self.next();
        let stream = &self.names.stream;
        format!(
            r#"{{"event":"quality","sequenceNumber":{sequence},"streamSid":"{stream}","quality":{{"mos":4.1,"notes":[null,{{"media":"x"}}]}}}}"#
        )
    }

    fn media_head(&mut self, chunk: u64, timestamp_ms: u64, len: usize) -> String {
        self.sequence += 1;
        let mut text = String::with_capacity(MEDIA_CHARS + len * 4 / 3 + 4);
        let quote = if self.numbers { "" } else { "\"" };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            r#"{{"event":"media","sequenceNumber":{quote}{}{quote},"media":{{"track":"inbound","chunk":{quote}{chunk}{quote},"timestamp":{quote}{timestamp_ms}{quote},"payload":""#,
            self.sequence
        );
        text
    }

    fn media_tail(&self, text: &mut String) {
        text.push_str(r#""},"streamSid":""#);
        text.push_str(&self.names.stream);
        text.push_str("\"}");
    }

    fn next(&mut self) -> String {
        self.sequence += 1;
        if self.numbers { self.sequence.to_string() } else { format!("\"{}\"", self.sequence) }
    }
}

/// Not a text frame, or not decodable.
pub const UNDECODABLE: u32 = 31950;

/// Does not fit the protocol.
pub const NO_PROTOCOL: u32 = 31951;

/// A media message without its payload, roughly.
const MEDIA_CHARS: usize = 200;

static BASE64: LazyLock<Simd> = LazyLock::new(|| Simd::standard(GeneralPurposeConfig::new()));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, rename = "streamSid")]
    stream_sid: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    media: Option<Media<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    mark: Option<Mark<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Media<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// A field that is there must not be null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
