//! Numbered frames that cost the load next to nothing: 16 bits in 20 ms, one sign for every ten samples.
//!
//! The tones of `sim::caller` prove more and cost twelve microseconds a frame, which two hundred calls cannot spare. A
//! sign in the middle of ten equal samples survives resampling and mu-law; reading it is looking at one bit of a byte.

use crate::audio::mulaw;
use crate::types::org::AudioFormat;

/// Bytes of 20 ms of mu-law.
pub(super) const FRAME_BYTES: usize = 160;

const SYMBOL_BYTES: usize = 10;

/// Samples by which two resamplings delay the sound: 4.75 ms.
const FILTERS_BYTES: usize = 38;

/// What the resamplers keep of the first frame; the sound that comes back is that much shorter.
const SHORTER_BYTES: usize = 8;

/// Frames ahead of and behind the expected one that are told apart.
const NEAR: u32 = 64;

const AMPLITUDE: i16 = 8000;

/// The frame `number` of call `call`.
pub(super) fn frame(call: u32, number: u32) -> [u8; FRAME_BYTES] {
    let (high, low) = (mulaw::encode(AMPLITUDE), mulaw::encode(-AMPLITUDE));
    let word = word(call, number);
    let mut frame = [low; FRAME_BYTES];
    for (bit, symbol) in frame.chunks_exact_mut(SYMBOL_BYTES).enumerate() {
        if word >> bit & 1 == 1 {
            symbol.fill(high);
        }
    }
    frame
}

/// Says whose and which frame it is; different for any two frames that could be taken for each other.
const fn word(call: u32, number: u32) -> u16 {
    let mut mixed = (call << 20 ^ number).wrapping_mul(0x9E37_79B1);
    mixed ^= mixed >> 15;
    mixed = mixed.wrapping_mul(0x85EB_CA77);
    (mixed >> 13) as u16
}

/// What became of the frames of one call.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Tally {
    pub(super) sent: u64,
    /// Came back whole and at their place.
    pub(super) returned: u64,
    pub(super) duplicated: u64,
    pub(super) reordered: u64,
    /// 20 ms of sound that are no frame of this call.
    pub(super) damaged: u64,
}

impl Tally {
    pub(super) const fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.returned)
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.sent == self.returned && self.duplicated == 0 && self.reordered == 0 && self.damaged == 0
    }

    pub(super) const fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.returned += other.returned;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.damaged += other.damaged;
    }
}

/// Listens to the sound of one call that comes back.
pub(super) struct Ear {
    call: u32,
    delay: usize,
    /// Whether not a single byte may differ.
    exact: bool,
    /// Sound that was not judged yet, and the position of its first byte.
    sound: Vec<u8>,
    from: usize,
    received: usize,
    /// Where the next frame begins.
    at: usize,
    /// The number that should come next.
    next: u32,
    /// The first frame that did not come although a later one did.
    pub(super) first_missing: Option<u32>,
    pub(super) tally: Tally,
}

impl Ear {
    pub(super) fn new(call: u32, format: AudioFormat) -> Self {
        let (delay, exact) = match format {
            AudioFormat::Pcm => (FILTERS_BYTES, false),
            AudioFormat::Pcmu => (0, true),
        };
        let tally = Tally::default();
        Self {
            call,
            delay,
            exact,
            sound: Vec::new(),
            from: 0,
            received: 0,
            at: delay,
            next: 0,
            first_missing: None,
            tally,
        }
    }

    /// Takes the next bytes, however they are cut. Returns how many frames' worth of sound is there by now, which for
    /// transcoded sound is a little earlier than the last sample of the last frame.
    pub(super) fn push(&mut self, heard: &[u8]) -> u32 {
        self.received += heard.len();
        self.sound.extend_from_slice(heard);
        while self.at + FRAME_BYTES <= self.received {
            let start = self.at - self.from;
            self.judge(start);
            self.at += FRAME_BYTES;
        }
        let judged = (self.at - self.from).min(self.sound.len());
        self.sound.drain(..judged);
        self.from += judged;
        let slack = if self.delay == 0 { 0 } else { SHORTER_BYTES };
        ((self.received + slack) / FRAME_BYTES) as u32
    }

    fn judge(&mut self, start: usize) {
        if self.next as u64 >= self.tally.sent {
            // Silence that follows the last frame.
            return;
        }
        let sound = &self.sound[start..start + FRAME_BYTES];
        let middles = sound.iter().skip(SYMBOL_BYTES / 2).step_by(SYMBOL_BYTES);
        let heard = middles.enumerate().fold(0_u16, |word, (bit, code)| word | u16::from(code >> 7) << bit);
        let is = |number: &u32| word(self.call, *number) == heard;
        if is(&self.next) {
            if self.exact && sound != frame(self.call, self.next) {
                self.tally.damaged += 1;
            } else {
                self.tally.returned += 1;
            }
            self.next += 1;
        } else if let Some(later) = (self.next..self.next + NEAR).find(is) {
            self.tally.returned += 1;
            self.first_missing.get_or_insert(self.next);
            self.next = later + 1;
        } else if let Some(earlier) = (self.next.saturating_sub(NEAR)..self.next).rev().find(is) {
            if earlier + 1 == self.next {
                self.tally.duplicated += 1;
            } else {
                self.tally.reordered += 1;
            }
        } else {
            self.tally.damaged += 1;
        }
    }
}

#[cfg(test)]
mod tests;
