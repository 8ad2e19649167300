//! The table of keys against the code that reads them.

use serde_json::{Map, Value, json};

use super::{KEYS, merge, unknown};
use crate::assistant::check::Problems;
use crate::assistant::settings::organization;
use crate::ports::store::OrgRow;

fn row(config: &Value) -> OrgRow {
    OrgRow {
        id: "a".into(),
        name: "A".into(),
        business_hours: String::new(),
        after_hours_policy: String::new(),
        services_offered: String::new(),
        escalation_phone: String::new(),
        config: config.to_string(),
    }
}

/// `a.b[].c` with this value there; what a list's entry or a section must have besides is there, too.
fn document(key: &str, value: Value) -> Value {
    let document = key.rsplit('.').fold(value, |inner, part| {
        let (name, inner) = match part.strip_suffix("[]") {
            Some(name) => (name, json!([inner])),
            None => (part, inner),
        };
        let mut object = Map::new();
        object.insert(name.to_owned(), inner);
        Value::Object(object)
    });
    let mut document = document;
    let needed: &[(&str, Value)] = match key.rsplit_once('.').map_or("", |(section, _)| section) {
        "intake_fields[]" => &[("/intake_fields/0/name", json!("a"))],
        "escalation.targets[]" => {
            &[("/escalation/targets/0/id", json!("a")), ("/escalation/targets/0/number", json!("+12025550121"))]
        }
        "turn_detection" if key.ends_with("eagerness") => &[("/turn_detection/type", json!("semantic_vad"))],
        _ => &[],
    };
    for (pointer, value) in needed {
        let (object, name) = pointer.rsplit_once('/').unwrap();
        let object = document.pointer_mut(object).and_then(Value::as_object_mut).unwrap();
        object.entry(name.to_owned()).or_insert_with(|| value.clone());
    }
    document
}

#[test]
fn every_key_of_the_table_is_read() {
    for key in KEYS {
        // Nothing takes a list of lists of lists.
        let config = document(key, json!([[[]]]));
        let problems = organization(&row(&config)).expect_err(key);
        let pointer = format!("/config/{}", key.replace("[].", "/0/").replace("[]", "/0").replace('.', "/"));
        assert!(problems.iter().any(|problem| problem.pointer.starts_with(&pointer)), "{key}: {problems:?}");
    }
}

#[test]
fn nothing_else_is_read_at_the_top() {
    let mut problems = Problems::default();
    unknown(json!({ "greeting": 1, "hours": { "mon-fri": 1 }, "colour": {} }).as_object().unwrap(), &mut problems);
    let pointers: Vec<_> = problems.0.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/config/colour"]);
}

#[test]
fn days_belong_together_and_everything_else_is_merged_by_key() {
    let mut config = json!({
        "hours": { "mon-fri": "8:00-12:00" }, "silence": { "ask_secs": 5, "end_secs": 9 }, "greeting": "Hi",
    });
    let patch = json!({ "hours": { "mon": "9:00-10:00" }, "silence": { "ask_secs": 7 }, "safety": { "human": ["x"], "high": null } });
    merge(config.as_object_mut().unwrap(), patch.as_object().unwrap().clone());
    let expected = json!({
        "hours": { "mon": "9:00-10:00" }, "silence": { "ask_secs": 7, "end_secs": 9 }, "greeting": "Hi",
        "safety": { "human": ["x"] },
    });
    assert_eq!(config, expected);
}

#[test]
fn a_merge_of_what_was_read_changes_nothing() {
    let mut config = json!({ "escalation": { "targets": [{ "id": "a" }], "allow": ["+1"] }, "hours": "always" });
    let before = config.clone();
    merge(config.as_object_mut().unwrap(), before.as_object().unwrap().clone());
    assert_eq!(config, before);
}
