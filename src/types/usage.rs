//! What the model used, and what that costs.
//!
//! Cached tokens are a subset of input tokens (reference: the provider's usage object), so they are subtracted, not added.

/// Token counts of one response, or sums of several.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    pub text_in: u64,
    /// The cached part of `text_in`.
    pub text_cached: u64,
    pub audio_in: u64,
    /// The cached part of `audio_in`.
    pub audio_cached: u64,
    pub text_out: u64,
    pub audio_out: u64,
    /// Milliseconds of caller audio that were transcribed (billed per minute).
    pub transcribed_ms: u64,
}

impl Usage {
    pub const fn add(&mut self, other: &Self) {
        self.text_in += other.text_in;
        self.text_cached += other.text_cached;
        self.audio_in += other.audio_in;
        self.audio_cached += other.audio_cached;
        self.text_out += other.text_out;
        self.audio_out += other.audio_out;
        self.transcribed_ms += other.transcribed_ms;
    }
}

/// Prices in millionths of a US dollar: per 1,000 tokens, and per minute of transcription.
///
/// A price of 4.00 USD per million tokens is 4,000 here.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Prices {
    pub text_in: u64,
    pub text_cached: u64,
    pub text_out: u64,
    pub audio_in: u64,
    pub audio_cached: u64,
    pub audio_out: u64,
    pub transcribed_minute: u64,
}

impl Prices {
    /// Cost in millionths of a US dollar, rounded up.
    pub const fn cost(&self, used: &Usage) -> u64 {
        let tokens = used.text_in.saturating_sub(used.text_cached) * self.text_in
            + used.text_cached * self.text_cached
            + used.audio_in.saturating_sub(used.audio_cached) * self.audio_in
            + used.audio_cached * self.audio_cached
            + used.text_out * self.text_out
            + used.audio_out * self.audio_out;
        tokens.div_ceil(1000) + (used.transcribed_ms * self.transcribed_minute).div_ceil(60_000)
    }
}
