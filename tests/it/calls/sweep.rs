//! Calls that an earlier process left open.

use std::sync::atomic::Ordering;
use std::time::Duration;

use switchboard::ports::door::{Answer, AttachError, Door as _};
use switchboard::session::document::Document;
use switchboard::session::input::LegStatus;
use switchboard::types::{Outcome, Reason};
use tokio::time::sleep;

use super::support::{FakeHistory, World, fate, leg, open_row};

#[tokio::test(start_paused = true)]
async fn what_the_carrier_knows_decides() {
    let world = World::new();
    let cases = [
        (1, LegStatus::Completed, Outcome::CallerHungUp),
        (2, LegStatus::Busy, Outcome::Busy),
        (3, LegStatus::NoAnswer, Outcome::NoAnswer),
        (4, LegStatus::Failed, Outcome::Failed),
        (5, LegStatus::Canceled, Outcome::Canceled),
    ];
    for (n, status, _) in cases {
        world.history.unfinished.lock().unwrap().push(open_row(n));
        world.carrier.statuses.lock().unwrap().insert(leg(n), status);
    }
    world.history.unfinished.lock().unwrap().push(open_row(6));
    world.carrier.gone.lock().unwrap().push(leg(6));
    world.board.sweep();
    sleep(Duration::from_secs(1)).await;
    for (n, _, outcome) in cases {
        let (no, ending) = world.journal.swept(&open_row(n)).unwrap();
        assert_eq!((no, fate(ending)), (FakeHistory::NEXT, (outcome, Reason::Crashed)));
        assert_eq!(ending.at.0, 90_000, "since the call began");
    }
    let (_, ending) = world.journal.swept(&open_row(6)).unwrap();
    assert_eq!(fate(ending), (Outcome::Lost, Reason::Crashed));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_can_tell_of_is_lost_after_a_minute() {
    for configured in [true, false] {
        let world = World::new();
        world.carrier.unconfigured.store(!configured, Ordering::Relaxed);
        world.history.unfinished.lock().unwrap().push(open_row(1));
        world.board.sweep();
        sleep(Duration::from_secs(59)).await;
        assert_eq!(world.journal.swept(&open_row(1)), None);
        sleep(Duration::from_secs(2)).await;
        let (_, ending) = world.journal.swept(&open_row(1)).unwrap();
        assert_eq!(fate(ending), (Outcome::Lost, Reason::Crashed));
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_is_still_there_hears_that_we_are_sorry() {
    let world = World::new();
    world.history.unfinished.lock().unwrap().push(open_row(1));
    world.board.sweep();
    sleep(Duration::from_secs(1)).await;
    assert!(matches!(world.ring(1).await, Answer::HangUp));
    assert_eq!(world.board.claim("ticket", &leg(1)).err(), Some(AttachError::Over));
    assert_eq!(world.after_stream(1).await.0, Document::Apologise);
    sleep(Duration::from_millis(10)).await;
    let (_, ending) = world.journal.swept(&open_row(1)).unwrap();
    assert_eq!(fate(ending), (Outcome::Lost, Reason::Crashed));
    assert_eq!(world.after_stream(1).await.0, Document::Apologise, "asked again");
}

#[tokio::test(start_paused = true)]
async fn a_callback_decides_without_credentials() {
    let world = World::new();
    world.carrier.unconfigured.store(true, Ordering::Relaxed);
    world.history.unfinished.lock().unwrap().push(open_row(1));
    world.board.sweep();
    sleep(Duration::from_secs(5)).await;
    world.board.leg_status(&leg(1), LegStatus::InProgress, None);
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    sleep(Duration::from_millis(10)).await;
    let (_, ending) = world.journal.swept(&open_row(1)).unwrap();
    assert_eq!(fate(ending), (Outcome::CallerHungUp, Reason::Crashed));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_leg_is_lost_at_once_and_live_calls_are_left_alone() {
    let world = World::new();
    world.open(1).await;
    let mut orphan = open_row(2);
    orphan.leg = None;
    *world.history.unfinished.lock().unwrap() = vec![open_row(1), orphan.clone()];
    world.board.sweep();
    sleep(Duration::from_secs(30)).await;
    assert_eq!(fate(world.journal.swept(&orphan).unwrap().1), (Outcome::Lost, Reason::Crashed));
    assert_eq!(world.journal.swept(&open_row(1)), None);
    assert_eq!(world.live(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_at_start_is_waited_for() {
    let world = World::new();
    world.history.away.store(3, Ordering::Relaxed);
    world.journal.full.store(true, Ordering::Relaxed);
    world.history.unfinished.lock().unwrap().push(open_row(1));
    world.carrier.statuses.lock().unwrap().insert(leg(1), LegStatus::Completed);
    world.board.sweep();
    sleep(Duration::from_secs(20)).await;
    world.journal.full.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(2)).await;
    assert!(world.journal.swept(&open_row(1)).is_some());
}
