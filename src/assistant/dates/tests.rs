//! Words for days, said on a Tuesday.

use serde_json::{Value, json};

use super::{read, settle};
use crate::assistant::demo_org;
use crate::assistant::settings::organization;
use crate::session::input::IntakeData;
use crate::types::Wall;

fn read_on(today: &str, said: &str) -> Option<String> {
    read(said, today.parse().expect("a date")).map(|date| date.to_string())
}

#[test]
fn words_that_leave_no_doubt_are_dates() {
    for (said, date) in [
        ("2026-12-24", "2026-12-24"),
        ("today", "2026-12-01"),
        ("Tomorrow morning, please", "2026-12-02"),
        ("the day after tomorrow", "2026-12-03"),
        ("on Friday", "2026-12-04"),
        ("Tuesday", "2026-12-08"),
        ("this Tuesday", "2026-12-01"),
        ("next Tuesday", "2026-12-08"),
        ("next Tuesday morning", "2026-12-08"),
        ("in two weeks", "2026-12-15"),
        ("in 10 days", "2026-12-11"),
        ("December 24th", "2026-12-24"),
        ("the 3rd of January", "2027-01-03"),
        ("24 December 2027", "2027-12-24"),
        ("pasado mañana", "2026-12-03"),
        ("el viernes", "2026-12-04"),
        ("el viernes que viene", "2026-12-11"),
        ("el 24 de diciembre", "2026-12-24"),
    ] {
        assert_eq!(read_on("2026-12-01", said).as_deref(), Some(date), "{said}");
    }
}

#[test]
fn next_is_of_the_week_that_begins_on_monday() {
    for (today, date) in [("2026-11-30", "2026-12-08"), ("2026-12-04", "2026-12-08"), ("2026-12-06", "2026-12-08")] {
        assert_eq!(read_on(today, "next Tuesday").as_deref(), Some(date), "{today}");
    }
}

#[test]
fn what_could_mean_more_than_one_day_stays_words() {
    for said in [
        "",
        "soon",
        "next week",
        "Monday or Tuesday",
        "whenever",
        "31 February",
        "in 9999 weeks",
        "as soon as possible",
        "12/01",
        "next Tuesday or Wednesday",
        "-9999-01-01 x",
        "في الثلاثاء",
        "火曜日",
        "9999999999999999999 days",
        "December 24 99999",
    ] {
        assert_eq!(read_on("2026-12-01", said), None, "{said}");
    }
    assert_eq!(read_on("9999-12-31", "tomorrow"), None);
    assert_eq!(read_on("9999-12-31", "next Tuesday").as_deref(), Some("9999-12-31"));
}

#[test]
fn the_words_are_kept_beside_the_date() {
    let org = organization(&demo_org()).expect("it has no faults");
    let fields =
        vec![("preferred_date".to_owned(), "next Tuesday".to_owned()), ("notes".to_owned(), "today".to_owned())];
    let json = json!({ "preferred_date": "next Tuesday", "notes": "today", "n": 7 }).to_string();
    let mut intake = IntakeData { fields, json };
    // Late on Monday in New York is Tuesday in London.
    let at: jiff::Timestamp = "2026-12-01T03:00:00Z".parse().expect("a time");
    settle(&org, Wall(at.as_microsecond()), &mut intake);
    let stored: Value = serde_json::from_str(&intake.json).expect("JSON");
    let expected = json!({
        "preferred_date": "2026-12-08", "preferred_date_said": "next Tuesday", "notes": "today", "n": 7,
    });
    assert_eq!(stored, expected);
    assert!(intake.fields.contains(&("preferred_date".to_owned(), "2026-12-08".to_owned())), "{:?}", intake.fields);
}
