//! Tools: what the model is told, what it may send, what it hears back.

use serde_json::{Value, json};

use super::*;
use crate::assistant::settings::{demo_org, organization};
use crate::ports::store::OrgRow;
use crate::session::input::IntakeData;
use crate::types::Urgency;

fn problem(name: &str, arguments: &str) -> String {
    match parse(name, arguments) {
        ToolRequest::Invalid { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

fn intake(arguments: &Value) -> (IntakeData, Urgency) {
    match parse("complete_intake", &arguments.to_string()) {
        ToolRequest::CompleteIntake { intake, urgency } => (intake, urgency),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_specs_are_json_schemas_with_the_organizations_fields() {
    let specs = specs(&organization(&demo_org()).unwrap());
    assert_eq!(
        specs.iter().map(|spec| spec.name).collect::<Vec<_>>(),
        ["complete_intake", "escalate_call", "end_call"]
    );
    for spec in &specs {
        let schema: Value = serde_json::from_str(&spec.parameters).unwrap();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["additionalProperties"], false);
    }
    let schema: Value = serde_json::from_str(&specs[0].parameters).unwrap();
    let data = &schema["properties"]["structured_data"]["properties"];
    assert_eq!(data.as_object().unwrap().len(), 7);
    assert_eq!(data["caller_phone"]["type"], "string");
    assert_eq!(schema["properties"]["urgency_level"]["enum"], json!(["low", "medium", "high"]));
}

#[test]
fn end_call_takes_a_reason() {
    let expected = ToolRequest::EndCall { reason: "caller is done".into() };
    assert_eq!(parse("end_call", r#"{"reason":" caller is\u0000 done "}"#), expected);
    let ToolRequest::EndCall { reason } = parse("end_call", &json!({"reason": "x".repeat(9000)}).to_string()) else {
        panic!("not read");
    };
    assert_eq!(reason.len(), 500);
}

#[test]
fn wrong_arguments_say_what_is_wrong() {
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(ARGUMENTS_BYTES_MAX));
    let table = [
        ("end_call", "", "not JSON"),
        ("end_call", "{", "not JSON"),
        ("end_call", "[]", "must be a JSON object"),
        ("end_call", "{}", "reason is missing"),
        ("end_call", r#"{"reason":5}"#, "reason must be a string"),
        ("end_call", r#"{"reason":"x","now":true}"#, "Only these arguments are known: reason"),
        ("end_call", &long, "longer than 16384 bytes"),
        ("transfer_call", "{}", "no tool of this name"),
        ("complete_intake", "{}", "structured_data is missing"),
        ("complete_intake", r#"{"structured_data":"x","urgency_level":"low"}"#, "structured_data must be an object"),
        ("complete_intake", r#"{"structured_data":{}}"#, "urgency_level is missing"),
        ("complete_intake", r#"{"structured_data":{},"urgency_level":"emergency"}"#, "low, medium or high"),
        ("complete_intake", r#"{"structured_data":{"":1},"urgency_level":"low"}"#, "1 to 64 characters"),
    ];
    for (name, arguments, expected) in table {
        let problem = problem(name, arguments);
        assert!(problem.contains(expected), "{arguments}: {problem}");
    }
    let many: Value = (0..65).map(|n| (format!("f{n}"), json!(1))).collect::<Map<_, _>>().into();
    let arguments = json!({"structured_data": many, "urgency_level": "low"}).to_string();
    assert!(problem("complete_intake", &arguments).contains("at most 64 fields"));
}

/// The organization `x` with this `config.escalation` and this phone.
fn with_escalation(phone: &str, escalation: &Value) -> Organization {
    let config = json!({ "escalation": escalation }).to_string();
    let row = OrgRow { id: "x".into(), name: "X".into(), escalation_phone: phone.into(), config, ..OrgRow::default() };
    organization(&row).unwrap()
}

#[test]
fn a_person_is_offered_only_if_something_comes_of_it() {
    let targets = json!([{ "id": "a", "number": "+12025550143" }]);
    for (phone, escalation, offered) in [
        ("", json!({}), true),
        ("", json!({ "fallback": "voicemail" }), true),
        ("", json!({ "fallback": "assistant" }), false),
        ("112", json!({ "fallback": "assistant" }), false),
        ("+12025550142", json!({ "fallback": "assistant" }), true),
        ("", json!({ "fallback": "assistant", "targets": targets }), true),
    ] {
        let specs = specs(&with_escalation(phone, &escalation));
        assert_eq!(specs.iter().any(|spec| spec.name == "escalate_call"), offered, "{phone} {escalation}");
    }
}

#[test]
fn what_the_model_is_told_of_a_person_holds_no_number() {
    let targets = json!([{ "id": "doctor", "name": "Doctor Patel", "number": "+12025550143" }]);
    for org in [with_escalation("", &json!({ "targets": targets })), with_escalation("+12025550142", &json!({}))] {
        for spec in specs(&org) {
            let told = format!("{}{}", spec.description, spec.parameters);
            for secret in ["2025550", "doctor", "Patel"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}

#[test]
fn escalate_call_says_why_and_nothing_about_whom() {
    let asked = json!({ "reason": " chest pain ", "urgency": "emergency", "summary": "Maria Lopez,\n61 years." });
    let expected = ToolRequest::EscalateCall {
        reason: "chest pain".into(),
        urgency: Urgency::Emergency,
        summary: "Maria Lopez, 61 years.".into(),
    };
    assert_eq!(parse("escalate_call", &asked.to_string()), expected);
    for extra in ["number", "to", "phone", "url", "target", "target_id", "org_id", "callback", "sip", "Reason"] {
        let mut hostile = asked.clone();
        hostile[extra] = json!("+19005550100");
        let problem = problem("escalate_call", &hostile.to_string());
        assert!(problem.contains("Only these arguments are known: reason, urgency, summary."), "{extra}: {problem}");
        assert!(problem.contains("Who is called cannot be chosen"), "{extra}: {problem}");
        assert!(!problem.contains("900"), "{problem}");
    }
}

#[test]
fn escalate_call_refuses_what_does_not_fit() {
    for (arguments, expected) in [
        (json!({ "urgency": "high", "summary": "" }), "reason is missing"),
        (json!({ "reason": "x", "summary": "" }), "urgency is missing"),
        (json!({ "reason": "x", "urgency": "high" }), "summary is missing"),
        (json!({ "reason": ["x"], "urgency": "high", "summary": "" }), "reason must be a string"),
        (json!({ "reason": "x", "urgency": 3, "summary": "" }), "urgency must be a string"),
        (json!({ "reason": "x", "urgency": "HIGH", "summary": "" }), "low, medium, high or emergency"),
        (json!({ "reason": "x", "urgency": "high", "summary": { "to": "+1900" } }), "summary must be a string"),
        (json!({ "reason": " \u{200b}\n", "urgency": "high", "summary": "" }), "reason must say why"),
    ] {
        let problem = problem("escalate_call", &arguments.to_string());
        assert!(problem.contains(expected), "{arguments}: {problem}");
    }
}

#[test]
fn what_an_operator_will_hear_is_one_bounded_line_of_visible_text() {
    let hostile = "a\u{0}b\r\n<Dial>\u{1b}[31m\u{202e}txet\u{2066}\u{feff}\u{ffff}\u{e0041}\u{85}é".to_owned();
    let long = format!("{hostile}{}", " word".repeat(4000 / 5));
    let arguments = json!({ "reason": long, "urgency": "low", "summary": long }).to_string();
    let ToolRequest::EscalateCall { reason, summary, .. } = parse("escalate_call", &arguments) else {
        panic!("not read");
    };
    for (text, chars_max) in [(&reason, 200), (&summary, 600)] {
        assert!(text.starts_with("a b <Dial> [31m txet é word"), "{text:?}");
        assert!((chars_max - 5..=chars_max).contains(&text.chars().count()), "{}", text.chars().count());
        assert!(!text.contains(|c: char| c.is_control() || is_unseen(c)), "{text:?}");
    }
}

#[test]
fn a_made_up_name_is_kept_short_and_printable() {
    let ToolRequest::Invalid { name, .. } = parse(&format!("a\nb{}", "x".repeat(500)), "{}") else {
        panic!("read");
    };
    assert_eq!(name.len(), 64);
    assert!(name.starts_with("abx"));
}

#[test]
fn an_intake_keeps_its_document_and_its_facts_as_text() {
    let (intake, urgency) = intake(&json!({
        "structured_data": {
            "caller_name": " Maria\u{0} Lopez ", "age": 41, "new": true, "notes": "  ", "nothing": null, "empty": {},
            "days": ["Monday", "Tuesday"], "address": {"city": "Springfield"}
        },
        "urgency_level": "medium"
    }));
    assert_eq!(urgency, Urgency::Medium);
    let text = |name: &str| intake.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    assert_eq!(text("caller_name"), Some("Maria Lopez"));
    assert_eq!(text("age"), Some("41"));
    assert_eq!(text("new"), Some("true"));
    assert_eq!(text("days"), Some("Monday, Tuesday"));
    assert_eq!(text("address"), Some(r#"{"city":"Springfield"}"#));
    assert_eq!((text("notes"), text("nothing"), text("empty")), (None, None, None));
    assert_eq!(intake.fields.len(), 5);
    let stored: Value = serde_json::from_str(&intake.json).unwrap();
    assert_eq!(stored["age"], 41);
    assert_eq!(stored["nothing"], Value::Null);
    assert!(!intake.json.contains("\\u0000"));
}

#[test]
fn answers_are_json_that_the_model_can_read() {
    assert_eq!(render(&ToolAnswer::Ok), r#"{"ok":true}"#);
    assert_eq!(render(&ToolAnswer::Ringing), r#"{"status":"ringing"}"#);
    assert_eq!(
        render(&ToolAnswer::IntakeMissing(vec!["caller_name".into()])),
        r#"{"ok":true,"missing":["caller_name"]}"#
    );
    assert_eq!(render(&ToolAnswer::Refused("No \"way\".".into())), r#"{"ok":false,"error":"No \"way\"."}"#);
}
