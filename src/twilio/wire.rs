//! Media Streams messages: liberal in what is read, strict in what is written.
//!
//! Fifty of these a second arrive on every call, so an audio message is one flat borrowed struct and one base64 pass.

pub mod encode;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, Simd};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, Visitor};
use serde_json::value::RawValue;

use crate::ports::media::MediaEvent;
use crate::session::effect::MarkId;
use crate::types::{AccountId, LegId, Mulaw, StreamId};

pub use encode::MediaEncoder;

/// The base64 engine of both directions: pads what it writes, does not insist on padding when it reads.
pub(crate) static BASE64: LazyLock<Simd> = LazyLock::new(|| {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    Simd::standard(config)
});

/// The only format that a stream may have.
const ENCODING: &str = "audio/x-mulaw";
const SAMPLE_RATE_HZ: u64 = 8000;
const CHANNELS: u64 = 1;

/// One message of Twilio's.
#[derive(Debug)]
pub enum Incoming<'a> {
    Connected,
    Start(Box<Start>),
    /// Anything after the start. `stream` is what the message says about itself, if it does.
    Event {
        stream: Option<Cow<'a, str>>,
        event: MediaEvent,
    },
    /// Not a message of this protocol, or a start that cannot be served; close the socket.
    Violation(&'static str),
}

/// A stream begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    pub stream: StreamId,
    pub account: AccountId,
    pub leg: LegId,
    /// What our TwiML put into `<Parameter>`; values that are no strings are left out.
    pub parameters: BTreeMap<String, String>,
}

/// Reads one text message. Unknown events, unknown fields and nulls are ignored; what is not a JSON object is not.
pub fn decode(text: &str) -> Incoming<'_> {
    if !text.trim_start().starts_with('{') {
        return Incoming::Violation("not a JSON object");
    }
    let message: Message<'_> = match serde_json::from_str(text) {
        Ok(message) => message,
        Err(error) if error.is_data() => return Incoming::Event { stream: None, event: MediaEvent::Ignored },
        Err(_) => return Incoming::Violation("not JSON"),
    };
    let event = match message.event.as_deref() {
        Some("media") => message.media.map_or(MediaEvent::Ignored, MediaPart::into_event),
        Some("connected") => return Incoming::Connected,
        Some("start") => {
            return match part(message.start)
                .ok_or("a start without its fields")
                .and_then(|part| start_of(part, message.stream))
            {
                Ok(start) => Incoming::Start(Box::new(start)),
                Err(why) => Incoming::Violation(why),
            };
        }
        Some("mark") => part(message.mark)
            .and_then(|part: MarkPart<'_>| mark_id(part.name.as_deref()?))
            .unwrap_or(MediaEvent::Ignored),
        Some("dtmf") => part(message.dtmf)
            .and_then(|part: DtmfPart<'_>| digit(part.digit.as_deref()?))
            .unwrap_or(MediaEvent::Ignored),
        Some("stop") => MediaEvent::Stopped,
        Some(_) | None => MediaEvent::Ignored,
    };
    Incoming::Event { stream: message.stream.map(|text| text.0), event }
}

/// Reads one part of a message; nothing if it does not have its shape.
fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// Checks that a start can be served: well-formed ids, one stream, and the one format that we speak.
fn start_of(part: StartPart<'_>, envelope: Option<Text<'_>>) -> Result<Start, &'static str> {
    let inner = part.stream.as_deref();
    if let (Some(inner), Some(outer)) = (inner, envelope.as_deref())
        && inner != outer
    {
        return Err("a start of two streams");
    }
    let stream = inner.or(envelope.as_deref()).and_then(|text| text.parse().ok()).ok_or("no stream id")?;
    let account = part.account.as_deref().and_then(|text| text.parse().ok()).ok_or("no account id")?;
    let leg = part.leg.as_deref().and_then(|text| text.parse().ok()).ok_or("no leg id")?;
    let format = part.format.unwrap_or_default();
    let encoding = format.encoding.as_deref().unwrap_or(ENCODING);
    let rate = format.sample_rate.0.unwrap_or(SAMPLE_RATE_HZ);
    let channels = format.channels.0.unwrap_or(CHANNELS);
    if encoding != ENCODING || rate != SAMPLE_RATE_HZ || channels != CHANNELS {
        return Err("a format other than mu-law at 8 kHz, mono");
    }
    let parameters = part.parameters.unwrap_or_default().into_iter();
    let parameters = parameters.filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
    Ok(Start { stream, account, leg, parameters })
}

