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

/// The clock of one call: `Mono::ZERO` is when the call began, which may be before the process did.
#[derive(Clone)]
pub struct CallClock {
    clock: Arc<dyn Clock>,
    began_us: i64,
}

impl CallClock {
    /// The call begins now.
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let began = clock.now().wall;
        Self::since(clock, began)
    }

    /// The call began at this moment; one that lies in the future is now.
    pub fn since(clock: Arc<dyn Clock>, began: Wall) -> Self {
        let reading = clock.now();
        let age_us = reading.wall.0.saturating_sub(began.0).max(0);
        let began_us = i64::try_from(reading.monotonic_us).unwrap_or(i64::MAX).saturating_sub(age_us);
        Self { clock, began_us }
    }

    pub fn now(&self) -> Now {
        let reading = self.clock.now();
        let now_us = i64::try_from(reading.monotonic_us).unwrap_or(i64::MAX);
        let passed_us = now_us.saturating_sub(self.began_us);
        Now { mono: Mono(u64::try_from(passed_us).unwrap_or(0)), wall: reading.wall }
    }

    /// Time until `due`; zero if it has passed.
    pub(super) fn until(&self, due: Mono) -> Duration {
        due.since(self.now().mono)
    }
}
