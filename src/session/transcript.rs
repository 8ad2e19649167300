//! The transcript: lines in the order in which they began, each written once, when it is settled.
//!
//! A caller's line begins with their speech and is settled by its text, or by the lack of one. An assistant's line
//! begins with its first sound to the caller and is settled when that was heard to its end, or cut.

use std::collections::VecDeque;

use crate::session::effect::{Heard, Line, LineOrigin};
use crate::types::text::{head, is_unspaced};
use crate::types::{ItemId, Millis, Mono, Prompt, Speaker};

/// What stands in for a caller's words that nobody understood.
pub(crate) const NOT_UNDERSTOOD: &str = "(not understood)";

/// Longer words are cut inside when a line is: compounds, addresses.
const WORD_CHARS_MAX: usize = 20;

/// Caller lines that may wait for their text; beyond it the oldest is settled without.
const WAITING_MAX: usize = 64;

#[derive(Default)]
pub(crate) struct Transcript {
    next_seq: u32,
    waiting: VecDeque<CallerLine>,
    /// Caller items that are settled: a late text of theirs is dropped.
    settled: VecDeque<ItemId>,
}

struct CallerLine {
    seq: u32,
    item: ItemId,
    start: Mono,
    end: Option<Mono>,
    /// When it is settled without a text; set when the speech was committed.
    due: Option<Mono>,
}

impl Transcript {
    /// Takes the next number, for a line that begins now.
    pub(crate) fn number(&mut self) -> u32 {
        let seq = self.next_seq;
        self.next_seq += 1;
        seq
    }

    /// The numbers of an earlier process end here.
    pub(crate) const fn continue_at(&mut self, next_seq: u32) {
        self.next_seq = next_seq;
    }

    /// The caller begins to speak. Returns a line that had to be given up for it.
    pub(crate) fn caller_began(&mut self, item: &ItemId, start: Mono) -> Option<Line> {
        if self.find(item).is_some() || self.settled.contains(item) {
            return None;
        }
        let given_up = if self.waiting.len() >= WAITING_MAX { self.settle_at(0, None) } else { None };
        let seq = self.number();
        self.waiting.push_back(CallerLine { seq, item: item.clone(), start, end: None, due: None });
        given_up
    }

    pub(crate) fn caller_stopped(&mut self, item: &ItemId, end: Mono) {
        if let Some(index) = self.find(item) {
            self.waiting[index].end = Some(end);
        }
    }

    /// The speech is an item now: its text must come until `due`.
    pub(crate) fn caller_committed(&mut self, item: &ItemId, due: Mono) {
        if let Some(index) = self.find(item) {
            self.waiting[index].due = Some(due);
        }
    }

    /// The call is over: what is awaited must come until `due`.
    pub(crate) fn hurry(&mut self, due: Mono) {
        for line in &mut self.waiting {
            line.due = line.due.map(|before| before.min(due));
        }
    }

    /// The caller's words, or `None`: not understood. Nothing if the line is settled already.
    pub(crate) fn caller_text(&mut self, item: &ItemId, text: Option<&str>) -> Option<Line> {
        let index = self.find(item)?;
        self.settle_at(index, text)
    }

    /// The next line that waited long enough.
    pub(crate) fn take_overdue(&mut self, now: Mono) -> Option<Line> {
        let index = self.waiting.iter().position(|line| line.due.is_some_and(|due| due <= now))?;
        self.settle_at(index, None)
    }

    /// The next line that no text will come for: the connection to the model is gone, or the speech never ended.
    pub(crate) fn take_hopeless(&mut self, model_gone: bool) -> Option<Line> {
        let index = self.waiting.iter().position(|line| model_gone || line.due.is_none())?;
        self.settle_at(index, None)
    }

    /// When the next line is settled without a text.
    pub(crate) fn next_due(&self) -> Option<Mono> {
        self.waiting.iter().filter_map(|line| line.due).min()
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.waiting.is_empty()
    }

    fn find(&self, item: &ItemId) -> Option<usize> {
        self.waiting.iter().position(|line| line.item == *item)
    }

    fn settle_at(&mut self, index: usize, text: Option<&str>) -> Option<Line> {
        let line = self.waiting.remove(index)?;
        if self.settled.len() >= WAITING_MAX {
            self.settled.pop_front();
        }
        self.settled.push_back(line.item.clone());
        let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(NOT_UNDERSTOOD);
        Some(Line {
            seq: line.seq,
            speaker: Speaker::Caller,
            text: text.to_owned(),
            start: line.start.millis(),
            end: line.end.unwrap_or(line.start).max(line.start).millis(),
            heard: Heard::Full,
            origin: LineOrigin::Item(line.item),
        })
    }
}

/// A line of the assistant's, or of a local sentence, that is settled.
pub(crate) fn assistant_line(
    seq: u32,
    began: Mono,
    ended: Mono,
    text: String,
    heard: Heard,
    origin: LineOrigin,
) -> Line {
    // A cut can come before the estimate of when the sound would begin.
    let start = began.min(ended).millis();
    Line { seq, speaker: Speaker::Assistant, text, start, end: ended.millis(), heard, origin }
}

/// The words that were probably heard when `heard` of `total` milliseconds were, by proportion: whole words, or whole
/// letters where words are not written apart, or are so long that leaving one out would belie what was heard.
pub(crate) fn heard_words(text: &str, heard: Millis, total: Millis) -> String {
    if total.0 == 0 || heard.0 >= total.0 {
        return text.to_owned();
    }
    let characters = text.chars().count() as u64;
    let keep = (characters * u64::from(heard.0) / u64::from(total.0)) as usize;
    let head = head(text, keep);
    let rest = &text[head.len()..];
    if rest.chars().next().is_none_or(char::is_whitespace) {
        return head.trim_end().to_owned();
    }
    let (words, begun) = head.rsplit_once(char::is_whitespace).unwrap_or(("", head));
    let word = begun.chars().chain(rest.chars().take_while(|c| !c.is_whitespace()));
    let parts = begun.contains(is_unspaced) || word.take(WORD_CHARS_MAX + 1).count() > WORD_CHARS_MAX;
    let kept = if parts { head } else { words };
    kept.trim_end().to_owned()
}

/// The caller pressed keys.
pub(crate) fn keys_line(seq: u32, keys: &str, began: Mono, ended: Mono) -> Line {
    Line {
        seq,
        speaker: Speaker::Caller,
        text: format!("[keys] {keys}"),
        start: began.millis(),
        end: ended.millis(),
        heard: Heard::Full,
        origin: LineOrigin::Keys,
    }
}

/// Where a local sentence's line comes from.
pub(crate) const fn local_origin(prompt: Prompt) -> LineOrigin {
    LineOrigin::Local(prompt)
}

#[cfg(test)]
mod tests;
