//! What goes wrong in one call stays in it, and nothing that was recorded is lost.

use std::sync::atomic::Ordering;
use std::time::Duration;

use switchboard::ports::door::{Answer, Door as _};
use switchboard::ports::model::{ModelCommand, ModelEvent};
use switchboard::session::document::Document;
use switchboard::session::input::{FaultKind, LegStatus, ModelInput};
use switchboard::telemetry::Trouble;
use switchboard::types::{Outcome, Reason};
use tokio::time::sleep;

use super::support::{World, fate, flooding_link, leg, panicking_link};

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_own_call_only() {
    let world = World::new();
    let ticket = world.open(1).await;
    let _other = world.on_air(2).await;
    world.board.attach(world.claim(&ticket, 1), panicking_link(1)).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::InternalError, Reason::Panicked));
    let live: Vec<_> = world.board.live().into_iter().map(|live| live.leg).collect();
    assert_eq!(live, [Some(leg(2))]);
    assert_eq!(world.after_stream(1).await.0, Document::Apologise);
    assert!(matches!(world.ring(1).await, Answer::HangUp));
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_its_place_and_its_tasks_back() {
    let world = World::new();
    world.connector.panics.store(true, Ordering::Relaxed);
    for n in 1..=5 {
        // One caller has three places.
        world.ring_from(n, "+15550001111").await;
        world.quiet(Duration::from_secs(5)).await;
        assert_eq!(fate(world.ending(n)), (Outcome::InternalError, Reason::Panicked));
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_refuses_us_ends_the_call_with_a_sentence() {
    let world = World::new();
    world.connector.refuses.store(true, Ordering::Relaxed);
    let peer = world.on_air(1).await;
    world.quiet(Duration::from_secs(30)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::ModelUnavailable, Reason::ModelRefused));
    assert!(!peer.frames().is_empty(), "the caller is told");
}

#[tokio::test(start_paused = true)]
async fn records_that_a_full_journal_refuses_arrive_later_and_in_order() {
    let world = World::new();
    world.open(1).await;
    let taken = world.journal.records_of_leg(1).len();
    world.journal.full.store(true, Ordering::Relaxed);
    world.board.leg_status(&leg(1), LegStatus::InProgress, None);
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(world.live(), 0, "the call itself is over");
    assert_eq!(world.journal.records_of_leg(1).len(), taken);
    world.journal.full.store(false, Ordering::Relaxed);
    world.quiet(Duration::from_secs(5)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::CallerHungUp, Reason::CarrierStatus));
}

#[tokio::test(start_paused = true)]
async fn a_flood_on_a_stream_starves_neither_the_call_nor_the_others() {
    let world = World::new();
    let ticket = world.open(1).await;
    world.board.attach(world.claim(&ticket, 1), flooding_link(1)).unwrap();
    tokio::task::yield_now().await;
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fate(world.ending(1)), (Outcome::CallerHungUp, Reason::CarrierStatus));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_cannot_be_reached_is_tried_again() {
    let world = World::new();
    world.connector.unreachable.store(1, Ordering::Relaxed);
    let _peer = world.on_air(1).await;
    sleep(Duration::from_secs(1)).await;
    let sent = world.connector.peers.lock().unwrap()[0].sent.lock().unwrap().clone();
    assert!(matches!(sent.first(), Some(ModelCommand::Configure { plain: false })), "{sent:?}");
    assert_eq!(world.live(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_connection_breaks_ends_the_call_with_a_sentence() {
    let world = World::new();
    let peer = world.on_air(1).await;
    sleep(Duration::from_secs(1)).await;
    world.connector.peers.lock().unwrap().clear();
    world.quiet(Duration::from_secs(30)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::ModelUnavailable, Reason::ModelLost));
    assert!(!peer.frames().is_empty(), "the caller is told");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_refuses_us_is_known_to_the_installation_at_once() {
    let world = World::new();
    world.connector.refuses.store(true, Ordering::Relaxed);
    let _peer = world.on_air(1).await;
    world.quiet(Duration::from_secs(30)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::ModelUnavailable, Reason::ModelRefused));
    let standing: Vec<_> = world.troubles.standing().into_iter().map(|standing| standing.trouble).collect();
    assert_eq!(standing, [Trouble::ModelRefused]);
}

#[tokio::test(start_paused = true)]
async fn what_the_model_does_badly_in_a_call_is_known_to_the_installation() {
    let world = World::new();
    let _peer = world.on_air(1).await;
    sleep(Duration::from_secs(1)).await;
    assert!(world.troubles.standing().is_empty());
    let say = |input: ModelInput| {
        let peers = world.connector.peers.lock().unwrap();
        peers[0].events.send(ModelEvent::Input(input)).unwrap();
    };
    say(ModelInput::CallerTextFailed { item: "u1".into(), code: "model_not_found".into() });
    sleep(Duration::from_millis(10)).await;
    let cause = |trouble: Trouble| {
        world
            .troubles
            .standing()
            .into_iter()
            .find(|standing| standing.trouble == trouble)
            .map(|standing| standing.cause)
    };
    assert_eq!(cause(Trouble::Transcription).as_deref(), Some("model_not_found"));
    say(ModelInput::Fault { about: None, kind: FaultKind::Fatal, code: "insufficient_quota".into() });
    sleep(Duration::from_millis(10)).await;
    assert_eq!(cause(Trouble::ModelRefused).as_deref(), Some("insufficient_quota"));
}
