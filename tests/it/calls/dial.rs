//! Dials: the way from a named target to a phone that rings, and what an unknown outcome comes to.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::atomic::Ordering;

use switchboard::ports::carrier::{CarrierError, FoundLeg, Purpose};
use switchboard::ports::door::Door as _;
use switchboard::session::effect::Record;
use switchboard::session::input::{LegStatus, StaffInput};
use switchboard::types::{AttemptId, AttemptState, EscalationState, LegId, Urgency};
use tokio::time::sleep;

use super::support::{FakeCarrier, Peer, World, leg};

/// A call on the air whose organization has one target.
pub(super) async fn on_air_with_desk(number: &str) -> (World, Peer) {
    let world = World::new();
    world.orgs.add_target("desk", number);
    let peer = world.on_air(1).await;
    world.settle().await;
    (world, peer)
}

/// Staff ask for a person.
pub(super) async fn escalate(world: &World) {
    let reason = "staff".to_owned();
    let command = StaffInput::Escalate { target: None, urgency: Urgency::High, reason };
    world.board.command(world.call(), command).await.unwrap();
    world.settle().await;
}

/// How far the attempts of leg 1's call came, in order, with the legs that were learned.
fn moves(world: &World) -> Vec<(AttemptState, Option<LegId>)> {
    let records = world.journal.records_of_leg(1);
    let moves = records.iter().filter_map(|record| match record {
        Record::AttemptMove(moved) => Some((moved.to, moved.leg.clone())),
        _ => None,
    });
    moves.collect()
}

#[tokio::test(start_paused = true)]
async fn a_target_is_rung_by_its_name_and_sees_our_number() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    escalate(&world).await;
    let dialled = world.carrier.dialled.lock().unwrap().clone();
    assert_eq!(dialled.len(), 1);
    assert_eq!(dialled[0].to.number().e164(), "+15550002222");
    assert_eq!(dialled[0].from.e164(), "+15551234567");
    assert_eq!(dialled[0].purpose, Purpose::Attempt(AttemptId { call: world.call(), no: 1 }));
    let live = world.board.live();
    assert_eq!(live[0].escalation, Some((EscalationState::Dialing, Some("desk".parse().unwrap()))));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_may_not_be_called_is_refused_before_the_carrier_hears_of_it() {
    for number in ["+19005551234", "+15550000001", "+15551234567"] {
        // A premium number, the caller's own, the one that was dialled.
        let (world, _peer) = on_air_with_desk(number).await;
        escalate(&world).await;
        assert!(world.carrier.dialled.lock().unwrap().is_empty(), "{number}");
        assert_eq!(moves(&world).last().map(|moved| moved.0), Some(AttemptState::Refused), "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_of_ours_is_refused() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    world.orgs.ours.lock().unwrap().push("+15550002222".parse().unwrap());
    escalate(&world).await;
    assert!(world.carrier.dialled.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_number_of_ours_dials_nobody() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    let mut ring = super::support::ring(1, "+15550000001");
    ring.dialled = None;
    world.board.ring(ring).await;
    escalate(&world).await;
    assert!(world.carrier.dialled.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_came_by_a_name_shows_a_number_of_its_organization() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    world.orgs.ours.lock().unwrap().push("+15550100199".parse().unwrap());
    let mut ring = super::support::ring(1, "+15550000001");
    ring.dialled = None;
    let ticket = super::support::ticket(&world.board.ring(ring).await);
    let (link, _peer) = super::support::media_link(1);
    world.board.attach(world.claim(&ticket, 1), link).unwrap();
    world.settle().await;
    escalate(&world).await;
    let dialled = world.carrier.dialled.lock().unwrap().clone();
    assert_eq!(dialled.iter().map(|dial| dial.from.e164()).collect::<Vec<_>>(), ["+15550100199"]);
}

#[tokio::test(start_paused = true)]
async fn the_dials_of_a_day_are_counted_over_processes() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    world.transfers.dials_today.store(200, Ordering::Relaxed);
    let _peer = world.on_air(1).await;
    world.settle().await;
    escalate(&world).await;
    assert!(world.carrier.dialled.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dial_whose_outcome_is_unknown_is_looked_for_and_never_repeated() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    world.carrier.dials.lock().unwrap().push_back(Err(CarrierError::Unknown));
    *world.carrier.found.lock().unwrap() = vec![found(77)];
    escalate(&world).await;
    assert_eq!(world.carrier.numbers_dialled().len(), 1);
    assert!(world.carrier.hung_up.lock().unwrap().is_empty());
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.settle().await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(77)], "it is known, and ended with the call");
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_the_carrier_did_not_process_is_asked_for_again_and_counted_once() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    world.transfers.dials_today.store(0, Ordering::Relaxed);
    for error in [CarrierError::Unreachable, CarrierError::Limited, CarrierError::Unreachable] {
        world.carrier.dials.lock().unwrap().push_back(Err(error));
    }
    escalate(&world).await;
    sleep(std::time::Duration::from_secs(8)).await;
    assert_eq!(world.carrier.numbers_dialled(), ["+15550002222"; 4]);
    let dialled = world.carrier.dialled.lock().unwrap().clone();
    assert!(dialled.iter().all(|order| order.purpose == dialled[0].purpose), "one attempt");
    assert!(moves(&world).iter().all(|(state, _)| !state.is_final()), "and it rings now");
}

#[tokio::test(start_paused = true)]
async fn several_legs_that_can_be_it_are_none() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    world.carrier.dials.lock().unwrap().push_back(Err(CarrierError::Unknown));
    *world.carrier.found.lock().unwrap() = vec![found(77), found(78)];
    escalate(&world).await;
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.settle().await;
    assert!(world.carrier.hung_up.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_leg_of_another_calls_dial_is_never_taken() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    escalate(&world).await;
    let other = FakeCarrier::DIALLED;
    world.carrier.dials.lock().unwrap().push_back(Err(CarrierError::Unknown));
    *world.carrier.found.lock().unwrap() = vec![found(other), found(77)];
    let _second = world.on_air(2).await;
    world.settle().await;
    let call = world.board.live()[1].call;
    let command = StaffInput::Escalate { target: None, urgency: Urgency::High, reason: String::new() };
    world.board.command(call, command).await.unwrap();
    world.settle().await;
    world.board.leg_status(&leg(2), LegStatus::Completed, None);
    world.settle().await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(77)]);
}

