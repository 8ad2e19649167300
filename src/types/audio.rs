//! Audio as the core knows it: G.711 mu-law at 8 kHz, so that one byte is an eighth of a millisecond.
//!
//! A frame is a reference-counted slice: it moves from socket to socket without being copied.

use std::time::Duration;

use bytes::Bytes;

use crate::types::Millis;

/// Bytes of mu-law in one millisecond.
pub const BYTES_PER_MS: usize = 8;

/// The mu-law code of digital silence (positive zero).
pub const SILENCE: u8 = 0xFF;

/// A run of mu-law samples (8 kHz, mono), of any length.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Mulaw(Bytes);

impl Mulaw {
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self(Bytes::from_static(bytes))
    }

    /// Digital silence that lasts `millis`.
    pub fn silence(millis: Millis) -> Self {
        Self(Bytes::from(vec![SILENCE; millis.0 as usize * BYTES_PER_MS]))
    }

    /// Cuts the first `len` bytes off (all of them if there are fewer) and returns them; nothing is copied.
    pub fn take(&mut self, len: usize) -> Self {
        Self(self.0.split_to(len.min(self.0.len())))
    }

    /// Both, one after the other, in one piece: copied.
    pub fn joined(&self, next: &Self) -> Self {
        Self([self.0.as_ref(), next.0.as_ref()].concat().into())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Playing time.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.0.len() as u64 * 125)
    }
}

impl std::fmt::Debug for Mulaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mulaw({} bytes)", self.0.len())
    }
}
