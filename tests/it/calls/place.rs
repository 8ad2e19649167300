//! Calls that staff place.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::atomic::Ordering;
use std::time::Duration;

use switchboard::calls::CallLimits;
use switchboard::ports::carrier::{CarrierError, FoundLeg, Purpose};
use switchboard::ports::door::{Door as _, OutboundError, OutboundOrder};
use switchboard::session::document::Document;
use switchboard::session::effect::{Consent, Record};
use switchboard::session::input::{LegStatus, Question, StaffInput};
use switchboard::types::{CallId, Direction, Outcome, Wall};

use super::support::{FakeCarrier, World, leg};

fn party() -> switchboard::types::LegId {
    leg(FakeCarrier::DIALLED)
}

fn world() -> World {
    world_with(CallLimits::default())
}

fn world_with(limits: CallLimits) -> World {
    let world = World::with_limits(limits);
    {
        let mut org = world.orgs.org.lock().unwrap();
        org.outbound.enabled = true;
        org.escalation.allow = vec!["+1555".to_owned()];
    }
    world
}

fn order(world: &World, n: u32, to: &str) -> OutboundOrder {
    OutboundOrder {
        call: CallId(uuid::Uuid::from_u128(u128::from(n))),
        org: world.orgs.current(),
        to: to.parse().unwrap(),
        from: "+15551234567".parse().unwrap(),
        consent: Consent { basis: "asked us to".to_owned(), at: Wall(1), by: "staff".to_owned() },
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_on_disk_before_it_is_dialled_and_its_leg_is_known_then() {
    let world = world();
    let order = order(&world, 1, "+15550009999");
    let call = order.call;
    world.board.place(order).await.unwrap();
    let records = world.journal.records_of(call, 0);
    let Record::Opened(opening) = &records[0] else { panic!("{records:?}") };
    assert_eq!((opening.direction, &opening.leg), (Direction::Outbound, &None));
    assert_eq!(opening.consent.as_ref().map(|consent| consent.by.as_str()), Some("staff"));
    world.settle().await;
    let dialled = world.carrier.dialled.lock().unwrap().clone();
    assert_eq!(dialled.len(), 1);
    assert_eq!((dialled[0].to.number().e164(), dialled[0].purpose), ("+15550009999", Purpose::Outbound(call)));
    assert_eq!(world.board.live()[0].leg, Some(party()));
    world.board.leg_status(&party(), LegStatus::Busy, None);
    world.quiet(Duration::from_secs(10)).await;
    assert_eq!(world.journal.ending_of(call, 0).unwrap().outcome, Outcome::Busy);
}

#[tokio::test(start_paused = true)]
async fn a_party_who_picks_up_gets_a_stream_with_a_ticket() {
    let world = world();
    world.carrier.dial_ms.store(2_000, Ordering::Relaxed);
    let order = order(&world, 1, "+15550009999");
    let call = order.call;
    world.board.place(order).await.unwrap();
    world.settle().await;
    // Before the dial is answered.
    let script = world.board.ask_call(call, Question::OutboundAnswered { leg: party() }).await.unwrap();
    assert!(matches!(script.document, Document::Connect));
    let ticket = script.ticket.unwrap();
    assert_eq!(world.board.claim(ticket.expose(), &party()).unwrap().call, call);
    assert_eq!(world.board.live()[0].leg, Some(party()));
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_placed_is_refused_at_once() {
    let world = world();
    world.orgs.ours.lock().unwrap().push("+15550001000".parse().unwrap());
    let cases = [
        ("+442071234567", OutboundError::NotAllowed),
        ("+15559761234", OutboundError::NotAllowed),
        ("+15550001000", OutboundError::NotAllowed),
        ("+15551234567", OutboundError::NotAllowed),
    ];
    for (to, refusal) in cases {
        assert_eq!(world.board.place(order(&world, 1, to)).await, Err(refusal), "{to}");
    }
    world.orgs.org.lock().unwrap().outbound.enabled = false;
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::Disabled));
    world.orgs.org.lock().unwrap().outbound.enabled = true;
    world.carrier.unconfigured.store(true, Ordering::Relaxed);
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::NoCarrier));
    assert_eq!((world.live(), world.journal.openings()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_are_refused_by_the_minute_and_by_the_day() {
    let world = world();
    world.orgs.org.lock().unwrap().escalation.dials_per_minute_max = 2;
    for n in 1..=2 {
        world.board.place(order(&world, n, &format!("+1555000999{n}"))).await.unwrap();
        world.settle().await;
    }
    assert_eq!(world.board.place(order(&world, 3, "+15550009993")).await, Err(OutboundError::TooMany));
    let world = self::world();
    world.transfers.dials_today.store(200, Ordering::Relaxed);
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::TooMany));
}

#[tokio::test(start_paused = true)]
async fn a_full_or_closing_gateway_places_nothing() {
    let world = world_with(CallLimits::new(1, 1, 1));
    world.journal.no_room.store(true, Ordering::Relaxed);
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::Busy));
    world.journal.no_room.store(false, Ordering::Relaxed);
    world.open(1).await;
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::Busy));
    let world = self::world();
    world.board.drain(Duration::ZERO).await;
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::Busy));
    assert!(world.carrier.dialled.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_record_does_not_reach_the_disk_is_not_made() {
    let world = world();
    world.journal.full.store(true, Ordering::Relaxed);
    assert_eq!(world.board.place(order(&world, 1, "+15550009999")).await, Err(OutboundError::Busy));
    assert!(world.carrier.dialled.lock().unwrap().is_empty());
    world.journal.full.store(false, Ordering::Relaxed);
    world.quiet(Duration::from_secs(30)).await;
    assert!(world.carrier.dialled.lock().unwrap().is_empty());
    assert!(world.journal.ending_of(CallId(uuid::Uuid::from_u128(1)), 0).is_some());
}

/// The dial has no answer, and the look for it cannot tell which of two legs it is.
async fn placed_into_the_unknown() -> (World, CallId) {
    let world = world();
    world.carrier.dials.lock().unwrap().push_back(Err(CarrierError::Unknown));
    *world.carrier.found.lock().unwrap() =
        [77, 78].map(|n| FoundLeg { leg: leg(n), status: LegStatus::Ringing }).to_vec();
    let order = order(&world, 1, "+15550009999");
    let call = order.call;
    world.board.place(order).await.unwrap();
    world.settle().await;
    assert_eq!(world.board.live()[0].leg, None);
    (world, call)
}

#[tokio::test(start_paused = true)]
async fn a_status_callback_tells_the_leg_of_a_placed_call() {
    let (world, call) = placed_into_the_unknown().await;
    world.board.party_status(call, &leg(77), LegStatus::Ringing, Some(1));
    world.settle().await;
    assert_eq!(world.board.live()[0].leg, Some(leg(77)));
    world.board.command(call, StaffInput::End).await.unwrap();
    world.quiet(Duration::from_secs(30)).await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(77)], "the phone does not ring on");
}

#[tokio::test(start_paused = true)]
async fn a_party_whose_phone_rings_for_a_call_that_is_over_is_let_go() {
    let (world, call) = placed_into_the_unknown().await;
    world.board.command(call, StaffInput::End).await.unwrap();
    world.quiet(Duration::from_secs(60)).await;
    assert_eq!(world.live(), 0);
    world.board.party_status(call, &leg(77), LegStatus::Ringing, Some(1));
    world.settle().await;
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(77)]);
}
