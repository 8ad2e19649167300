//! Tests of `twilio::rest::wire`.

use super::*;

const LEG: &str = "CA00000000000000000000000000000001";
/// 2026-11-22 21:00:00 UTC.
const SINCE: Wall = Wall(1_795_381_200_000_000);

fn found(direction: &str, created: Option<&str>, started: Option<&str>, status: &str) -> Option<FoundLeg> {
    let (date_created, start_time) = (created.map(str::to_owned), started.map(str::to_owned));
    let (direction, status) = (direction.to_owned(), status.to_owned());
    Call { sid: LEG.to_owned(), status, direction, date_created, start_time }.created_since(SINCE)
}

#[test]
fn only_legs_of_ours_that_are_new_enough_are_found() {
    let at = |time: &str| format!("Sun, 22 Nov 2026 {time} +0000");
    let is_found =
        |created: Option<&str>, started: Option<&str>| found("outbound-api", created, started, "ringing").is_some();
    assert!(is_found(Some(&at("21:00:00")), None));
    assert!(is_found(Some(&at("20:59:55")), None), "clocks differ");
    assert!(!is_found(Some(&at("20:59:54")), None));
    assert!(!is_found(None, Some(&at("20:00:00"))));
    assert!(is_found(None, None), "one too many is better than one too few");
    assert!(is_found(Some("yesterday"), None));
    for direction in ["inbound", "outbound-dial", ""] {
        assert_eq!(found(direction, Some(&at("21:00:01")), None, "ringing"), None, "{direction}");
    }
    assert_eq!(found("outbound-api", None, None, "levitating"), None);
}

#[test]
fn a_room_is_live_until_it_is_completed() {
    let live = |sid: &str, status: &str, name: &str| {
        Conference { sid: sid.to_owned(), status: status.to_owned(), friendly_name: name.to_owned() }.is_live("xfer-1")
    };
    let sid = "CF00000000000000000000000000000001";
    assert!(live(sid, "init", "xfer-1") && live(sid, "in-progress", "xfer-1"));
    assert!(!live(sid, "completed", "xfer-1") && !live(sid, "init", "xfer-2"));
    assert!(!live("CF1", "init", "xfer-1") && !live(&sid.replace('1', "/"), "init", "xfer-1"));
}
