//! What the core is told about people.

use serde_json::json;

use super::*;
use crate::assistant::{demo_org, settings};
use crate::ports::store::OrgRow;
use crate::types::Fallback;

/// A Sunday, at noon in UTC.
const SUNDAY: Wall = Wall(1_795_348_800_000_000);

#[test]
fn the_demo_clinic_has_a_doctor_and_a_front_desk_at_all_hours() {
    let people = people(&settings::organization(&demo_org()).unwrap(), SUNDAY);
    let ids: Vec<_> = people.targets.iter().map(|target| target.id.as_str()).collect();
    assert_eq!(ids, ["doctor", "front-desk"]);
    assert!(people.targets.iter().all(|target| target.hours == OpenHours::Always && target.ring.as_secs() == 20));
    assert_eq!(&*people.targets[0].name, "Doctor Patel's line");
    assert_eq!((people.fallback, people.after_hours), (Fallback::Callback, Fallback::Callback));
    assert!(!people.hours.is_open(SUNDAY), "the clinic is closed on Sundays, for callbacks");
    assert_eq!(people.callback_due, Duration::from_secs(7200));
}

#[test]
fn hours_and_order_are_the_organizations() {
    let config = json!({
        "time_zone": "Europe/Berlin", "hours": { "mon-sat": "08:00-18:00" },
        "safety": { "emergency_sentence": "Dial 112 now." },
        "escalation": {
            "order": ["night", "day"], "fallback": "voicemail", "after_hours": "assistant", "callback_due_mins": 15,
            "targets": [
                { "id": "day", "number": "+4930123456" },
                { "id": "night", "number": "+4930123457", "hours": { "sun": "12:00-14:00" }, "ring_secs": 45 }
            ]
        }
    });
    let row = OrgRow { id: "x".into(), name: "X".into(), config: config.to_string(), ..OrgRow::default() };
    let people = people(&settings::organization(&row).unwrap(), SUNDAY);
    let open: Vec<_> = people.targets.iter().map(|target| (target.id.as_str(), target.hours.is_open(SUNDAY))).collect();
    assert_eq!(open, [("night", true), ("day", false)]);
    assert_eq!(people.targets[1].hours, people.hours);
    assert_eq!((people.fallback, people.after_hours), (Fallback::Voicemail, Fallback::Assistant));
    assert_eq!(&*people.emergency_sentence, "Dial 112 now.");
    assert_eq!((people.targets[0].ring.as_secs(), people.callback_due.as_secs()), (45, 900));
    assert!(!format!("{people:?}").contains("4930"), "a number goes to the core");
}
