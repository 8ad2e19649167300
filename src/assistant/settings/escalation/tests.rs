//! Who can be brought in, and what is refused.

use serde_json::json;

use crate::assistant::settings::{Problem, organization};
use crate::ports::store::OrgRow;
use crate::types::Fallback;
use crate::types::org::{DaySpan, EscalationSettings, Organization, WeekHours};

use super::*;

fn org(phone: &str, config: &Value) -> Result<Organization, Vec<Problem>> {
    organization(&OrgRow {
        id: "acme".into(),
        name: "Acme".into(),
        escalation_phone: phone.into(),
        config: config.to_string(),
        ..OrgRow::default()
    })
}

fn read(escalation: &Value) -> EscalationSettings {
    org("", &json!({ "escalation": escalation })).unwrap().escalation
}

fn wrong(escalation: &Value) -> Vec<String> {
    let refused = org("", &json!({ "escalation": escalation })).expect_err("refused");
    refused.into_iter().map(|problem| problem.pointer).collect()
}

/// A target with this id, and the changes laid over it.
fn target(id: &str, changes: &Value) -> Value {
    let mut target = json!({ "id": id, "number": "+12025550143" });
    for (key, value) in changes.as_object().unwrap() {
        target[key] = value.clone();
    }
    target
}

fn ids(settings: &EscalationSettings) -> Vec<&str> {
    settings.targets.iter().map(|target| target.id.as_str()).collect()
}

#[test]
fn an_organization_that_says_nothing_has_defaults_and_nobody() {
    for config in [json!({}), json!({ "escalation": null }), json!({ "escalation": {} })] {
        assert_eq!(org("", &config).unwrap().escalation, EscalationSettings::default(), "{config}");
    }
}

#[test]
fn every_key_is_read() {
    let settings = read(&json!({
        "targets": [
            target("doctor", &json!({ "name": " Doctor Patel ", "ring_secs": 5, "hours": { "mon": "08:00-12:00" } })),
            target("desk", &json!({ "number": "+4930123456", "ring_secs": 60 }))
        ],
        "fallback": "voicemail", "after_hours": "assistant", "allow": ["+1202", "+49", "+1202"],
        "escalation_secs_max": 300, "dials_per_minute_max": 3, "dials_per_day_max": 50, "callback_due_mins": 30,
        "a_key_of_tomorrow": {}
    }));
    let [doctor, desk] = settings.targets.as_slice() else { panic!("{settings:?}") };
    assert_eq!((doctor.id.as_str(), doctor.name.as_str(), doctor.ring.as_secs()), ("doctor", "Doctor Patel", 5));
    assert_eq!(doctor.hours, WeekHours::Spans(vec![DaySpan { weekday: 0, from_min: 480, to_min: 720 }]));
    assert_eq!((desk.name.as_str(), desk.number.e164(), desk.ring.as_secs()), ("desk", "+4930123456", 60));
    assert_eq!(desk.hours, WeekHours::Always);
    assert_eq!((settings.fallback, settings.after_hours), (Fallback::Voicemail, Fallback::Assistant));
    assert_eq!(settings.allow, ["+1202", "+49"]);
    assert_eq!((settings.secs_max, settings.callback_due_mins), (300, 30));
    assert_eq!((settings.dials_per_minute_max, settings.dials_per_day_max), (3, 50));
}

#[test]
fn targets_keep_the_organizations_hours_unless_they_have_their_own() {
    let config = json!({
        "hours": { "mon-fri": "08:00-18:00" },
        "escalation": { "targets": [target("a", &json!({})), target("b", &json!({ "hours": "always" }))] }
    });
    let org = org("", &config).unwrap();
    assert_eq!(org.escalation.targets[0].hours, org.hours);
    assert_ne!(org.hours, WeekHours::Always);
    assert_eq!(org.escalation.targets[1].hours, WeekHours::Always);
}

#[test]
fn the_order_says_who_comes_first_and_the_others_follow_as_listed() {
    let targets = ["a", "b", "c"].map(|id| target(id, &json!({})));
    for (order, expected) in [
        (json!(null), ["a", "b", "c"]),
        (json!([]), ["a", "b", "c"]),
        (json!(["c", "a", "b"]), ["c", "a", "b"]),
        (json!(["c"]), ["c", "a", "b"]),
    ] {
        assert_eq!(ids(&read(&json!({ "targets": targets, "order": order }))), expected, "{order}");
    }
    for (order, place) in [
        (json!(["d"]), "/0"),
        (json!(["a", "a"]), "/1"),
        (json!(["a", 2]), "/1"),
        (json!("a, b"), ""),
        (json!(["+12025550143"]), "/0"),
    ] {
        let pointers = wrong(&json!({ "targets": targets, "order": order }));
        assert_eq!(pointers, [format!("/config/escalation/order{place}")], "{order}");
    }
}

