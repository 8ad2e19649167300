//! What the server says: one enum of our own, read leniently.
//!
//! Every field may be missing, null or of another type, and unknown ones are skipped; an event that lacks what it is
//! about is `Incomplete`, an unknown type is `Unknown`. Nested objects are read only when somebody asks for them, so
//! that the frequent events (audio) cost one pass over flat fields. Types and fields: GA protocol, November 2026.

mod wire;

use std::borrow::Cow;

use crate::realtime::event::wire::Wire;

/// The text is not a JSON object.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a JSON object")]
pub struct Malformed;

/// One server event, borrowed from its message.
#[derive(Clone, PartialEq, Debug)]
pub enum ServerEvent<'a> {
    SessionCreated,
    SessionUpdated,
    Error(ServerError),
    SpeechStarted {
        item: Cow<'a, str>,
        audio_start_ms: u32,
    },
    SpeechStopped {
        item: Cow<'a, str>,
        audio_end_ms: u32,
    },
    Committed {
        item: Cow<'a, str>,
    },
    Transcribed {
        item: Cow<'a, str>,
        transcript: Cow<'a, str>,
        billed_ms: u64,
    },
    TranscriptionFailed {
        item: Cow<'a, str>,
        error: ServerError,
    },
    ResponseCreated {
        response: String,
        /// Our request that it answers, as we named it in the metadata; empty: the server began it by itself.
        request: String,
    },
    ResponseDone(Response),
    ItemAdded {
        response: Cow<'a, str>,
        item: Item,
    },
    ItemDone {
        response: Option<Cow<'a, str>>,
        item: Item,
    },
    AudioDelta {
        /// The event's own id; empty: none.
        event: Cow<'a, str>,
        response: Cow<'a, str>,
        item: Cow<'a, str>,
        delta: Cow<'a, str>,
    },
    AudioDone {
        response: Cow<'a, str>,
        item: Cow<'a, str>,
    },
    TranscriptDelta {
        item: Cow<'a, str>,
        delta: Cow<'a, str>,
    },
    TranscriptDone {
        item: Cow<'a, str>,
        transcript: Cow<'a, str>,
    },
    /// A type that we know and have no use for.
    Unused,
    /// A type that is newer than this program.
    Unknown(Cow<'a, str>),
    /// A type that we use, without the ids that it is about.
    Incomplete(Cow<'a, str>),
}

/// An `error` event, or the error of a failed response. Absent strings are empty.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ServerError {
    pub kind: String,
    pub code: String,
    pub message: String,
    pub param: String,
    /// Our event that it complains about.
    pub about: String,
}

/// An item of the conversation. Absent strings are empty.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Item {
    pub id: String,
    pub kind: String,
    pub role: String,
    pub status: String,
    /// Of a function call.
    pub name: String,
    pub call_id: String,
    pub arguments: String,
}

/// A response that has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Response {
    pub id: String,
    pub status: String,
    pub reason: String,
    pub error: ServerError,
    pub output: Vec<Item>,
    pub usage: TokenUsage,
}

/// Token counts as the server gives them; `None`: it did not say.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TokenUsage {
    pub input: Option<u64>,
    pub input_text: Option<u64>,
    pub input_audio: Option<u64>,
    pub input_image: Option<u64>,
    pub cached: Option<u64>,
    pub cached_text: Option<u64>,
    pub cached_audio: Option<u64>,
    pub output: Option<u64>,
    pub output_text: Option<u64>,
    pub output_audio: Option<u64>,
}

/// Reads one message.
pub fn parse(text: &str) -> Result<ServerEvent<'_>, Malformed> {
    // Derived structs also read arrays; an event is an object.
    if !text.trim_start().starts_with('{') {
        return Err(Malformed);
    }
    let wire: Wire<'_> = serde_json::from_str(text).map_err(|_| Malformed)?;
    Ok(wire.event())
}

#[cfg(test)]
mod tests;
