//! What we say on a media stream: `media`, `mark` and `clear`, and nothing that Twilio does not know.
//!
//! An extra or missing field makes Twilio ignore the message, so the texts are fixed but for their values.

use base64::Engine;

use crate::ports::media::{EncodeMedia, MediaCommand};
use crate::twilio::wire::BASE64;
use crate::types::StreamId;

/// Puts commands into Media Streams messages of one stream.
pub struct MediaEncoder {
    /// Everything of a `media` message before its payload.
    media_head: String,
    stream: StreamId,
}

/// Everything of a `media` message after its payload.
const MEDIA_TAIL: &str = "\"}}";

impl MediaEncoder {
    /// Messages for this stream, and no other.
    pub fn new(stream: StreamId) -> Self {
        // A stream id is letters and digits only, so it needs no escaping.
        Self { media_head: format!(r#"{{"event":"media","streamSid":"{stream}","media":{{"payload":""#), stream }
    }

    /// One allocation: the payload is written straight into the message.
    fn media(&self, audio: &[u8]) -> String {
        let (head, payload) = (self.media_head.as_bytes(), audio.len().div_ceil(3) * 4);
        let mut message = vec![0; head.len() + payload + MEDIA_TAIL.len()];
        let (start, rest) = message.split_at_mut(head.len());
        let (middle, end) = rest.split_at_mut(payload);
        start.copy_from_slice(head);
        BASE64.encode_slice(audio, middle).expect("the slice has the length of the padded payload");
        end.copy_from_slice(MEDIA_TAIL.as_bytes());
        String::from_utf8(message).expect("the envelope and base64 are ASCII")
    }
}

impl EncodeMedia for MediaEncoder {
    fn encode(&mut self, command: &MediaCommand) -> String {
        let stream = &self.stream;
        match command {
            MediaCommand::Frame(audio) => self.media(audio.bytes()),
            MediaCommand::Mark(mark) => {
                format!(r#"{{"event":"mark","streamSid":"{stream}","mark":{{"name":"m{}"}}}}"#, mark.0)
            }
            MediaCommand::Clear => format!(r#"{{"event":"clear","streamSid":"{stream}"}}"#),
        }
    }
}
