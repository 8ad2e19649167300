//! Endings: farewells, hang-ups from either side, lost streams, shutdown.

use crate::session::document::Document;
use crate::session::effect::{ActionId, Effect, ModelEffect, RespondKind};
use crate::session::input::{
    ActionResult, CarrierInput, DetachCause, Input, LegStatus, LostCause, MediaInput, ModelInput,
};
use crate::session::tests::rig::{Rig, Setup};
use crate::types::{Outcome, Prompt, Reason};

fn talking() -> Rig {
    talking_with(Setup::default())
}

fn talking_with(setup: Setup) -> Rig {
    let mut rig = Rig::on_air(setup);
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(700);
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.caller_said("u1", "Goodbye.");
    rig.begin_auto("r2");
    rig
}

fn leg(rig: &mut Rig, status: LegStatus) {
    rig.feed(Input::Carrier(CarrierInput::Leg(status)));
}

fn drop_stream(rig: &mut Rig) {
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Dropped)));
}

#[test]
fn end_call_with_a_spoken_goodbye_hangs_up_at_its_last_mark() {
    let mut rig = talking();
    rig.speak("r2", "i2", 1000, "Bye!");
    rig.ends_call("r2", "c1");
    rig.done("r2");
    rig.pass(950);
    assert_eq!(rig.hang_ups(), 0);
    rig.pass(100);
    assert_eq!(rig.hang_ups(), 1);
    assert_eq!(rig.creates().len(), 1, "no further response is asked for");
    rig.feed(Input::Action(ActionId(0), ActionResult::Done));
    assert!(rig.session.is_over());
    assert_eq!(rig.texts(), ["Hello?", "Goodbye.", "Bye!"]);
    assert_eq!(rig.endings()[0].outcome, Outcome::Completed);
}

#[test]
fn a_farewell_on_a_line_that_stands_still_is_heard_to_its_end() {
    let mut rig = talking();
    rig.speak("r2", "i2", 3000, "Goodbye, and thank you for calling.");
    rig.ends_call("r2", "c1");
    rig.done("r2");
    rig.pass(500);
    rig.stand_still();
    rig.pass(4000);
    assert_eq!(rig.hang_ups(), 0);
    rig.move_again();
    rig.pass(1500);
    assert!((rig.heard_ms("i2") - 3000.0).abs() < 1.0, "{}", rig.heard_ms("i2"));
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn a_last_sentence_on_a_line_that_stands_still_is_heard_to_its_end() {
    let mut rig = talking();
    rig.speak("r2", "i2", 400, "Yes.");
    rig.done("r2");
    rig.pass(1000);
    rig.stand_still();
    rig.feed(Input::Drain);
    rig.pass(4000);
    assert_eq!(rig.hang_ups(), 0);
    rig.move_again();
    rig.pass(1500);
    assert!(rig.said(Prompt::Draining));
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn end_call_without_a_word_gets_one_farewell() {
    let mut rig = talking();
    rig.ends_call("r2", "c1");
    rig.done("r2");
    assert_eq!(rig.creates().last().unwrap().1, RespondKind::Farewell);
    rig.says("r3", "i3", 600, "Goodbye.");
    rig.pass(700);
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn a_farewell_that_does_not_come_is_said_locally() {
    let mut rig = talking();
    rig.ends_call("r2", "c1");
    rig.done("r2");
    rig.pass(4200);
    assert!(rig.said(Prompt::Goodbye));
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn speech_calls_a_farewell_off_once_and_the_second_is_final() {
    let mut rig = talking();
    rig.speak("r2", "i2", 2000, "Bye!");
    rig.ends_call("r2", "c1");
    rig.done("r2");
    rig.pass(500);
    rig.caller_starts("u2");
    assert_eq!(rig.clears(), 1);
    rig.pass(4000);
    assert_eq!(rig.hang_ups(), 0);
    rig.caller_stops("u2");
    rig.begin_auto("r3");
    rig.speak("r3", "i3", 2000, "Bye again!");
    rig.ends_call("r3", "c2");
    rig.done("r3");
    rig.pass(500);
    rig.caller_starts("u3");
    assert_eq!(rig.clears(), 1, "the second farewell is not interrupted");
    rig.pass(2000);
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn stop_close_and_status_may_come_in_any_order_and_give_one_outcome() {
    let orders: [&[u8]; 5] = [&[0, 1], &[1, 0], &[1], &[1, 1, 0], &[0, 0, 1, 1]];
    for order in orders {
        let mut rig = talking();
        for step in order {
            match step {
                0 => rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped))),
                _ => leg(&mut rig, LegStatus::Completed),
            }
        }
        rig.pass(5000);
        let endings = rig.endings();
        assert_eq!(endings.len(), 1, "{order:?}");
        assert_eq!(endings[0].outcome, Outcome::CallerHungUp);
        assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::Close))), 1);
    }
}

