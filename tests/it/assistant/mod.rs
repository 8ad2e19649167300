//! Tests of `assistant`: whatever a model or an organization writes is read or refused with a reason.

use proptest::prelude::*;
use switchboard::assistant::{settings, tools};
use switchboard::ports::store::OrgRow;
use switchboard::session::input::ToolRequest;

use crate::realtime::arbitrary::any_json;

const TOOLS: &[&str] = &["end_call", "complete_intake", "transfer_call", ""];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_arguments_are_read_or_answered(name in prop::sample::select(TOOLS), arguments in any_json()) {
        if let ToolRequest::Invalid { problem, .. } = tools::parse(name, &arguments.to_string()) {
            prop_assert!(!problem.is_empty());
        }
    }

    #[test]
    fn an_intake_of_anything_keeps_its_facts(data in any_json()) {
        let arguments = serde_json::json!({"structured_data": data, "urgency_level": "high"}).to_string();
        match tools::parse("complete_intake", &arguments) {
            ToolRequest::CompleteIntake { intake, .. } => {
                let stored: serde_json::Value = serde_json::from_str(&intake.json).expect("stored as JSON");
                prop_assert!(intake.fields.iter().all(|(name, text)| stored.get(name).is_some() && !text.is_empty()));
            }
            ToolRequest::Invalid { problem, .. } => prop_assert!(!problem.is_empty()),
            ToolRequest::EndCall { .. } | ToolRequest::EscalateCall { .. } => prop_assert!(false, "another tool"),
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
}
