//! Tests of `http::failures`.

use std::net::Ipv4Addr;

use super::*;

const SECOND: u64 = 1_000_000;

fn sender(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))
}

#[test]
fn ten_wrong_keys_may_be_tried_then_one_every_six_seconds() {
    let failures = Failures::default();
    for _ in 0..10 {
        assert_eq!(failures.wait_secs(sender(1), 50 * SECOND), None);
        failures.note(sender(1), 50 * SECOND);
    }
    assert_eq!(failures.wait_secs(sender(1), 50 * SECOND), Some(6));
    assert_eq!(failures.wait_secs(sender(1), 55 * SECOND + 1), Some(1));
    assert_eq!(failures.wait_secs(sender(1), 56 * SECOND), None);
    failures.note(sender(1), 56 * SECOND);
    assert_eq!(failures.wait_secs(sender(1), 56 * SECOND), Some(6));
    assert_eq!(failures.wait_secs(sender(2), 56 * SECOND), None, "nobody else waits");
    assert_eq!(failures.wait_secs(sender(1), 200 * SECOND), None);
}

#[test]
fn any_number_of_senders_takes_bounded_room() {
    let failures = Failures::default();
    for n in 0..SENDERS_MAX as u32 + 100 {
        failures.note(sender(n), SECOND);
    }
    assert_eq!(failures.lock().forgiven_us.len(), SENDERS_MAX);
    failures.note(sender(1 << 20), 1000 * SECOND);
    assert_eq!(failures.lock().forgiven_us.len(), 1, "those who are forgiven are forgotten first");
}
