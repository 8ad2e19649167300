//! Documents as people write them, whole: what README and the reference of settings show must be read.

use serde_json::{Value, json};
use switchboard::assistant::{people, prompt, settings, tools};
use switchboard::ports::store::OrgRow;
use switchboard::types::org::Organization;
use switchboard::types::{OpenHours, Wall};

/// 2026-11-22T12:00:00Z, a Sunday.
const SUNDAY: Wall = Wall(1_795_348_800_000_000);

fn read(config: &Value) -> Organization {
    let row = OrgRow { id: "clinic".into(), name: "Clinic".into(), config: config.to_string(), ..OrgRow::default() };
    settings::organization(&row).expect("the example is valid")
}

#[test]
fn a_practice_with_a_doctor_on_call() {
    let org = read(&json!({
        "time_zone": "Europe/Berlin",
        "hours": { "mon-fri": ["08:00-12:00", "14:00-18:00"], "sat": "09:00-12:00" },
        "escalation": {
            "targets": [
                { "id": "front-desk", "name": "the front desk", "number": "+4930123456" },
                { "id": "on-call", "name": "the doctor on call", "number": "+4930123457", "ring_secs": 30,
                  "hours": "always" }
            ],
            "order": ["front-desk", "on-call"],
            "fallback": "callback",
            "after_hours": "voicemail",
            "allow": ["+49"],
            "escalation_secs_max": 90,
            "dials_per_minute_max": 6,
            "dials_per_day_max": 100,
            "callback_due_mins": 60
        },
        "safety": {
            "emergency_sentence": "If somebody is in danger, please dial 112 now.",
            "emergency": ["anaphylaxis"], "high": ["no insulin left"], "human": ["the practice manager"],
            "ignore": ["fire drill"]
        },
        "outbound": { "enabled": true, "machine_message": "Please call us back.", "greeting": "Clinic, hello." }
    }));
    let people = people(&org, SUNDAY);
    let open: Vec<_> = people.targets.iter().map(|target| (target.id.as_str(), target.hours.is_open(SUNDAY))).collect();
    assert_eq!(open, [("front-desk", false), ("on-call", true)]);
    assert!(prompt::instructions(&org, Wall(0)).contains("escalate_call"));
    assert!(tools::specs(&org).iter().any(|spec| spec.name == "escalate_call"));
}

#[test]
fn a_shop_that_has_never_heard_of_any_of_it() {
    let org = read(&json!({}));
    let people = people(&org, SUNDAY);
    assert!(people.targets.is_empty());
    assert_eq!((people.hours, org.time_zone.as_str(), org.outbound.enabled), (OpenHours::Always, "UTC", false));
}

#[test]
fn the_page_about_settings_names_every_key_and_no_other() {
    let page = include_str!("../../../docs/ORGANIZATION.md");
    let (_, table) = page.split_once("## Keys of `config`").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let named: Vec<&str> = rows.filter_map(|row| row.split_once('`')).map(|(key, _)| key).collect();
    assert_eq!(named, settings::KEYS);
}
