//! Loudness of known sounds.

use super::{SILENCE_DBFS, is_loud, rms_dbfs};
use crate::audio::mulaw;
use crate::types::audio::SILENCE;

fn square(amplitude: i16) -> Vec<u8> {
    (0..160).map(|n| mulaw::encode(if n % 2 == 0 { amplitude } else { -amplitude })).collect()
}

#[test]
fn silence_and_nothing_measure_the_floor() {
    assert_eq!(rms_dbfs(&[SILENCE; 160]), SILENCE_DBFS);
    assert_eq!(rms_dbfs(&[0x7F; 160]), SILENCE_DBFS);
    assert_eq!(rms_dbfs(&[]), SILENCE_DBFS);
}

#[test]
fn half_the_amplitude_is_six_decibels_less() {
    let loud = rms_dbfs(&square(16_000));
    assert!((loud - -6.2).abs() < 0.3, "{loud}");
    let softer = rms_dbfs(&square(8_000));
    assert!((loud - softer - 6.0).abs() < 0.3, "{softer}");
}

#[test]
fn speech_is_loud_and_line_noise_is_not() {
    assert!(is_loud(&square(1_000)));
    assert!(!is_loud(&square(40)));
    assert!(!is_loud(&[SILENCE; 160]));
}

#[test]
fn the_quietest_sound_is_above_the_floor() {
    assert!(rms_dbfs(&square(8)) > SILENCE_DBFS);
}
