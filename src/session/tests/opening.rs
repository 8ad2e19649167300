//! First words: greeting, disclosure, and a model that is late or never comes.

use crate::session::effect::{Effect, Event, ModelEffect, RespondKind};
use crate::session::input::{FaultKind, Input, LostCause, MediaInput, ModelInput, ResponseEnd};
use crate::session::tests::rig::{Rig, Setup};
use crate::types::{Millis, Mulaw, Outcome, Prompt, Reason};

fn caller_frames(rig: &mut Rig, count: usize) {
    for _ in 0..count {
        rig.feed(Input::Media(MediaInput::Frame(Mulaw::silence(Millis(20)))));
    }
}

#[test]
fn nothing_is_asked_before_stream_and_model_are_both_ready() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    rig.model(ModelInput::Opened);
    assert!(rig.creates().is_empty());
    rig.model(ModelInput::Ready);
    assert!(matches!(&rig.creates()[..], [(_, RespondKind::Say(text))] if &**text == "Hello?"));
}

#[test]
fn an_empty_greeting_lets_the_caller_speak_first() {
    let mut rig = Rig::on_air(Setup { greeting: "", ..Setup::default() });
    rig.pass(5900);
    assert!(rig.creates().is_empty());
    assert!(!rig.has_event(|event| matches!(event, Event::Silence { .. })));
    rig.pass(200);
    assert!(rig.has_event(|event| matches!(event, Event::Silence { step: 1 })));
}

#[test]
fn first_words_of_the_caller_wait_for_the_model_and_follow_the_first_create() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    caller_frames(&mut rig, 10);
    rig.model(ModelInput::Opened);
    rig.model(ModelInput::Ready);
    let sent: Vec<_> = rig.to_model().collect();
    let create = sent.iter().position(|effect| matches!(effect, ModelEffect::Respond { .. })).unwrap();
    let appends: Vec<_> = (0..sent.len()).filter(|index| matches!(sent[*index], ModelEffect::Append(_))).collect();
    assert_eq!(appends.len(), 10);
    assert!(appends[0] > create);
}

#[test]
fn the_backlog_keeps_the_newest_five_seconds() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    caller_frames(&mut rig, 300);
    assert_eq!(rig.session.backlog_dropped_ms(), 1000);
    rig.model(ModelInput::Opened);
    rig.model(ModelInput::Ready);
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::Append(_)))), 250);
}

#[test]
fn a_late_model_is_bridged_by_a_local_sentence_and_then_greets() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    rig.pass(1600);
    rig.model(ModelInput::Opened);
    rig.pass(500);
    rig.model(ModelInput::Ready);
    assert_eq!(rig.creates().len(), 1);
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(3000);
    assert!(rig.said(Prompt::Hello));
    assert_eq!(rig.texts(), ["hello", "Hello?"]);
}

#[test]
fn a_model_that_cannot_be_reached_is_tried_twice_and_apologised_for() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    rig.model(ModelInput::Lost(LostCause::Unreachable));
    rig.pass(300);
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::Open))), 2);
    rig.model(ModelInput::Lost(LostCause::Unreachable));
    rig.pass(1500);
    assert!(rig.said(Prompt::ModelLost));
    assert_eq!(rig.hang_ups(), 1);
    rig.pass(11_000);
    let endings = rig.endings();
    assert_eq!(endings.len(), 1);
    assert_eq!((endings[0].outcome, endings[0].reason), (Outcome::ModelUnavailable, Reason::ModelUnreachable));
}

#[test]
fn a_model_that_refuses_is_not_tried_again() {
    let mut rig = Rig::new(Setup::default());
    rig.model(ModelInput::Opened);
    rig.model(ModelInput::Fault { about: None, kind: FaultKind::Fatal, code: "invalid_api_key".into() });
    rig.pass(5000);
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::Open))), 1);
    rig.attach();
    rig.pass(1100);
    assert!(rig.said(Prompt::ModelLost));
}