#[test]
fn a_stream_that_ends_without_a_word_is_looked_up_and_then_inferred() {
    let mut rig = talking();
    drop_stream(&mut rig);
    for _ in 0..3 {
        assert!(rig.endings().is_empty());
        rig.pass(5010);
        rig.feed(Input::Action(ActionId(0), ActionResult::Failed));
    }
    rig.pass(1100);
    assert_eq!(rig.endings()[0].reason, Reason::Inferred);
}

#[test]
fn a_caller_who_is_still_there_gets_a_new_stream_and_the_assistant_goes_on() {
    let mut rig = talking();
    rig.speak("r2", "i2", 5000, "A long answer to your question.");
    rig.done("r2");
    rig.pass(1000);
    drop_stream(&mut rig);
    assert_eq!(rig.truncations().len(), 1);
    assert_eq!(rig.after_stream(), Document::Connect);
    rig.attach();
    assert_eq!(rig.creates().last().unwrap().1, RespondKind::Bare);
    rig.pass(1500);
    assert!(rig.said(Prompt::Reconnected));
    assert!(rig.endings().is_empty());
}

#[test]
fn a_stream_that_breaks_again_and_again_ends_with_an_apology() {
    let mut rig = talking();
    for _ in 0..3 {
        drop_stream(&mut rig);
        assert_eq!(rig.after_stream(), Document::Connect);
        rig.attach();
    }
    drop_stream(&mut rig);
    assert_eq!(rig.after_stream(), Document::Apologise);
    rig.pass(4000);
    assert_eq!(rig.endings()[0].outcome, Outcome::StreamLost);
}

#[test]
fn without_rest_the_socket_is_closed_and_the_next_request_hangs_up() {
    let mut rig = talking_with(Setup { rest: false, ..Setup::default() });
    rig.speak("r2", "i2", 500, "Bye!");
    rig.ends_call("r2", "c1");
    rig.done("r2");
    rig.pass(700);
    drop_stream(&mut rig);
    assert_eq!(rig.after_stream(), Document::HangUp);
    assert!(rig.session.is_over());
    assert_eq!(rig.texts(), ["Hello?", "Goodbye.", "Bye!"]);
}

#[test]
fn the_end_waits_for_the_callers_last_words_but_not_for_ever() {
    let mut rig = talking();
    rig.speak("r2", "i2", 500, "Yes?");
    rig.done("r2");
    rig.pass(700);
    rig.caller_starts("u2");
    rig.pass(300);
    rig.caller_stops("u2");
    leg(&mut rig, LegStatus::Completed);
    rig.pass(2000);
    assert!(rig.endings().is_empty());
    rig.pass(1100);
    assert_eq!(rig.texts(), ["Hello?", "Goodbye.", "Yes?", "(not understood)"]);
    assert_eq!(rig.endings().len(), 1);
}

#[test]
fn a_model_lost_in_the_middle_is_apologised_for() {
    let mut rig = talking();
    rig.audio("r2", "i2", 1000, 1000);
    rig.pass(300);
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(1100);
    assert!(rig.said(Prompt::ModelLost));
    leg(&mut rig, LegStatus::Completed);
    let ending = rig.endings()[0];
    assert_eq!((ending.outcome, ending.reason), (Outcome::ModelUnavailable, Reason::ModelLost));
}

#[test]
fn a_goodbye_whose_response_never_ends_is_said_locally() {
    let mut rig = talking();
    rig.ends_call("r2", "c1");
    rig.pass(5000);
    assert!(rig.said(Prompt::Goodbye));
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn a_model_lost_while_the_stream_is_away_is_apologised_for_when_it_is_back() {
    let mut rig = talking();
    drop_stream(&mut rig);
    assert_eq!(rig.after_stream(), Document::Connect);
    rig.model(ModelInput::Lost(LostCause::Broken));
    assert_eq!(rig.hang_ups(), 0);
    rig.attach();
    rig.pass(1200);
    assert!(rig.said(Prompt::ModelLost));
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn only_the_answer_to_our_hang_up_confirms_it() {
    let mut rig = talking();
    drop_stream(&mut rig);
    rig.pass(5100);
    rig.feed(Input::Drain);
    rig.feed(Input::Action(ActionId(0), ActionResult::Status(LegStatus::InProgress)));
    assert!(rig.endings().is_empty());
    rig.feed(Input::Action(ActionId(1), ActionResult::Done));
    rig.pass(1100);
    assert_eq!(rig.endings().len(), 1);
}

#[test]
fn shutdown_says_goodbye() {
    let mut rig = talking();
    rig.feed(Input::Drain);
    rig.pass(1200);
    assert!(rig.said(Prompt::Draining));
    assert_eq!(rig.hang_ups(), 1);
}

#[test]
fn nothing_happens_after_the_end() {
    let mut rig = talking();
    leg(&mut rig, LegStatus::Completed);
    rig.pass(4000);
    assert!(rig.session.is_over());
    let before = rig.log.len();
    leg(&mut rig, LegStatus::Failed);
    rig.feed(Input::Drain);
    rig.attach();
    rig.model(ModelInput::Ready);
    rig.pass(100_000);
    assert_eq!(rig.log.len(), before);
    assert_eq!(rig.after_stream(), Document::HangUp);
}
