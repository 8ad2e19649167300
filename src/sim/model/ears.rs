//! Hears when somebody speaks: loudness in windows of 20 ms, two loud ones begin a turn, enough quiet ends it.
//!
//! Time is counted on the audio that was appended, as the real server does, not on any clock.

use crate::sim::model::g711;
use crate::sim::model::session::{Format, Vad};

/// One window.
const WINDOW_MS: u64 = 20;
/// Loud windows in a row that make speech: 40 ms.
const LOUD_WINDOWS_MIN: u32 = 2;
/// Mean square of a sample at -45 dBFS.
const LOUD_POWER: u64 = 33_950;

/// What was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Started { at_ms: u64 },
    Stopped { at_ms: u64 },
}

/// The input audio buffer and its loudness.
#[derive(Debug)]
pub(super) struct Ears {
    /// All audio of this session, in microseconds.
    micros: u64,
    /// Audio since the last commit or clear, in microseconds.
    buffered_micros: u64,
    /// The window that is being filled: its bytes and the sum of its squares.
    bytes: usize,
    power: u64,
    /// Windows so far, and how many of the last ones were loud or quiet.
    windows: u64,
    loud: u32,
    quiet: u64,
    speaking: bool,
}

impl Ears {
    pub(super) const fn new() -> Self {
        Self { micros: 0, buffered_micros: 0, bytes: 0, power: 0, windows: 0, loud: 0, quiet: 0, speaking: false }
    }

    /// Audio of this session so far.
    pub(super) const fn millis(&self) -> u64 {
        self.micros / 1000
    }

    /// Audio that the next commit would take.
    pub(super) const fn buffered_millis(&self) -> u64 {
        self.buffered_micros / 1000
    }

    /// The buffer became an item, or was cleared.
    pub(super) const fn take(&mut self) -> u64 {
        let millis = self.buffered_millis();
        self.buffered_micros = 0;
        millis
    }

    /// Forgets a turn that had begun.
    pub(super) const fn reset(&mut self) {
        self.speaking = false;
        self.loud = 0;
        self.quiet = 0;
        self.buffered_micros = 0;
    }

    /// Counts audio without listening to it.
    pub(super) const fn count(&mut self, bytes: usize, format: Format) {
        let micros = bytes as u64 * 1000 / format.bytes_per_ms() as u64;
        self.micros += micros;
        self.buffered_micros += micros;
    }

    /// Takes in audio; `out` gets what it means.
    pub(super) fn hear(&mut self, mut audio: &[u8], format: Format, vad: &Vad, out: &mut Vec<Heard>) {
        self.count(audio.len(), format);
        let window = format.bytes_per_ms() * WINDOW_MS as usize;
        while !audio.is_empty() {
            // A change of format may leave more in the window than the new one holds.
            let room = window.saturating_sub(self.bytes).max(1);
            let (run, rest) = audio.split_at(audio.len().min(room));
            audio = rest;
            self.power += power(run, format);
            self.bytes += run.len();
            if self.bytes >= window {
                let samples = window / format.bytes_per_sample();
                let loud = self.power / samples as u64 > LOUD_POWER;
                self.bytes = 0;
                self.power = 0;
                self.windows += 1;
                out.extend(self.window(loud, vad));
            }
        }
    }

    fn window(&mut self, loud: bool, vad: &Vad) -> Option<Heard> {
        let now_ms = self.windows * WINDOW_MS;
        self.loud = if loud { self.loud + 1 } else { 0 };
        self.quiet = if loud { 0 } else { self.quiet + 1 };
        if !self.speaking && self.loud >= LOUD_WINDOWS_MIN {
            self.speaking = true;
            let began = now_ms - u64::from(self.loud) * WINDOW_MS;
            return Some(Heard::Started { at_ms: began.saturating_sub(vad.prefix_ms) });
        }
        if self.speaking && u128::from(self.quiet * WINDOW_MS) >= vad.silence.as_millis() && self.quiet > 0 {
            self.speaking = false;
            return Some(Heard::Stopped { at_ms: now_ms });
        }
        None
    }
}

/// Sum of the squares of the samples.
fn power(audio: &[u8], format: Format) -> u64 {
    match format {
        Format::Pcmu => {
            let powers = g711::powers();
            audio.iter().map(|code| u64::from(powers[usize::from(*code)])).sum()
        }
        Format::Pcm => {
            let square = |pair: &[u8]| i64::from(i16::from_le_bytes([pair[0], pair[1]])).pow(2) as u64;
            audio.chunks_exact(2).map(square).sum()
        }
    }
}

#[cfg(test)]
mod tests;