#[test]
fn the_disclosure_is_protected_and_the_callers_words_replace_the_greeting() {
    let mut rig = Rig::on_air(Setup { disclosure: "This is a machine.", ..Setup::default() });
    rig.says("r1", "i1", 3000, "This is a machine.");
    assert_eq!(rig.creates().len(), 2, "the greeting is asked for as soon as the disclosure is made");
    rig.pass(1000);
    rig.caller_starts("u1");
    assert_eq!((rig.clears(), rig.cancels()), (0, 0), "protected");
    rig.begin("r2");
    rig.speak("r2", "i2", 2000, "Hello?");
    rig.caller_stops("u1");
    assert_eq!(rig.cancels(), 1, "the greeting is taken back");
    assert_eq!(rig.truncations(), [("i2".to_owned(), 0)]);
    rig.ended("r2", ResponseEnd::Cancelled);
    rig.begin_auto("r3");
    rig.speak("r3", "i3", 1000, "Sure.");
    rig.done("r3");
    rig.pass(4000);
    assert_eq!(rig.heard_ms("i1"), 3000.0);
    assert_eq!(rig.heard_ms("i2"), 0.0);
    assert_eq!(rig.heard_ms("i3"), 1000.0);
}

#[test]
fn after_the_disclosure_the_greeting_can_be_interrupted() {
    let mut rig = Rig::on_air(Setup { disclosure: "This is a machine.", ..Setup::default() });
    rig.says("r1", "i1", 1000, "This is a machine.");
    rig.says("r2", "i2", 3000, "Hello?");
    rig.pass(2000);
    rig.caller_starts("u1");
    assert_eq!(rig.clears(), 1);
    let cuts = rig.truncations();
    assert_eq!(cuts.len(), 1);
    assert_eq!(cuts[0].0, "i2");
    assert!((950..=1050).contains(&cuts[0].1), "{cuts:?}");
}

#[test]
fn a_greeting_that_had_to_wait_for_the_caller_is_not_said_after_the_answer() {
    let mut rig = Rig::on_air(Setup { disclosure: "This is a machine.", ..Setup::default() });
    rig.begin("r1");
    rig.speak("r1", "i1", 1500, "This is a machine.");
    rig.pass(500);
    rig.caller_starts("u1");
    rig.done("r1");
    rig.pass(2000);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 500, "Sure.");
    rig.done("r2");
    rig.pass(1000);
    assert_eq!(rig.creates().len(), 1, "the disclosure only");
}

#[test]
fn a_disclosure_that_the_stream_cut_off_is_said_again() {
    let mut rig = Rig::on_air(Setup { disclosure: "This is a machine.", ..Setup::default() });
    rig.says("r1", "i1", 3000, "This is a machine.");
    rig.pass(1000);
    rig.feed(Input::Media(MediaInput::Detached(crate::session::input::DetachCause::Dropped)));
    rig.after_stream();
    rig.attach();
    rig.begin("r2");
    rig.ended("r2", ResponseEnd::Cancelled);
    let said = rig
        .creates()
        .into_iter()
        .filter(|(_, kind)| matches!(kind, RespondKind::Say(text) if text.contains("machine")));
    assert_eq!(said.count(), 2);
}

#[test]
fn protection_lasts_seven_seconds_at_most() {
    let mut rig = Rig::on_air(Setup { disclosure: "A long story.", ..Setup::default() });
    rig.says("r1", "i1", 9000, "A long story.");
    rig.pass(6000);
    rig.caller_starts("u1");
    assert_eq!(rig.clears(), 0);
    rig.pass(1100);
    assert_eq!(rig.clears(), 1, "the caller still speaks when the protection ends");
}

#[test]
fn no_stream_in_time_frees_the_call() {
    let mut rig = Rig::new(Setup { rest: false, ..Setup::default() });
    rig.model(ModelInput::Opened);
    rig.model(ModelInput::Ready);
    rig.pass(60_100);
    assert!(rig.session.is_over());
    assert_eq!(rig.endings()[0].reason, Reason::NoStream);
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::Close))), 1);
}
