//! G.711 against the reference tables.

use super::{decode, encode};

const LIN2ULAW: &[u8; 65536] = include_bytes!("../../../fixtures/audio/g711/lin2ulaw.bin");
const ULAW2LIN: &[u8; 512] = include_bytes!("../../../fixtures/audio/g711/ulaw2lin.bin");

#[test]
fn every_sample_is_encoded_as_audioop_does() {
    for sample in i16::MIN..=i16::MAX {
        assert_eq!(encode(sample), LIN2ULAW[usize::from(sample as u16)], "sample {sample}");
    }
}

#[test]
fn every_code_is_decoded_as_audioop_does() {
    for (code, pair) in ULAW2LIN.chunks_exact(2).enumerate() {
        assert_eq!(decode(code as u8), i16::from_le_bytes([pair[0], pair[1]]), "code {code:#04x}");
    }
}

#[test]
fn every_code_but_negative_zero_survives_the_round_trip() {
    for code in 0..=u8::MAX {
        let expected = if code == 0x7F { 0xFF } else { code };
        assert_eq!(encode(decode(code)), expected, "code {code:#04x}");
    }
}

#[test]
fn silence_is_zero_both_ways() {
    assert_eq!(encode(0), crate::types::audio::SILENCE);
    assert_eq!(decode(crate::types::audio::SILENCE), 0);
}
