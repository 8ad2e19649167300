//! The call's links: the media stream and the model's connection, each with a state of its own.
//!
//! The call outlives both: a stream's end is not a call's end.

use std::collections::VecDeque;
use std::time::Duration;

use crate::types::{Mono, Mulaw};

/// The caller's media stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Media {
    /// Never there yet.
    Awaiting,
    Live,
    /// Gone, and perhaps coming back.
    Gone {
        since: Mono,
    },
}

/// The model's connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Model {
    /// Being opened; this is attempt number `attempt`, from 1.
    Connecting {
        attempt: u32,
    },
    /// Open, and told what it is to be.
    Configuring {
        attempt: u32,
        /// What is optional was left out, because the full configuration was refused.
        plain: bool,
    },
    Ready,
    /// Closed for as long as people talk, or not opened yet.
    Away,
    Gone,
}

/// The caller's first words, while nobody can hear them yet. The oldest are dropped beyond the bound.
pub(crate) struct Backlog {
    frames: VecDeque<Mulaw>,
    bytes: usize,
    bytes_max: usize,
    dropped: usize,
}

impl Backlog {
    pub(crate) fn new(max: Duration) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, bytes_max: max.as_millis() as usize * 8, dropped: 0 }
    }

    pub(crate) fn push(&mut self, frame: Mulaw) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.frames.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
            self.dropped += oldest.len();
        }
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Mulaw> {
        self.bytes = 0;
        self.frames.drain(..)
    }

    /// Milliseconds that were dropped.
    pub(crate) const fn dropped_ms(&self) -> u32 {
        (self.dropped / 8) as u32
    }

    pub(crate) fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }
}
