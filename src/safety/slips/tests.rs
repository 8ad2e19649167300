//! Tests of one slip between two words.

use super::{near, shorter, sound};

#[test]
fn one_slip_is_near_and_two_are_not() {
    for slip in ["brething", "breathign", "breatthing", "breatking", "breathing"] {
        assert!(near(slip, "breathing"), "{slip}");
    }
    for far in ["brethin", "breading", "broathink", "breath"] {
        assert!(!near(far, "breathing"), "{far}");
    }
}

#[test]
fn spanish_spellings_of_one_sound_are_one() {
    for (one, other) in [("ospital", "hospital"), ("vomitar", "bomitar"), ("lluvia", "yuvia"), ("cabesa", "cabeza")] {
        assert_eq!(sound(one), sound(other));
    }
    assert_ne!(sound("chico"), sound("cico"));
}

#[test]
fn letters_beyond_ascii_are_left_out_whole() {
    assert_eq!(shorter("aß½").collect::<Vec<_>>(), ["ß½", "a½", "aß"]);
}
