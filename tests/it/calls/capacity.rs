//! Limits as a caller meets them.

use std::time::Duration;

use switchboard::calls::CallLimits;
use switchboard::ports::door::{Door as _, Refusal};
use switchboard::session::input::LegStatus;
use switchboard::types::org::WeekHours;
use switchboard::types::{Outcome, Reason};

use super::support::{World, fate, leg, refusal, ticket};

#[tokio::test(start_paused = true)]
async fn a_fourth_call_of_one_caller_is_refused_until_one_is_over() {
    let world = World::new();
    for n in 1..=3 {
        ticket(&world.ring_from(n, "+15550001111").await);
    }
    assert_eq!(refusal(&world.ring_from(4, "+15550001111").await), Some(Refusal::Busy));
    ticket(&world.ring_from(5, "+15550002222").await);
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    tokio::time::sleep(Duration::from_secs(1)).await;
    ticket(&world.ring_from(6, "+15550001111").await);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_recorded_once_and_refused_again_when_asked_again() {
    let world = World::with_limits(CallLimits::new(0, 0, 1));
    world.open(1).await;
    for _ in 0..2 {
        assert_eq!(refusal(&world.ring(2).await), Some(Refusal::Busy));
    }
    assert_eq!(fate(world.ending(2)), (Outcome::Refused, Reason::Capacity));
    assert_eq!(world.live(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_takes_no_calls_when_it_is_closed_says_so_and_the_call_is_recorded() {
    let world = World::new();
    let reject = |reject: bool, hours: WeekHours| {
        let mut org = world.orgs.org.lock().unwrap();
        (org.turns_away_when_closed, org.hours) = (reject, hours);
    };
    reject(true, WeekHours::Spans(Vec::new()));
    for _ in 0..2 {
        assert_eq!(refusal(&world.ring(1).await), Some(Refusal::Closed));
    }
    assert_eq!(fate(world.ending(1)), (Outcome::Refused, Reason::Closed));
    reject(false, WeekHours::Spans(Vec::new()));
    ticket(&world.ring(2).await);
    reject(true, WeekHours::Always);
    ticket(&world.ring(3).await);
}

#[tokio::test(start_paused = true)]
async fn callers_without_a_number_share_a_limit() {
    let world = World::with_limits(CallLimits::new(1, 50, 500));
    for (n, caller) in ["", "anonymous", "sip:someone@example.com"].iter().enumerate() {
        ticket(&world.ring_from(n as u32, caller).await);
    }
    assert_eq!(refusal(&world.ring_from(9, "").await), Some(Refusal::Busy));
    ticket(&world.ring_from(10, "+15550001111").await);
}

#[tokio::test(start_paused = true)]
async fn a_reservation_whose_stream_never_comes_is_given_back() {
    let world = World::with_limits(CallLimits::new(0, 0, 1));
    world.open(1).await;
    assert_eq!(refusal(&world.ring(2).await), Some(Refusal::Busy));
    world.quiet(Duration::from_secs(80)).await;
    world.open(3).await;
}
