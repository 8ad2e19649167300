//! Calls that an earlier process left open go on, or get their outcome.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::atomic::Ordering;
use std::time::Duration;

use switchboard::ports::carrier::FoundLeg;
use switchboard::ports::door::{Answer, Door as _};
use switchboard::ports::store::CallRow;
use switchboard::session::document::Document;
use switchboard::session::effect::{Event, Record};
use switchboard::session::fact::{AttemptFact, EscalationFact};
use switchboard::session::input::{LegStatus, Question, StaffInput};
use switchboard::session::policy::{PastAttempt, PastEscalation};
use switchboard::types::{
    AnsweredBy, AttemptState, Cause, Direction, EscalationState, Outcome, Reason, TransferMode, Urgency,
};
use tokio::time::{Instant, sleep};

use super::fakes::plain_past;
use super::support::{FakeHistory, World, fate, leg, media_link, open_row, ticket};

/// A world in which an earlier process left this call.
fn left(row: &CallRow) -> World {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    world.history.unfinished.lock().unwrap().push(row.clone());
    world.history.by_leg.lock().unwrap().insert(leg(1), row.clone());
    world
}

/// The same, with an operator's leg 7 in this state.
fn left_in(state: EscalationState, attempt: AttemptState) -> World {
    let row = open_row(1);
    let world = left(&row);
    let fact = EscalationFact {
        no: 1,
        cause: Cause::CallerAsked,
        urgency: Urgency::High,
        reason: String::new(),
        summary: String::new(),
    };
    let target = "desk".parse().unwrap();
    let attempt = PastAttempt {
        fact: AttemptFact { no: 1, escalation: 1, target, mode: TransferMode::Warm },
        state: attempt,
        leg: Some(leg(7)),
    };
    let open = Some(PastEscalation { fact, state, only: None, attempts: vec![attempt] });
    let past = switchboard::session::policy::Past { escalations: 1, attempts: 1, open, ..plain_past() };
    world.history.pasts.lock().unwrap().insert(row.id, past);
    world
}

