//! A caller for echo tests: sends numbered frames and judges what comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::sim::caller::code::{Code, CodeEar, CodeReport};
use crate::sim::caller::{Caller, CallerFrame};
use crate::types::Mono;

/// Sends so many numbered frames while a stream is open, waits until all are back (or `tail` has passed), and hangs up.
pub struct ToneCoded {
    code: Code,
    call: u16,
    frames: u32,
    sent: u32,
    sent_all_at: Option<Mono>,
    tail: Duration,
    /// Stays on the line after the last frame is back.
    stay: bool,
    /// Goes on beyond `frames` until this is set.
    told: Option<Arc<AtomicBool>>,
    ear: CodeEar,
    on_air: bool,
    ended: bool,
}

impl ToneCoded {
    /// `call` tells calls apart (0 to 255 with tones); `frames` of 20 ms are sent without a pause.
    pub fn new(code: Code, call: u16, frames: u32, tail: Duration) -> Self {
        let ear = CodeEar::new(code, call);
        let (sent, sent_all_at) = (0, None);
        Self { code, call, frames, sent, sent_all_at, tail, stay: false, told: None, ear, on_air: false, ended: false }
    }

    /// Sends further frames until told that it is enough.
    pub fn until(mut self, told: Arc<AtomicBool>) -> Self {
        self.told = Some(told);
        self
    }

    /// Never hangs up by itself.
    pub fn staying(mut self) -> Self {
        self.stay = true;
        self
    }
}

impl Caller for ToneCoded {
    fn frame(&mut self, now: Mono, heard: &[u8]) -> CallerFrame {
        self.ear.push(heard);
        if self.told.as_ref().is_some_and(|told| !told.load(Ordering::Relaxed)) && self.sent == self.frames {
            self.frames += 1;
        }
        if self.sent < self.frames && !self.on_air {
            return CallerFrame::SILENT;
        }
        if self.sent < self.frames {
            let frame = self.code.frame(self.call, self.sent);
            self.sent += 1;
            return CallerFrame::speech(frame);
        }
        let waited = now.since(*self.sent_all_at.get_or_insert(now));
        let back = self.ear.returned() >= u64::from(self.frames);
        if self.stay || !back && waited < self.tail || waited < SETTLE {
            return CallerFrame::SILENT;
        }
        if !self.ended {
            self.ended = true;
            self.ear.finish();
        }
        CallerFrame::HANG_UP
    }

    fn on_air(&mut self, on_air: bool) {
        self.on_air = on_air;
    }

    fn code(&self) -> Option<CodeReport> {
        Some(self.ear.report(u64::from(self.sent)))
    }
}

/// Something that should not come may still come after the last frame.
const SETTLE: Duration = Duration::from_millis(500);
