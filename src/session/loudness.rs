//! How loud the caller was, by place in the audio, so that a transcript of silence is not believed.
//!
//! One number for each tenth of a second of the last minute. The loudest moment of a turn counts, not its mean: pauses
//! and the silence by which its end was recognised belong to it, too.

use std::collections::VecDeque;

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

/// Samples of one block: 100 ms at 8 kHz.
const BLOCK: usize = 800;
const BLOCK_MS: u32 = 100;
/// A minute; a turn is given up as noise before that.
const BLOCKS_MAX: usize = 600;
/// Blocks of a moment: a short word.
const MOMENT: usize = 3;

pub(crate) struct Loudness {
    /// Sums of squares; 800 squares of up to a million fit. The last block may still be growing.
    blocks: VecDeque<u32>,
    /// Blocks that were forgotten before the first one here.
    forgotten: usize,
    /// Samples in the last block.
    last: usize,
}

impl Default for Loudness {
    fn default() -> Self {
        Self { blocks: VecDeque::with_capacity(BLOCKS_MAX), forgotten: 0, last: BLOCK }
    }
}

impl Loudness {
    pub(crate) fn add(&mut self, frame: &Mulaw) {
        let mut bytes: &[u8] = frame.bytes();
        while !bytes.is_empty() {
            if self.last == BLOCK {
                self.next_block();
            }
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.last));
            let sum: u32 = now.iter().map(|byte| SQUARES[usize::from(*byte)]).sum();
            if let Some(block) = self.blocks.back_mut() {
                *block += sum;
            }
            self.last += now.len();
            bytes = later;
        }
    }

    fn next_block(&mut self) {
        if self.blocks.len() == BLOCKS_MAX {
            self.blocks.pop_front();
            self.forgotten += 1;
        }
        self.blocks.push_back(0);
        self.last = 0;
    }

    /// Root mean square of the loudest 300 ms between two places of the audio, in dBFS; `None`: it is forgotten, or
    /// was never heard.
    pub(crate) fn loudest(&self, from_ms: u32, to_ms: u32) -> Option<f32> {
        let from = ((from_ms / BLOCK_MS) as usize).checked_sub(self.forgotten)?;
        let to = (to_ms.div_ceil(BLOCK_MS) as usize).saturating_sub(self.forgotten).min(self.blocks.len());
        let mean = |first: usize| {
            let blocks = first..(first + MOMENT).min(to);
            let unfinished = if blocks.end == self.blocks.len() { BLOCK - self.last } else { 0 };
            let sum: u64 = self.blocks.range(blocks.clone()).map(|block| u64::from(*block)).sum();
            sum as f64 / (blocks.len() * BLOCK - unfinished) as f64
        };
        // A short turn is one moment.
        let last = to.saturating_sub(MOMENT).max(from);
        let loudest = (from..to).take_while(|first| *first <= last).map(mean).max_by(f64::total_cmp)?;
        Some((10.0 * (loudest / FULL_SCALE).max(1e-12).log10()) as f32)
    }
}

#[cfg(test)]
mod tests;
