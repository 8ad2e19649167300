//! Calendars: time zones, clocks that are changed, midnights.

use std::time::Duration;

use super::*;

fn wall(text: &str) -> Wall {
    Wall(text.parse::<Timestamp>().unwrap().as_microsecond())
}

fn text(at: Wall) -> String {
    Timestamp::from_microsecond(at.0).unwrap().to_string()
}

fn week(spans: &[(u8, u16, u16)]) -> WeekHours {
    let span = |&(weekday, from_min, to_min)| DaySpan { weekday, from_min, to_min };
    WeekHours::Spans(spans.iter().map(span).collect())
}

/// Every day from one minute to another.
fn daily(from: u16, to: u16) -> WeekHours {
    week(&(0..7).map(|day| (day, from, to)).collect::<Vec<_>>())
}

/// The spans as text.
fn spans(week: &WeekHours, zone: &str, from: &str) -> Vec<(String, String)> {
    match open_hours(week, zone, wall(from)) {
        OpenHours::Always => panic!("always"),
        OpenHours::Spans(spans) => spans.iter().map(|(from, to)| (text(*from), text(*to))).collect(),
    }
}

fn pair(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn always_is_always() {
    assert_eq!(open_hours(&WeekHours::Always, "Europe/Berlin", Wall(0)), OpenHours::Always);
}

#[test]
fn weekdays_fall_on_the_zones_own_days() {
    // Sunday evening in New York is Monday in UTC.
    let monday = week(&[(0, 480, 1080)]);
    let from = "2026-11-23T02:00:00Z";
    assert_eq!(spans(&monday, "America/New_York", from)[0], pair("2026-11-23T13:00:00Z", "2026-11-23T23:00:00Z"));
    assert_eq!(spans(&monday, "Europe/Berlin", from)[0], pair("2026-11-23T07:00:00Z", "2026-11-23T17:00:00Z"));
    assert_eq!(spans(&monday, "Pacific/Auckland", from)[0], pair("2026-11-22T19:00:00Z", "2026-11-23T05:00:00Z"));
}

#[test]
fn the_next_fifteen_days_are_known() {
    let open = spans(&daily(480, 1080), "Europe/Berlin", "2026-06-01T00:00:00Z");
    assert!((15..=16).contains(&open.len()), "{}", open.len());
    assert_eq!(open[14], pair("2026-06-15T06:00:00Z", "2026-06-15T16:00:00Z"));
}

#[test]
fn what_is_over_is_left_out_and_what_is_open_now_is_there() {
    let open = spans(&daily(480, 1080), "UTC", "2026-06-01T12:00:00Z");
    assert_eq!(open[0], pair("2026-06-01T08:00:00Z", "2026-06-01T18:00:00Z"));
    let open = spans(&daily(480, 1080), "UTC", "2026-06-01T18:00:00Z");
    assert_eq!(open[0], pair("2026-06-02T08:00:00Z", "2026-06-02T18:00:00Z"));
}

#[test]
fn hours_over_midnight_are_one_span() {
    // Friday 22:00 to Saturday 06:00, as settings split it. From Saturday 02:00 on it is still open.
    let night = week(&[(4, 1320, 1440), (5, 0, 360)]);
    let open = spans(&night, "Europe/Berlin", "2026-06-05T12:00:00Z");
    assert_eq!(open[0], pair("2026-06-05T20:00:00Z", "2026-06-06T04:00:00Z"));
    let open = open_hours(&night, "Europe/Berlin", wall("2026-06-06T00:00:00Z"));
    assert!(open.is_open(wall("2026-06-06T03:59:59Z")));
    assert!(!open.is_open(wall("2026-06-06T04:00:00Z")));
}

#[test]
fn clocks_that_are_changed_move_the_hours_with_them() {
    // Berlin leaves summer time on 2026-10-25, New York on 2026-11-01; both enter it in March.
    for (zone, day, before, after) in [
        ("Europe/Berlin", "2026-10-24", "06:00:00Z", "07:00:00Z"),
        ("Europe/Berlin", "2026-03-28", "07:00:00Z", "06:00:00Z"),
        ("America/New_York", "2026-10-31", "12:00:00Z", "13:00:00Z"),
        ("America/New_York", "2026-03-07", "13:00:00Z", "12:00:00Z"),
    ] {
        let open = spans(&daily(480, 540), zone, &format!("{day}T00:00:00Z"));
        assert!(open[0].0.ends_with(before), "{zone} {day}: {}", open[0].0);
        assert!(open[1].0.ends_with(after), "{zone} {day}: {}", open[1].0);
    }
}

#[test]
fn a_night_that_is_an_hour_longer_or_shorter_is_so() {
    let night = daily(60, 240);
    let hours = |from: &str| match open_hours(&night, "Europe/Berlin", wall(from)) {
        OpenHours::Always => panic!("always"),
        OpenHours::Spans(spans) => (spans[0].1.0 - spans[0].0.0) / 3_600_000_000,
    };
    assert_eq!(hours("2026-10-24T12:00:00Z"), 4);
    assert_eq!(hours("2026-03-28T12:00:00Z"), 2);
    assert_eq!(hours("2026-06-01T12:00:00Z"), 3);
}

#[test]
fn an_hour_that_the_clock_skips_is_not_open() {
    // 02:00 to 03:00 on 2026-03-29 does not exist in Berlin; 01:00Z is the moment of the skip.
    let skipped = spans(&daily(130, 170), "Europe/Berlin", "2026-03-28T12:00:00Z");
    assert_eq!(skipped[0], pair("2026-03-30T00:10:00Z", "2026-03-30T00:50:00Z"));
    let begins_in_it = spans(&daily(150, 200), "Europe/Berlin", "2026-03-28T12:00:00Z");
    assert_eq!(begins_in_it[0], pair("2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"));
    let ends_in_it = spans(&daily(90, 150), "Europe/Berlin", "2026-03-28T12:00:00Z");
    assert_eq!(ends_in_it[0], pair("2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"));
}

#[test]
fn an_hour_that_comes_twice_counts_the_first_time() {
    // 02:30 comes twice on 2026-10-25 in Berlin: at 00:30Z and 01:30Z.
    let open = spans(&daily(60, 150), "Europe/Berlin", "2026-10-24T12:00:00Z");
    assert_eq!(open[0], pair("2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"));
}

#[test]
fn a_midnight_that_does_not_exist_is_the_days_first_moment() {
    // Santiago enters summer time at midnight: 2026-09-06 begins at 01:00.
    let open = spans(&week(&[(6, 0, 120)]), "America/Santiago", "2026-09-05T12:00:00Z");
    assert_eq!(open[0], pair("2026-09-06T04:00:00Z", "2026-09-06T05:00:00Z"));
}

#[test]
fn a_callback_is_due_in_open_hours() {
    // Friday 17:30 in New York; two hours of business are over on Monday at 09:30.
    let office = week(&[(0, 480, 1080), (4, 480, 1080)]);
    let at = wall("2026-11-20T22:30:00Z");
    let due = open_hours(&office, "America/New_York", at).after(at, Duration::from_secs(7200));
    assert_eq!(text(due), "2026-11-23T14:30:00Z");
}

#[test]
fn spans_are_sorted_and_apart_whatever_is_written() {
    let zones =
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"];
    let weeks =
        [daily(0, 1440), daily(0, 1), daily(1439, 1440), week(&[(6, 0, 1440), (0, 0, 60), (0, 30, 90)]), week(&[])];
    for zone in zones {
        for day in 0..365 {
            let from = Wall(wall("2026-01-01T05:17:00Z").0 + day * 86_400_000_000);
            for week in &weeks {
                let OpenHours::Spans(open) = open_hours(week, zone, from) else { panic!("always") };
                assert!(open.iter().all(|(from, to)| from < to), "{zone} {day}");
                assert!(open.windows(2).all(|pair| pair[0].1 < pair[1].0), "{zone} {day}");
                assert!(open.first().is_none_or(|(_, to)| *to > from), "{zone} {day}");
            }
        }
    }
}

#[test]
fn times_beyond_any_calendar_are_closed() {
    for at in [i64::MAX, i64::MIN] {
        assert!(!open_hours(&daily(0, 1440), "UTC", Wall(at)).is_open(Wall(at)));
    }
    assert!(open_hours(&daily(0, 1440), "Nowhere/Land", Wall(0)).is_open(Wall(0)));
}
