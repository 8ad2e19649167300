//! The last sentence: who may still call it off, and what is heard meanwhile.

use std::time::Duration;

use crate::session::effect::{CarrierEffect, Event, ModelEffect};
use crate::session::input::{ActionResult, Input, MediaInput, StaffInput};
use crate::session::policy::Policy;
use crate::session::tests::people::setup;
use crate::session::tests::rig::{Rig, Setup};
use crate::types::{Fallback, Outcome, Prompt, Reason};

const PLEA: &str = "Help, my husband has chest pain and can't breathe!";

/// The caller has said nothing for so long that we say goodbye.
fn silent() -> Rig {
    let mut rig = Rig::on_air(setup(Fallback::Callback));
    rig.pass(6_000 + 1_000 + 8_000 + 1_000 + 10_000 + 500);
    assert_eq!(rig.sentences(Prompt::SilentGoodbye), 1);
    assert_eq!(rig.hang_ups(), 0, "it is being said");
    rig
}

fn plea(rig: &mut Rig, item: &str) {
    rig.caller_starts(item);
    rig.pass(500);
    rig.caller_stops(item);
    rig.caller_said(item, PLEA);
}

fn called_off(rig: &Rig, by: &str) -> bool {
    rig.has_event(|event| matches!(event, Event::EndCalledOff { by: what } if *what == by))
}

#[test]
fn speech_and_keys_call_the_silent_goodbye_off() {
    let mut rig = silent();
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.caller_said("u1", "Yes, I am here.");
    rig.begin_auto("r1");
    rig.speak("r1", "i1", 500, "Good.");
    rig.done("r1");
    rig.pass(5_000);
    assert!(called_off(&rig, "speech"));
    assert_eq!((rig.hang_ups(), rig.clears()), (0, 1), "the sentence is cut");

    let mut rig = silent();
    rig.feed(Input::Media(MediaInput::Digit('5')));
    rig.pass(3_000);
    assert!(called_off(&rig, "key"));
    assert_eq!(rig.hang_ups(), 0);
    assert!(rig.to_model().any(|effect| matches!(effect, ModelEffect::UserText { .. })), "the key counts");
}

#[test]
fn a_silent_goodbye_is_called_off_once_and_again_only_after_words() {
    let mut rig = silent();
    rig.caller_starts("u1");
    rig.pass(300);
    rig.caller_stops("u1");
    rig.caller_said("u1", "");
    rig.begin_auto("r1");
    rig.done("r1");
    rig.pass(10_300);
    assert_eq!(rig.sentences(Prompt::SilentGoodbye), 2);
    rig.caller_starts("u2");
    rig.pass(1_500);
    assert_eq!(rig.hang_ups(), 1, "noise does not keep the line for ever");
}

#[test]
fn words_call_off_a_goodbye_that_is_final_for_noise() {
    let mut rig = silent();
    rig.caller_starts("u1");
    rig.pass(300);
    rig.caller_stops("u1");
    rig.caller_said("u1", "");
    rig.begin_auto("r1");
    rig.done("r1");
    rig.pass(10_300);
    assert_eq!(rig.sentences(Prompt::SilentGoodbye), 2);
    rig.caller_starts("u2");
    rig.pass(300);
    rig.caller_stops("u2");
    rig.begin_auto("r2");
    rig.caller_said("u2", "Wait!");
    rig.done("r2");
    rig.pass(100);
    assert!(called_off(&rig, "words"));
    assert_eq!((rig.creates().len(), rig.hang_ups()), (1, 0), "it is answered");
}

#[test]
fn what_is_said_during_the_last_sentence_goes_to_the_model() {
    let ends: [fn(&mut Rig); 3] =
        [|rig| rig.feed(Input::Drain), |rig| rig.feed(Input::Staff(StaffInput::End)), |rig| rig.pass(0)];
    for end in ends {
        let mut rig = silent();
        end(&mut rig);
        let before = rig.to_model().filter(|effect| matches!(effect, ModelEffect::Append(_))).count();
        (0..40).for_each(|_| rig.frame());
        let after = rig.to_model().filter(|effect| matches!(effect, ModelEffect::Append(_))).count();
        assert_eq!(after - before, 40);
    }
}

#[test]
fn an_emergency_calls_every_last_sentence_off() {
    let ends: [fn(&mut Rig); 4] = [
        |rig| rig.pass(26_200),
        |rig| rig.feed(Input::Drain),
        |rig| rig.feed(Input::Staff(StaffInput::End)),
        |rig| {
            rig.caller_starts("x");
            rig.pass(50_000);
        },
    ];
    for (no, end) in ends.into_iter().enumerate() {
        let call_max = Duration::from_secs(if no == 3 { 50 } else { 1200 });
        let policy = Policy { call_max, speech_max: Duration::from_secs(90), ..Policy::default() };
        let mut rig = Rig::on_air(Setup { policy, ..setup(Fallback::Callback) });
        end(&mut rig);
        assert_eq!(rig.hang_ups(), 0, "end {no}");
        plea(&mut rig, "u1");
        assert!(called_off(&rig, "emergency") || no == 0 && called_off(&rig, "speech"), "end {no}");
        assert_eq!(rig.dials().len(), 1, "end {no}: a phone is rung at once");
        rig.pass(2_000);
        assert_eq!(rig.hang_ups(), 0, "end {no}");
        assert!(rig.said(Prompt::Emergency), "end {no}");
    }
}

#[test]
fn an_emergency_that_comes_with_the_hang_up_is_served_if_that_was_not_done() {
    for (result, served) in [(ActionResult::Failed, true), (ActionResult::Done, false)] {
        let mut rig = silent();
        rig.pass(3_000);
        assert_eq!(rig.hang_ups(), 1);
        plea(&mut rig, "u1");
        assert_eq!(rig.dials().len(), 0, "the caller may be gone");
        let id = rig.last_id(|effect| matches!(effect, CarrierEffect::HangUp(_)));
        rig.result(id, result);
        rig.pass(1_000);
        assert_eq!(rig.dials().len(), usize::from(served));
        rig.pass(5_000);
        assert_eq!(rig.outcome().is_none(), served);
    }
}

#[test]
fn other_last_sentences_are_not_called_off_by_speech() {
    let mut rig = Rig::on_air(setup(Fallback::Callback));
    rig.feed(Input::Drain);
    rig.caller_starts("u1");
    rig.pass(1_500);
    assert_eq!(rig.hang_ups(), 1);
    let id = rig.last_id(|effect| matches!(effect, CarrierEffect::HangUp(_)));
    rig.result(id, ActionResult::Done);
    rig.pass(4_000);
    assert_eq!(rig.outcome(), Some((Outcome::Canceled, Reason::Drained)));
}
