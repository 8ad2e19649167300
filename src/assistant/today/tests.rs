//! What is said of the date and the hours, on both sides of midnight and of the opening.

use serde_json::json;

use super::{moments, section};
use crate::assistant::demo_org;
use crate::assistant::settings::organization;
use crate::ports::store::OrgRow;
use crate::types::Wall;
use crate::types::org::Organization;

fn clinic(hours: serde_json::Value, zone: &str) -> Organization {
    let config = json!({ "hours": hours, "time_zone": zone }).to_string();
    organization(&OrgRow { config, ..demo_org() }).expect("it has no faults")
}

fn at(text: &str) -> Wall {
    Wall(text.parse::<jiff::Timestamp>().expect("a time").as_microsecond())
}

#[test]
fn the_date_is_the_one_of_the_organizations_zone() {
    let org = clinic(json!({ "mon-fri": "08:00-18:00" }), "America/New_York");
    let text = section(&org, at("2026-12-02T01:30:00Z"));
    assert!(text.contains("Tuesday, 1 December 2026, 20:30 (America/New_York)"), "{text}");
    assert!(text.contains("is closed now. It opens 08:00 on tomorrow, Wednesday, 2 December."), "{text}");
}

#[test]
fn whether_somebody_is_there_is_said_for_those_who_keep_hours() {
    let org = clinic(json!({ "mon-fri": "08:00-18:00" }), "Europe/Berlin");
    assert!(section(&org, at("2026-12-01T09:00:00Z")).contains("is open now, until 18:00 today."));
    assert!(section(&org, at("2026-12-01T17:00:00Z")).contains("is closed now"), "the end is not open any more");
    let weekend = section(&org, at("2026-12-05T09:00:00Z"));
    assert!(weekend.contains("It opens 08:00 on Monday, 7 December."), "{weekend}");
    let always = section(&clinic(json!("always"), "Europe/Berlin"), at("2026-12-01T09:00:00Z"));
    assert!(!always.contains("open now") && always.contains("1 December 2026, 10:00"), "{always}");
}

#[test]
fn an_organization_that_never_opens_says_so() {
    let org = clinic(json!({ "mon": "closed" }), "UTC");
    let text = section(&org, at("2026-12-01T09:00:00Z"));
    assert!(text.contains("does not open in the next two weeks"), "{text}");
    assert_eq!(moments(&org, at("2026-12-01T09:00:00Z")).len(), 0);
}

#[test]
fn midnight_opening_and_closing_are_told_as_they_come() {
    let org = clinic(json!({ "mon": "08:00-23:30", "tue": "03:00-04:00" }), "UTC");
    let told = moments(&org, at("2026-11-30T23:00:00Z"));
    let told: Vec<(Wall, &str)> = told.iter().map(|moment| (moment.at, &*moment.text)).collect();
    let name = "Riverside Clinic";
    let expected = [
        (
            "2026-11-30T23:30:00Z",
            format!(
                "It is now Monday, 30 November 2026, 23:30. {name} is closed now. It opens 03:00 on tomorrow, Tuesday, 1 December."
            ),
        ),
        (
            "2026-12-01T00:00:00Z",
            format!("It is now Tuesday, 1 December 2026, 00:00. {name} is closed now. It opens 03:00 today."),
        ),
        (
            "2026-12-01T03:00:00Z",
            format!("It is now Tuesday, 1 December 2026, 03:00. {name} is open now, until 04:00 today."),
        ),
        (
            "2026-12-01T04:00:00Z",
            format!(
                "It is now Tuesday, 1 December 2026, 04:00. {name} is closed now. It opens 08:00 on Monday, 7 December."
            ),
        ),
    ];
    let expected: Vec<(Wall, &str)> = expected.iter().map(|(time, text)| (at(time), text.as_str())).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_midnight_that_the_clock_skips_is_the_moment_after_it() {
    // Clocks in Cairo went from 00:00 to 01:00 on Friday, 24 April 2026.
    let told = moments(&clinic(json!("always"), "Africa/Cairo"), at("2026-04-23T21:00:00Z"));
    assert_eq!(told[0].at, at("2026-04-23T22:00:00Z"));
    assert!(told[0].text.starts_with("It is now Friday, 24 April 2026, 01:00"), "{}", told[0].text);
}
