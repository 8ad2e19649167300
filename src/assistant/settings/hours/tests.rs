//! How people write hours, and what is made of it.

use serde_json::json;

use super::*;

fn read(hours: &Value) -> Result<Option<WeekHours>, Vec<(String, String)>> {
    let config = json!({ "hours": hours });
    let section = Section { object: config.as_object().unwrap(), pointer: "/config".into() };
    let mut problems = Problems::default();
    let week = week(&section, &mut problems);
    if problems.0.is_empty() {
        return Ok(week);
    }
    Err(problems.0.into_iter().map(|problem| (problem.pointer, problem.detail)).collect())
}

/// Spans as (weekday, from, to) in minutes.
fn spans(hours: &Value) -> Vec<(u8, u16, u16)> {
    match read(hours).unwrap().unwrap() {
        WeekHours::Always => panic!("always"),
        WeekHours::Spans(spans) => spans.iter().map(|span| (span.weekday, span.from_min, span.to_min)).collect(),
    }
}

#[test]
fn days_are_named_one_by_one_in_lists_and_in_ranges() {
    let (open, from, to) = ("08:00-18:00", 480, 1080);
    let table: [(&str, &[u8]); 8] = [
        ("mon", &[0]),
        ("Monday", &[0]),
        ("sun", &[6]),
        ("mon-fri", &[0, 1, 2, 3, 4]),
        ("sat, sun", &[5, 6]),
        ("monday-wednesday,FRI", &[0, 1, 2, 4]),
        ("fri-mon", &[0, 4, 5, 6]),
        ("sun - tue", &[0, 1, 6]),
    ];
    for (days, expected) in table {
        let expected: Vec<_> = expected.iter().map(|day| (*day, from, to)).collect();
        assert_eq!(spans(&json!({ days: open })), expected, "{days}");
    }
}

#[test]
fn a_day_has_any_number_of_spans_in_several_forms() {
    let two = vec![(0, 480, 720), (0, 780, 1080)];
    for day in [
        json!(["8:00-12:00", "13:00-18:00"]),
        json!("08:00-12:00, 13:00-18:00"),
        json!(["13:00-18:00", " 8:00 - 12:00"]),
    ] {
        assert_eq!(spans(&json!({ "mon": day })), two, "{day}");
    }
    assert_eq!(spans(&json!({"mon": {"open": "09:00", "close": "12:30"}})), [(0, 540, 750)]);
    assert_eq!(spans(&json!({"mon": ["08:00-12:00", "11:00-14:00", "14:00-15:00"]})), [(0, 480, 900)]);
}

#[test]
fn a_day_may_be_closed_or_open_all_day() {
    for closed in [json!(null), json!(false), json!("closed"), json!(""), json!([])] {
        assert_eq!(spans(&json!({ "mon": closed, "tue": "always" })), [(1, 0, 1440)], "{closed}");
    }
    assert_eq!(spans(&json!({ "mon": true, "tue": "00:00-24:00" })), [(0, 0, 1440), (1, 0, 1440)]);
    assert_eq!(spans(&json!({ "mon-sun": "closed" })), []);
}

#[test]
fn a_span_over_midnight_ends_on_the_next_day() {
    assert_eq!(spans(&json!({ "fri": "22:00-06:00" })), [(4, 1320, 1440), (5, 0, 360)]);
    assert_eq!(spans(&json!({ "sun": "22:00-06:00" })), [(0, 0, 360), (6, 1320, 1440)]);
    assert_eq!(spans(&json!({ "mon": "22:00-00:00" })), [(0, 1320, 1440)]);
    assert_eq!(spans(&json!({ "mon": "22:00-02:00", "tue": "01:00-03:00" })), [(0, 1320, 1440), (1, 0, 180)]);
}

#[test]
fn always_has_two_spellings_and_absence_is_told_apart() {
    assert_eq!(read(&json!("always")), Ok(Some(WeekHours::Always)));
    assert_eq!(read(&json!({ "mon-sun": "00:00-24:00" })), Ok(Some(WeekHours::Always)));
    assert_eq!(read(&json!({ "mon-sun": "12:00-24:00, 00:00-12:00" })), Ok(Some(WeekHours::Always)));
    assert_eq!(read(&json!(null)), Ok(None));
    assert_eq!(read(&json!({})), Ok(None));
}

#[test]
fn what_nobody_can_mean_is_refused_at_its_place() {
    for hours in [json!(8), json!(true), json!([]), json!(["mon"]), json!("9 to 5"), json!("")] {
        assert_eq!(read(&hours).unwrap_err()[0].0, "/config/hours", "{hours}");
    }
    for name in ["", "m", "monda", "montag", "mon-", "-fri", "mon-tue-wed", "mon,mon", "mon-wed,tue", "mon,", "a/b"] {
        let problems = read(&json!({ name: "08:00-18:00" })).unwrap_err();
        assert_eq!(problems[0].0, format!("/config/hours/{}", name.replace('/', "~1")), "{name}");
    }
    let spans = [
        "8-18",
        "08:00",
        "08:00-",
        "-18:00",
        "08:00-18:00-20:00",
        "8:0-18:00",
        "08:60-18:00",
        "24:00-25:00",
        "25:00-26:00",
        "08:00-08:00",
        "24:00-08:00",
        "+8:00-18:00",
        "008:00-18:00",
        "08:00–18:00",
        "8am-6pm",
        "08:00-18:00,",
    ];
    for text in spans {
        assert_eq!(read(&json!({ "mon": text })).unwrap_err()[0].0, "/config/hours/mon", "{text}");
    }
    for day in
        [json!(8), json!({"open": "08:00"}), json!({"open": 8, "close": 18}), json!([8]), json!([["08:00-18:00"]])]
    {
        assert_eq!(read(&json!({ "mon": day })).unwrap_err()[0].0, "/config/hours/mon", "{day}");
    }
    assert!(read(&json!({ "mon": vec!["08:00-09:00"; 9] })).is_err());
    let nine = ["08:00-09:00"; 9].join(",");
    assert!(read(&json!({ "mon": nine })).is_err());
}

#[test]
fn no_day_is_named_twice() {
    let problems = read(&json!({ "mon-fri": "08:00-18:00", "wed": "closed" })).unwrap_err();
    assert_eq!(problems, [("/config/hours/wed".to_owned(), "Each weekday may be named once.".to_owned())]);
}

#[test]
fn time_zones_are_known_by_their_names() {
    let zone = |name: &str| {
        let config = json!({ "time_zone": name });
        let section = Section { object: config.as_object().unwrap(), pointer: "/config".into() };
        let mut problems = Problems::default();
        let zone = time_zone(&section, &mut problems);
        (zone, problems.0.len())
    };
    for name in ["Europe/Berlin", "America/New_York", "UTC", "Pacific/Auckland"] {
        assert_eq!(zone(name), (Some(name.to_owned()), 0));
    }
    assert_eq!(zone("europe/berlin"), (Some("Europe/Berlin".to_owned()), 0));
    assert_eq!(zone(" "), (None, 0));
    for name in ["Berlin", "CET-1CEST", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\u{0}", "GMT+25"] {
        assert_eq!(zone(name), (None, 1), "{name}");
    }
}
