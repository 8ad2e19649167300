//! An organization's own phrases, and calls that it places.

use serde_json::{Value, json};

use super::*;
use crate::assistant::settings::organization;
use crate::ports::store::OrgRow;
use crate::types::org::{Organization, OutboundSettings};

fn read(config: &Value) -> Result<Organization, Vec<String>> {
    let row = OrgRow { id: "x".into(), name: "X".into(), config: config.to_string(), ..OrgRow::default() };
    organization(&row).map_err(|problems| problems.into_iter().map(|problem| problem.pointer).collect())
}

#[test]
fn phrases_and_the_sentence_are_read() {
    let org = read(&json!({ "safety": {
        "emergency_sentence": " Dial 112 now. ", "emergency": ["gas leak", " código rojo "], "high": ["no insulin"],
        "human": ["the vet"], "ignore": ["killer deal"], "a_key_of_tomorrow": 1
    } }))
    .unwrap();
    let safety = org.safety;
    assert_eq!(safety.emergency_sentence, "Dial 112 now.");
    assert_eq!(safety.emergency, ["gas leak", "código rojo"]);
    assert_eq!(
        (safety.high, safety.human, safety.ignore),
        (vec!["no insulin".to_owned()], vec!["the vet".to_owned()], vec!["killer deal".to_owned()])
    );
    assert_eq!(read(&json!({})).unwrap().safety, SafetySettings::default());
}

#[test]
fn phrases_have_limits() {
    for (safety, place) in [
        (json!([]), ""),
        (json!(true), ""),
        (json!({ "emergency_sentence": "x".repeat(301) }), "/emergency_sentence"),
        (json!({ "emergency_sentence": "a\u{7}" }), "/emergency_sentence"),
        (json!({ "emergency": "fire" }), "/emergency"),
        (json!({ "emergency": [1] }), "/emergency/0"),
        (json!({ "high": ["ok", ""] }), "/high/1"),
        (json!({ "high": [" - "] }), "/high/0"),
        (json!({ "human": ["x".repeat(101)] }), "/human/0"),
        (json!({ "human": ["a\u{0}b"] }), "/human/0"),
        (json!({ "ignore": vec!["x"; PHRASES_MAX + 1] }), "/ignore"),
    ] {
        let pointer = format!("/config/safety{place}");
        assert_eq!(read(&json!({ "safety": safety })).expect_err("refused"), [pointer], "{safety}");
    }
}

#[test]
fn outbound_calls_are_off_unless_they_are_switched_on() {
    assert_eq!(read(&json!({})).unwrap().outbound, OutboundSettings::default());
    assert!(!read(&json!({ "outbound": { "greeting": "Hi." } })).unwrap().outbound.enabled);
    let org =
        read(&json!({ "outbound": { "enabled": true, "machine_message": "Call us.", "greeting": "Hi." } })).unwrap();
    let expected = OutboundSettings { enabled: true, machine_message: "Call us.".into(), greeting: "Hi.".into() };
    assert_eq!(org.outbound, expected);
    for (outbound, place) in [
        (json!("on"), ""),
        (json!({ "enabled": "yes" }), "/enabled"),
        (json!({ "machine_message": "x".repeat(1001) }), "/machine_message"),
        (json!({ "greeting": 1 }), "/greeting"),
    ] {
        let pointer = format!("/config/outbound{place}");
        assert_eq!(read(&json!({ "outbound": outbound })).expect_err("refused"), [pointer], "{outbound}");
    }
}