fn records(world: &World) -> Vec<Record> {
    world.journal.records_of(open_row(1).id, FakeHistory::NEXT)
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_is_still_there_goes_on_with_a_new_stream() {
    let world = left(&open_row(1));
    world.board.sweep();
    world.settle().await;
    assert_eq!(world.call(), open_row(1).id);
    assert!(matches!(records(&world).first(), Some(Record::Event(Event::TakenUp))));
    let script = world.board.ask(&leg(1), Question::AfterStream).await.unwrap();
    assert!(matches!(script.document, Document::Connect));
    let claim = world.claim(script.ticket.unwrap().expose(), 1);
    let (link, _peer) = media_link(1);
    world.board.attach(claim, link).unwrap();
    sleep(Duration::from_secs(2)).await;
    assert_eq!(world.live(), 1);
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.quiet(Duration::from_secs(20)).await;
    let ending = world.journal.ending_of(open_row(1).id, FakeHistory::NEXT).unwrap();
    assert_eq!(ending.outcome, Outcome::CallerHungUp);
    assert!(ending.at.0 > 90_000, "its clock goes on: {:?}", ending.at);
}

#[tokio::test(start_paused = true)]
async fn a_voice_webhook_again_connects_the_caller_anew() {
    let world = left(&open_row(1));
    world.board.sweep();
    world.settle().await;
    let ticket = ticket(&world.ring(1).await);
    world.claim(&ticket, 1);
    assert_eq!(world.journal.openings(), 0, "no second call");
}

#[tokio::test(start_paused = true)]
async fn webhooks_that_come_before_the_call_is_taken_up_wait_for_it() {
    // Others are before it, and each takes its time.
    let world = left(&open_row(1));
    for n in 2..40 {
        world.history.unfinished.lock().unwrap().insert(0, open_row(n));
    }
    world.history.past_ms.store(1_000, Ordering::Relaxed);
    let (caller, began) = (leg(1), Instant::now());
    let (ring, script, ()) =
        tokio::join!(world.ring(1), world.board.ask(&caller, Question::AfterStream), async { world.board.sweep() });
    assert!(matches!(ring, Answer::Connect { .. }));
    assert!(matches!(script.unwrap().document, Document::Connect));
    assert!(began.elapsed() <= Duration::from_millis(1_500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_in_time_is_asked_again_until_there_is_an_answer() {
    let world = left(&open_row(1));
    world.history.past_ms.store(10_000, Ordering::Relaxed);
    world.board.sweep();
    world.settle().await;
    let began = Instant::now();
    assert!(world.board.ask(&leg(1), Question::AfterStream).await.is_none());
    assert!(began.elapsed() <= Duration::from_millis(1_500));
    assert!(matches!(world.ring(1).await, Answer::AskAgain), "a repeated webhook, too");
    let question = Question::OperatorAnswered { attempt: 1, leg: leg(7), by: AnsweredBy::Human };
    assert!(world.board.ask_call(open_row(1).id, question.clone()).await.is_none());
    sleep(Duration::from_secs(10)).await;
    let script = world.board.ask(&leg(1), Question::AfterStream).await.unwrap();
    assert!(matches!(script.document, Document::Connect));
    let script = world.board.ask_call(open_row(1).id, question).await.unwrap();
    assert!(matches!(script.document, Document::HangUp), "an attempt that nobody knows");
}

#[tokio::test(start_paused = true)]
async fn a_database_that_stands_still_at_start_loses_no_caller() {
    let world = left(&open_row(1));
    // Three tries with two seconds between them.
    world.history.away.store(3, Ordering::Relaxed);
    world.board.sweep();
    let mut asked = 0;
    let script = loop {
        asked += 1;
        assert!(asked < 10);
        if let Some(script) = world.board.ask(&leg(1), Question::AfterStream).await {
            break script;
        }
        sleep(Duration::from_secs(2)).await;
    };
    assert!(matches!(script.document, Document::Connect), "{:?}", script.document);
    assert!(asked > 1);
}

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
    world.settle().await;
    world.quiet(Duration::from_secs(10)).await;
    for (n, _, outcome) in cases {
        let ending = world.journal.ending_of(open_row(n).id, FakeHistory::NEXT).unwrap();
        assert_eq!(ending.outcome, outcome);
    }
    assert!(world.journal.ending_of(open_row(6).id, FakeHistory::NEXT).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_can_tell_of_does_not_stay_open() {
    let world = left(&open_row(1));
    world.carrier.unconfigured.store(true, Ordering::Relaxed);
    world.board.sweep();
    world.settle().await;
    world.quiet(Duration::from_secs(120)).await;
    assert!(world.journal.ending_of(open_row(1).id, FakeHistory::NEXT).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_of_which_too_little_is_known_is_lost_and_its_caller_is_told() {
    let world = left_in(EscalationState::Briefing, AttemptState::Briefing);
    world.orgs.none.store(true, Ordering::Relaxed);
    world.board.sweep();
    world.settle().await;
    let ending = world.journal.ending_of(open_row(1).id, FakeHistory::NEXT).unwrap();
    assert_eq!((fate(ending), ending.at.0 / 1_000), ((Outcome::Lost, Reason::Crashed), 90));
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(7)]);
    assert_eq!(world.carrier.rooms_ended.lock().unwrap().len(), 1);
    let script = world.board.ask(&leg(1), Question::AfterStream).await.unwrap();
    assert!(matches!(script.document, Document::Apologise));
    assert!(matches!(world.ring(1).await, Answer::HangUp));
}

#[tokio::test(start_paused = true)]
async fn a_past_that_cannot_be_read_loses_the_call() {
    let world = left(&open_row(1));
    world.history.lost.lock().unwrap().push(open_row(1).id);
    world.board.sweep();
    world.settle().await;
    let ending = world.journal.ending_of(open_row(1).id, FakeHistory::NEXT).unwrap();
    assert_eq!(fate(ending), (Outcome::Lost, Reason::Crashed));
}

#[tokio::test(start_paused = true)]
async fn an_outbound_call_without_a_leg_is_lost_and_what_rings_for_it_is_ended() {
    let row = CallRow {
        leg: None,
        direction: Direction::Outbound,
        caller: Some("+15550009999".to_owned()),
        dialled: Some("+15551234567".to_owned()),
        ..open_row(1)
    };
    let world = left(&row);
    *world.carrier.found.lock().unwrap() = vec![FoundLeg { leg: leg(9), status: LegStatus::Ringing }];
    world.board.sweep();
    world.settle().await;
    world.quiet(Duration::from_secs(30)).await;
    let ending = world.journal.ending_of(row.id, FakeHistory::NEXT).unwrap();
    assert_eq!(fate(ending), (Outcome::Lost, Reason::Crashed));
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(9)]);
}

#[tokio::test(start_paused = true)]
async fn calls_of_this_process_are_left_alone() {
    let world = World::new();
    world.open(1).await;
    let own = CallRow { id: world.call(), ..open_row(1) };
    *world.history.unfinished.lock().unwrap() = vec![own, open_row(1)];
    world.board.sweep();
    world.settle().await;
    assert_eq!(world.live(), 1);
    assert!(world.journal.records_of(open_row(1).id, FakeHistory::NEXT).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_at_start_is_waited_for() {
    let world = left(&open_row(1));
    world.history.away.store(4, Ordering::Relaxed);
    world.board.sweep();
    sleep(Duration::from_secs(20)).await;
    assert!(!records(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn operators_who_had_not_agreed_are_ended_and_those_who_had_are_kept() {
    let cases = [
        (EscalationState::Dialing, AttemptState::Dialing, false),
        (EscalationState::Briefing, AttemptState::Briefing, false),
        (EscalationState::Merging, AttemptState::Accepted, true),
        (EscalationState::Bridged, AttemptState::Bridged, true),
    ];
    for (state, attempt, kept) in cases {
        let world = left_in(state, attempt);
        world.board.sweep();
        sleep(Duration::from_secs(1)).await;
        let ended = world.carrier.hung_up.lock().unwrap().contains(&leg(7));
        assert_eq!(ended, !kept, "{state}");
        assert_eq!(world.board.live()[0].escalation.is_some(), kept, "{state}");
        world.board.command(world.call(), StaffInput::End).await.unwrap();
        world.board.leg_status(&leg(1), LegStatus::Completed, None);
        world.quiet(Duration::from_secs(60)).await;
        assert!(world.carrier.hung_up.lock().unwrap().contains(&leg(7)), "{state}: nobody is left on the phone");
        assert!(world.journal.ending_of(open_row(1).id, FakeHistory::NEXT).is_some(), "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_shuts_down_leaves_calls_that_wait_to_the_next() {
    let world = left(&open_row(1));
    world.history.past_ms.store(1_000, Ordering::Relaxed);
    for n in 2..20 {
        world.history.unfinished.lock().unwrap().insert(0, open_row(n));
        world.carrier.statuses.lock().unwrap().insert(leg(n), LegStatus::Completed);
    }
    world.board.sweep();
    world.settle().await;
    world.board.drain(Duration::from_secs(5)).await;
    sleep(Duration::from_secs(2)).await;
    assert!(records(&world).is_empty());
    assert_eq!(world.live(), 0);
}
