//! What leaves the house at the start of a call, and what does not.

use super::*;

#[test]
fn a_caller_has_one_opaque_name_in_each_installation() {
    let caller = Caller::parse("+15550001234");
    let here = Secret::new("salt of this installation");
    let there = Secret::new("salt of another");
    let first = safety_id(&here, &caller, call(1));
    assert_eq!(first, safety_id(&here, &caller, call(2)));
    assert_ne!(first, safety_id(&there, &caller, call(1)));
    assert_ne!(first, safety_id(&here, &Caller::parse("+15550001235"), call(1)));
    assert_eq!(first.len(), 32);
    assert!(!first.contains("5550001234"));
}

#[test]
fn callers_who_withhold_their_number_cannot_be_told_to_be_the_same() {
    let salt = Secret::new("salt");
    assert_ne!(safety_id(&salt, &Caller::Withheld, call(1)), safety_id(&salt, &Caller::Withheld, call(2)));
}

#[test]
fn newer_calls_sort_later() {
    let earlier = new_call_id(Wall(1_700_000_000_000_000), &[255; 10]);
    let later = new_call_id(Wall(1_700_000_000_001_000), &[0; 10]);
    assert!(earlier < later);
}

fn call(n: u8) -> CallId {
    new_call_id(Wall(1_700_000_000_000_000), &[n; 10])
}
