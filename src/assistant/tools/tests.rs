//! Tools: what the model is told, what it may send, what it hears back.

use serde_json::{Value, json};

use super::*;
use crate::assistant::settings::{demo_org, organization};
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
    assert_eq!(specs.iter().map(|spec| spec.name).collect::<Vec<_>>(), ["complete_intake", "end_call"]);
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
    assert_eq!(
        render(&ToolAnswer::IntakeMissing(vec!["caller_name".into()])),
        r#"{"ok":true,"missing":["caller_name"]}"#
    );
    assert_eq!(render(&ToolAnswer::Refused("No \"way\".".into())), r#"{"ok":false,"error":"No \"way\"."}"#);
}
