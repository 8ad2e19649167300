//! Tests of opening hours.

use super::*;

fn hours(spans: &[(i64, i64)]) -> OpenHours {
    OpenHours::Spans(spans.iter().map(|(from, to)| (Wall(from * 1_000_000), Wall(to * 1_000_000))).collect())
}

#[test]
fn a_span_holds_its_begin_and_not_its_end() {
    let hours = hours(&[(10, 20)]);
    assert!(!hours.is_open(Wall(9_999_999)));
    assert!(hours.is_open(Wall(10_000_000)));
    assert!(!hours.is_open(Wall(20_000_000)));
    assert!(OpenHours::Always.is_open(Wall(0)));
}

#[test]
fn waiting_counts_open_time_only() {
    let hours = hours(&[(10, 20), (30, 40)]);
    let after = |at: i64, secs| hours.after(Wall(at * 1_000_000), Duration::from_secs(secs)).0 / 1_000_000;
    assert_eq!(after(0, 5), 15);
    assert_eq!(after(12, 5), 17);
    assert_eq!(after(18, 5), 33);
    assert_eq!(after(25, 1), 31);
    assert_eq!(after(39, 5), 44, "beyond what is known, all time counts");
}
