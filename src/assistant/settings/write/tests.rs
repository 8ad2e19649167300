//! What writing asks beyond reading.

use crate::assistant::demo_org;
use crate::assistant::settings::{check, organization};
use crate::ports::store::OrgRow;

#[test]
fn the_demonstrations_organization_may_be_written_as_it_is() {
    let mut row = demo_org();
    let checked = check(&mut row).expect("it has no faults");
    assert_eq!(checked.org.escalation.targets.len(), 2);
}

#[test]
fn what_an_older_version_stored_is_still_read() {
    let config =
        r#"{"colour": "blue", "escalation": {"targets": [{"id": "a", "number": "+1 (202) 555-0121", "x": 1}]}}"#;
    let mut row = OrgRow { config: config.into(), ..demo_org() };
    let read = organization(&row).expect("reading is lenient");
    assert_eq!(read.escalation.targets[0].number.e164(), "+12025550121");
    let problems = check(&mut row).expect_err("writing is not");
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/config/colour", "/config/escalation/targets/0/x"]);
}

#[test]
fn the_number_of_the_office_is_a_target_however_it_was_written() {
    let row = OrgRow { escalation_phone: "+1 (202) 555-0142".into(), config: "{}".into(), ..demo_org() };
    let read = organization(&row).expect("it has no faults");
    assert_eq!(read.escalation.targets[0].number.e164(), "+12025550142");
}

#[test]
fn a_call_does_not_outlast_the_models_session() {
    let mut row = OrgRow { config: r#"{"call_secs_max": 7200}"#.into(), ..demo_org() };
    assert_eq!(organization(&row).expect("an older version stored it").call_secs_max, Some(3500));
    let problems = check(&mut row).expect_err("nobody may store it any more");
    assert_eq!(problems[0].pointer, "/config/call_secs_max");
    let mut row = OrgRow { config: r#"{"call_secs_max": 3500}"#.into(), ..demo_org() };
    check(&mut row).expect("this is the longest");
}

#[test]
fn each_place_has_one_complaint() {
    let config = r#"{"escalation": {"targets": [{"id": "a", "number": "911"}]}}"#;
    let mut row = OrgRow { config: config.into(), ..demo_org() };
    let problems = check(&mut row).expect_err("nobody can be rung");
    assert_eq!(problems.len(), 1, "{problems:?}");
}
