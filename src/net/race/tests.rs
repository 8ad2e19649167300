//! Tests of `race`, in virtual time: the address says what becomes of it.

use std::future::{pending, ready};
use std::sync::Mutex;

use tokio::time::Instant;

use super::*;

/// The port is the number of milliseconds after which a connection is made; address 10.x fails then instead, address
/// 11.x swallows everything.
async fn connect(address: SocketAddr) -> io::Result<u16> {
    let SocketAddr::V4(v4) = address else { return Err(io::ErrorKind::Unsupported.into()) };
    if v4.ip().octets()[0] == 11 {
        return pending().await;
    }
    sleep(Duration::from_millis(u64::from(v4.port()))).await;
    if v4.ip().octets()[0] == 10 { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(v4.port()) }
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// What came of a race of these, with milliseconds.
async fn raced(
    first: &[&str],
    more: impl Future<Output = Vec<SocketAddr>>,
) -> (Result<SocketAddr, io::ErrorKind>, u128) {
    let began = Instant::now();
    let made = race(first.iter().map(|text| at(text)).collect(), more, connect).await;
    (made.map(|(address, _)| address).map_err(|error| error.kind()), began.elapsed().as_millis())
}

#[tokio::test(start_paused = true)]
async fn a_route_that_swallows_everything_costs_a_quarter_of_a_second() {
    let (swallows, works) = ("11.0.0.1:1", "192.0.2.1:20");
    assert_eq!(raced(&[swallows, works], ready(vec![])).await, (Ok(at(works)), 270));
    assert_eq!(raced(&[works, swallows], ready(vec![])).await, (Ok(at(works)), 20));
}

#[tokio::test(start_paused = true)]
async fn a_failure_starts_the_next_at_once() {
    let won = raced(&["10.0.0.1:5", "10.0.0.2:5", "192.0.2.1:20"], ready(vec![])).await;
    assert_eq!(won, (Ok(at("192.0.2.1:20")), 30));
}

#[tokio::test(start_paused = true)]
async fn the_first_to_be_made_wins_and_nobody_is_tried_twice() {
    let tried = Mutex::new(Vec::new());
    let first = ["192.0.2.1:900", "192.0.2.1:900", "192.0.2.2:100"].map(at).to_vec();
    let made = race(first, pending(), |address| {
        tried.lock().unwrap().push(address);
        connect(address)
    });
    assert_eq!(made.await.unwrap().0, at("192.0.2.2:100"));
    assert_eq!(*tried.lock().unwrap(), ["192.0.2.1:900", "192.0.2.2:100"].map(at));
}

#[tokio::test(start_paused = true)]
async fn more_addresses_are_asked_for_only_if_the_first_do_not_help() {
    let untouched = async { panic!("nobody needs them") };
    assert_eq!(raced(&["192.0.2.1:200"], untouched).await, (Ok(at("192.0.2.1:200")), 200));

    let more = async {
        sleep(Duration::from_millis(50)).await;
        vec![at("11.0.0.1:1"), at("192.0.2.9:10")]
    };
    let swallowed = raced(&["11.0.0.1:1"], more).await;
    assert_eq!(swallowed, (Ok(at("192.0.2.9:10")), 310), "250 alone, 50 for the name, 10 to connect");

    let failed = raced(&["10.0.0.1:5"], ready(vec![at("192.0.2.9:10")])).await;
    assert_eq!(failed, (Ok(at("192.0.2.9:10")), 15));
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_last_failure_is_told() {
    let refused = Err(io::ErrorKind::ConnectionRefused);
    assert_eq!(raced(&["10.0.0.1:5", "10.0.0.2:5"], ready(vec![])).await, (refused, 10));
    assert_eq!(raced(&[], ready(vec![])).await.0, Err(io::ErrorKind::AddrNotAvailable));
}

#[tokio::test(start_paused = true)]
async fn a_name_server_that_is_dead_does_not_stop_a_connection_that_takes_long() {
    assert_eq!(raced(&["192.0.2.1:1900"], pending()).await, (Ok(at("192.0.2.1:1900")), 1900));
}
