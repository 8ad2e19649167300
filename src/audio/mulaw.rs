//! G.711 mu-law, equal to CPython's `audioop` (and so to the Sun reference code) for every input.
//!
//! Two tables made at compile time: a call converts 100 frames a second, and a look-up is several times faster than
//! finding the segment anew.

/// 16-bit linear sample to mu-law code. The two lowest bits do not matter.
#[inline]
pub fn encode(sample: i16) -> u8 {
    ENCODED[usize::from(sample as u16 >> 2)]
}

/// Mu-law code to 16-bit linear sample, between -32124 and 32124.
///
/// `encode(decode(c)) == c` for every code but `0x7F`, the negative zero, which gives `0xFF`.
#[inline]
pub fn decode(code: u8) -> i16 {
    DECODED[usize::from(code)]
}

/// Indexed by the upper 14 bits of the sample, sign bit first.
static ENCODED: [u8; 1 << 14] = {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < table.len() {
        table[index] = encode_14(((index as u16) << 2) as i16 >> 2);
        index += 1;
    }
    table
};

static DECODED: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = decode_slowly(code as u8);
        code += 1;
    }
    table
};

/// Largest magnitude on the 14-bit scale that stays in the last segment once the bias is added.
const CLIP: i16 = 0x1FFF - BIAS;

/// Added to the magnitude, so that every segment begins at a power of two.
const BIAS: i16 = 33;

/// One 14-bit sample. With the bias added, the segment is the position of the highest bit and the code's lower half
/// holds the four bits below it.
const fn encode_14(sample: i16) -> u8 {
    let (magnitude, mask) = if sample < 0 { (-sample, 0x7F) } else { (sample, 0xFF) };
    let biased = (if magnitude > CLIP { CLIP } else { magnitude }) + BIAS;
    let segment = 15 - biased.leading_zeros() - 5;
    let code = (segment << 4) as u8 | ((biased >> (segment + 1)) & 0x0F) as u8;
    code ^ mask
}

/// The middle of the code's interval, on the 16-bit scale.
const fn decode_slowly(code: u8) -> i16 {
    let code = !code;
    let bias = BIAS << 2;
    let biased = ((((code & 0x0F) as i16) << 3) + bias) << ((code & 0x70) >> 4);
    if code & 0x80 != 0 { bias - biased } else { biased - bias }
}

#[cfg(test)]
mod tests;
