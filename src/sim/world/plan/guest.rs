//! A caller who wants something: speaks a few short times when it is quiet, presses a key, and waits.
//!
//! Short on purpose: a world of transfers is about legs, not about sound.

use std::time::Duration;

use bytes::Bytes;

use crate::audio::level;
use crate::sim::caller::{Caller, CallerFrame};
use crate::sim::carrier::company::FRAME_BYTES;
use crate::types::Mono;

/// A caller who does not hang up by ear.
#[derive(Clone, Debug)]
pub struct Guest {
    /// How long each utterance is; none are left when it is empty.
    pub speaks: Vec<Duration>,
    /// Since the answer: this key is pressed.
    pub presses: Option<(Duration, char)>,
    began: Option<Mono>,
    quiet_since: Mono,
    speaking_until: Option<Mono>,
}

impl Guest {
    pub const fn new(speaks: Vec<Duration>, presses: Option<(Duration, char)>) -> Self {
        Self { speaks, presses, began: None, quiet_since: Mono::ZERO, speaking_until: None }
    }
}

impl Caller for Guest {
    fn frame(&mut self, now: Mono, heard: &[u8]) -> CallerFrame {
        let began = *self.began.get_or_insert(now);
        if level::is_loud(heard) || self.quiet_since < began {
            self.quiet_since = now;
        }
        let key = self.presses.filter(|(after, _)| now.since(began) >= *after).map(|(_, key)| key);
        if key.is_some() {
            self.presses = None;
        }
        if self.speaking_until.is_none() && now.since(self.quiet_since) >= POLITE && !self.speaks.is_empty() {
            self.speaking_until = Some(now + self.speaks.remove(0));
        }
        match self.speaking_until {
            Some(until) if now < until => CallerFrame { audio: Some(Bytes::from_static(&VOICE)), key, hang_up: false },
            Some(_) => {
                self.speaking_until = None;
                self.quiet_since = now + PATIENCE;
                CallerFrame { audio: None, key, hang_up: false }
            }
            None => CallerFrame { audio: None, key, hang_up: false },
        }
    }
}

/// So long must it be quiet before the caller speaks.
const POLITE: Duration = Duration::from_millis(700);

/// So long is an answer waited for.
const PATIENCE: Duration = Duration::from_secs(6);

/// 20 ms of a loud, low voice.
const VOICE: [u8; FRAME_BYTES] = {
    let mut wave = [0x1A; FRAME_BYTES];
    let mut i = 0;
    while i < FRAME_BYTES {
        if i % 40 < 20 {
            wave[i] = 0x9A;
        }
        i += 1;
    }
    wave
};
