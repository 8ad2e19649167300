//! An answering machine's voice: a greeting, a beep, and then it listens.
//!
//! A stream that reaches a machine must hear something that detection and the model can take for one.

use std::time::Duration;

use bytes::Bytes;

use crate::sim::caller::{Caller, CallerFrame};
use crate::sim::carrier::company::FRAME_BYTES;
use crate::types::{Mono, Mulaw};

/// Speaks `greeting` long, beeps, records, and hangs up.
pub struct MachineVoice {
    greeting: Duration,
    /// What is left of a greeting in words.
    words: Option<Bytes>,
    began: Option<Mono>,
}

impl MachineVoice {
    pub const fn new(greeting: Duration) -> Self {
        Self { greeting, words: None, began: None }
    }

    /// With a greeting that was recorded.
    pub fn saying(greeting: Mulaw) -> Self {
        Self { greeting: greeting.duration(), words: Some(greeting.into_bytes()), began: None }
    }
}

impl Caller for MachineVoice {
    fn frame(&mut self, now: Mono, _heard: &[u8]) -> CallerFrame {
        let passed = now.since(*self.began.get_or_insert(now));
        if passed < self.greeting {
            match &mut self.words {
                Some(words) => CallerFrame::speech(words.split_to(words.len().min(FRAME_BYTES))),
                None => CallerFrame::speech(Bytes::from_static(&SPEECH)),
            }
        } else if passed < self.greeting + BEEP_FOR {
            CallerFrame::speech(Bytes::from_static(&BEEP))
        } else if passed < self.greeting + RECORDS_FOR {
            CallerFrame::SILENT
        } else {
            CallerFrame::HANG_UP
        }
    }
}

/// A square wave: loud for every ear.
const fn wave(half: usize) -> [u8; FRAME_BYTES] {
    let mut wave = [0x9E; FRAME_BYTES];
    let mut i = 0;
    while i < FRAME_BYTES {
        if (i / half).is_multiple_of(2) {
            wave[i] = 0x1E;
        }
        i += 1;
    }
    wave
}

const SPEECH: [u8; FRAME_BYTES] = wave(20);
const BEEP: [u8; FRAME_BYTES] = wave(4);
const BEEP_FOR: Duration = Duration::from_millis(500);

/// Longest message.
const RECORDS_FOR: Duration = Duration::from_secs(120);
