//! What is set again in every step.

use super::*;

fn at(millis: u64) -> Mono {
    Mono(millis * 1000)
}

#[test]
fn a_time_that_has_come_stays_due_however_often_it_is_set_again() {
    let mut timers = Timers::default();
    for step in 0..50 {
        timers.set_later(Timer::Reassure, at(12_000));
        assert_eq!(timers.next(), Some((at(12_000), Timer::Reassure)), "step {step}, also after that time");
    }
    assert_eq!(timers.pop_due(at(12_300)), Some(Timer::Reassure));
    assert_eq!(timers.next(), None);
}

#[test]
fn what_fired_and_changed_nothing_comes_again_a_little_later() {
    let mut timers = Timers::default();
    timers.set_later(Timer::DeadAir, at(4000));
    assert_eq!(timers.pop_due(at(4000)), Some(Timer::DeadAir));
    for _ in 0..50 {
        timers.set_later(Timer::DeadAir, at(4000));
        assert_eq!(timers.pop_due(at(4499)), None);
    }
    assert_eq!(timers.pop_due(at(4500)), Some(Timer::DeadAir));
    timers.set_later(Timer::DeadAir, at(9000));
    assert_eq!(timers.next(), Some((at(9000), Timer::DeadAir)), "another time is another matter");
}

#[test]
fn a_time_that_has_passed_before_it_was_ever_set_is_due_at_once() {
    let mut timers = Timers::default();
    timers.set_later(Timer::Reassure, at(1000));
    assert_eq!(timers.pop_due(at(20_000)), Some(Timer::Reassure));
}
