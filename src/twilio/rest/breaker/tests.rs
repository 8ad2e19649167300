//! Tests of `twilio::rest::breaker`.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn opened() -> (Breaker, Instant) {
    let (mut breaker, now) = (Breaker::new(), Instant::now());
    for nth in 1..=FAILURES_MAX {
        assert!(breaker.admits(now));
        assert_eq!(breaker.failed(now), nth == FAILURES_MAX, "failure {nth}");
    }
    (breaker, now)
}

#[test]
fn five_failures_in_a_row_refuse_creates_for_ten_seconds() {
    let (mut breaker, now) = opened();
    assert!(breaker.is_open());
    assert!(!breaker.admits(now));
    assert!(!breaker.admits(now + OPEN_FOR - Duration::from_millis(1)));
}

#[test]
fn then_one_probe_goes_and_no_other_until_it_has_told() {
    let (mut breaker, now) = opened();
    let later = now + OPEN_FOR;
    assert!(breaker.admits(later));
    assert!(!breaker.admits(later));
    assert!(!breaker.failed(later + SECOND), "it is open already");
    assert!(!breaker.admits(later + OPEN_FOR - SECOND));
    assert!(breaker.admits(later + OPEN_FOR), "the next probe");
    breaker.succeeded();
    assert!(!breaker.is_open());
    assert!(breaker.admits(later + OPEN_FOR) && breaker.admits(later + OPEN_FOR));
}

#[test]
fn a_probe_that_never_tells_does_not_close_the_door_forever() {
    let (mut breaker, now) = opened();
    for nth in 1..5 {
        assert!(breaker.admits(now + OPEN_FOR * nth), "probe {nth}");
        assert!(!breaker.admits(now + OPEN_FOR * nth));
    }
}

#[test]
fn any_answer_in_between_begins_the_count_anew() {
    let (mut breaker, now) = (Breaker::new(), Instant::now());
    for _ in 0..10 {
        for _ in 1..FAILURES_MAX {
            assert!(!breaker.failed(now));
        }
        breaker.succeeded();
    }
    assert!(breaker.admits(now));
}

#[test]
fn failures_that_are_far_apart_do_not_open_it() {
    let (mut breaker, mut now) = (Breaker::new(), Instant::now());
    for _ in 0..20 {
        assert!(!breaker.failed(now));
        now += WINDOW / 4 + SECOND;
    }
    let mut opened = 0;
    for _ in 0..FAILURES_MAX {
        opened += u32::from(breaker.failed(now));
        now += SECOND;
    }
    assert_eq!(opened, 1, "close together they do");
}
