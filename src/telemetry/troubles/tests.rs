//! When a fault stands, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{LAPSES_US, SAID_EVERY_US, Trouble, Troubles};

fn at_hand() -> (Troubles, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(5));
    let read = clock.clone();
    (Troubles::new(move || read.load(Ordering::Relaxed)), clock)
}

#[test]
fn a_fault_stands_until_it_is_cleared() {
    let (troubles, clock) = at_hand();
    assert_eq!(troubles.standing(), []);
    troubles.raise(Trouble::CarrierRefused, "401");
    clock.store(9, Ordering::Relaxed);
    troubles.raise(Trouble::CarrierRefused, "403");
    let [standing] = troubles.standing().try_into().unwrap();
    assert_eq!((standing.since_us, standing.last_us, &*standing.cause), (5, 9, "403"));
    assert!(!troubles.stands(Trouble::ModelRefused));
    troubles.clear(Trouble::CarrierRefused);
    assert_eq!(troubles.standing(), []);
}

#[test]
fn a_fault_that_nobody_meets_again_lapses_and_begins_anew() {
    let (troubles, clock) = at_hand();
    troubles.raise(Trouble::Transcription, "model_not_found");
    clock.store(5 + LAPSES_US, Ordering::Relaxed);
    assert!(!troubles.stands(Trouble::Transcription));
    troubles.raise(Trouble::Transcription, "model_not_found");
    assert_eq!(troubles.standing()[0].since_us, 5 + LAPSES_US);
}

#[test]
fn each_cause_is_said_once_a_minute_and_causes_are_bounded() {
    let mut entry = super::Entry::new(0);
    assert!(entry.may_say("401", 0));
    assert!(!entry.may_say("401", SAID_EVERY_US - 1));
    assert!(entry.may_say("403", 1));
    assert!(entry.may_say("401", SAID_EVERY_US));
    let said = (0..100).filter(|cause| entry.may_say(&cause.to_string(), SAID_EVERY_US + 1)).count();
    assert!(said < super::CAUSES_MAX, "{said}");
}

#[test]
fn a_cause_is_one_short_line() {
    let (troubles, _) = at_hand();
    troubles.raise(Trouble::Database, &format!("line\nbreak{}", "é".repeat(1000)));
    let cause = &troubles.standing()[0].cause;
    assert!(cause.starts_with("linebreaké") && cause.chars().count() == super::CAUSE_CHARS_MAX);
}
