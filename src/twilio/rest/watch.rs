//! What answers tell besides: whether the carrier is there and takes our credentials, and what its clock says.
//!
//! Its clock and ours may be apart by minutes, and a leg that rings must be found by the time that the carrier wrote.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::carrier::CarrierError;
use crate::telemetry::{Trouble, Troubles};
use crate::twilio::rest::request::Tried;
use crate::types::Wall;

/// Reads our own wall clock.
pub type Clock = Box<dyn Fn() -> Wall + Send + Sync>;

pub(super) struct Watch {
    troubles: Troubles,
    /// `None`: theirs is taken for ours.
    clock: Option<Clock>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// How far the carrier's clock is ahead of ours.
    ahead_us: i64,
    /// Why the last try without an answer had none.
    why: &'static str,
}

impl Watch {
    pub(super) fn new(troubles: Troubles, clock: Option<Clock>) -> Self {
        Self { troubles, clock, seen: Mutex::default() }
    }

    /// A try has ended; `date`: what the answer says about the time, `why`: what kept it away.
    pub(super) fn saw(&self, tried: &Tried, date: Option<Wall>, why: &'static str) {
        if let (Some(date), Some(clock)) = (date, &self.clock) {
            // Whole seconds: on average it was half a second later.
            self.seen().ahead_us = date.0.saturating_add(500_000).saturating_sub(clock().0);
        }
        if let Tried::Refused(CarrierError::Unauthorized(code)) = tried {
            let cause = code.map_or_else(|| "401".to_owned(), |code| code.to_string());
            self.troubles.raise(Trouble::CarrierRefused, &cause);
            self.troubles.clear(Trouble::CarrierUnreachable);
        } else if tried.is_answer() {
            self.troubles.clear(Trouble::CarrierRefused);
            self.troubles.clear(Trouble::CarrierUnreachable);
        } else {
            self.seen().why = why;
        }
    }

    /// A request, with all its tries, had no answer.
    pub(super) fn is_away(&self) {
        let why = self.seen().why;
        self.troubles.raise(Trouble::CarrierUnreachable, why);
    }

    /// A moment of our clock on the carrier's.
    pub(super) fn theirs(&self, ours: Wall) -> Wall {
        Wall(ours.0.saturating_add(self.seen().ahead_us))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
