//! Where the calls get their time from: a clock that is handed in, and one call's view of it.
//!
//! The real clock lives in `app.rs`; tests bring their own, so a call can be driven through an hour in a moment.

use std::sync::Arc;
use std::time::Duration;

use crate::types::{Mono, Now, Wall};

/// Both clocks, read together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Reading {
    /// Microseconds since a fixed point of the process's own choice. Never runs backwards.
    pub monotonic_us: u64,
    pub wall: Wall,
}

/// The one clock of the process. Its monotonic half must run as tokio's timers do.
pub trait Clock: Send + Sync {
    fn now(&self) -> Reading;
}

/// The clock of one call: `Mono::ZERO` is when it was made.
#[derive(Clone)]
pub struct CallClock {
    clock: Arc<dyn Clock>,
    began_us: u64,
}

impl CallClock {
    /// The call begins now.
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let began_us = clock.now().monotonic_us;
        Self { clock, began_us }
    }

    pub fn now(&self) -> Now {
        let reading = self.clock.now();
        Now { mono: Mono(reading.monotonic_us.saturating_sub(self.began_us)), wall: reading.wall }
    }

    /// Time until `due`; zero if it has passed.
    pub(super) fn until(&self, due: Mono) -> Duration {
        due.since(self.now().mono)
    }
}
