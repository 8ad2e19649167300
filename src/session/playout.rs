//! What the caller hears: sound queued, sound sent, and what is proven or estimated to be heard of it.
//!
//! The carrier plays in order and in real time, and returns a mark when everything before it was played. So positions
//! are bytes on one endless tape; a mark proves a position, and the clock carries the estimate on from there, never past
//! the next mark that is still out (`proof`). A clear rebases the tape at what was heard.

mod proof;

use std::collections::VecDeque;
use std::time::Duration;

use crate::session::effect::{Effect, Effects, MarkId, MediaEffect, Source};
use crate::session::plant::planted;
use crate::session::playout::proof::Proof;
use crate::session::policy::Policy;
use crate::types::audio::BYTES_PER_MS;
use crate::types::{Millis, Mono, Mulaw};

/// Frames up to 20 ms together are joined, so that a model that sends crumbs costs no more than one that does not.
const SMALL_FRAME_BYTES: usize = 160;

/// Sound on its way to the caller.
pub(crate) struct Playout {
    queue: VecDeque<Queued>,
    queued: u64,
    /// Position after the last byte sent.
    sent: u64,
    proof: Proof,
    next_mark: u32,
    since_mark: u64,
    spans: VecDeque<Span>,
    limits: Limits,
}

struct Limits {
    queued: u64,
    outstanding: u64,
    mark_every: u64,
    frame: u64,
}

struct Queued {
    source: Source,
    frame: Mulaw,
    /// No more of this source follows.
    last: bool,
}

/// A run of one source on the tape.
struct Span {
    source: Source,
    start: u64,
    end: u64,
    began: Mono,
    /// Nothing of this source follows.
    closed: bool,
}

/// A source that was heard to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) source: Source,
    pub(crate) began: Mono,
}

/// A source that was cut.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) source: Source,
    /// `None`: nothing of it was ever sent.
    pub(crate) began: Option<Mono>,
    pub(crate) heard: Millis,
    /// It had been queued to its end, and all of it was heard.
    pub(crate) complete: bool,
}

