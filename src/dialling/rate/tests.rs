//! The windows move on, and stay small.

use super::*;

#[test]
fn a_minute_forgets_what_is_a_minute_old() {
    let mut minute = Minute::default();
    minute.add(0);
    minute.add(MINUTE_US / 2);
    assert_eq!(minute.count(MINUTE_US - 1), 2);
    assert_eq!(minute.count(MINUTE_US), 1);
    minute.add(3 * MINUTE_US);
    assert_eq!((minute.0.len(), minute.count(3 * MINUTE_US)), (1, 1));
}

#[test]
fn a_day_forgets_nothing_that_is_younger_than_a_day() {
    let mut day = Day::default();
    for hour in 0..100 {
        day.add(hour * HOUR_US + HOUR_US - 1, 2);
        assert!(day.0.len() <= 25);
    }
    assert_eq!(day.count(99 * HOUR_US), 50);
    assert_eq!(day.count(99 * HOUR_US + 24 * HOUR_US), 2);
    assert_eq!(day.count(99 * HOUR_US + 25 * HOUR_US), 0);
}

#[test]
fn nothing_added_is_nothing_kept() {
    let mut day = Day::default();
    day.add(0, 0);
    assert!(day.0.is_empty());
}
