//! One response as a timetable: what is sent when, planned as a whole the moment the response begins.
//!
//! Cancelling and faults rewrite what is left of the timetable; nothing else decides what comes next.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::sim::model::knobs::Pace;
use crate::sim::model::script::{Part, Reply};
use crate::sim::model::session::Format;
use crate::types::Mono;

/// How a response ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Completed,
    /// `turn_detected` or `client_cancelled`.
    Cancelled(&'static str),
    Incomplete(&'static str),
    Failed(&'static str),
}

impl Ending {
    pub(super) const fn status(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled(_) => "cancelled",
            Self::Incomplete(_) => "incomplete",
            Self::Failed(_) => "failed",
        }
    }
}

/// One thing to send. Numbers are positions in `Response::items`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Created,
    RateLimits,
    AddItem(usize),
    AddPart(usize),
    Words(usize, String),
    /// The next bytes of the item's audio; `twice`: a duplicate follows.
    Audio {
        item: usize,
        bytes: usize,
        twice: bool,
    },
    Arguments(usize, String),
    /// The closing family of a complete item.
    Close(usize),
    /// `output_item.done` again.
    CloseAgain(usize),
    /// Closes whatever is open, then `response.done`.
    Finish(Ending),
    /// The connection breaks.
    Reset,
}

/// What an item is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// `audio` is in the connection's format; `said` is what was sent of the text.
    Speech {
        text: String,
        said: String,
        audio: Bytes,
        sent: usize,
    },
    Text {
        text: String,
        said: String,
    },
    Call {
        call_id: String,
        name: String,
        arguments: String,
        said: String,
    },
}

impl Content {
    /// Length of the text that was made.
    pub(super) fn chars(&self) -> u64 {
        match self {
            Self::Speech { said, .. } | Self::Text { said, .. } | Self::Call { said, .. } => said.len() as u64,
        }
    }
}

/// Whether the client knows of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Planned,
    Open,
    Complete,
    Incomplete,
}

impl Stage {
    /// The status of an item that is closed.
    pub(super) const fn status(self) -> Option<&'static str> {
        match self {
            Self::Planned | Self::Open => None,
            Self::Complete => Some("completed"),
            Self::Incomplete => Some("incomplete"),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct OutItem {
    pub id: String,
    pub content: Content,
    pub stage: Stage,
    pub previous: Option<String>,
}

impl OutItem {
    /// The client has heard something of it, or of a call that was to be made.
    pub(super) fn was_begun(&self) -> bool {
        match &self.content {
            Content::Speech { sent, .. } => *sent > 0,
            Content::Call { said, .. } => !said.is_empty(),
            Content::Text { .. } => false,
        }
    }
}

/// The response that writes to the conversation.
#[derive(Debug)]
pub(super) struct Response {
    pub id: String,
    pub items: Vec<OutItem>,
    pub steps: VecDeque<(Mono, Step)>,
    /// `response.created` is out.
    pub announced: bool,
    /// `Finish` is next or near; nothing can cancel it any more.
    pub closing: bool,
    /// It answers a `response.create`.
    pub asked: bool,
    pub format: Format,
    /// `metadata` and `output_modalities` of the request.
    pub metadata: serde_json::Value,
    pub text_only: bool,
}

/// Draws a timetable for the items of a response.
pub(super) struct Planner<'a> {
    pub rng: &'a mut fastrand::Rng,
    pub pace: Pace,
    pub stalls: bool,
    pub format: Format,
    pub duplicate: bool,
    /// All audio in one delta.
    pub huge: bool,
    /// Each call is reported twice.
    pub twice: bool,
}

impl Planner<'_> {
    /// The steps from `now` to `response.done`.
    pub(super) fn plan(mut self, items: &[OutItem], now: Mono) -> VecDeque<(Mono, Step)> {
        let mut steps = VecDeque::new();
        let mut at = now + self.millis(0, 20);
        steps.push_back((at, Step::Created));
        let limits_first = self.rng.bool();
        if limits_first {
            steps.push_back((at, Step::RateLimits));
        }
        for (number, item) in items.iter().enumerate() {
            at = at + self.millis(60, 160);
            steps.push_back((at, Step::AddItem(number)));
            match &item.content {
                Content::Speech { text, audio, .. } => at = self.speech(number, text, audio.len(), at, &mut steps),
                Content::Text { text, .. } => {
                    steps.push_back((at, Step::AddPart(number)));
                    for words in split(text, 3) {
                        at = at + self.millis(5, 30);
                        steps.push_back((at, Step::Words(number, words)));
                    }
                }
                Content::Call { arguments, .. } => {
                    let pieces = self.rng.usize(2..=5);
                    for piece in pieces_of(arguments, pieces) {
                        at = at + self.millis(5, 40);
                        steps.push_back((at, Step::Arguments(number, piece)));
                    }
                }
            }
            at = at + self.millis(2, 30);
            steps.push_back((at, Step::Close(number)));
            if self.twice && matches!(item.content, Content::Call { .. }) {
                steps.push_back((at, Step::CloseAgain(number)));
            }
        }
        at = at + self.millis(2, 20);
        steps.push_back((at, Step::Finish(Ending::Completed)));
        if !limits_first {
            steps.push_back((at, Step::RateLimits));
        }
        steps
    }

