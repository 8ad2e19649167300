//! How loud a run of mu-law is.
//!
//! For the simulated model's turn detection and for tests that must tell speech from silence.

use crate::audio::mulaw;

/// Root mean square in dB below full scale (32768): 0 is the loudest square wave, `SILENCE_DBFS` is digital silence
/// or nothing at all.
pub fn rms_dbfs(audio: &[u8]) -> f32 {
    if audio.is_empty() {
        return SILENCE_DBFS;
    }
    let energy: f64 = audio.iter().map(|code| f64::from(mulaw::decode(*code)).powi(2)).sum();
    let mean = energy / audio.len() as f64 / (32768.0 * 32768.0);
    ((10.0 * mean.log10()) as f32).max(SILENCE_DBFS)
}

/// Whether the run is loud enough to be someone speaking.
pub fn is_loud(audio: &[u8]) -> bool {
    rms_dbfs(audio) > LOUD_DBFS
}

/// What digital silence measures; quieter than the quietest sound that mu-law can carry.
pub const SILENCE_DBFS: f32 = -96.0;

/// Speech on a telephone line lies around -25, line noise below -55.
pub const LOUD_DBFS: f32 = -45.0;

#[cfg(test)]
mod tests;