impl Playout {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            queue: VecDeque::new(),
            queued: 0,
            sent: 0,
            proof: Proof::new(policy),
            next_mark: 0,
            since_mark: 0,
            spans: VecDeque::new(),
            limits: Limits {
                queued: bytes(policy.playout_max),
                outstanding: bytes(policy.outstanding_max) * if planted!(policy, SendsTooFar) { 3 } else { 1 },
                mark_every: bytes(policy.mark_every).max(1),
                frame: bytes(policy.frame_max).max(1),
            },
        }
    }

    /// Queues sound. Returns how much did not fit and was dropped.
    pub(crate) fn push(&mut self, source: &Source, mut frame: Mulaw) -> Millis {
        let room = self.limits.queued.saturating_sub(self.queued);
        let dropped = (frame.len() as u64).saturating_sub(room);
        let frame = frame.take(room as usize);
        if frame.is_empty() {
            return millis(dropped);
        }
        self.queued += frame.len() as u64;
        let back = self.queue.back_mut().filter(|back| back.source == *source && !back.last);
        if let Some(back) = back.filter(|back| back.frame.len() + frame.len() <= SMALL_FRAME_BYTES) {
            back.frame = back.frame.joined(&frame);
        } else {
            self.queue.push_back(Queued { source: source.clone(), frame, last: false });
        }
        millis(dropped)
    }

    /// No more of this source will be queued. Nothing to do for one that has no sound here.
    pub(crate) fn end(&mut self, source: &Source) {
        let known = self.spans.iter().any(|span| span.source == *source)
            || self.queue.iter().any(|queued| queued.source == *source);
        if !known {
            return;
        }
        self.queue.push_back(Queued { source: source.clone(), frame: Mulaw::default(), last: true });
    }

    /// Sends what may be sent now.
    pub(crate) fn fill(&mut self, now: Mono, out: &mut Effects) {
        self.proof.give_up_overdue(now);
        while let Some(front) = self.queue.front_mut() {
            if front.frame.is_empty() {
                let closing = self.queue.pop_front().filter(|queued| queued.last);
                if let Some(queued) = closing {
                    self.close(&queued.source, out);
                }
                continue;
            }
            let next = (front.frame.len() as u64).min(self.limits.frame).min(self.limits.mark_every - self.since_mark);
            let outstanding = self.sent - self.position(now);
            if outstanding + next > self.limits.outstanding {
                return;
            }
            self.send_front(now, outstanding, out);
        }
    }

    /// A mark came back. Marks that were out at a clear, or are unknown, prove nothing.
    pub(crate) fn heard(&mut self, now: Mono, mark: MarkId) {
        self.proof.heard(now, mark);
    }

    /// A source that was proven to be heard to its end, once for each source.
    pub(crate) fn take_finished(&mut self) -> Option<Finished> {
        let proven = self.proof.proven();
        let open = |spans: &VecDeque<Span>, source: &Source| {
            spans.iter().any(|span| span.source == *source && (!span.closed || span.end > proven))
        };
        let span = self.spans.iter().find(|span| span.end <= proven && !open(&self.spans, &span.source))?;
        let finished = Finished { source: span.source.clone(), began: span.began };
        self.spans.retain(|span| span.source != finished.source);
        Some(finished)
    }

    /// Drops everything that is queued or out, and says what was heard of each source, oldest first.
    /// Emits a clear if the carrier may still hold sound.
    pub(crate) fn cut(&mut self, now: Mono, out: &mut Effects) -> Vec<Cut> {
        let position = self.proof.heard_at_cut(now, self.sent);
        let mut cuts: Vec<Cut> = Vec::new();
        for span in self.spans.drain(..) {
            let heard = position.clamp(span.start, span.end) - span.start;
            let complete = span.closed && position >= span.end;
            note_cut(&mut cuts, span.source, Some(span.began), heard, complete);
        }
        for queued in self.queue.drain(..) {
            note_cut(&mut cuts, queued.source, None, 0, false);
        }
        if self.sent > self.proof.seen() {
            out.push(Effect::Media(MediaEffect::Clear));
        }
        self.forget(position);
        cuts
    }

    /// The stream is gone, and with it all that was out.
    pub(crate) fn lose(&mut self, now: Mono) -> Vec<Cut> {
        let mut ignored = Effects::new();
        self.cut(now, &mut ignored)
    }

    /// Takes back what is queued of a source, if nothing of it was sent.
    pub(crate) fn withdraw(&mut self, source: &Source) -> bool {
        if self.spans.iter().any(|span| span.source == *source) {
            return false;
        }
        let before = self.queue.len();
        self.queue.retain(|queued| queued.source != *source);
        self.queued = self.queue.iter().map(|queued| queued.frame.len() as u64).sum();
        self.queue.len() != before
    }

    /// There is nothing to cut: nothing is queued, everything sent belongs to sources that ended and were heard, and the
    /// carrier itself has told so.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.spans.is_empty() && self.proof.seen() == self.sent
    }

    /// Nothing is queued, and everything sent is heard by the clock's estimate.
    pub(crate) fn is_silent(&self, now: Mono) -> bool {
        self.queued == 0 && self.position(now) == self.sent
    }

    /// Nothing is queued, and everything sent is proven to be heard.
    pub(crate) fn is_settled(&self) -> bool {
        self.queue.is_empty() && self.proof.proven() == self.sent
    }

    /// Sound of the model is queued or out.
    pub(crate) fn has_model_sound(&self, now: Mono) -> bool {
        let position = self.position(now);
        let is_model = |source: &Source| matches!(source, Source::Model(_));
        self.spans.iter().any(|span| is_model(&span.source) && span.end > position)
            || self.queue.iter().any(|queued| is_model(&queued.source) && !queued.frame.is_empty())
    }

    /// Whether this source has sound that was not heard yet.
    pub(crate) fn holds(&self, now: Mono, source: &Source) -> bool {
        let position = self.position(now);
        self.spans.iter().any(|span| span.source == *source && (span.end > position || !span.closed))
            || self.queue.iter().any(|queued| queued.source == *source)
    }

    /// How long the caller will hear what is queued and out.
    pub(crate) fn remaining(&self, now: Mono) -> Duration {
        duration(self.queued + self.sent - self.position(now))
    }

    /// The position that the caller hears now, by the last proof and the clock.
    fn position(&self, now: Mono) -> u64 {
        self.proof.position(now, self.sent)
    }

    fn send_front(&mut self, now: Mono, outstanding: u64, out: &mut Effects) {
        let Some(front) = self.queue.front_mut() else {
            return;
        };
        let room = self.limits.frame.min(self.limits.mark_every - self.since_mark);
        let frame = front.frame.take(room as usize);
        let source = front.source.clone();
        let len = frame.len() as u64;
        if outstanding == 0 {
            self.proof.begin(now, self.sent);
        }
        let began = now + duration(outstanding);
        match self.spans.back_mut() {
            Some(span) if span.source == source && !span.closed => span.end += len,
            _ => self.spans.push_back(Span {
                source: source.clone(),
                start: self.sent,
                end: self.sent + len,
                began,
                closed: false,
            }),
        }
        self.sent += len;
        self.queued -= len;
        self.since_mark += len;
        out.push(Effect::Media(MediaEffect::Play { source, frame }));
        if self.since_mark >= self.limits.mark_every {
            self.mark(out);
        }
    }

    fn close(&mut self, source: &Source, out: &mut Effects) {
        for span in self.spans.iter_mut().filter(|span| span.source == *source) {
            span.closed = true;
        }
        if self.since_mark > 0 {
            self.mark(out);
        }
    }

    fn mark(&mut self, out: &mut Effects) {
        let id = MarkId(self.next_mark);
        self.next_mark += 1;
        self.since_mark = 0;
        self.proof.await_mark(id, self.sent);
        out.push(Effect::Media(MediaEffect::Mark(id)));
    }

    fn forget(&mut self, position: u64) {
        self.queue.clear();
        self.spans.clear();
        self.queued = 0;
        self.since_mark = 0;
        self.sent = position;
        self.proof.rebase(position);
    }
}

/// Adds to the cut of a source: a source may have several runs.
fn note_cut(cuts: &mut Vec<Cut>, source: Source, began: Option<Mono>, heard: u64, complete: bool) {
    let heard = millis(heard);
    match cuts.iter_mut().find(|cut| cut.source == source) {
        Some(cut) => {
            cut.heard = Millis(cut.heard.0 + heard.0);
            cut.complete = complete;
        }
        None => cuts.push(Cut { source, began, heard, complete }),
    }
}

fn bytes(time: Duration) -> u64 {
    time.as_millis() as u64 * BYTES_PER_MS as u64
}

fn duration(bytes: u64) -> Duration {
    Duration::from_micros(bytes * 1000 / BYTES_PER_MS as u64)
}

fn millis(bytes: u64) -> Millis {
    Millis((bytes / BYTES_PER_MS as u64) as u32)
}

#[cfg(test)]
mod tests;
