//! Just enough G.711 for a machine that must not share the gateway's own transcoder: a decode table and back.
//!
//! A fake that used the code under test would agree with its mistakes.

use std::sync::LazyLock;

use bytes::Bytes;

/// 16-bit value of each mu-law code (ITU-T G.711).
static LINEAR: LazyLock<[i16; 256]> = LazyLock::new(|| {
    std::array::from_fn(|code| {
        let code = !(code as u8);
        let exponent = u32::from(code >> 4) & 7;
        let magnitude = (((i32::from(code & 0x0F) << 3) + BIAS) << exponent) - BIAS;
        (if code & 0x80 == 0 { magnitude } else { -magnitude }) as i16
    })
});

/// Squares of those values: what loudness is summed from.
static POWER: LazyLock<[u32; 256]> = LazyLock::new(|| LINEAR.map(|v| (i32::from(v) * i32::from(v)) as u32));

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

/// Squares of the samples of mu-law bytes.
pub(super) fn powers() -> &'static [u32; 256] {
    &POWER
}

/// One sample as mu-law.
pub(super) fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let exponent = (31 - magnitude.leading_zeros()).saturating_sub(7);
    let mantissa = (magnitude >> (exponent + 3)) as u8 & 0x0F;
    !(sign | (exponent as u8) << 4 | mantissa)
}

/// mu-law 8 kHz to 16-bit little-endian PCM at 24 kHz, by straight lines between samples.
pub(crate) fn to_pcm(mulaw: &[u8]) -> Bytes {
    let mut pcm = Vec::with_capacity(mulaw.len() * 6);
    let mut before = 0;
    for &code in mulaw {
        let sample = i32::from(LINEAR[usize::from(code)]);
        for part in 1..=3 {
            pcm.extend_from_slice(&((before + (sample - before) * part / 3) as i16).to_le_bytes());
        }
        before = sample;
    }
    pcm.into()
}

/// PCM at 24 kHz to mu-law 8 kHz: every third sample. Good enough for an echo.
pub(super) fn from_pcm(pcm: &[u8]) -> Vec<u8> {
    pcm.chunks_exact(6).map(|three| encode(i16::from_le_bytes([three[4], three[5]]))).collect()
}

#[cfg(test)]
mod tests;
