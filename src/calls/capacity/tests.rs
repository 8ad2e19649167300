//! Limits: each of them holds by itself, and every place comes back.

use super::*;

#[test]
fn a_caller_has_three_places_over_all_organizations() {
    let capacity = Capacity::new(CallLimits::default());
    let mut permits: Vec<Permit> =
        ["a", "b", "c"].iter().map(|name| capacity.reserve(&org(name), &number(1)).unwrap()).collect();
    assert!(capacity.reserve(&org("d"), &number(1)).is_none());
    assert!(capacity.reserve(&org("d"), &number(2)).is_some());
    permits.pop();
    assert!(capacity.reserve(&org("d"), &number(1)).is_some());
}

#[test]
fn an_organization_has_its_own_limit() {
    let capacity = Capacity::new(CallLimits::new(3, 2, 0));
    let permits: Vec<Permit> = (0..2).map(|n| capacity.reserve(&org("a"), &number(n)).unwrap()).collect();
    assert!(capacity.reserve(&org("a"), &number(9)).is_none());
    assert!(capacity.reserve(&org("b"), &number(9)).is_some());
    drop(permits);
    assert!(capacity.reserve(&org("a"), &number(9)).is_some());
}

#[test]
fn there_is_a_limit_in_all() {
    let capacity = Capacity::new(CallLimits::new(0, 0, 2));
    let _first = capacity.reserve(&org("a"), &number(1)).unwrap();
    let _second = capacity.reserve(&org("b"), &number(2)).unwrap();
    assert!(capacity.reserve(&org("c"), &number(3)).is_none());
}

#[test]
fn withheld_callers_share_the_places_of_their_organization() {
    let capacity = Capacity::new(CallLimits::new(1, 50, 500));
    let _held: Vec<Permit> = (0..3).map(|_| capacity.reserve(&org("a"), &Caller::Withheld).unwrap()).collect();
    assert!(capacity.reserve(&org("a"), &Caller::Withheld).is_none());
    assert!(capacity.reserve(&org("a"), &number(1)).is_some());
    assert!(capacity.reserve(&org("b"), &Caller::Withheld).is_some());
}

#[test]
fn zero_means_no_limit() {
    let capacity = Capacity::new(CallLimits::new(0, 0, 0));
    let permits: Vec<Permit> = (0..1_000).map(|_| capacity.reserve(&org("a"), &Caller::Withheld).unwrap()).collect();
    assert_eq!(permits.len(), 1_000);
}

#[test]
fn a_refused_call_takes_no_place_and_no_memory_is_left_behind() {
    let capacity = Capacity::new(CallLimits::new(1, 1, 1));
    let permit = capacity.reserve(&org("a"), &number(1)).unwrap();
    assert!(capacity.reserve(&org("a"), &number(1)).is_none());
    drop(permit);
    let taken = capacity.taken.lock().unwrap();
    assert_eq!((taken.all, taken.orgs.len(), taken.callers.len()), (0, 0, 0));
}

fn org(name: &str) -> OrgId {
    name.parse().unwrap()
}

fn number(n: u32) -> Caller {
    Caller::Number(format!("+1555000{n:04}").parse().unwrap())
}
