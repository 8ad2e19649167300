//! Webhooks about a call that another process has: they do no harm, and are answered when the call is here.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use switchboard::ports::door::{Answer, Door as _};
use switchboard::session::document::Document;
use switchboard::session::input::{LegStatus, Question};
use switchboard::types::AttemptId;
use tokio::time::{sleep, timeout};

use super::support::{World, leg, open_row};

/// A call of another process, whose leg is 1.
fn beside() -> World {
    let world = World::new();
    let row = open_row(1);
    world.history.by_leg.lock().unwrap().insert(leg(1), row.clone());
    world.history.elsewhere.lock().unwrap().push(row.id);
    world.board.sweep();
    world
}

#[tokio::test(start_paused = true)]
async fn a_voice_webhook_is_told_to_ask_again_and_begins_no_second_call() {
    let world = beside();
    assert!(matches!(world.ring(1).await, Answer::AskAgain));
    assert_eq!(world.live(), 0);
    assert!(matches!(world.ring(2).await, Answer::Connect { .. }), "others are served");
}

#[tokio::test(start_paused = true)]
async fn a_question_waits_until_the_call_is_taken_up_here() {
    let world = beside();
    world.settle().await;
    let leg = leg(1);
    let ask = || world.board.ask(&leg, Question::AfterStream);
    assert!(ask().await.is_none(), "to be asked again");
    let mut asked = std::pin::pin!(ask());
    assert!(timeout(Duration::from_millis(300), asked.as_mut()).await.is_err());
    // The other process is dead.
    world.history.elsewhere.lock().unwrap().clear();
    world.history.unfinished.lock().unwrap().push(open_row(1));
    world.board.sweep();
    assert!(matches!(asked.await.unwrap().document, Document::Connect));
}

#[tokio::test(start_paused = true)]
async fn a_leg_of_another_process_is_not_ended_as_a_stray() {
    let world = beside();
    world.settle().await;
    let attempt = AttemptId { call: open_row(1).id, no: 1 };
    world.board.operator_status(attempt, &leg(7), LegStatus::Ringing, None);
    world.board.leg_status(&leg(1), LegStatus::InProgress, None);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(world.carrier.hung_up.lock().unwrap().len(), 0);
    // Nobody has this one.
    world.history.elsewhere.lock().unwrap().clear();
    world.board.operator_status(attempt, &leg(8), LegStatus::Ringing, None);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(8)]);
}
