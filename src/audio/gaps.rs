//! The caller's timeline: makes what the carrier sent continuous, by silence for what is missing.
//!
//! TCP keeps the order, so there is no reorder buffer, which would only add delay. A chunk that comes late or twice is
//! dropped. The model's clock is the audio that it gets: without the padding, its times would run ahead of the call's.

use metrics::counter;

use crate::types::audio::BYTES_PER_MS;
use crate::types::{Millis, Mulaw};

/// What to do with a frame that arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// Hand on `padding`, then `audio`.
    Play {
        /// Silence for what is missing before the frame, at most one second.
        padding: Option<Mulaw>,
        audio: Mulaw,
    },
    /// Late, or seen before.
    Drop,
}

/// Watches one stream's inbound frames. A new stream needs a new one.
#[derive(Debug, Default)]
pub struct Gaps {
    chunk_last: Option<u64>,
    timestamp_last_ms: Option<u64>,
    /// Where the timeline stands, in eighths of a millisecond since the start of the stream: what was handed on.
    position: Option<u64>,
    padded_ms: u64,
    dropped: u64,
}

impl Gaps {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next frame. `chunk` counts from 1 and `timestamp_ms` from the start of the stream; either may be
    /// missing. Chunk numbers tell what is late, timestamps tell how much is missing.
    pub fn push(&mut self, chunk: Option<u64>, timestamp_ms: Option<u64>, audio: Mulaw) -> Arrival {
        if self.is_late(chunk, timestamp_ms) {
            self.dropped += 1;
            counter!("switchboard_audio_late_chunks_total").increment(1);
            return Arrival::Drop;
        }
        let missing_ms = self.missing_ms(chunk, timestamp_ms, &audio);
        self.chunk_last = chunk.or(self.chunk_last);
        self.timestamp_last_ms = timestamp_ms.or(self.timestamp_last_ms);
        let length = audio.len() as u64;
        self.position = match (self.position, timestamp_ms) {
            // Beyond the longest padding the timeline jumps, so that one hole is not filled again and again.
            (_, Some(at)) if missing_ms > PADDING_MS_MAX => Some(eighths(at).saturating_add(length)),
            (Some(position), _) => Some(position.saturating_add(eighths(missing_ms)).saturating_add(length)),
            (None, Some(at)) => Some(eighths(at).saturating_add(length)),
            (None, None) => None,
        };
        let padding_ms = missing_ms.min(PADDING_MS_MAX) as u32;
        if padding_ms == 0 {
            return Arrival::Play { padding: None, audio };
        }
        self.padded_ms += u64::from(padding_ms);
        counter!("switchboard_audio_padded_ms_total").increment(u64::from(padding_ms));
        Arrival::Play { padding: Some(Mulaw::silence(Millis(padding_ms))), audio }
    }

    /// Milliseconds of silence put in so far.
    pub const fn padded_ms(&self) -> u64 {
        self.padded_ms
    }

    /// Frames dropped so far.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_late(&self, chunk: Option<u64>, timestamp_ms: Option<u64>) -> bool {
        match (chunk, self.chunk_last, timestamp_ms, self.timestamp_last_ms) {
            (Some(chunk), Some(last), _, _) => chunk <= last,
            (_, _, Some(at), Some(last)) => at <= last,
            _ => false,
        }
    }

    /// How much is missing before a frame that is not late. Under one frame it is jitter of the carrier's clock; it
    /// stays on the account and is padded when it has grown to a frame.
    fn missing_ms(&self, chunk: Option<u64>, timestamp_ms: Option<u64>, audio: &Mulaw) -> u64 {
        let missing_ms = match (timestamp_ms, self.position, chunk, self.chunk_last) {
            (Some(at), Some(position), _, _) => eighths(at).saturating_sub(position) / BYTES_PER_MS as u64,
            (None, _, Some(chunk), Some(last)) => {
                let skipped = chunk.saturating_sub(last).saturating_sub(1);
                skipped.saturating_mul(audio.len() as u64) / BYTES_PER_MS as u64
            }
            _ => 0,
        };
        if missing_ms < GAP_MS_MIN { 0 } else { missing_ms }
    }
}

const fn eighths(ms: u64) -> u64 {
    ms.saturating_mul(BYTES_PER_MS as u64)
}

/// Longest silence put in at once.
pub const PADDING_MS_MAX: u64 = 1_000;

/// Shortest hole that is filled: one frame.
pub const GAP_MS_MIN: u64 = 20;

#[cfg(test)]
mod tests;
