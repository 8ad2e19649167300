//! Shutting down.

use std::time::Duration;

use switchboard::calls::FAREWELL_WAIT;
use switchboard::ports::door::{Door as _, Refusal};
use switchboard::session::input::LegStatus;
use switchboard::types::{Outcome, Reason};
use tokio::time::{Instant, sleep};

use super::support::{World, leg, refusal};

#[tokio::test(start_paused = true)]
async fn an_idle_switchboard_drains_at_once() {
    let world = World::new();
    let began = Instant::now();
    assert_eq!(world.board.drain(Duration::from_secs(120)).await, 0);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(world.board.is_draining());
    assert_eq!(refusal(&world.ring(1).await), Some(Refusal::Draining));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_by_itself_is_waited_for_and_not_disturbed() {
    let world = World::new();
    let peer = world.on_air(1).await;
    let began = Instant::now();
    let ends = async {
        sleep(Duration::from_secs(5)).await;
        world.board.leg_status(&leg(1), LegStatus::Completed, None);
        drop(peer);
    };
    let (left, ()) = tokio::join!(world.board.drain(Duration::from_secs(120)), ends);
    assert_eq!(left, 0);
    assert!(began.elapsed() < Duration::from_secs(10), "took {:?}", began.elapsed());
    assert_eq!(world.ending(1).reason, Reason::CarrierStatus);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_goes_on_says_goodbye_when_the_wait_is_over() {
    let world = World::new();
    let peer = world.on_air(1).await;
    let began = Instant::now();
    let asks = async {
        sleep(Duration::from_secs(5)).await;
        refusal(&world.ring(2).await)
    };
    let (left, refused) = tokio::join!(world.board.drain(Duration::from_secs(10)), asks);
    assert_eq!((left, refused), (0, Some(Refusal::Draining)));
    assert!(began.elapsed() > Duration::from_secs(10));
    assert!(began.elapsed() <= Duration::from_secs(10) + FAREWELL_WAIT);
    assert_eq!(world.ending(1).reason, Reason::Drained);
    assert!(!peer.frames().is_empty(), "the goodbye is heard");
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(1)]);
    assert_eq!(world.board.task_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_stream_never_comes_is_not_waited_for_for_ever() {
    let world = World::new();
    world.open(1).await;
    let began = Instant::now();
    let left = world.board.drain(Duration::from_secs(1)).await;
    assert!(began.elapsed() <= Duration::from_secs(1) + FAREWELL_WAIT);
    assert_eq!((left, world.ending(1).outcome), (0, Outcome::Canceled), "its place was free after fifteen seconds");
}
