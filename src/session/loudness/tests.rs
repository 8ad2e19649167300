//! Tests of levels by place.

use bytes::Bytes;

use super::*;

const SILENCE: u8 = 0xFF;
const FULL: u8 = 0x00;

/// Adds so many frames of 20 ms.
fn add(loudness: &mut Loudness, byte: u8, frames: usize) {
    for _ in 0..frames {
        loudness.add(&Mulaw::new(Bytes::from(vec![byte; 160])));
    }
}

#[test]
fn what_was_not_heard_has_no_level() {
    let mut loudness = Loudness::default();
    assert_eq!(loudness.loudest(0, 1000), None);
    add(&mut loudness, FULL, 5);
    assert_eq!(loudness.loudest(100, 200), None);
    assert_eq!(loudness.loudest(50, 50).map(f32::round), Some(0.0), "a moment is never empty");
}

#[test]
fn silence_is_far_below_speech_and_full_scale_is_zero() {
    let mut loudness = Loudness::default();
    add(&mut loudness, SILENCE, 50);
    add(&mut loudness, FULL, 50);
    assert!(loudness.loudest(0, 1000).unwrap() < -80.0);
    assert!(loudness.loudest(1000, 2000).unwrap().abs() < 0.1);
}

#[test]
fn a_word_between_pauses_is_as_loud_as_a_word_alone() {
    let mut loudness = Loudness::default();
    add(&mut loudness, SILENCE, 200);
    add(&mut loudness, FULL, 15);
    add(&mut loudness, SILENCE, 200);
    assert!(loudness.loudest(0, 8000).unwrap().abs() < 0.1);
    assert!(loudness.loudest(0, 3900).unwrap() < -80.0);
}

#[test]
fn a_block_that_grows_counts_what_it_has() {
    let mut loudness = Loudness::default();
    add(&mut loudness, FULL, 1);
    assert!(loudness.loudest(0, 20).unwrap().abs() < 0.1);
    // 10 ms and 100 ms that do not begin with a block.
    loudness.add(&Mulaw::new(Bytes::from(vec![FULL; 80])));
    loudness.add(&Mulaw::new(Bytes::from(vec![FULL; 800])));
    assert!(loudness.loudest(0, 130).unwrap().abs() < 0.1);
}

#[test]
fn a_minute_is_remembered_at_its_place() {
    let mut loudness = Loudness::default();
    add(&mut loudness, FULL, 50);
    add(&mut loudness, SILENCE, 3000);
    add(&mut loudness, FULL, 50);
    assert_eq!(loudness.loudest(0, 1000), None, "it is forgotten");
    assert!(loudness.loudest(1_000, 1_000).is_none());
    assert!(loudness.loudest(30_000, 31_000).unwrap() < -80.0);
    assert!(loudness.loudest(61_000, 62_000).unwrap().abs() < 0.1);
}