/// Our marks are called `m<number>`, as `MediaEncoder` writes them; others are not ours.
fn mark_id(name: &str) -> Option<MediaEvent> {
    let digits = name.strip_prefix('m')?;
    let canonical = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !canonical || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    digits.parse().ok().map(|number| MediaEvent::Mark(MarkId(number)))
}

fn digit(text: &str) -> Option<MediaEvent> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(digit @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => Some(MediaEvent::Digit(digit)),
        _ => None,
    }
}

/// A string that is borrowed unless it has escapes. (serde borrows a bare `Cow` only, not one in an `Option`.)
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The envelope and the audio in one; the rarer parts are read when their event asks for them.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    event: Option<Text<'a>>,
    #[serde(borrow, default, rename = "streamSid")]
    stream: Option<Text<'a>>,
    #[serde(borrow, default)]
    media: Option<MediaPart<'a>>,
    #[serde(borrow, default)]
    start: Option<&'a RawValue>,
    #[serde(borrow, default)]
    mark: Option<&'a RawValue>,
    #[serde(borrow, default)]
    dtmf: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MediaPart<'a> {
    #[serde(borrow, default)]
    track: Option<Text<'a>>,
    #[serde(default)]
    chunk: Counter,
    #[serde(default)]
    timestamp: Counter,
    #[serde(borrow, default)]
    payload: Option<Text<'a>>,
}

impl MediaPart<'_> {
    fn into_event(self) -> MediaEvent {
        if self.track.as_deref().is_some_and(|track| track != "inbound") {
            return MediaEvent::Ignored;
        }
        let audio = self.payload.as_deref().and_then(decode_audio).filter(|audio| !audio.is_empty());
        audio.map_or(MediaEvent::Ignored, |audio| MediaEvent::Frame {
            chunk: self.chunk.0,
            timestamp_ms: self.timestamp.0,
            audio,
        })
    }
}

/// One allocation of exactly the right size.
fn decode_audio(payload: &str) -> Option<Mulaw> {
    let unpadded = payload.trim_end_matches('=').len();
    let mut bytes = vec![0; unpadded / 4 * 3 + [0, 0, 1, 2][unpadded % 4]];
    let written = BASE64.decode_slice(payload, &mut bytes).ok()?;
    bytes.truncate(written);
    Some(Mulaw::new(bytes.into()))
}

#[derive(Deserialize)]
struct StartPart<'a> {
    #[serde(borrow, default, rename = "streamSid")]
    stream: Option<Text<'a>>,
    #[serde(borrow, default, rename = "accountSid")]
    account: Option<Text<'a>>,
    #[serde(borrow, default, rename = "callSid")]
    leg: Option<Text<'a>>,
    #[serde(default, rename = "customParameters")]
    parameters: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(borrow, default, rename = "mediaFormat")]
    format: Option<FormatPart<'a>>,
}

#[derive(Deserialize, Default)]
struct FormatPart<'a> {
    #[serde(borrow, default)]
    encoding: Option<Text<'a>>,
    #[serde(default, rename = "sampleRate")]
    sample_rate: Counter,
    #[serde(default)]
    channels: Counter,
}

#[derive(Deserialize)]
struct MarkPart<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct DtmfPart<'a> {
    #[serde(borrow, default)]
    digit: Option<Text<'a>>,
}

/// A counter: Twilio writes strings, others write numbers; anything else counts as absent.
#[derive(Clone, Copy, Default)]
struct Counter(Option<u64>);

impl<'de> Deserialize<'de> for Counter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CounterVisitor)
    }
}

struct CounterVisitor;

impl<'de> Visitor<'de> for CounterVisitor {
    type Value = Counter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a counter, as a number or a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Counter, E> {
        Ok(Counter(text.trim().parse().ok()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Counter, E> {
        Ok(Counter(Some(number)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Counter, E> {
        Ok(Counter(number.try_into().ok()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Counter, E> {
        // A float is a count only if it is whole and exact.
        let whole = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
        Ok(Counter(whole.then_some(number as u64)))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Counter, E> {
        Ok(Counter(None))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Counter, E> {
        Ok(Counter(None))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Counter, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Counter(None))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Counter, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Counter(None))
    }
}

#[cfg(test)]
mod tests;
