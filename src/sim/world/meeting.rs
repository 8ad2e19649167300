//! When sound and deadlines meet.
//!
//! Callers' frames come on a grid of 20 ms, and what is counted from a frame is due with another: on real lines the two
//! meet at one instant all the time. Here what a phone sends is held back, for a frame's length at most, until the
//! gateway's next deadline, or just before or after it.

use std::time::Duration;

use fastrand::Rng;

use crate::sim::carrier::company::FRAME;
use crate::types::Mono;

pub(super) struct Meeting {
    dice: Rng,
    /// Sound is held back for deadlines.
    holds: bool,
    /// What was sent last arrives then; what follows it, not before.
    last: Mono,
}

impl Meeting {
    pub(super) const fn new(dice: Rng, holds: bool) -> Self {
        Self { dice, holds, last: Mono::ZERO }
    }

    /// Who acts first at this instant.
    pub(super) fn gateway_first(&mut self) -> bool {
        self.dice.bool()
    }

    /// When something that a phone sends now arrives.
    pub(super) fn arrival(&mut self, now: Mono, deadline: Option<Mono>) -> Mono {
        let due = deadline.filter(|due| self.holds && self.last <= now && now < *due && *due <= now + FRAME);
        let met = due.map(|due| match self.dice.u8(..4) {
            0 => Mono(due.0 - 1),
            1 => Mono(due.0 + 1),
            _ => due,
        });
        self.last = self.last.max(met.unwrap_or(now));
        self.last
    }
}

/// What is held back may come so much later.
pub(super) const HELD_MAX: Duration = Duration::from_millis(21);
