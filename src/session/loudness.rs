//! How loud the caller was in the present turn, so that a transcript of silence is not believed.

use crate::types::Mulaw;

/// Squares of the 256 values of G.711 mu-law (ITU-T G.711, 14-bit scale), in units of 1/64.
const SQUARES: [u32; 256] = {
    let mut squares = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let bits = !(byte as u8);
        let magnitude = ((((bits & 0x0F) as u32) << 1) + 33) << ((bits >> 4) & 0x07);
        let value = magnitude - 33;
        squares[byte] = (value * value) >> 6;
        byte += 1;
    }
    squares
};

/// The square of full scale (8031 on the 14-bit scale), in the table's unit.
const FULL_SCALE: f64 = 8031.0 * 8031.0 / 64.0;

#[derive(Default)]
pub(crate) struct Loudness {
    sum: u64,
    samples: u64,
}

impl Loudness {
    /// The caller begins to speak.
    pub(crate) const fn begin(&mut self) {
        self.sum = 0;
        self.samples = 0;
    }

    pub(crate) fn add(&mut self, frame: &Mulaw) {
        let sum: u64 = frame.bytes().iter().map(|byte| u64::from(SQUARES[usize::from(*byte)])).sum();
        self.sum += sum;
        self.samples += frame.len() as u64;
    }

    /// Root mean square of the turn in dBFS; `None`: nothing was measured.
    pub(crate) fn of_turn(&self) -> Option<f32> {
        if self.samples == 0 {
            return None;
        }
        let mean = self.sum as f64 / self.samples as f64;
        Some((10.0 * (mean / FULL_SCALE).max(1e-12).log10()) as f32)
    }
}

#[cfg(test)]
mod tests;
