//! How far the caller has heard the tape: marks prove it, and the clock carries it on.
//!
//! A line may stall: nothing reaches the carrier for seconds, then everything does, and the marks come late. So a mark
//! that does not come is given up in the end, or a lost one would block everything; but it is remembered, and when it
//! comes after all, the estimate goes back to what it proves.

use std::collections::VecDeque;
use std::time::Duration;

use super::duration;
use crate::session::effect::MarkId;
use crate::session::plant::planted;
use crate::session::policy::Policy;
use crate::types::Mono;
use crate::types::audio::BYTES_PER_MS;

/// A mark that is this much later than it could have been is taken for lost, on a line that returns none, or that has
/// lost some.
const OVERDUE: Duration = Duration::from_secs(1);

/// The same on a line whose marks have all come back so far: there the line rather stands still.
const OVERDUE_STALLED: Duration = Duration::from_secs(5);

/// A mark that comes so much later than the best one foretold tells nothing new: carriers look for marks every 20 ms, and
/// the way back is uneven. One that is later still tells that the line stood still.
const JITTER: Duration = Duration::from_millis(40);

/// A mark may be told this much later than it was played, 20 ms of sound: between two looks of the carrier.
const LOOK_BYTES: u64 = 160;

/// Given-up marks that are remembered: a minute of them.
const GIVEN_UP_MAX: usize = 800;

/// Positions are bytes on the tape.
pub(super) struct Proof {
    /// Position that a mark, or a given-up mark's time, has proven.
    proven: u64,
    /// Position that a mark has proven: nothing else counts when it must be sure that the carrier holds nothing.
    seen: u64,
    anchor: Option<Anchor>,
    marks: VecDeque<(MarkId, u64)>,
    /// Marks that were given up and not seen since; all of them are before `marks`.
    given_up: VecDeque<(MarkId, u64)>,
    trust: Trust,
    /// The first mark of a line that has returned none was given up, and so was its position: until this time the line
    /// may as well stand still, and nothing behind it counts as heard.
    doubt: Option<(Mono, u64)>,
    /// A mark that is a second late is lost, and changes nothing when it comes: a planted bug.
    deaf_to_late: bool,
}

/// When `position` was played: the best proof, or when its sound was sent into an empty buffer.
#[derive(Clone, Copy)]
struct Anchor {
    at: Mono,
    position: u64,
    /// A mark told it; else it leaves out the way to the carrier.
    told: bool,
}

/// What the marks have been like so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// None has come back.
    Unknown,
    /// Every one came back, and in order.
    Whole,
    /// Some did not.
    Holed,
}

impl Proof {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            proven: 0,
            seen: 0,
            anchor: None,
            marks: VecDeque::new(),
            given_up: VecDeque::new(),
            trust: Trust::Unknown,
            doubt: None,
            deaf_to_late: planted!(policy, ForgetsLateMarks),
        }
    }

    /// Sound is sent into an empty buffer.
    pub(super) fn begin(&mut self, now: Mono, position: u64) {
        self.anchor = Some(Anchor { at: now, position, told: false });
    }

    /// A mark is sent behind everything up to `position`.
    pub(super) fn await_mark(&mut self, mark: MarkId, position: u64) {
        self.marks.push_back((mark, position));
    }

    /// A mark came back. Marks that were out at a clear, or are unknown, prove nothing.
    pub(super) fn heard(&mut self, now: Mono, mark: MarkId) {
        if let Some(index) = find(&self.marks, mark) {
            let (_, position) = self.marks[index];
            let whole = index == 0 && self.given_up.is_empty() && self.trust != Trust::Holed;
            self.trust = if whole { Trust::Whole } else { Trust::Holed };
            self.marks.drain(..=index);
            self.given_up.clear();
            self.prove(now, position);
        } else if let Some(index) = find(&self.given_up, mark).filter(|_| !self.deaf_to_late) {
            // What was taken for heard behind it was not.
            let (_, position) = self.given_up[index];
            for later in self.given_up.drain(..).skip(index + 1).rev() {
                self.marks.push_front(later);
            }
            self.trust = if index == 0 { Trust::Whole } else { Trust::Holed };
            self.anchor = None;
            self.prove(now, position);
        }
    }

    /// The best of the proofs stays the anchor: a mark can come too late, and none too early.
    fn prove(&mut self, now: Mono, position: u64) {
        self.proven = position;
        self.seen = position;
        let is_best = self.anchor.is_some_and(|anchor| {
            let foretold = anchor.at + duration(position.saturating_sub(anchor.position));
            anchor.told && foretold < now && now.since(foretold) <= JITTER
        });
        if !is_best {
            self.anchor = Some(Anchor { at: now, position, told: true });
        }
    }

    /// A mark that is overdue counts as returned at the time when it was due, so that a lost one blocks nothing.
    pub(super) fn give_up_overdue(&mut self, now: Mono) {
        let stands_still = self.trust == Trust::Whole && !self.deaf_to_late;
        let patience = if stands_still { OVERDUE_STALLED } else { OVERDUE };
        while let (Some((mark, position)), Some(anchor)) = (self.marks.front().copied(), self.anchor) {
            let due = anchor.at + duration(position.saturating_sub(anchor.position));
            if now < due + patience {
                return;
            }
            self.marks.pop_front();
            if self.given_up.len() >= GIVEN_UP_MAX {
                self.given_up.pop_front();
            }
            self.given_up.push_back((mark, position));
            if self.trust == Trust::Unknown && !self.deaf_to_late {
                self.doubt.get_or_insert((due + OVERDUE_STALLED, position));
            }
            self.proven = position;
            self.anchor = Some(Anchor { at: due, position, told: anchor.told });
        }
    }

    /// The position that the caller hears now, by the best proof and the clock; never past the next mark that is out, but
    /// for the time in which it could be told.
    pub(super) fn position(&self, now: Mono, sent: u64) -> u64 {
        let Some(anchor) = self.anchor else {
            return sent;
        };
        let elapsed = now.since(anchor.at).as_micros() as u64 * BYTES_PER_MS as u64 / 1000;
        let untold = if anchor.told { LOOK_BYTES } else { 0 };
        let cap = self.marks.front().map_or(sent, |(_, position)| *position + untold);
        (anchor.position + elapsed).min(cap).min(sent).max(self.proven)
    }

    /// The same, for what the conversation is told of a cut: as long as a line that has returned no mark may stand still,
    /// nothing behind its first one counts.
    pub(super) fn heard_at_cut(&self, now: Mono, sent: u64) -> u64 {
        let estimate = self.position(now, sent);
        match self.doubt {
            Some((until, position)) if self.trust == Trust::Unknown && now < until => estimate.min(position),
            Some(_) | None => estimate,
        }
    }

    /// A mark, or a given-up mark's time, says that everything up to here was heard.
    pub(super) const fn proven(&self) -> u64 {
        self.proven
    }

    /// The carrier itself said so.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// The tape is cut at `position`: nothing is out.
    pub(super) fn rebase(&mut self, position: u64) {
        self.marks.clear();
        self.given_up.clear();
        self.proven = position;
        self.seen = position;
        self.anchor = None;
        self.doubt = None;
    }
}

fn find(marks: &VecDeque<(MarkId, u64)>, mark: MarkId) -> Option<usize> {
    marks.iter().position(|(id, _)| *id == mark)
}
