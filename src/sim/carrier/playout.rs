//! The phone company's play-out buffer: what the gateway sends is played in real time, 8 bytes a millisecond.
//!
//! It is the truth about what the caller heard, against which every claim of the gateway is judged.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::types::Mono;

/// Sound that was played without a pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// When its first byte was played.
    pub at: Mono,
    /// Index of its first byte among all bytes received.
    pub from: u64,
    pub len: u64,
    /// Bytes played before it, in all runs.
    pub before: u64,
}

impl Run {
    /// When its last byte was over.
    pub fn end(&self) -> Mono {
        self.at + playing_time(self.len)
    }
}

/// One `clear`, as it took effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cleared {
    pub at: Mono,
    /// Bytes received before it, in all.
    pub received: u64,
    /// Index behind the last byte heard before it, among all bytes received.
    pub heard: u64,
    /// Bytes played before it, in all.
    pub played: u64,
    pub flushed: u64,
    pub marks_flushed: u32,
}

/// A mark that comes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// When everything before it was played, or when it was flushed.
    pub at: Mono,
    pub name: String,
    /// Flushed by a clear: proves nothing. The wire does not tell.
    pub flushed: bool,
}

/// The buffer. `advance` before reading anything.
pub struct Playout {
    queue: VecDeque<Bytes>,
    /// Index of the next byte to come.
    received: u64,
    /// Index of the next byte to be played.
    head: u64,
    /// The byte `anchor_head` is played at `anchor`, while there is something to play.
    anchor: Mono,
    anchor_head: u64,
    /// Marks by the index that must be played before they return.
    marks: VecDeque<(u64, String)>,
    runs: Vec<Run>,
    clears: Vec<Cleared>,
    played: u64,
    flushed: u64,
    /// Played since `take_heard`, and when its first byte was.
    heard: Vec<u8>,
    heard_at: Mono,
    capture: Option<Vec<u8>>,
}

impl Playout {
    /// With `capture`, all played bytes are kept (up to `CAPTURE_BYTES_MAX`).
    pub fn new(capture: bool) -> Self {
        Self {
            queue: VecDeque::new(),
            received: 0,
            head: 0,
            anchor: Mono::ZERO,
            anchor_head: 0,
            marks: VecDeque::new(),
            runs: Vec::new(),
            clears: Vec::new(),
            played: 0,
            flushed: 0,
            heard: Vec::new(),
            heard_at: Mono::ZERO,
            capture: capture.then(Vec::new),
        }
    }

    /// Adds sound; false if the buffer is full and it was dropped.
    pub fn push(&mut self, now: Mono, audio: Bytes, out: &mut Vec<Returned>) -> bool {
        self.advance(now, out);
        if self.received - self.head + audio.len() as u64 > BUFFER_BYTES_MAX {
            return false;
        }
        if self.queue.is_empty() {
            self.anchor = now;
            self.anchor_head = self.received;
        }
        self.received += audio.len() as u64;
        self.queue.push_back(audio);
        true
    }

    /// Sets a mark behind everything that is buffered; it returns at once if nothing is. False if there are too many.
    pub fn mark(&mut self, now: Mono, name: String, out: &mut Vec<Returned>) -> bool {
        self.advance(now, out);
        if self.queue.is_empty() {
            out.push(Returned { at: now, name, flushed: false });
            return true;
        }
        if self.marks.len() >= MARKS_MAX {
            return false;
        }
        self.marks.push_back((self.received, name));
        true
    }

    /// Drops what is buffered; marks behind it return at once.
    pub fn clear(&mut self, now: Mono, out: &mut Vec<Returned>) -> Cleared {
        self.advance(now, out);
        let cleared = Cleared {
            at: now,
            received: self.received,
            heard: self.head,
            played: self.played,
            flushed: self.received - self.head,
            marks_flushed: self.marks.len() as u32,
        };
        self.queue.clear();
        self.head = self.received;
        self.flushed += cleared.flushed;
        out.extend(self.marks.drain(..).map(|(_, name)| Returned { at: now, name, flushed: true }));
        if self.clears.len() < CLEARS_MAX {
            self.clears.push(cleared);
        }
        cleared
    }

    /// Plays up to `now` and returns the marks that were passed.
    pub fn advance(&mut self, now: Mono, out: &mut Vec<Returned>) {
        if !self.queue.is_empty() {
            let due = self.anchor_head + bytes_in(now.since(self.anchor));
            self.play_to(due.min(self.received));
        }
        while let Some((position, _)) = self.marks.front() {
            if *position > self.head {
                break;
            }
            let at = self.time_of(*position);
            if let Some((_, name)) = self.marks.pop_front() {
                out.push(Returned { at, name, flushed: false });
            }
        }
    }

