//! What an organization may write, and what is said about the rest.

use serde_json::json;

use super::*;
use crate::types::Fallback;
use crate::types::org::{FieldKind, IntakeField};

fn row(config: &Value) -> OrgRow {
    OrgRow { id: "acme".into(), name: "Acme".into(), config: config.to_string(), ..OrgRow::default() }
}

/// The pointers of all problems with a config.
fn wrong(config: &Value) -> Vec<String> {
    organization(&row(config)).expect_err("refused").into_iter().map(|problem| problem.pointer).collect()
}

fn read(config: &Value) -> Organization {
    organization(&row(config)).unwrap()
}

#[test]
fn an_empty_config_has_sensible_defaults() {
    for config in ["", "{}", " "] {
        let org = organization(&OrgRow { config: config.into(), ..row(&json!({})) }).unwrap();
        assert_eq!(org.greeting, "Acme, this is the assistant. How can I help you?");
        assert_eq!(org.disclosure, "");
        assert_eq!(org.language, "en");
        assert_eq!((org.voice, org.model, org.audio_format, org.call_secs_max), (None, None, None, None));
        assert_eq!(org.silence.ask, Duration::from_secs(6));
        assert!(org.intake_fields.is_empty());
        let expected = TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 };
        assert_eq!(org.turn_detection, expected);
    }
}

#[test]
fn an_empty_greeting_lets_the_caller_speak_first() {
    assert_eq!(read(&json!({"greeting": ""})).greeting, "");
    assert_ne!(read(&json!({"greeting": null})).greeting, "");
}

#[test]
fn every_key_is_read() {
    let org = read(&json!({
        "greeting": " Hello. ", "disclosure": "A machine speaks.", "language": "pt-BR", "voice": "cedar",
        "model": "gpt-realtime-2.1-mini", "audio_format": "pcmu", "call_secs_max": 600,
        "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
        "silence": {"ask_secs": 4.5, "again_secs": 5, "end_secs": 7},
        "intake_fields": [{"name": "caller_name", "required": true, "question": "Your name?"}, {"name": "age", "type": "number"}],
        "escalation": {"targets": []}, "safety": {}, "hours": {"mon": "8:00-12:00"}, "time_zone": "Europe/Lisbon",
        "a_key_of_tomorrow": [1, 2, 3]
    }));
    assert_eq!((org.greeting.as_str(), org.disclosure.as_str()), ("Hello.", "A machine speaks."));
    assert_eq!((org.language.as_str(), org.voice.as_deref()), ("pt-BR", Some("cedar")));
    assert_eq!(org.model.as_deref(), Some("gpt-realtime-2.1-mini"));
    assert_eq!((org.audio_format, org.call_secs_max), (Some(AudioFormat::Pcmu), Some(600)));
    assert_eq!(org.turn_detection, TurnDetection::Semantic { eagerness: Eagerness::Low });
    assert_eq!(org.silence.ask, Duration::from_millis(4500));
    let field = |name: &str, kind, required, question: &str| IntakeField {
        name: name.into(),
        kind,
        required,
        question: question.into(),
    };
    let expected =
        [field("caller_name", FieldKind::Text, true, "Your name?"), field("age", FieldKind::Number, false, "")];
    assert_eq!(org.intake_fields, expected);
}

#[test]
fn a_value_of_the_wrong_type_is_refused_at_its_place() {
    let table = [
        (json!({"greeting": 5}), "/config/greeting"),
        (json!({"greeting": "x".repeat(1001)}), "/config/greeting"),
        (json!({"greeting": "a\u{0}b"}), "/config/greeting"),
        (json!({"disclosure": ["no"]}), "/config/disclosure"),
        (json!({"language": "english!"}), "/config/language"),
        (json!({"voice": "a voice"}), "/config/voice"),
        (json!({"model": {}}), "/config/model"),
        (json!({"audio_format": "mp3"}), "/config/audio_format"),
        (json!({"turn_detection": "server_vad"}), "/config/turn_detection"),
        (json!({"turn_detection": {"type": "magic"}}), "/config/turn_detection/type"),
        (json!({"turn_detection": {"threshold": 1.5}}), "/config/turn_detection/threshold"),
        (json!({"turn_detection": {"silence_duration_ms": -1}}), "/config/turn_detection/silence_duration_ms"),
        (json!({"turn_detection": {"prefix_padding_ms": 1.5}}), "/config/turn_detection/prefix_padding_ms"),
        (json!({"turn_detection": {"type": "semantic_vad", "eagerness": "very"}}), "/config/turn_detection/eagerness"),
        (json!({"silence": {"ask_secs": 0}}), "/config/silence/ask_secs"),
        (json!({"silence": [6, 8, 10]}), "/config/silence"),
        (json!({"call_secs_max": 5}), "/config/call_secs_max"),
        (json!({"call_secs_max": 90_000}), "/config/call_secs_max"),
        (json!({"call_secs_max": "600"}), "/config/call_secs_max"),
        (json!({"intake_fields": {}}), "/config/intake_fields"),
        (json!({"intake_fields": ["name"]}), "/config/intake_fields/0"),
        (json!({"intake_fields": [{}]}), "/config/intake_fields/0/name"),
        (json!({"intake_fields": [{"name": 1}]}), "/config/intake_fields/0/name"),
        (json!({"intake_fields": [{"name": "Caller Name"}]}), "/config/intake_fields/0/name"),
        (json!({"intake_fields": [{"name": "a"}, {"name": "a"}]}), "/config/intake_fields/1/name"),
        (json!({"intake_fields": [{"name": "a", "type": "poem"}]}), "/config/intake_fields/0/type"),
        (json!({"intake_fields": [{"name": "a", "required": "yes"}]}), "/config/intake_fields/0/required"),
        (json!({"intake_fields": [{"name": "a", "question": "x".repeat(501)}]}), "/config/intake_fields/0/question"),
        (json!({"escalation": []}), "/config/escalation"),
        (json!({"safety": true}), "/config/safety"),
        (json!({"time_zone": 1}), "/config/time_zone"),
        (json!([]), "/config"),
        (json!("greeting"), "/config"),
    ];
    for (config, pointer) in table {
        assert_eq!(wrong(&config), [pointer], "{config}");
    }
}

