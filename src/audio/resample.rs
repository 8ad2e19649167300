//! Streaming resamplers between the telephone's 8 kHz and the model's 24 kHz.
//!
//! A windowed sinc whose taps hit every output instant exactly: three phases up, one phase down. So there is no
//! interpolation error, the speech band stays flat and the delay is under 2.5 ms. The usual automatic cut-off would
//! eat the speech band at this filter length, hence the cut-off at the full 4 kHz.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler as _, Resizable as _};
use rubato::{SincInterpolationParameters, SincInterpolationType, WindowFunction};

/// Which way a stream is resampled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// 8 kHz to 24 kHz.
    Up,
    /// 24 kHz to 8 kHz.
    Down,
}

/// One stream's resampler: mono samples on the 16-bit scale, as `f32`.
///
/// The output depends only on the samples, never on how they were cut into calls.
pub struct Resampler {
    direction: Direction,
    inner: Async<f32>,
    /// Slot 0 is for the sample held back; new samples are written behind it.
    output: Vec<f32>,
    /// Ready early, not given yet.
    held: Option<f32>,
    consumed: u64,
    given: u64,
}

impl Resampler {
    pub fn new(direction: Direction) -> Self {
        let (ratio, taps, phases) = match direction {
            Direction::Up => (3.0, TAPS_AT_8K, 3),
            Direction::Down => (1.0 / 3.0, 3 * TAPS_AT_8K, 1),
        };
        let parameters = SincInterpolationParameters::new(taps, WindowFunction::Blackman)
            .f_cutoff(1.0)
            .interpolation(SincInterpolationType::Nearest)
            .oversampling_factor(phases);
        let inner = Async::new_sinc(ratio, 1.0, &parameters, PIECE_SAMPLES_MAX, 1, FixedAsync::Input)
            .expect("the parameters are constants and legal");
        let output = vec![0.0; 1 + inner.output_frames_max()];
        Self { direction, inner, output, held: None, consumed: 0, given: 0 }
    }

    /// Resamples `input`, any number of samples, and hands what is ready to `sink`, piece by piece.
    ///
    /// All samples are consumed. Nothing is allocated.
    pub fn process(&mut self, input: &[f32], mut sink: impl FnMut(&[f32])) {
        for piece in input.chunks(PIECE_SAMPLES_MAX) {
            sink(self.piece(piece));
        }
    }

    /// Pushes out what the filter still holds, as if silence followed, and forgets everything.
    pub fn finish(&mut self, mut sink: impl FnMut(&[f32])) {
        let silence = &[0.0; TAIL_SAMPLES_DOWN][..self.tail_input()];
        self.process(silence, &mut sink);
        self.reset();
    }

    /// Forgets the past; the next sample begins a new stream.
    pub fn reset(&mut self) {
        self.inner.reset();
        self.held = None;
        self.consumed = 0;
        self.given = 0;
    }

    /// How many samples `process` will give for the next `input` samples.
    pub const fn ready_after(&self, input: usize) -> usize {
        (self.due(self.consumed + input as u64) - self.given) as usize
    }

    /// How many samples `finish` will give.
    pub const fn tail(&self) -> usize {
        self.ready_after(self.tail_input())
    }

    /// Nothing in, nothing to push out.
    const fn tail_input(&self) -> usize {
        match self.direction {
            _ if self.consumed == 0 => 0,
            Direction::Up => TAIL_SAMPLES_UP,
            Direction::Down => TAIL_SAMPLES_DOWN,
        }
    }

    /// Samples given once `consumed` have come in. On the way up the filter has one more ready now and then, because
    /// its position is a float that moves by thirds; that one waits, so that the cut of the input cannot be heard.
    const fn due(&self, consumed: u64) -> u64 {
        match self.direction {
            Direction::Up => (3 * consumed).saturating_sub(7),
            Direction::Down => consumed.saturating_sub(2) / 3,
        }
    }

    fn piece(&mut self, piece: &[f32]) -> &[f32] {
        const WHY: &str = "a piece is never empty, never above the maximum, and the output has room for the maximum";
        self.inner.set_chunk_size(piece.len()).expect(WHY);
        let room = self.output.len() - 1;
        let input = InterleavedSlice::new(piece, 1, piece.len()).expect(WHY);
        let mut output = InterleavedSlice::new_mut(&mut self.output[1..], 1, room).expect(WHY);
        let (_, made) = self.inner.process_into_buffer(&input, &mut output, None).expect(WHY);

        let begin = match self.held.take() {
            Some(sample) => {
                self.output[0] = sample;
                0
            }
            None => 1,
        };
        let end = 1 + made;
        self.consumed += piece.len() as u64;
        let cut = end.min(begin + (self.due(self.consumed) - self.given) as usize);
        self.given += (cut - begin) as u64;
        self.held = self.output[cut..end].first().copied();
        &self.output[begin..cut]
    }
}

/// Rounds to the nearest 16-bit sample and saturates.
///
/// Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the float; ten times faster than `round`, which
/// is a library call on the baseline x86-64.
#[inline]
pub fn to_i16(sample: f32) -> i16 {
    const MAGIC: f32 = 12_582_912.0;
    let clamped = sample.clamp(-32768.0, 32767.0);
    ((clamped + MAGIC).to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32) as i16
}

/// Filter length in samples at 8 kHz; the same 5 ms at 24 kHz.
const TAPS_AT_8K: usize = 40;

/// Silence that pushes the end of the sound out: the delay of half a filter, and on the way up what waits in `due`.
const TAIL_SAMPLES_UP: usize = TAPS_AT_8K / 2 + 2;
const TAIL_SAMPLES_DOWN: usize = 3 * TAPS_AT_8K / 2;

/// Longest run that is filtered at once; bounds the buffers. 20 ms at 24 kHz.
pub const PIECE_SAMPLES_MAX: usize = 480;

#[cfg(test)]
mod tests;
