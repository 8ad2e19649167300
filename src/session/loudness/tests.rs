//! Tests of the level of a turn.

use bytes::Bytes;

use super::*;

fn frame(byte: u8) -> Mulaw {
    Mulaw::new(Bytes::from(vec![byte; 160]))
}

#[test]
fn nothing_measured_is_no_level() {
    assert_eq!(Loudness::default().of_turn(), None);
}

#[test]
fn silence_is_far_below_speech_and_full_scale_is_zero() {
    let mut loudness = Loudness::default();
    loudness.add(&frame(0xFF));
    assert!(loudness.of_turn().unwrap() < -80.0);
    loudness.begin();
    loudness.add(&frame(0x00));
    assert!(loudness.of_turn().unwrap().abs() < 0.1);
}