#[test]
fn too_many_fields_are_refused() {
    let fields: Vec<_> = (0..33).map(|n| json!({"name": format!("field_{n}")})).collect();
    assert_eq!(wrong(&json!({"intake_fields": fields})), ["/config/intake_fields"]);
    assert_eq!(read(&json!({"intake_fields": fields[..32]})).intake_fields.len(), 32);
}

#[test]
fn all_problems_are_told_at_once() {
    let row = OrgRow {
        id: "Bad Id".into(),
        name: " ".into(),
        escalation_phone: "call me".into(),
        ..row(&json!({"voice": 1}))
    };
    let pointers: Vec<_> =
        organization(&row).expect_err("refused").into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(pointers, ["/id", "/name", "/escalation_phone", "/config/voice"]);
}

#[test]
fn business_hours_may_be_written_in_several_ways() {
    let hours = |text: &str| organization(&OrgRow { business_hours: text.into(), ..row(&json!({})) });
    let table = [
        ("", ""),
        ("null", ""),
        ("Mo-Fr 8-18", "Mo-Fr 8-18"),
        (r#""Mo-Fr 8-18""#, "Mo-Fr 8-18"),
        (r#"["Mo-Fr 8-18", "Sa 9-12"]"#, "Mo-Fr 8-18\nSa 9-12"),
        (
            r#"{"monday": {"open": "08:00", "close": "18:00"}, "saturday": ["09:00-12:00", "14:00-15:00"], "sunday": null}"#,
            "monday: 08:00-18:00\nsaturday: 09:00-12:00, 14:00-15:00\nsunday: closed",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(hours(text).unwrap().business_hours, expected, "{text}");
    }
    for text in ["7", "true", "[1]", r#"{"monday": 8}"#] {
        assert_eq!(hours(text).expect_err("refused")[0].pointer, "/business_hours", "{text}");
    }
}

#[test]
fn services_are_a_list_or_one_text() {
    let services = |text: &str| organization(&OrgRow { services_offered: text.into(), ..row(&json!({})) });
    assert_eq!(services(r#"["a", " b ", ""]"#).unwrap().services_offered, ["a", "b"]);
    assert_eq!(services("dentistry").unwrap().services_offered, ["dentistry"]);
    assert!(services("").unwrap().services_offered.is_empty());
    assert_eq!(services(r#"{"a": 1}"#).expect_err("refused")[0].pointer, "/services_offered");
}

#[test]
fn the_demo_organization_is_valid() {
    let org = organization(&demo_org()).unwrap();
    assert_eq!(org.id.as_str(), "demo");
    assert_eq!(org.greeting, "Riverside Clinic, this is the assistant. How can I help you?");
    assert_eq!(org.disclosure, "This call is answered by an automated assistant.");
    let required: Vec<_> = org.intake_fields.iter().filter(|field| field.required).map(|field| &field.name).collect();
    assert_eq!(required, ["caller_name", "caller_phone", "service_requested"]);
    assert_eq!(org.intake_fields.len(), 7);
    assert_eq!(org.services_offered.len(), 4);
}

#[test]
fn a_policy_of_one_word_acts() {
    for (word, fallback, reject) in [
        ("voicemail", Fallback::Voicemail, false),
        (" Callback ", Fallback::Callback, false),
        ("emergency", Fallback::Callback, false),
        ("reject", Fallback::Callback, true),
    ] {
        let row = OrgRow { after_hours_policy: word.into(), config: "{}".into(), ..demo_org() };
        let org = organization(&row).unwrap();
        assert_eq!((org.escalation.after_hours, org.turns_away_when_closed), (fallback, reject), "{word}");
        assert!(org.after_hours_policy.contains(' '), "the assistant is told a sentence: {}", org.after_hours_policy);
    }
    let config = r#"{"escalation": {"after_hours": "assistant"}}"#;
    let row = OrgRow { after_hours_policy: "voicemail".into(), config: config.into(), ..demo_org() };
    assert_eq!(organization(&row).unwrap().escalation.after_hours, Fallback::Assistant, "the section says so itself");
    let told = OrgRow { after_hours_policy: "Voicemail, please.".into(), ..demo_org() };
    assert_eq!(organization(&told).unwrap().after_hours_policy, "Voicemail, please.");
}