    /// Words run ahead of the audio; audio comes in awkward sizes, faster than it plays.
    fn speech(
        &mut self,
        item: usize,
        text: &str,
        total: usize,
        begin: Mono,
        steps: &mut VecDeque<(Mono, Step)>,
    ) -> Mono {
        let speed = match self.pace {
            Pace::Natural => 4.0 + self.rng.f32() * 2.0,
            Pace::Burst => f32::INFINITY,
            Pace::Times(times) => times.max(0.05),
        };
        let mut at = begin;
        steps.push_back((at, Step::AddPart(item)));
        let mut words: VecDeque<String> = split(text, 1).into();
        at = at + self.pause(30, 90, speed);
        for _ in 0..self.rng.usize(2..=6) {
            steps.extend(words.pop_front().map(|word| (at, Step::Words(item, word))));
        }
        at = at + self.pause(60, 140, speed);
        let per_word = total / words.len().max(1);
        let (mut sent, mut said) = (0, 0);
        while sent < total {
            let bytes = self.delta_bytes().min(total - sent);
            sent += bytes;
            steps.push_back((at, Step::Audio { item, bytes, twice: self.duplicate }));
            // Half as fast again as the audio.
            while !words.is_empty() && said < sent + sent / 2 {
                steps.extend(words.pop_front().map(|word| (at, Step::Words(item, word))));
                said += per_word.max(1);
            }
            let millis = bytes as f32 / self.format.bytes_per_ms() as f32;
            at = at + Duration::from_micros((millis * 1000.0 / speed) as u64);
            if self.stalls && self.rng.u8(..5) == 0 {
                at = at + Duration::from_millis(500);
            }
        }
        steps.extend(words.into_iter().map(|word| (at, Step::Words(item, word))));
        at
    }

    /// 50 to 400 ms of audio, in whole samples, never a multiple of 160 bytes.
    fn delta_bytes(&mut self) -> usize {
        if self.huge {
            return usize::MAX;
        }
        let bytes = self.rng.usize(50..=399) * self.format.bytes_per_ms() + self.rng.usize(1..4) * 2;
        if bytes.is_multiple_of(160) { bytes + 2 } else { bytes }
    }

    fn pause(&mut self, least: u64, most: u64, speed: f32) -> Duration {
        if speed.is_infinite() { Duration::ZERO } else { self.millis(least, most) }
    }

    fn millis(&mut self, least: u64, most: u64) -> Duration {
        if self.pace == Pace::Burst { Duration::ZERO } else { Duration::from_millis(self.rng.u64(least..=most)) }
    }
}

/// Replaces the second half of the audio, and all that follows, by these last steps.
pub(super) fn break_half_way(steps: &mut VecDeque<(Mono, Step)>, last: Step) {
    let sounds = steps.iter().filter(|(_, step)| matches!(step, Step::Audio { .. })).count();
    let mut seen = 0;
    let cut = steps.iter().position(|(_, step)| {
        seen += usize::from(matches!(step, Step::Audio { .. }));
        matches!(step, Step::Audio { .. }) && seen > sounds / 2
    });
    // Without audio only the announcement stays.
    let cut = cut.map_or(1, |at| at + 1).min(steps.len());
    let at = steps.get(cut).or(steps.back()).map_or(Mono::ZERO, |(at, _)| *at);
    steps.truncate(cut);
    steps.push_back((at, last));
}

/// The items of a reply; `text_only` turns speech into text.
pub(super) fn items(reply: Reply, format: Format, text_only: bool, mut id: impl FnMut(&str) -> String) -> Vec<OutItem> {
    let item = |part| {
        let content = match part {
            Part::Speech(clip) if text_only => Content::Text { text: clip.text.to_string(), said: String::new() },
            Part::Speech(clip) => {
                let audio = match format {
                    Format::Pcm => clip.pcm(),
                    Format::Pcmu => clip.audio.into_bytes(),
                };
                Content::Speech { text: clip.text.to_string(), said: String::new(), audio, sent: 0 }
            }
            Part::Call { name, arguments } => {
                Content::Call { call_id: id("call"), name, arguments, said: String::new() }
            }
        };
        OutItem { id: id("item"), content, stage: Stage::Planned, previous: None }
    };
    reply.into_iter().map(item).collect()
}

/// A text in runs of `count` words; joined they are the text again.
fn split(text: &str, count: usize) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    words.chunks(count).map(<[&str]>::concat).collect()
}

/// A text in about `count` pieces, cut between characters.
fn pieces_of(text: &str, count: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(chars.len().div_ceil(count).max(1)).map(|run| run.iter().collect()).collect()
}
