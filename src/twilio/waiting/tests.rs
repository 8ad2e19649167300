//! Tests of `twilio::waiting`.

use futures_util::FutureExt;

use super::*;

#[test]
fn the_one_who_waited_longest_makes_room() {
    let room = Waiting::new(2);
    let (mut first, mut second) = (room.take(), room.take());
    assert!(first.evicted().now_or_never().is_none(), "there is room for two");
    let mut third = room.take();
    assert!(first.evicted().now_or_never().is_some());
    assert!(second.evicted().now_or_never().is_none());
    assert!(third.evicted().now_or_never().is_none());
    assert_eq!(room.len(), 2);
}

#[test]
fn a_seat_that_is_given_back_is_free_and_evicts_nobody() {
    let room = Waiting::new(2);
    let (mut first, second) = (room.take(), room.take());
    drop(second);
    let third = room.take();
    assert!(first.evicted().now_or_never().is_none());
    drop((first, third));
    assert!(room.is_empty());
}
