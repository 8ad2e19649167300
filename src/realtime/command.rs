//! What we say to the server: typed client events, nothing optional but what the protocol makes optional.
//!
//! Strict on purpose: the server refuses an event, or a whole session update, for one field that it does not know.
//! Every event carries an id, because the id in an `error` is the only way to learn what it complains about.

use serde::Serialize;

use crate::realtime::base64;
use crate::realtime::setup::Session;
use crate::session::effect::RequestNo;

/// The id of a client event: what it is, and a counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventId {
    /// `cfg<n>`: a session update.
    Configure(u32),
    /// `r<n>`: a request of the core.
    Request(RequestNo),
    /// `a<n>`: caller audio.
    Append(u64),
}

impl EventId {
    /// Reads an id back from an error; `None`: not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(n) = text.strip_prefix("cfg") {
            return n.parse().ok().map(Self::Configure);
        }
        if let Some(n) = text.strip_prefix('r') {
            return n.parse().ok().map(|n| Self::Request(RequestNo(n)));
        }
        text.strip_prefix('a')?.parse().ok().map(Self::Append)
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Configure(n) => write!(f, "cfg{n}"),
            Self::Request(no) => write!(f, "r{}", no.0),
            Self::Append(n) => write!(f, "a{n}"),
        }
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A client event; `append` is apart, because it is written without a serializer.
#[derive(Serialize)]
#[serde(tag = "type")]
pub enum ClientEvent<'a> {
    #[serde(rename = "session.update")]
    SessionUpdate { event_id: EventId, session: &'a Session<'a> },
    #[serde(rename = "input_audio_buffer.commit")]
    AudioCommit { event_id: EventId },
    #[serde(rename = "conversation.item.create")]
    ItemCreate { event_id: EventId, item: NewItem<'a> },
    #[serde(rename = "conversation.item.truncate")]
    ItemTruncate { event_id: EventId, item_id: &'a str, content_index: u32, audio_end_ms: u32 },
    #[serde(rename = "response.create")]
    ResponseCreate { event_id: EventId, response: ResponseWish<'a> },
    #[serde(rename = "response.cancel")]
    ResponseCancel { event_id: EventId, response_id: &'a str },
}

impl ClientEvent<'_> {
    /// The event as one message.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialize")
    }
}

/// An item that we put into the conversation.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NewItem<'a> {
    Message {
        role: Role,
        content: [Text<'a>; 1],
    },
    /// `output` is JSON text.
    FunctionCallOutput {
        call_id: &'a str,
        output: &'a str,
    },
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// What the model is told is input; what it said itself is output.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Text<'a> {
    InputText { text: &'a str },
    OutputText { text: &'a str },
}

/// What one response should be like. `instructions` replaces the session's for this response alone.
///
/// `metadata` comes back with the response, which tells our responses from those that the server begins by itself.
#[derive(Serialize)]
pub struct ResponseWish<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<&'static str>,
    pub metadata: WishMetadata,
}

/// Our own name of the request.
#[derive(Serialize)]
pub struct WishMetadata {
    pub request: EventId,
}

/// Caller audio in the connection's format, as one `input_audio_buffer.append`. `audio` must not be empty: the server
/// refuses that.
pub fn append(no: u64, audio: &[u8]) -> String {
    const HEAD: &str = r#"{"type":"input_audio_buffer.append","event_id":""#;
    const MIDDLE: &str = r#"","audio":""#;
    const TAIL: &str = r#""}"#;
    let id = EventId::Append(no).to_string();
    let length = HEAD.len() + id.len() + MIDDLE.len() + base64::encoded_len(audio.len()) + TAIL.len();
    let mut message = Vec::with_capacity(length);
    message.extend_from_slice(HEAD.as_bytes());
    message.extend_from_slice(id.as_bytes());
    message.extend_from_slice(MIDDLE.as_bytes());
    base64::encode_into(audio, &mut message);
    message.extend_from_slice(TAIL.as_bytes());
    String::from_utf8(message).expect("base64 is ASCII")
}

/// Instructions that make the model say `text` and nothing else. What is to be said is all that follows the first
/// empty line.
pub fn say(text: &str) -> String {
    format!(
        "Say the text below to the caller, word for word, in the language in which it is written. \
         Add nothing before it and nothing after it, leave nothing out, and do not answer it.\n\n{text}"
    )
}

/// Instructions for the last words of a call.
pub fn farewell(language: &str) -> String {
    format!(
        "The call is about to end. Say goodbye to the caller in one short, friendly sentence. \
         Speak the language of the conversation so far; if there was none, the language with the tag {language}. \
         Ask nothing, promise nothing and add nothing after the goodbye."
    )
}
