//! Frames numbered by tones: 24 bits in every 20 ms, which survive 8 -> 24 -> 8 kHz, mu-law and a delay of any length.
//!
//! Twelve groups of four tones, one tone of each group sounds. The tones lie 62.5 Hz apart, so a window of 128 samples
//! tells them apart exactly; a frame has 160, and the 32 to spare keep the window clear of the neighbours' ringing.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use bytes::Bytes;

use crate::audio::{level, mulaw};
use crate::sim::caller::code::Found;
use crate::sim::carrier::company::FRAME_BYTES;

/// The frame `number` (its low ten bits) of a call: 160 bytes of mu-law.
pub(crate) fn frame(call: u8, number: u32) -> Bytes {
    let word = word(call, number);
    let sounding: [usize; GROUPS] = std::array::from_fn(|group| group * 4 + (word >> (group * 2) & 3) as usize);
    (0..FRAME_BYTES)
        .map(|n| {
            let sample: f32 = sounding.iter().map(|tone| TABLES.wave(*tone, n)).sum();
            mulaw::encode((AMPLITUDE * sample) as i16)
        })
        .collect()
}

/// Finds tone-coded frames in a stream of mu-law.
pub(crate) struct ToneEar {
    codes: Vec<u8>,
    samples: Vec<f32>,
    /// Where the next frame's window is, once a frame was found.
    window: Option<usize>,
    /// Where the search goes on, otherwise.
    search: usize,
    /// Loud samples passed in search of a frame.
    skipped: usize,
}

impl ToneEar {
    pub(crate) const fn new() -> Self {
        Self { codes: Vec::new(), samples: Vec::new(), window: None, search: 0, skipped: 0 }
    }

    /// `next` is the number that should come next: it completes the ten bits that a frame carries.
    pub(crate) fn push(&mut self, heard: &[u8], next: u32, found: &mut Vec<Found>) {
        self.codes.extend_from_slice(heard);
        self.samples.extend(heard.iter().map(|code| f32::from(mulaw::decode(*code))));
        let mut next = next;
        while self.step(&mut next, found) {}
        self.forget();
    }

    /// Nothing more comes: what cannot be a whole frame is left alone, for a filter's delay cuts the last one.
    pub(crate) fn finish(&mut self, next: u32, found: &mut Vec<Found>) {
        // Room for the search to look around the last window.
        self.push(&[crate::types::audio::SILENCE; FRAME_BYTES], next, found);
    }

    /// Takes one frame or moves on; false when more sound is needed.
    fn step(&mut self, next: &mut u32, found: &mut Vec<Found>) -> bool {
        match self.window {
            Some(window) => {
                if window + WINDOW > self.samples.len() {
                    return false;
                }
                if let Some(word) = self.read(window) {
                    self.take(word, next, found);
                    self.window = Some(window + FRAME_BYTES);
                } else {
                    // Lost it: search on from where the frame should have begun.
                    self.window = None;
                    self.search = window.saturating_sub(MARGIN);
                }
                true
            }
            None => {
                if self.search + WINDOW + FRAME_BYTES > self.samples.len() {
                    return false;
                }
                let Some(word) = self.read(self.search) else {
                    self.damage(found);
                    self.search += STEP;
                    return true;
                };
                // The window's best place is in the middle of all places that read the same.
                let same = |at: &usize| self.read(*at) == Some(word);
                let last = (self.search..self.search + FRAME_BYTES).step_by(STEP).take_while(same).last();
                let window = self.search.midpoint(last.unwrap_or(self.search));
                self.take(word, next, found);
                self.window = Some(window + FRAME_BYTES);
                true
            }
        }
    }

    fn take(&mut self, word: u32, next: &mut u32, found: &mut Vec<Found>) {
        self.skipped = 0;
        let (call, low) = ((word & 0xFF) as u16, word >> 8 & 0x3FF);
        // The number nearest to the expected one with these ten bits.
        let ahead = low.wrapping_sub(*next) & 0x3FF;
        let number = if ahead < 0x200 || *next < 0x400 - ahead { *next + ahead } else { *next + ahead - 0x400 };
        *next = (*next).max(number + 1);
        found.push(Found::Frame { call, number });
    }

