//! Tests of `twilio::complaints`.

use super::*;

#[test]
fn one_line_a_second_for_each_reason_with_the_number_of_the_others() {
    let complaints = Complaints::default();
    let began = Instant::now();
    assert_eq!(complaints.may_say("mismatch", began), Some(0));
    for ms in [0, 1, 999] {
        assert_eq!(complaints.may_say("mismatch", began + Duration::from_millis(ms)), None);
    }
    assert_eq!(complaints.may_say("missing", began), Some(0), "another reason");
    assert_eq!(complaints.may_say("mismatch", began + EVERY), Some(3));
    assert_eq!(complaints.may_say("mismatch", began + 3 * EVERY), Some(0));
}
