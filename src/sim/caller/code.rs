//! Numbered frames: a caller's sound that says whose it is and which frame it is, and an ear that finds out what
//! became of it. It proves that no frame was lost, duplicated, reordered, damaged or given to another call.
//!
//! Two codes: `Bytes` for paths that must not change a byte, `Tones` for paths that transcode.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::sim::caller::tones::{self, ToneEar};
use crate::sim::carrier::company::FRAME_BYTES;
use crate::types::audio::SILENCE;

/// How frames are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// Every byte of a frame follows from call and number: any change shows. For mu-law passed through.
    Bytes,
    /// Tones in every frame, robust against resampling and requantizing. Calls 0 to 255.
    Tones,
}

impl Code {
    /// The frame `number` of call `call`: 160 bytes of mu-law.
    pub fn frame(self, call: u16, number: u32) -> Bytes {
        match self {
            Self::Bytes => byte_frame(call, number).to_vec().into(),
            Self::Tones => tones::frame(call as u8, number),
        }
    }
}

/// What became of a call's numbered frames.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CodeReport {
    pub sent: u64,
    /// Frames of this call that came back, each counted once.
    pub returned: u64,
    /// Frames that did not come although later ones did.
    pub lost: u64,
    pub duplicated: u64,
    /// Frames that came after a later one.
    pub reordered: u64,
    /// Frames of other calls.
    pub crossed: u64,
    /// Stretches of sound that are no frame.
    pub damaged: u64,
}

impl CodeReport {
    /// Everything sent came back, once, in order, whole, and nothing else did.
    pub fn is_clean(&self) -> bool {
        *self == Self { sent: self.sent, returned: self.sent, ..Self::default() }
    }
}

/// Listens to what comes back.
pub struct CodeEar {
    call: u16,
    ear: Ear,
    /// The number that should come next.
    next: u32,
    missing: BTreeSet<u32>,
    report: CodeReport,
}

enum Ear {
    Bytes(ByteEar),
    Tones(Box<ToneEar>),
}

/// What an ear made out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    Frame { call: u16, number: u32 },
    Damage,
}

impl CodeEar {
    pub fn new(code: Code, call: u16) -> Self {
        let ear = match code {
            Code::Bytes => Ear::Bytes(ByteEar::default()),
            Code::Tones => Ear::Tones(Box::new(ToneEar::new())),
        };
        Self { call, ear, next: 0, missing: BTreeSet::new(), report: CodeReport::default() }
    }

    /// Takes the next played bytes, however they are cut.
    pub fn push(&mut self, heard: &[u8]) {
        let next = self.next;
        let mut found = Vec::new();
        match &mut self.ear {
            Ear::Bytes(ear) => ear.push(heard, &mut found),
            Ear::Tones(ear) => ear.push(heard, next, &mut found),
        }
        for found in found {
            self.judge(found);
        }
    }

    /// Nothing more comes: looks at what is left.
    pub fn finish(&mut self) {
        let mut found = Vec::new();
        match &mut self.ear {
            Ear::Bytes(ear) => ear.finish(&mut found),
            Ear::Tones(ear) => ear.finish(self.next, &mut found),
        }
        for found in found {
            self.judge(found);
        }
    }

    /// `sent` is how many frames were sent so far.
    pub fn report(&self, sent: u64) -> CodeReport {
        CodeReport { sent, lost: self.missing.len() as u64, ..self.report.clone() }
    }

    /// Frames of this call that came back so far.
    pub const fn returned(&self) -> u64 {
        self.report.returned
    }

    fn judge(&mut self, found: Found) {
        let Found::Frame { call, number } = found else {
            self.report.damaged += 1;
            return;
        };
        if call != self.call {
            self.report.crossed += 1;
            return;
        }
        if number >= self.next {
            let gap = self.next..number.min(self.next.saturating_add(GAP_MAX));
            self.missing.extend(gap);
            self.next = number.saturating_add(1);
            self.report.returned += 1;
        } else if self.missing.remove(&number) {
            self.report.reordered += 1;
            self.report.returned += 1;
        } else {
            self.report.duplicated += 1;
        }
    }
}

/// Finds byte-coded frames.
#[derive(Default)]
struct ByteEar {
    buffer: Vec<u8>,
    in_damage: bool,
}

impl ByteEar {
    fn push(&mut self, heard: &[u8], found: &mut Vec<Found>) {
        self.buffer.extend_from_slice(heard);
        let mut at = 0;
        while at + FRAME_BYTES <= self.buffer.len() {
            let frame = &self.buffer[at..at + FRAME_BYTES];
            let (call, number) = header(frame);
            if frame[..4] == SYNC && frame == byte_frame(call, number) {
                found.push(Found::Frame { call, number });
                self.in_damage = false;
                at += FRAME_BYTES;
            } else {
                self.damage(self.buffer[at], found);
                at += 1;
            }
        }
        self.buffer.drain(..at);
    }

    fn finish(&mut self, found: &mut Vec<Found>) {
        for byte in std::mem::take(&mut self.buffer) {
            self.damage(byte, found);
        }
    }

    fn damage(&mut self, byte: u8, found: &mut Vec<Found>) {
        if byte != SILENCE && !self.in_damage {
            self.in_damage = true;
            found.push(Found::Damage);
        }
    }
}

fn header(frame: &[u8]) -> (u16, u32) {
    let call = u16::from_le_bytes([frame[4], frame[5]]);
    (call, u32::from_le_bytes([frame[6], frame[7], frame[8], frame[9]]))
}

fn byte_frame(call: u16, number: u32) -> [u8; FRAME_BYTES] {
    let mut frame = [0; FRAME_BYTES];
    frame[..4].copy_from_slice(&SYNC);
    frame[4..6].copy_from_slice(&call.to_le_bytes());
    frame[6..10].copy_from_slice(&number.to_le_bytes());
    let mut state = (u64::from(call) << 32 | u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for byte in &mut frame[10..] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = (state >> 32) as u8;
    }
    frame
}

const SYNC: [u8; 4] = [0x2A, 0xD5, 0x2A, 0xD5];

/// A wild number must not fill the memory.
const GAP_MAX: u32 = 100_000;

#[cfg(test)]
mod tests;