    /// One stretch of loud sound that is no frame counts once. Less than a frame's length is a border (a filter began
    /// anew), or a frame that cannot be read, which shows in the numbers.
    fn damage(&mut self, found: &mut Vec<Found>) {
        if level::is_loud(&self.codes[self.search..self.search + WINDOW / 4]) {
            self.skipped += STEP;
            if self.skipped == FRAME_BYTES {
                found.push(Found::Damage);
            }
        }
    }

    /// The 24 bits of the window at `at`, if every group is clear and they fit together.
    fn read(&self, at: usize) -> Option<u32> {
        let samples = self.samples.get(at..at + WINDOW)?;
        let mut word = 0;
        for group in 0..GROUPS {
            let powers: [f32; 4] = std::array::from_fn(|tone| TABLES.power(group * 4 + tone, samples));
            let best = (0..4).max_by(|a, b| powers[*a].total_cmp(&powers[*b])).unwrap_or(0);
            let rest = (0..4).filter(|tone| *tone != best).map(|tone| powers[tone]).fold(0.0, f32::max);
            if powers[best] < POWER_MIN || powers[best] < rest * CLEAR {
                return None;
            }
            word |= (best as u32) << (group * 2);
        }
        (word == self::word((word & 0xFF) as u8, word >> 8 & 0x3FF)).then_some(word)
    }

    fn forget(&mut self) {
        let keep_from = self.window.map_or(self.search, |window| window.saturating_sub(MARGIN)).min(self.samples.len());
        if keep_from < FORGET_EVERY {
            return;
        }
        self.codes.drain(..keep_from);
        self.samples.drain(..keep_from);
        match &mut self.window {
            Some(window) => *window -= keep_from,
            None => self.search -= keep_from,
        }
    }
}

/// Eight bits of call, ten of number, six that check them.
fn word(call: u8, number: u32) -> u32 {
    let data = u32::from(call) | (number & 0x3FF) << 8;
    data | (data.wrapping_mul(0x9E37_79B1) >> 26) << 18
}

/// Cosine and sine of every tone over a frame.
struct Tables {
    cos: Vec<[f32; FRAME_BYTES]>,
    sin: Vec<[f32; FRAME_BYTES]>,
}

impl Tables {
    /// A tone as it is sent; each has a phase of its own, which keeps the peaks low.
    fn wave(&self, tone: usize, n: usize) -> f32 {
        if tone.is_multiple_of(2) { self.cos[tone][n] } else { self.sin[tone][n] }
    }

    fn power(&self, tone: usize, samples: &[f32]) -> f32 {
        let mut sums = (0.0, 0.0);
        for ((sample, cos), sin) in samples.iter().zip(&self.cos[tone]).zip(&self.sin[tone]) {
            sums.0 += sample * cos;
            sums.1 += sample * sin;
        }
        (sums.0 * sums.0 + sums.1 * sums.1) / (WINDOW * WINDOW) as f32
    }
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let table = |wave: fn(f32) -> f32| {
        let row = |tone: usize| {
            let cycles_per_sample = (FIRST_BIN + tone) as f32 / WINDOW as f32;
            std::array::from_fn(|n| wave(TAU * (cycles_per_sample * n as f32).fract()))
        };
        (0..GROUPS * 4).map(row).collect::<Vec<_>>()
    };
    Tables { cos: table(f32::cos), sin: table(f32::sin) }
});

const GROUPS: usize = 12;

/// Samples that a frame is read from; tones are whole numbers of cycles in it.
const WINDOW: usize = 128;

/// 312.5 Hz; the last tone is 3250 Hz.
const FIRST_BIN: usize = 5;

/// Of each tone; twelve of them stay below the largest sample.
const AMPLITUDE: f32 = 1800.0;

/// A tone's power in the window is a quarter of its amplitude squared; a tenth of that is enough.
const POWER_MIN: f32 = AMPLITUDE * AMPLITUDE / 40.0;

/// How much stronger a group's tone must be than its others: 9 dB.
const CLEAR: f32 = 8.0;

/// From a frame's begin to its window.
const MARGIN: usize = (FRAME_BYTES - WINDOW) / 2;

const STEP: usize = 4;

const FORGET_EVERY: usize = 8000;

#[cfg(test)]
mod tests;
