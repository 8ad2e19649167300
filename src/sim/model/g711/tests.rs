//! Tests of `g711`.

use super::*;

#[test]
fn every_code_survives_but_negative_zero() {
    for code in 0..=255_u8 {
        let expected = if code == 0x7F { 0xFF } else { code };
        assert_eq!(encode(LINEAR[usize::from(code)]), expected, "{code:#x}");
    }
}

#[test]
fn pcm_and_back_keeps_every_sample() {
    let codes: Vec<u8> = (0..=255).filter(|c| *c != 0x7F).collect();
    assert_eq!(from_pcm(&to_pcm(&codes)), codes);
}
