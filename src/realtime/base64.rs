//! Base64 with the vectorised engine, which the crate's default one is not.
//!
//! Audio passes through here fifty times a second each way for every call.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, Simd};
use bytes::Bytes;

/// The instruction set is detected once. Padding is written, and not insisted on when reading.
static ENGINE: LazyLock<Simd> = LazyLock::new(|| {
    Simd::standard(
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    )
});

/// Length of `len` bytes in base64, with padding.
pub(super) const fn encoded_len(len: usize) -> usize {
    len.div_ceil(3) * 4
}

/// Appends the base64 of `input` to `out`, which should have room for it.
pub(super) fn encode_into(input: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoded_len(input.len()), 0);
    let written = ENGINE.encode_slice(input, &mut out[start..]).expect("the room is as long as the encoding");
    out.truncate(start + written);
}

/// `None`: not base64.
pub(super) fn decode(text: &str) -> Option<Bytes> {
    ENGINE.decode(text).ok().map(Bytes::from)
}
