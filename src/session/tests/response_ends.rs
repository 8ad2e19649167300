//! Responses that the server cuts: the assistant is asked to go on, and a promise is not forgotten.

use crate::session::effect::{Effect, Event, ModelEffect, Record, RespondKind};
use crate::session::input::{ModelInput, ResponseEnd, ToolRequest};
use crate::session::tests::people::on_air;
use crate::session::tests::rig::{Rig, Setup};
use crate::types::usage::Usage;
use crate::types::{Prompt, Urgency};

fn cut() -> ResponseEnd {
    ResponseEnd::Incomplete("max_output_tokens".to_owned())
}

fn quiet() -> Rig {
    let mut rig = Rig::on_air(Setup::default());
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(700);
    rig
}

/// The caller says something, and the server begins to answer.
fn answering(rig: &mut Rig, turn: &str, response: &str) {
    rig.caller_starts(turn);
    rig.pass(500);
    rig.caller_stops(turn);
    rig.begin_auto(response);
}

fn cut_tool(rig: &mut Rig, response: &str, call: &str) {
    let (response, call) = (Some(response.into()), call.into());
    rig.model(ModelInput::ToolCut { response, call, name: "escalate_call".to_owned() });
}

fn notes(rig: &Rig) -> Vec<String> {
    let note = |effect: &ModelEffect| match effect {
        ModelEffect::Note { text, .. } => Some(text.clone()),
        _ => None,
    };
    rig.to_model().filter_map(note).collect()
}

fn bare(rig: &Rig) -> usize {
    rig.creates().iter().filter(|(_, kind)| *kind == RespondKind::Bare).count()
}

fn usages(rig: &Rig) -> usize {
    rig.records().filter(|record| matches!(record, Record::Usage(_))).count()
}

#[test]
fn an_answer_that_was_cut_goes_on_and_says_why() {
    let mut rig = quiet();
    answering(&mut rig, "u1", "r2");
    rig.speak("r2", "i2", 1500, "We have two places, the first one is on Tuesday at");
    rig.ended("r2", cut());
    assert_eq!(bare(&rig), 1);
    assert!(notes(&rig).last().is_some_and(|note| note.contains("max_output_tokens")));
    assert!(rig.has_event(
        |event| matches!(event, Event::ResponseCut { reason, asked: true } if reason == "max_output_tokens")
    ));
    rig.says("r3", "i3", 400, "nine.");
    rig.pass(3000);
    assert_eq!(bare(&rig), 1, "and that is all");
}

#[test]
fn a_cut_answer_goes_on_two_times_in_a_turn() {
    let mut rig = quiet();
    answering(&mut rig, "u1", "r2");
    rig.speak("r2", "i2", 500, "On");
    rig.ended("r2", cut());
    for (response, item) in [("r3", "i3"), ("r4", "i4")] {
        rig.begin(response);
        rig.speak(response, item, 500, "and on");
        rig.ended(response, cut());
    }
    assert_eq!(bare(&rig), 2);
    assert!(rig.has_event(|event| matches!(event, Event::ResponseCut { asked: false, .. })));
    rig.pass(2000);
    answering(&mut rig, "u2", "r5");
    rig.speak("r5", "i5", 500, "On");
    rig.ended("r5", cut());
    assert_eq!(bare(&rig), 3, "a new turn, new patience");
}

#[test]
fn an_answer_that_the_caller_cut_does_not_go_on() {
    let mut rig = quiet();
    answering(&mut rig, "u1", "r2");
    rig.speak("r2", "i2", 2500, "We have two places");
    rig.pass(500);
    rig.caller_starts("u2");
    rig.ended("r2", cut());
    rig.pass(500);
    assert_eq!(bare(&rig), 0);
    assert!(!rig.has_event(|event| matches!(event, Event::ResponseCut { .. })));
}

#[test]
fn a_greeting_that_was_cut_is_said_again() {
    let mut rig = Rig::on_air(Setup::default());
    rig.begin("r1");
    rig.speak("r1", "i1", 300, "Hel");
    rig.ended("r1", ResponseEnd::Incomplete("content_filter".to_owned()));
    let says = rig.creates().iter().filter(|(_, kind)| *kind == RespondKind::Say("Hello?".into())).count();
    assert_eq!(says, 2);
}

#[test]
fn a_promise_whose_tool_call_was_cut_is_asked_for_again_and_not_acted_on() {
    let mut rig = on_air();
    answering(&mut rig, "u1", "r1");
    rig.speak("r1", "i1", 1200, "One moment, I will get the doctor for you.");
    cut_tool(&mut rig, "r1", "c1");
    cut_tool(&mut rig, "r1", "c1");
    rig.ended("r1", cut());
    rig.pass(100);
    assert!(rig.dials().is_empty(), "a cut call is not acted on");
    let told = rig.records().filter(|record| matches!(record, Record::Event(Event::ToolCut { .. }))).count();
    assert_eq!(told, 1);
    assert!(notes(&rig).last().is_some_and(|note| note.contains("escalate_call")));
    assert_eq!(bare(&rig), 1);
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::ToolReply { .. }))), 0);

    rig.begin("r2");
    let (reason, summary) = ("wants the doctor".to_owned(), String::new());
    rig.tool("r2", "c2", ToolRequest::EscalateCall { reason, urgency: Urgency::High, summary });
    rig.done("r2");
    assert_eq!(rig.dials().len(), 1);
}

#[test]
fn who_was_promised_a_person_in_vain_hears_which_key_brings_one() {
    let mut rig = on_air();
    answering(&mut rig, "u1", "r1");
    for (response, item, call) in [("r1", "i1", "c1"), ("r2", "i2", "c2"), ("r3", "i3", "c3")] {
        if response != "r1" {
            rig.begin(response);
        }
        rig.speak(response, item, 300, "One moment.");
        cut_tool(&mut rig, response, call);
        rig.ended(response, cut());
    }
    assert_eq!(bare(&rig), 2);
    rig.pass(3000);
    assert!(rig.said(Prompt::PressZero));
}

#[test]
fn an_end_that_is_told_twice_is_billed_once() {
    let mut rig = quiet();
    let usage = Usage { text_in: 52, audio_out: 2048, ..Usage::default() };
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 300, "Yes.");
    for _ in 0..2 {
        let (response, end) = ("r2".into(), ResponseEnd::Completed);
        rig.model(ModelInput::ResponseEnded { response, end, usage });
    }
    assert_eq!(usages(&rig), 1);
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    for _ in 0..2 {
        let text = Some("Yes.".to_owned());
        rig.model(ModelInput::CallerText { item: "u1".into(), text, transcribed_ms: 2000 });
    }
    assert_eq!(usages(&rig), 2);
}
