//! One line of the transcript, as it is written down: what was said, and how much of it was heard.
//!
//! A line is written once, when nothing about it can change any more.

use crate::types::{ItemId, Millis, Prompt, Speaker};

/// One settled line of the transcript.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// 0, 1, 2 without gaps once the call has ended; given when the utterance began.
    pub seq: u32,
    pub speaker: Speaker,
    pub text: String,
    /// Since the call began.
    pub start: Millis,
    pub end: Millis,
    pub heard: Heard,
    /// Where it came from.
    pub origin: LineOrigin,
}

/// How much of a line was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    Full,
    /// Cut: `text` holds an estimate by proportion of what was heard.
    Cut {
        heard: Millis,
        total: Millis,
    },
}

/// What a line is a record of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineOrigin {
    /// Speech, as an item of the model's conversation.
    Item(ItemId),
    /// A sentence of the gateway's own.
    Local(Prompt),
    /// Keys.
    Keys,
}