/// Two calls ring the same target. The first one's dial was not made, and nobody knows; the second one's is made, and
/// the answer is slow.
#[tokio::test(start_paused = true)]
async fn a_leg_whose_own_dial_is_not_answered_yet_is_not_taken_for_another() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    let first = world.call();
    let _second = world.on_air(2).await;
    world.settle().await;
    let second = world.board.live()[1].call;
    world.carrier.dial_ms.store(4_000, Ordering::Relaxed);
    let escalate = || StaffInput::Escalate { target: None, urgency: Urgency::High, reason: String::new() };
    world.board.command(second, escalate()).await.unwrap();
    world.settle().await;
    let other = leg(FakeCarrier::DIALLED);
    *world.carrier.found.lock().unwrap() = vec![FoundLeg { leg: other.clone(), status: LegStatus::Ringing }];
    world.carrier.dial_ms.store(0, Ordering::Relaxed);
    world.carrier.dials.lock().unwrap().push_back(Err(CarrierError::Unknown));
    world.board.command(first, escalate()).await.unwrap();
    sleep(std::time::Duration::from_secs(5)).await;
    let first = moves(&world);
    assert!(first.iter().all(|(_, learned)| *learned != Some(other.clone())), "{first:?}");
    assert!(first.iter().any(|(state, _)| *state == AttemptState::Failed), "nothing came of its own: {first:?}");
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.settle().await;
    assert!(world.carrier.hung_up.lock().unwrap().is_empty(), "the phone rings for the second call");
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_is_answered_after_its_call_has_ended_is_ended() {
    let (world, _peer) = on_air_with_desk("+15550002222").await;
    world.carrier.dial_ms.store(5_000, Ordering::Relaxed);
    escalate(&world).await;
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    sleep(std::time::Duration::from_secs(20)).await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(FakeCarrier::DIALLED)]);
}

fn found(n: u32) -> FoundLeg {
    FoundLeg { leg: leg(n), status: LegStatus::Ringing }
}
