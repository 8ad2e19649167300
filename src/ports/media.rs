//! The caller's media stream, as every carrier must present it.

use crate::ports::link::{Events, Texts};
use crate::session::effect::MarkId;
use crate::types::{Mulaw, StreamId};

/// What a media stream says after its start.
#[derive(Clone, Debug)]
pub enum MediaEvent {
    /// Caller audio. `timestamp_ms` counts from the start of the stream; `chunk` from 1.
    Frame {
        chunk: Option<u64>,
        timestamp_ms: Option<u64>,
        audio: Mulaw,
    },
    Mark(MarkId),
    Digit(char),
    /// The carrier said that the stream ends.
    Stopped,
    /// The socket closed or broke.
    Dropped,
    /// The peer broke the protocol in a way that cannot be ignored; close the link.
    Violation,
    /// Ignored: unknown event, undecodable payload, a mark that is not ours. Counted by the adapter.
    Ignored,
}

/// What we say on it.
#[derive(Clone, Debug)]
pub enum MediaCommand {
    Frame(Mulaw),
    Mark(MarkId),
    Clear,
}

/// An open media stream, bound to a call.
pub struct MediaLink {
    pub stream: StreamId,
    pub events: Events<MediaEvent>,
    pub texts: Texts,
    pub encode: Box<dyn EncodeMedia>,
}

/// Puts a command into the carrier's words.
pub trait EncodeMedia: Send {
    fn encode(&mut self, command: &MediaCommand) -> String;
}
