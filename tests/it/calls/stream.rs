//! Streams: bound by ticket, replaced, lost and brought back.

use std::time::Duration;

use switchboard::ports::door::{AttachError, Door as _};
use switchboard::ports::media::MediaEvent;
use switchboard::session::document::Document;
use switchboard::session::effect::{Event, Record};
use switchboard::session::input::{LegStatus, Question, StaffInput};
use switchboard::types::{Mulaw, Outcome, Reason};
use tokio::time::sleep;

use super::support::{World, fate, leg, media_link, stream_id};

#[tokio::test(start_paused = true)]
async fn a_caller_whose_stream_broke_comes_back_with_a_fresh_ticket() {
    let world = World::new();
    let first_ticket = world.open(1).await;
    let (link, peer) = media_link(1);
    world.board.attach(world.claim(&first_ticket, 1), link).unwrap();
    sleep(Duration::from_secs(1)).await;
    drop(peer);
    let (answer, fresh) = world.after_stream(1).await;
    assert_eq!(answer, Document::Connect);
    let fresh = fresh.unwrap();
    assert_ne!(fresh.expose(), first_ticket);
    assert_eq!(world.board.claim(&first_ticket, &leg(1)).err(), Some(AttachError::Ticket));
    let (link, _peer) = media_link(2);
    world.board.attach(world.claim(fresh.expose(), 1), link).unwrap();
    sleep(Duration::from_millis(100)).await;
    let attached: Vec<bool> = world
        .journal
        .records_of_leg(1)
        .iter()
        .filter_map(|record| match record {
            Record::Event(Event::StreamAttached { resumed, .. }) => Some(*resumed),
            _ => None,
        })
        .collect();
    assert_eq!(attached, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn the_carriers_word_ends_a_stream_whose_socket_hangs() {
    let world = World::new();
    let peer = world.on_air(1).await;
    sleep(Duration::from_secs(1)).await;
    world.board.stream_ended(&leg(1), &stream_id(1));
    peer.events.closed().await;
    let records = world.journal.records_of_leg(1);
    assert!(records.iter().any(|record| matches!(record, Record::Event(Event::StreamDetached { .. }))));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_its_protocol_is_closed() {
    let world = World::new();
    let peer = world.on_air(1).await;
    peer.events.send(MediaEvent::Violation).await.unwrap();
    peer.events.closed().await;
    assert_eq!(world.live(), 1, "the caller is still there");
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_a_leg_that_never_rang() {
    let world = World::new();
    world.board.sweep();
    world.settle().await;
    assert_eq!(world.after_stream(9).await.0, Document::Apologise);
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_call_has_ended_is_hung_up_on() {
    let world = World::new();
    let _peer = world.on_air(1).await;
    let call = world.board.live()[0].call;
    world.board.command(call, StaffInput::End).await.unwrap();
    world.quiet(Duration::from_secs(30)).await;
    assert_eq!(world.after_stream(1).await.0, Document::HangUp);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_carrier_cannot_use_is_followed_by_another_but_not_for_ever() {
    let world = World::new();
    world.open(1).await;
    for _ in 0..3 {
        let script = world.board.ask(&leg(1), Question::Fallback).await.unwrap();
        assert!(matches!(script.document, Document::Connect));
    }
    let script = world.board.ask(&leg(1), Question::Fallback).await.unwrap();
    assert!(matches!(script.document, Document::Apologise));
    world.quiet(Duration::from_secs(10)).await;
    assert_eq!(world.ending(1).reason, Reason::NoStream);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_says_that_a_live_stream_is_gone_changes_nothing() {
    let world = World::new();
    let peer = world.on_air(1).await;
    for no in 0..20 {
        let audio = Mulaw::new(vec![0xFF; 160].into());
        let frame = MediaEvent::Frame { chunk: Some(no + 1), timestamp_ms: Some(no * 100), audio };
        peer.events.send(frame).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        for question in [Question::AfterStream, Question::Fallback] {
            let script = world.board.ask(&leg(1), question).await.unwrap();
            assert!(matches!(script.document, Document::AskAgain) && script.ticket.is_none());
        }
    }
    assert_eq!(world.live(), 1);
    // Nothing comes any more, and the socket does not say that it is dead.
    sleep(Duration::from_secs(2)).await;
    let script = world.board.ask(&leg(1), Question::AfterStream).await.unwrap();
    assert!(matches!(script.document, Document::Connect) && script.ticket.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_caller_whom_we_apologise_to_has_not_hung_up() {
    let world = World::new();
    world.open(1).await;
    world.board.gave_up(&leg(1));
    world.settle().await;
    world.board.leg_status(&leg(1), LegStatus::Completed, None);
    world.quiet(Duration::from_secs(10)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::StreamLost, Reason::Unanswered));
}
