//! Tests of `assistant`: whatever a model or an organization writes is read or refused with a reason.

mod documents;

use proptest::prelude::*;
use serde_json::{Value, json};
use switchboard::assistant::hours::open_hours;
use switchboard::assistant::prompt::instructions;
use switchboard::assistant::{people, settings, tools};
use switchboard::ports::store::OrgRow;
use switchboard::session::input::ToolRequest;
use switchboard::types::{OpenHours, Wall};

use crate::realtime::arbitrary::any_json;

/// Weekdays and spans, right and wrong.
fn any_hours() -> impl Strategy<Value = Value> {
    let days = prop::sample::select(&["mon", "tue-thu", "fri-mon", "sat, sun", "sunday", "xyz"][..]);
    let spans = prop_oneof![
        "[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]".prop_map(Value::from),
        Just(json!("always")),
        Just(json!(null)),
        Just(json!(["22:00-06:00", "09:00-10:00"])),
    ];
    prop::collection::btree_map(days, spans, 0..5).prop_map(|days| json!(days))
}

const TOOLS: &[&str] = &["end_call", "complete_intake", "escalate_call", "transfer_call", ""];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_arguments_are_read_or_answered(name in prop::sample::select(TOOLS), arguments in any_json()) {
        if let ToolRequest::Invalid { problem, .. } = tools::parse(name, &arguments.to_string()) {
            prop_assert!(!problem.is_empty());
        }
    }

    /// Whatever an organization writes of itself, its assistant is told something, and the same every time.
    #[test]
    fn any_text_of_an_organization_makes_a_prompt(texts in prop::collection::vec(prop::collection::vec(any::<char>(), 0..80), 6)) {
        let texts: Vec<String> = texts.into_iter().map(|letters| letters.into_iter().collect()).collect();
        let row = OrgRow {
            id: "x".into(),
            name: format!("X{}", texts[0]),
            business_hours: texts[1].clone(),
            services_offered: texts[2].clone(),
            config: json!({ "assistant_instructions": texts[3], "intake_fields": [{"name": "n", "label": texts[4]}] }).to_string(),
            ..OrgRow::default()
        };
        if let Ok(mut org) = settings::organization(&row) {
            org.language.clone_from(&texts[5]);
            let told = instructions(&org, Wall(0));
            prop_assert!(!told.is_empty() && told == instructions(&org, Wall(0)));
        }
    }

    #[test]
    fn arguments_with_half_characters_are_read(units in prop::collection::vec(any::<u16>(), 1..40)) {
        let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let arguments = format!(r#"{{"reason":"{text}","urgency":"high","summary":"a{text}"}}"#);
        match tools::parse("escalate_call", &arguments) {
            ToolRequest::EscalateCall { .. } => {}
            ToolRequest::Invalid { problem, .. } => prop_assert!(!problem.contains("not JSON"), "{}", problem),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn an_intake_of_anything_keeps_its_facts(data in any_json()) {
        let arguments = serde_json::json!({"structured_data": data, "urgency_level": "high"}).to_string();
        match tools::parse("complete_intake", &arguments) {
            ToolRequest::CompleteIntake { intake, .. } => {
                let stored: Value = serde_json::from_str(&intake.json).expect("stored as JSON");
                prop_assert!(intake.fields.iter().all(|(name, text)| stored.get(name).is_some() && !text.is_empty()));
            }
            ToolRequest::Invalid { problem, .. } => prop_assert!(!problem.is_empty()),
            ToolRequest::EndCall { .. } | ToolRequest::EscalateCall { .. } | ToolRequest::Failed => prop_assert!(false, "another tool"),
        }
    }

    #[test]
    fn any_config_is_read_or_refused_at_a_place(config in any_json()) {
        let row = OrgRow { id: "x".into(), name: "X".into(), config: config.to_string(), ..OrgRow::default() };
        if let Err(problems) = settings::organization(&row) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|problem| problem.pointer.starts_with("/config")));
        }
    }

    #[test]
    fn any_text_in_a_column_is_read_or_refused(hours in ".{0,40}", services in ".{0,40}", phone in ".{0,20}") {
        let row = OrgRow {
            id: "x".into(),
            name: "X".into(),
            business_hours: hours,
            services_offered: services,
            escalation_phone: phone,
            ..OrgRow::default()
        };
        if let Err(problems) = settings::organization(&row) {
            prop_assert!(problems.iter().all(|problem| !problem.detail.is_empty()));
        }
    }

    #[test]
    fn any_hours_are_refused_or_become_spans_that_are_sorted_and_apart(
        hours in any_hours(),
        zone in prop::sample::select(&["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"][..]),
        at in 1_700_000_000_i64..2_000_000_000,
    ) {
        let config = json!({ "hours": hours, "time_zone": zone }).to_string();
        let row = OrgRow { id: "x".into(), name: "X".into(), config, ..OrgRow::default() };
        let at = Wall(at * 1_000_000);
        match settings::organization(&row) {
            Ok(org) => {
                if let OpenHours::Spans(spans) = open_hours(&org.hours, &org.time_zone, at) {
                    prop_assert!(spans.iter().all(|(from, to)| from < to && *to > at));
                    prop_assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0));
                }
            }
            Err(problems) => prop_assert!(problems.iter().all(|problem| problem.pointer.starts_with("/config/hours"))),
        }
    }

    #[test]
    fn no_arguments_of_a_model_name_anybody(
        extra in "(number|to|phone|url|target|target_id|org_id|tool|[a-z_]{1,12})",
        value in any_json(),
        reason in ".{0,300}",
        summary in "(?s).{0,900}",
        urgency in prop::sample::select(&["low", "medium", "high", "emergency", "panic"][..]),
    ) {
        let mut arguments = json!({ "reason": reason, "urgency": urgency, "summary": summary });
        arguments[&extra] = value;
        let known = ["reason", "urgency", "summary"].contains(&extra.as_str());
        match tools::parse("escalate_call", &arguments.to_string()) {
            ToolRequest::EscalateCall { reason, summary, .. } => {
                prop_assert!(known, "{extra} was taken");
                prop_assert!(reason.chars().count() <= 200 && summary.chars().count() <= 600);
                prop_assert!(!reason.contains(char::is_control) && !summary.contains(char::is_control));
            }
            ToolRequest::Invalid { problem, .. } => prop_assert!(!problem.is_empty()),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn any_escalation_settings_reach_nobody_but_the_numbers_that_they_hold(escalation in any_json(), phone in "\\+?[0-9]{0,16}") {
        let row = OrgRow {
            id: "x".into(),
            name: "X".into(),
            escalation_phone: phone.clone(),
            config: json!({ "escalation": escalation }).to_string(),
            ..OrgRow::default()
        };
        if let Ok(org) = settings::organization(&row) {
            // People write `00` for `+`, and blanks and brackets; the digits are theirs.
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let written = [digits(&phone), digits(&escalation.to_string())];
            let held = |number: &str| written.iter().any(|text| text.contains(&digits(number)));
            prop_assert!(org.escalation.targets.iter().all(|target| held(target.number.e164())));
            prop_assert_eq!(people(&org, Wall(0)).targets.len(), org.escalation.targets.len());
        }
    }
}
