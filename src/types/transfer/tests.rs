//! Tests of the names of attempts, targets and rooms.

use super::*;

#[test]
fn an_attempt_id_is_read_as_it_was_written() {
    let call: CallId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
    let id = AttemptId { call, no: 12 };
    assert_eq!(id.to_string().parse(), Ok(id));
    for wrong in ["", "-1", "01930000-0000-7000-8000-000000000001", "01930000-0000-7000-8000-000000000001-01"] {
        assert!(wrong.parse::<AttemptId>().is_err(), "{wrong}");
    }
}

#[test]
fn a_target_is_a_plain_word() {
    assert!("front-desk_2".parse::<TargetId>().is_ok());
    for wrong in ["", "Front", "+15550100001", "a/b", &"x".repeat(65)] {
        assert!(wrong.parse::<TargetId>().is_err(), "{wrong}");
    }
}