    /// When the next mark returns.
    pub fn next_deadline(&self) -> Option<Mono> {
        self.marks.front().map(|(position, _)| self.time_of(*position))
    }

    /// What was played since the last call (at most a second of it), and when its first byte was.
    pub fn take_heard(&mut self, into: &mut Vec<u8>) -> Mono {
        into.clear();
        std::mem::swap(into, &mut self.heard);
        self.heard_at
    }

    pub fn is_playing(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Bytes received in all.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Bytes played in all, up to the last `advance`.
    pub const fn played(&self) -> u64 {
        self.played
    }

    pub const fn flushed(&self) -> u64 {
        self.flushed
    }

    /// Bytes waiting to be played.
    pub const fn buffered(&self) -> u64 {
        self.received - self.head
    }

    pub fn marks_outstanding(&self) -> usize {
        self.marks.len()
    }

    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub fn clears(&self) -> &[Cleared] {
        &self.clears
    }

    /// All bytes played, if they are captured.
    pub fn captured(&self) -> Option<&[u8]> {
        self.capture.as_deref()
    }

    /// Bytes played up to `at`, which must not be later than the last `advance`.
    pub fn played_at(&self, at: Mono) -> u64 {
        let behind = self.runs.partition_point(|run| run.at <= at);
        let Some(run) = behind.checked_sub(1).and_then(|i| self.runs.get(i)) else {
            return 0;
        };
        run.before + bytes_in(at.since(run.at)).min(run.len)
    }

    /// Index behind the last byte heard at `at`, among all bytes received (flushed ones count as indexes, too).
    pub fn heard_index_at(&self, at: Mono) -> u64 {
        let behind = self.runs.partition_point(|run| run.at <= at);
        let Some(run) = behind.checked_sub(1).and_then(|i| self.runs.get(i)) else {
            return 0;
        };
        run.from + bytes_in(at.since(run.at)).min(run.len)
    }

    /// Pauses of at least `min` between two runs: when they began and how long they were.
    pub fn pauses(&self, min: Duration) -> Vec<(Mono, Duration)> {
        let pairs = self.runs.windows(2).map(|pair| (pair[0].end(), pair[1].at.since(pair[0].end())));
        pairs.filter(|(_, pause)| *pause >= min).collect()
    }

    fn play_to(&mut self, target: u64) {
        if target <= self.head {
            return;
        }
        self.extend_run(target - self.head);
        if self.heard.is_empty() {
            self.heard_at = self.time_of(self.head);
        }
        let mut left = (target - self.head) as usize;
        while left > 0 {
            let Some(front) = self.queue.front_mut() else { break };
            let part = front.split_to(left.min(front.len()));
            if front.is_empty() {
                self.queue.pop_front();
            }
            left -= part.len();
            self.keep(&part);
        }
        self.played += target - self.head;
        self.head = target;
    }

    fn keep(&mut self, part: &[u8]) {
        if self.heard.len() + part.len() > HEARD_BYTES_MAX {
            self.heard.clear();
        }
        let start = part.len().saturating_sub(HEARD_BYTES_MAX);
        self.heard.extend_from_slice(&part[start..]);
        if let Some(capture) = &mut self.capture
            && capture.len() + part.len() <= CAPTURE_BYTES_MAX
        {
            capture.extend_from_slice(part);
        }
    }

    fn extend_run(&mut self, len: u64) {
        let at = self.time_of(self.head);
        let full = self.runs.len() >= RUNS_MAX;
        // When the list is full, the last run swallows what follows: times blur, totals stay.
        if let Some(run) = self.runs.last_mut()
            && (full || run.end() == at && run.from + run.len == self.head)
        {
            run.len += len;
            return;
        }
        self.runs.push(Run { at, from: self.head, len, before: self.played });
    }

    fn time_of(&self, index: u64) -> Mono {
        self.anchor + playing_time(index.saturating_sub(self.anchor_head))
    }
}

/// Bytes that are played in this time.
pub const fn bytes_in(time: Duration) -> u64 {
    time.as_micros() as u64 / MICROS_PER_BYTE
}

/// How long these bytes play.
pub const fn playing_time(bytes: u64) -> Duration {
    Duration::from_micros(bytes * MICROS_PER_BYTE)
}

const MICROS_PER_BYTE: u64 = 125;

/// Ten minutes of sound. The real company names no limit; beyond this the gateway is surely wrong.
pub const BUFFER_BYTES_MAX: u64 = 600 * 8000;

/// An hour of sound.
pub const CAPTURE_BYTES_MAX: usize = 3600 * 8000;

const HEARD_BYTES_MAX: usize = 8000;
const MARKS_MAX: usize = 10_000;
const RUNS_MAX: usize = 20_000;
const CLEARS_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
