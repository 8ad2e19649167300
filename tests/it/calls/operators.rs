//! Operators: what their legs ask and report, and that none is left over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use switchboard::ports::door::Door as _;
use switchboard::ports::media::MediaEvent;
use switchboard::session::document::Document;
use switchboard::session::effect::Record;
use switchboard::session::input::{LegStatus, Question, StaffInput};
use switchboard::types::{AnsweredBy, AttemptId, AttemptState, CallId, Outcome, Reason, Urgency};
use tokio::time::sleep;

use super::dial::{escalate, on_air_with_desk};
use super::support::{FakeCarrier, World, fate, fragile_link, leg};

fn operator() -> switchboard::types::LegId {
    leg(FakeCarrier::DIALLED)
}

fn answered() -> Question {
    Question::OperatorAnswered { attempt: 1, leg: operator(), by: AnsweredBy::Unknown }
}

#[tokio::test(start_paused = true)]
async fn an_operator_who_answers_hears_the_gate_in_the_organizations_name() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    escalate(&world).await;
    let script = world.board.ask_call(world.call(), answered()).await.unwrap();
    assert!(matches!(script.document, Document::Gate { attempt: 1, urgency: Urgency::High, .. }));
    assert_eq!((script.call, &*script.org_name, &*script.language), (world.call(), "Riverside Clinic", "en"));
    assert!(script.ticket.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_asks_for_a_call_that_is_over_or_unknown_is_hung_up_on() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    escalate(&world).await;
    let call = world.call();
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.quiet(Duration::from_secs(60)).await;
    world.board.sweep();
    world.settle().await;
    for call in [call, CallId(uuid::Uuid::nil())] {
        for question in [answered(), Question::OutboundAnswered { leg: operator() }] {
            let script = world.board.ask_call(call, question).await.unwrap();
            assert!(matches!(script.document, Document::HangUp));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn callbacks_of_an_operators_leg_in_any_order_come_to_the_same() {
    let statuses = [LegStatus::Initiated, LegStatus::Ringing, LegStatus::InProgress, LegStatus::Completed];
    for order in orders(&[0, 1, 2, 3]) {
        let (world, _peer) = on_air_with_desk("+15550002222").await;
        escalate(&world).await;
        let attempt = AttemptId { call: world.call(), no: 1 };
        for place in order.iter().chain(&order) {
            world.board.operator_status(attempt, &operator(), statuses[*place], Some(*place as u32));
        }
        world.settle().await;
        let records = world.journal.records_of_leg(1);
        let ends: Vec<AttemptState> = records
            .iter()
            .filter_map(|record| match record {
                Record::AttemptMove(moved) if moved.to.is_final() => Some(moved.to),
                _ => None,
            })
            .collect();
        assert_eq!(ends.len(), 1, "order {order:?}: {ends:?}");
        assert_eq!(world.carrier.numbers_dialled().len(), 1, "order {order:?}");
        assert!(world.carrier.hung_up.lock().unwrap().is_empty(), "order {order:?}: it has ended by itself");
    }
}

#[tokio::test(start_paused = true)]
async fn an_operators_phone_that_rings_for_a_call_that_is_over_is_ended() {
    let (world, peer) = on_air_with_desk("+15550002222").await;
    let attempt = AttemptId { call: world.call(), no: 1 };
    drop(peer);
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.quiet(Duration::from_secs(30)).await;
    world.board.operator_status(attempt, &leg(88), LegStatus::Completed, None);
    world.settle().await;
    assert!(world.carrier.hung_up.lock().unwrap().is_empty());
    world.board.operator_status(attempt, &leg(88), LegStatus::Ringing, None);
    world.settle().await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(88)]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_the_operators_leg_too() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    let ticket = world.open(1).await;
    let (link, events) = fragile_link(1);
    world.board.attach(world.claim(&ticket, 1), link).unwrap();
    world.settle().await;
    escalate(&world).await;
    events.send(MediaEvent::Digit('D')).await.unwrap();
    world.quiet(Duration::from_secs(5)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::InternalError, Reason::Panicked));
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [operator()]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_a_dial_is_on_its_way_ends_what_it_makes() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    world.carrier.dial_ms.store(3_000, Ordering::Relaxed);
    let ticket = world.open(1).await;
    let (link, events) = fragile_link(1);
    world.board.attach(world.claim(&ticket, 1), link).unwrap();
    world.settle().await;
    escalate(&world).await;
    events.send(MediaEvent::Digit('D')).await.unwrap();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [operator()]);
    assert_eq!(world.board.task_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn staff_reach_live_calls_only() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    escalate(&world).await;
    let call = world.call();
    world.board.command(call, StaffInput::Return).await.unwrap();
    world.settle().await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [operator()]);
    assert_eq!(world.board.live()[0].escalation, None);
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.quiet(Duration::from_secs(60)).await;
    assert!(world.board.command(call, StaffInput::Return).await.is_err());
}

fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(place);
        all.extend(orders(&rest).into_iter().map(|tail| [vec![*first], tail].concat()));
    }
    all
}
