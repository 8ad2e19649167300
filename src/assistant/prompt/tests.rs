//! The prompt says what it must and nothing that is not true.

use super::*;
use crate::assistant::settings::{demo_org, organization};
use crate::ports::store::OrgRow;
use crate::types::Wall;

const AT: Wall = Wall(1_796_000_000_000_000);

fn demo() -> Organization {
    organization(&demo_org()).unwrap()
}

fn bare() -> Organization {
    organization(&OrgRow { id: "bare".into(), name: "Bare".into(), ..OrgRow::default() }).unwrap()
}

#[test]
fn it_holds_every_fact_of_the_organization() {
    let text = instructions(&demo(), AT);
    let mut facts = vec!["Riverside Clinic", "Monday to Friday", "next working day", "Vaccinations"];
    facts.extend([
        "caller_name",
        "special_requirements",
        "May I have your name, please?",
        "complete_intake",
        "end_call",
    ]);
    for fact in facts {
        assert!(text.contains(fact), "{fact}");
    }
}

#[test]
fn it_forbids_advice_and_promises() {
    let text = instructions(&bare(), AT);
    for rule in ["Never diagnose", "Promise nothing", "emergency number", "You cannot connect the caller"] {
        assert!(text.contains(rule), "{rule}");
    }
}

/// The organization `x` with this `config.escalation` and this phone.
fn with_escalation(phone: &str, escalation: &serde_json::Value) -> Organization {
    let config = serde_json::json!({ "escalation": escalation }).to_string();
    let row = OrgRow { id: "x".into(), name: "X".into(), escalation_phone: phone.into(), config, ..OrgRow::default() };
    organization(&row).unwrap()
}

#[test]
fn a_transfer_is_promised_only_if_somebody_can_be_rung() {
    let text = instructions(&demo(), AT);
    assert!(text.contains("bring a person into the call, with escalate_call"));
    assert!(!text.contains("You cannot connect the caller"));
    for rule in ["Never promise that somebody will answer", "Never give the caller a number", "do not greet again"] {
        assert!(text.contains(rule), "{rule}");
    }
    let pass_on = instructions(&with_escalation("", &serde_json::json!({ "fallback": "callback" })), AT);
    assert!(pass_on.contains("You cannot connect the caller") && pass_on.contains("use escalate_call"));
    let alone = instructions(&with_escalation("", &serde_json::json!({ "fallback": "assistant" })), AT);
    assert!(alone.contains("You cannot connect the caller") && !alone.contains("escalate_call"));
}

#[test]
fn no_tool_is_named_that_the_model_does_not_have() {
    use crate::assistant::tools::specs;
    let all = ["complete_intake", "escalate_call", "end_call"];
    let assistant = serde_json::json!({ "fallback": "assistant" });
    for org in [demo(), bare(), with_escalation("", &assistant), with_escalation("+12025550142", &assistant)] {
        let (text, specs) = (instructions(&org, AT), specs(&org));
        for tool in all {
            assert_eq!(text.contains(tool), specs.iter().any(|spec| spec.name == tool), "{tool} of {}", org.id);
        }
    }
}

#[test]
fn no_number_is_told_that_the_gateway_could_ring() {
    for org in [demo(), with_escalation("+12025550142", &serde_json::json!({}))] {
        let text = instructions(&org, AT);
        assert!(!text.contains("+1") && !text.contains("2025550"), "{text}");
    }
    let by_hand = instructions(&with_escalation("311", &serde_json::json!({ "fallback": "assistant" })), AT);
    assert!(by_hand.contains("may dial this number themselves: 311."));
}

#[test]
fn the_same_organization_gives_the_same_text() {
    assert_eq!(instructions(&demo(), AT), instructions(&demo(), AT));
}

#[test]
fn what_is_not_known_leaves_no_empty_section() {
    let text = instructions(&bare(), AT);
    assert!(!text.contains("Business hours"));
    assert!(!text.contains("What to find out"));
    assert!(!text.contains("dial this number"));
    assert!(!text.contains("\n\n\n"));
    assert!(text.contains("Nothing more is known"));
}

#[test]
fn required_fields_are_told_apart() {
    let text = instructions(&demo(), AT);
    assert!(text.contains("- caller_phone (phone, required)"));
    assert!(text.contains("- notes (text, if it comes up)\n"));
}
