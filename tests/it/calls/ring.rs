//! The voice webhook: one leg, one call, one answer.

use std::sync::atomic::Ordering;
use std::time::Duration;

use switchboard::calls::CallLimits;
use switchboard::ports::door::{Answer, AttachError, Door as _, Guess, Refusal, Ring};
use switchboard::session::document::Document;
use switchboard::session::effect::Record;
use switchboard::session::input::{LegStatus, Question, StaffInput};
use switchboard::types::{Caller, Outcome, Reason};
use tokio::time::{Instant, sleep, timeout};

use super::support::{World, fate, leg, open_row, refusal, ticket};

#[tokio::test(start_paused = true)]
async fn the_opening_is_with_the_journal_before_the_webhook_is_answered() {
    let world = World::new();
    world.open(1).await;
    assert!(matches!(world.journal.records_of_leg(1).as_slice(), [Record::Opened(_), ..]));
    assert_eq!(world.live(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_webhooks_of_one_leg_at_once_give_one_call_and_one_answer() {
    let world = World::new();
    world.orgs.delay_ms.store(200, Ordering::Relaxed);
    let (first, second, third) = tokio::join!(world.ring(1), world.ring(1), world.ring(1));
    assert_eq!(ticket(&first), ticket(&second));
    assert_eq!(ticket(&first), ticket(&third));
    assert_eq!((world.live(), world.journal.openings()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_is_given_up_does_not_block_the_leg() {
    let world = World::new();
    world.orgs.delay_ms.store(500, Ordering::Relaxed);
    let given_up = timeout(Duration::from_millis(100), world.ring(1));
    let waiting = async {
        sleep(Duration::from_millis(50)).await;
        world.ring(1).await
    };
    let (given_up, waiting) = tokio::join!(given_up, waiting);
    assert!(given_up.is_err());
    ticket(&waiting);
    assert_eq!((world.live(), world.journal.openings()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_same_webhook_again_gives_the_same_ticket_and_never_a_second_use() {
    let world = World::new();
    let first = world.open(1).await;
    assert_eq!(world.open(1).await, first);
    world.claim(&first, 1);
    assert_eq!(world.open(1).await, first);
    assert_eq!(world.board.claim(&first, &leg(1)).err(), Some(AttachError::Ticket));
    assert_eq!(world.journal.openings(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_good_for_its_own_leg_only() {
    let world = World::new();
    let first = world.open(1).await;
    let second = world.open(2).await;
    assert_eq!(world.board.claim(&first, &leg(2)).err(), Some(AttachError::Ticket));
    assert_eq!(world.board.claim(&first, &leg(3)).err(), Some(AttachError::Ticket));
    world.claim(&first, 1);
    world.claim(&second, 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_stream_never_comes_is_given_up_and_its_leg_hung_up_on() {
    let world = World::new();
    let ticket = world.open(1).await;
    world.quiet(Duration::from_secs(80)).await;
    let ending = world.ending(1);
    assert_eq!(ending.reason, Reason::NoStream);
    assert_eq!(world.board.claim(&ticket, &leg(1)).err(), Some(AttachError::Over));
    assert!(matches!(world.ring(1).await, Answer::HangUp));
    let model = world.connector.peers.lock().unwrap().pop().unwrap();
    assert!(model.events.is_closed(), "the model's connection is closed");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_carrier_ends_is_over_once() {
    let world = World::new();
    world.open(1).await;
    for status in [LegStatus::Completed, LegStatus::Completed, LegStatus::Ringing, LegStatus::Failed] {
        world.board.leg_status(&leg(1), status, None);
    }
    world.quiet(Duration::from_secs(10)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::CallerHungUp, Reason::CarrierStatus));
    assert!(matches!(world.ring(1).await, Answer::HangUp));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_before_the_answer_is_not_waited_for() {
    let world = World::new();
    world.orgs.delay_ms.store(200, Ordering::Relaxed);
    let leaving = async {
        sleep(Duration::from_millis(100)).await;
        world.board.leg_status(&leg(1), LegStatus::Completed, Some(3));
    };
    let (answer, ()) = tokio::join!(world.ring(1), leaving);
    ticket(&answer);
    world.quiet(Duration::from_secs(2)).await;
    assert_eq!(fate(world.ending(1)), (Outcome::CallerHungUp, Reason::CarrierStatus));
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_only_the_history_knows_is_hung_up_on() {
    let world = World::new();
    world.history.by_leg.lock().unwrap().insert(leg(1), open_row(1));
    assert!(matches!(world.ring(1).await, Answer::AskAgain), "its list may still name it");
    world.board.sweep();
    world.settle().await;
    assert!(matches!(world.ring(1).await, Answer::HangUp));
    assert_eq!((world.live(), world.journal.openings()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_does_not_answer_keeps_no_phone_ringing() {
    let world = World::new();
    world.history.hangs.store(true, Ordering::Relaxed);
    let began = Instant::now();
    world.open(1).await;
    assert!(began.elapsed() < Duration::from_secs(1));
    world.history.hangs.store(false, Ordering::Relaxed);
    world.history.away.store(1, Ordering::Relaxed);
    world.open(2).await;
    assert_eq!(world.live(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_nobody_owns_is_told_so() {
    let world = World::new();
    world.orgs.none.store(true, Ordering::Relaxed);
    assert_eq!(refusal(&world.ring(1).await), Some(Refusal::UnknownNumber));
    world.orgs.none.store(false, Ordering::Relaxed);
    world.orgs.delay_ms.store(5_000, Ordering::Relaxed);
    assert!(matches!(world.ring(1).await, Answer::AskAgain), "a directory that is too slow");
    assert_eq!((world.live(), world.journal.openings()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_number_may_be_anybodys_is_served_as_soon_as_that_is_known() {
    let world = World::new();
    world.orgs.unknown.store(true, Ordering::Relaxed);
    assert!(matches!(world.ring(1).await, Answer::AskAgain));
    assert!(matches!(world.ring(1).await, Answer::AskAgain));
    assert_eq!((world.live(), world.journal.openings()), (0, 0));
    world.orgs.unknown.store(false, Ordering::Relaxed);
    ticket(&world.ring(1).await);
    assert_eq!((world.live(), world.journal.openings()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_in_the_organizations_language_where_that_is_known() {
    let language = |answer: &Answer| match answer {
        Answer::Refuse { language, .. } => language.as_deref().map(str::to_owned),
        Answer::Connect { .. } | Answer::Follow(_) | Answer::AskAgain | Answer::HangUp => panic!("refused"),
    };
    let world = World::with_limits(CallLimits { all_max: 1, ..CallLimits::default() });
    world.orgs.org.lock().unwrap().language = "es-MX".to_owned();
    world.open(1).await;
    let refused = world.ring(2).await;
    assert_eq!((refusal(&refused), language(&refused).as_deref()), (Some(Refusal::Busy), Some("es-MX")));
    assert_eq!(language(&world.ring(2).await).as_deref(), Some("es-MX"), "the same when it is asked again");
    world.journal.no_room.store(true, Ordering::Relaxed);
    assert_eq!(language(&world.ring(3).await).as_deref(), Some("es-MX"));
    world.orgs.none.store(true, Ordering::Relaxed);
    assert_eq!(language(&world.ring(4).await), None);
}

#[tokio::test(start_paused = true)]
async fn calls_are_refused_while_storage_is_full_and_taken_again_after_it() {
    let world = World::new();
    world.journal.no_room.store(true, Ordering::Relaxed);
    assert_eq!(refusal(&world.ring(1).await), Some(Refusal::Busy));
    world.journal.no_room.store(false, Ordering::Relaxed);
    world.open(1).await;
}

#[tokio::test(start_paused = true)]
async fn callers_are_connected_with_a_person_while_nothing_can_be_written_down() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    world.journal.no_room.store(true, Ordering::Relaxed);
    let Answer::Follow(script) = world.ring(1).await else { panic!("the caller's leg dials") };
    assert!(matches!(script.document, Document::Cold { attempt: 1, .. }));
    let (to, shown) = script.cold.clone().unwrap();
    assert_eq!(to.number().e164(), "+15550002222");
    assert_ne!(to.number(), &shown);
    assert_eq!(world.carrier.dialled.lock().unwrap().len(), 0, "no request is made");
    let asked = Question::CallerDone { attempt: 1, bridged: Some(false), ended: false };
    let next = world.board.ask(&leg(1), asked).await.unwrap();
    assert!(matches!(next.document, Document::Goodbye(_)), "{:?}", next.document);
}

#[tokio::test(start_paused = true)]
async fn staff_end_live_calls_only() {
    let world = World::new();
    let _peer = world.on_air(1).await;
    let call = world.board.live()[0].call;
    world.board.command(call, StaffInput::End).await.unwrap();
    world.quiet(Duration::from_secs(30)).await;
    assert_eq!(world.ending(1).reason, Reason::StaffEnded);
    assert_eq!(*world.carrier.hung_up.lock().unwrap(), [leg(1)]);
    assert!(world.board.command(call, StaffInput::End).await.is_err());
}

/// A ring of a trunk that writes numbers without a plus.
#[expect(clippy::unwrap_used, reason = "a number that is one")]
fn bare(n: u32) -> Ring {
    let caller = Caller::parse("+447700900123");
    let guess = Guess { dialled: "+12025550199".parse().unwrap(), caller };
    Ring { leg: leg(n), caller: Caller::Withheld, dialled: None, guess: Some(guess) }
}

#[tokio::test(start_paused = true)]
async fn digits_without_a_plus_count_if_the_number_is_ours_and_only_then() {
    let world = World::new();
    ticket(&world.board.ring(bare(1)).await);
    world.orgs.ours.lock().unwrap().push("+12025550199".parse().unwrap());
    ticket(&world.board.ring(bare(2)).await);
    let ends = |n| match &world.journal.records_of_leg(n)[0] {
        Record::Opened(opening) => (opening.caller.clone(), opening.dialled.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(ends(1), (Caller::Withheld, None), "nobody's: a guess is nobody to call back");
    assert_eq!(ends(2), (Caller::parse("+447700900123"), Some("+12025550199".parse().unwrap())));
}

/// Nothing can be written down: the caller's own leg dials, however often the carrier asks what to do with it.
#[tokio::test(start_paused = true)]
async fn a_repeated_webhook_of_a_caller_who_is_put_through_at_once_rings_the_same_phone() {
    let world = World::new();
    world.orgs.add_target("desk", "+15550002222");
    world.journal.no_room.store(true, Ordering::Relaxed);
    let dials = |answer: Answer| match answer {
        Answer::Follow(script) => match script.document {
            Document::Cold { attempt, target, .. } => Some((attempt, target.to_string())),
            _ => None,
        },
        _ => None,
    };
    let first = dials(world.ring(1).await);
    assert_eq!(first, Some((1, "desk".to_owned())));
    for _ in 0..3 {
        assert_eq!(dials(world.ring(1).await), first);
    }
    assert_eq!(world.live(), 1);
}