#[test]
fn the_escalation_phone_is_the_target_of_those_who_name_none() {
    for config in [json!({}), json!({ "escalation": { "targets": [], "fallback": "assistant" } })] {
        let org = org("+12025550142", &config).unwrap();
        let [office] = org.escalation.targets.as_slice() else { panic!("{config}") };
        assert_eq!((office.id.as_str(), office.name.as_str()), ("default", "the office"));
        assert_eq!((office.number.e164(), office.ring.as_secs()), ("+12025550142", 20));
    }
    let named = json!({ "escalation": { "targets": [target("a", &json!({}))] } });
    assert_eq!(ids(&org("+12025550142", &named).unwrap().escalation), ["a"]);
    assert_eq!(ids(&org("+1 (202) 555-0142", &json!({})).unwrap().escalation), ["default"]);
    for phone in ["", "112", "202 555 0142"] {
        assert!(org(phone, &json!({})).unwrap().escalation.targets.is_empty(), "{phone}");
    }
}

#[test]
fn a_faulty_target_is_refused_at_its_place() {
    for (changes, key) in [
        (json!({ "id": null }), "id"),
        (json!({ "id": "" }), "id"),
        (json!({ "id": "Front Desk" }), "id"),
        (json!({ "id": "x".repeat(65) }), "id"),
        (json!({ "id": 7 }), "id"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (json!({ "number": null }), "number"),
        (json!({ "number": "911" }), "number"),
        (json!({ "number": "12025550143" }), "number"),
        (json!({ "number": "+0123456789" }), "number"),
        (json!({ "number": "+1234567890123456" }), "number"),
        (json!({ "number": "sip:a@example.com" }), "number"),
        (json!({ "number": "client:ana" }), "number"),
        (json!({ "number": "+120255501٤3" }), "number"),
        (json!({ "number": 12_025_550_143_u64 }), "number"),
        (json!({ "ring_secs": 4 }), "ring_secs"),
        (json!({ "ring_secs": 61 }), "ring_secs"),
        (json!({ "ring_secs": 7.5 }), "ring_secs"),
        (json!({ "hours": 8 }), "hours"),
        (json!({ "hours": { "mon": "8-18" } }), "hours/mon"),
    ] {
        let pointers = wrong(&json!({ "targets": [target("ok", &json!({})), target("a", &changes)] }));
        assert_eq!(pointers, [format!("/config/escalation/targets/1/{key}")], "{changes}");
    }
    let twice = json!({ "targets": [target("a", &json!({})), target("a", &json!({ "number": "+12025550144" }))] });
    assert_eq!(wrong(&twice), ["/config/escalation/targets/1/id"]);
    assert_eq!(wrong(&json!({ "targets": ["+12025550143"] })), ["/config/escalation/targets/0"]);
    assert_eq!(wrong(&json!({ "targets": {} })), ["/config/escalation/targets"]);
    let many: Vec<_> = (0..=TARGETS_MAX).map(|n| target(&format!("t{n}"), &json!({}))).collect();
    assert_eq!(wrong(&json!({ "targets": many })), ["/config/escalation/targets"]);
    assert_eq!(read(&json!({ "targets": many[..TARGETS_MAX] })).targets.len(), TARGETS_MAX);
}

#[test]
fn everything_else_has_its_limits() {
    for (escalation, key) in [
        (json!({ "fallback": "prayer" }), "fallback"),
        (json!({ "fallback": 1 }), "fallback"),
        (json!({ "after_hours": "nobody" }), "after_hours"),
        (json!({ "escalation_secs_max": 29 }), "escalation_secs_max"),
        (json!({ "escalation_secs_max": 301 }), "escalation_secs_max"),
        (json!({ "dials_per_minute_max": 0 }), "dials_per_minute_max"),
        (json!({ "dials_per_day_max": 10_001 }), "dials_per_day_max"),
        (json!({ "callback_due_mins": 0 }), "callback_due_mins"),
        (json!({ "allow": "+1" }), "allow"),
        (json!({ "allow": ["1202"] }), "allow/0"),
        (json!({ "allow": ["+1", "+"] }), "allow/1"),
        (json!({ "allow": ["+0"] }), "allow/0"),
        (json!({ "allow": ["+1*"] }), "allow/0"),
        (json!({ "allow": [""] }), "allow/0"),
        (json!({ "allow": [1] }), "allow/0"),
        (json!({ "allow": ["+1234567890123456"] }), "allow/0"),
        (json!({ "allow": vec!["+1"; ALLOW_MAX + 1] }), "allow"),
    ] {
        assert_eq!(wrong(&escalation), [format!("/config/escalation/{key}")], "{escalation}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let pointers = wrong(&json!({
        "targets": [target("a", &json!({ "number": "1", "ring_secs": 1 }))], "fallback": "x", "allow": ["x"]
    }));
    let mut expected = ["targets/0/number", "targets/0/ring_secs", "fallback", "allow/0"]
        .map(|key| format!("/config/escalation/{key}"));
    let mut pointers = pointers;
    pointers.sort_unstable();
    expected.sort_unstable();
    assert_eq!(pointers, expected);
}
