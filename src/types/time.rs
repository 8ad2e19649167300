//! Time as values: the core is told what time it is and never asks.
//!
//! Two kinds, because they answer different questions: `Mono` orders what happens in a call and cannot jump,
//! `Wall` is what a person reads on a clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// Microseconds since the call began. Never runs backwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Mono(pub u64);

impl Mono {
    pub const ZERO: Self = Self(0);

    /// Time passed since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Whole milliseconds since the call began.
    pub const fn millis(self) -> Millis {
        Millis((self.0 / 1000) as u32)
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs.as_micros() as u64))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(rhs.as_micros() as u64))
    }
}

/// Microseconds since 1970-01-01T00:00:00Z; the form in which both databases store time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Wall(pub i64);

/// One instant on both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Now {
    pub mono: Mono,
    pub wall: Wall,
}

/// Whole milliseconds, of audio or of time since the call began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Millis(pub u32);
