//! The circuit breaker of Twilio's REST interface: when nothing works, no new leg is asked for.
//!
//! An operator's phone that may or may not ring after 5 s of waiting helps nobody; a refusal at once lets the call go on.
//! Only creates are refused: hang-ups and look-ups keep trying, and any of them that works closes the breaker again.

use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row, within `WINDOW`, open it.
pub const FAILURES_MAX: usize = 5;
pub const WINDOW: Duration = Duration::from_secs(30);
/// Then creates are refused for so long; after that one of them may try, and then again none for as long.
pub const OPEN_FOR: Duration = Duration::from_secs(10);

/// A failure is a request without a usable answer: time-out, no connection, server error.
#[derive(Debug)]
pub struct Breaker {
    /// When the last failures in a row were, in a ring.
    failures: [Option<Instant>; FAILURES_MAX],
    next: usize,
    /// While open: when the next probe may go.
    probe_at: Option<Instant>,
}

impl Breaker {
    pub const fn new() -> Self {
        Self { failures: [None; FAILURES_MAX], next: 0, probe_at: None }
    }

    /// Whether a create may be sent now. While open, a yes is the one probe.
    pub fn admits(&mut self, now: Instant) -> bool {
        match self.probe_at {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                self.probe_at = Some(now + OPEN_FOR);
                true
            }
        }
    }

    pub const fn is_open(&self) -> bool {
        self.probe_at.is_some()
    }

    /// The carrier answered, whatever it said.
    pub const fn succeeded(&mut self) {
        *self = Self::new();
    }

    /// No usable answer. True if this one opened it.
    pub fn failed(&mut self, now: Instant) -> bool {
        self.failures[self.next] = Some(now);
        self.next = (self.next + 1) % FAILURES_MAX;
        // What is overwritten next is the oldest.
        let within = self.failures[self.next].is_some_and(|oldest| now.duration_since(oldest) <= WINDOW);
        if self.is_open() || !within {
            return false;
        }
        self.probe_at = Some(now + OPEN_FOR);
        true
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
