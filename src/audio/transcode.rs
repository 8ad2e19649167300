//! Between the core's mu-law and the model's audio: one `Uplink` and one `Downlink` for each call.
//!
//! With PCM the audio is resampled and keeps its filter state across frames; with mu-law the same bytes pass through.
//! Base64 is not here: the wire owns it.

use bytes::Bytes;

use crate::audio::mulaw;
use crate::audio::resample::{Direction, PIECE_SAMPLES_MAX, Resampler, to_i16};
use crate::types::org::AudioFormat;
use crate::types::{ItemId, Mulaw};

/// Caller to model: mu-law at 8 kHz in, the model's format out.
pub struct Uplink {
    /// `None`: the model takes mu-law.
    up: Option<Resampler>,
}

impl Uplink {
    pub fn new(format: AudioFormat) -> Self {
        Self { up: matches!(format, AudioFormat::Pcm).then(|| Resampler::new(Direction::Up)) }
    }

    /// Converts a frame of any length: PCM is 16-bit little-endian at 24 kHz, about six bytes for each byte given;
    /// mu-law is the same bytes, not copied.
    pub fn push(&mut self, audio: &Mulaw) -> Bytes {
        let Some(up) = &mut self.up else {
            return audio.clone().into_bytes();
        };
        let mut out = Vec::with_capacity(2 * up.ready_after(audio.len()));
        let mut samples = [0.0; PIECE_SAMPLES_MAX];
        for piece in audio.bytes().chunks(PIECE_SAMPLES_MAX) {
            for (sample, code) in samples.iter_mut().zip(piece) {
                *sample = f32::from(mulaw::decode(*code));
            }
            up.process(&samples[..piece.len()], |made| put_pcm(&mut out, made));
        }
        Bytes::from(out)
    }

    /// The last 2.5 ms that the filter still holds; afterwards a new stream begins. Empty for mu-law.
    pub fn finish(&mut self) -> Bytes {
        let Some(up) = &mut self.up else {
            return Bytes::new();
        };
        let mut out = Vec::with_capacity(2 * up.tail());
        up.finish(|made| put_pcm(&mut out, made));
        Bytes::from(out)
    }

    /// Forgets the past; the next frame begins a new stream.
    pub fn reset(&mut self) {
        if let Some(up) = &mut self.up {
            up.reset();
        }
    }
}

/// Model to caller: the model's format in, mu-law at 8 kHz out. Keyed by item, because items do not sound into each other.
pub struct Downlink {
    /// `None`: the model gives mu-law.
    down: Option<Resampler>,
    item: Option<ItemId>,
    received_bytes: u64,
    /// First half of a sample whose second half comes with the next delta.
    half: Option<u8>,
}

impl Downlink {
    pub fn new(format: AudioFormat) -> Self {
        let down = matches!(format, AudioFormat::Pcm).then(|| Resampler::new(Direction::Down));
        Self { down, item: None, received_bytes: 0, half: None }
    }

    /// Converts one delta of any length, odd ones too. A delta of another item starts afresh; what the item before it
    /// still held is dropped.
    pub fn push(&mut self, item: &ItemId, audio: Bytes) -> Mulaw {
        if self.item.as_ref() != Some(item) {
            self.reset();
            self.item = Some(item.clone());
            self.received_bytes = 0;
            self.half = None;
        }
        self.received_bytes += audio.len() as u64;
        let Some(down) = &mut self.down else {
            return Mulaw::new(audio);
        };
        let (first, rest) = join(&mut self.half, &audio);
        let samples_in = usize::from(first.is_some()) + rest.len() / 2;
        let mut out = Vec::with_capacity(down.ready_after(samples_in));
        if let Some(sample) = first {
            down.process(&[sample], |made| put_mulaw(&mut out, made));
        }
        let mut samples = [0.0; PIECE_SAMPLES_MAX];
        for piece in rest.chunks(2 * PIECE_SAMPLES_MAX) {
            let pairs = piece.chunks_exact(2);
            let count = pairs.len();
            for (sample, pair) in samples.iter_mut().zip(pairs) {
                *sample = f32::from(i16::from_le_bytes([pair[0], pair[1]]));
            }
            down.process(&samples[..count], |made| put_mulaw(&mut out, made));
        }
        Mulaw::new(Bytes::from(out))
    }

    /// The last 2.5 ms of `item` that the filter still holds; empty for mu-law and for any item but the current one.
    /// Half a sample that never got its other half is dropped.
    pub fn finish(&mut self, item: &ItemId) -> Mulaw {
        if self.item.as_ref() != Some(item) {
            return Mulaw::default();
        }
        self.half = None;
        let Some(down) = &mut self.down else {
            return Mulaw::default();
        };
        let mut out = Vec::with_capacity(down.tail());
        down.finish(|made| put_mulaw(&mut out, made));
        Mulaw::new(Bytes::from(out))
    }

    /// Forgets the sound so far, after what was queued has been thrown away. The current item stays the current one:
    /// its count goes on, and its samples keep their byte order if more of it comes.
    pub fn reset(&mut self) {
        if let Some(down) = &mut self.down {
            down.reset();
        }
    }

    /// Whole milliseconds received of the current item, counted on the model's own bytes.
    pub fn received_ms(&self) -> u32 {
        let bytes_per_ms = if self.down.is_some() { PCM_BYTES_PER_MS } else { MULAW_BYTES_PER_MS };
        u32::try_from(self.received_bytes / bytes_per_ms).unwrap_or(u32::MAX)
    }
}

/// Completes the sample that the delta before left open, and puts the new open half aside. Returns the completed
/// sample and the whole samples that follow it.
fn join<'a>(half: &mut Option<u8>, audio: &'a [u8]) -> (Option<f32>, &'a [u8]) {
    let (first, rest) = match (*half, audio) {
        (Some(low), [high, rest @ ..]) => (Some(f32::from(i16::from_le_bytes([low, *high]))), rest),
        (_, []) => return (None, &[]),
        (None, rest) => (None, rest),
    };
    let (whole, open) = rest.split_at(rest.len() & !1);
    *half = open.first().copied();
    (first, whole)
}

fn put_pcm(out: &mut Vec<u8>, samples: &[f32]) {
    let start = out.len();
    out.resize(start + 2 * samples.len(), 0);
    for (pair, sample) in out[start..].chunks_exact_mut(2).zip(samples) {
        pair.copy_from_slice(&to_i16(*sample).to_le_bytes());
    }
}

fn put_mulaw(out: &mut Vec<u8>, samples: &[f32]) {
    out.extend(samples.iter().map(|sample| mulaw::encode(to_i16(*sample))));
}

const PCM_BYTES_PER_MS: u64 = 48;
const MULAW_BYTES_PER_MS: u64 = 8;

#[cfg(test)]
mod tests;
