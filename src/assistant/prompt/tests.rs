//! The prompt says what it must and nothing that is not true.

use super::*;
use crate::assistant::settings::{demo_org, organization};
use crate::ports::store::OrgRow;

fn demo() -> Organization {
    organization(&demo_org()).unwrap()
}

fn bare() -> Organization {
    organization(&OrgRow { id: "bare".into(), name: "Bare".into(), ..OrgRow::default() }).unwrap()
}

#[test]
fn it_holds_every_fact_of_the_organization() {
    let text = instructions(&demo());
    let mut facts = vec!["Riverside Clinic", "Monday to Friday", "next working day", "Vaccinations", "+12025550142"];
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
    let text = instructions(&bare());
    for rule in ["Never diagnose", "Promise nothing", "emergency number", "You cannot connect the caller"] {
        assert!(text.contains(rule), "{rule}");
    }
}

#[test]
fn the_same_organization_gives_the_same_text() {
    assert_eq!(instructions(&demo()), instructions(&demo()));
}

#[test]
fn what_is_not_known_leaves_no_empty_section() {
    let text = instructions(&bare());
    assert!(!text.contains("Business hours"));
    assert!(!text.contains("What to find out"));
    assert!(!text.contains("dial this number"));
    assert!(!text.contains("\n\n\n"));
    assert!(text.contains("Nothing more is known"));
}

#[test]
fn required_fields_are_told_apart() {
    let text = instructions(&demo());
    assert!(text.contains("- caller_phone (phone, required)"));
    assert!(text.contains("- notes (text, if it comes up)\n"));
}
