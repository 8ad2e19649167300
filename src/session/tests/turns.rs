//! Turns: who asks for responses, tools, transcripts, silence and dead air.

use std::time::Duration;

use crate::session::effect::{Effect, Event, ModelEffect, Record, RespondKind, ToolAnswer};
use crate::session::input::{FaultKind, Input, IntakeData, MediaInput, ModelInput, ResponseEnd, ToolRequest};
use crate::session::policy::Policy;
use crate::session::tests::rig::{Rig, Setup};
use crate::types::org::SilenceSteps;
use crate::types::{Outcome, Phase, Prompt, Reason, Urgency};

fn quiet() -> Rig {
    let mut rig = Rig::on_air(Setup::default());
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(700);
    rig
}

fn bare(rig: &Rig) -> usize {
    rig.creates().iter().filter(|(_, kind)| *kind == RespondKind::Bare).count()
}

fn intake(fields: &[(&str, &str)]) -> ToolRequest {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ToolRequest::CompleteIntake { intake: IntakeData { json: "{}".into(), fields }, urgency: Urgency::Low }
}

#[test]
fn the_server_answers_a_turn_by_itself() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.pass(1000);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 400, "Yes.");
    rig.done("r2");
    rig.caller_said("u1", "Are you there?");
    rig.pass(1000);
    assert_eq!(bare(&rig), 0);
    assert_eq!(rig.texts(), ["Hello?", "Are you there?", "Yes."]);
    assert!(rig.has_event(|event| matches!(event, Event::Answered { .. })));
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_once_and_then_the_model_is_lost() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.pass(4100);
    assert_eq!(bare(&rig), 1);
    assert!(rig.has_event(|event| matches!(event, Event::LocalSentence { prompt: Prompt::OneMoment })));
    rig.pass(5500);
    assert_eq!(bare(&rig), 1);
    rig.pass(1600);
    assert!(rig.said(Prompt::ModelLost));
    rig.pass(11_000);
    assert_eq!(rig.endings()[0].outcome, Outcome::ModelUnavailable);
}

#[test]
fn a_collision_is_asked_again_after_the_active_response() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.tool("r2", "c1", intake(&[]));
    rig.done("r2");
    let (no, _) = rig.creates().last().unwrap().clone();
    rig.model(ModelInput::TurnCommitted { item: "u2".into() });
    rig.begin_auto("r3");
    rig.speak("r3", "i3", 400, "Yes.");
    rig.model(ModelInput::Fault { about: Some(no), kind: FaultKind::ActiveResponse, code: "x".into() });
    rig.pass(100);
    assert_eq!(bare(&rig), 1, "not while another is active");
    rig.done("r3");
    rig.pass(10);
    assert_eq!(bare(&rig), 2);
}

#[test]
fn tools_act_once_and_are_answered_after_the_response_with_one_create() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    for _ in 0..2 {
        rig.tool("r2", "c1", intake(&[("caller_name", "Maria")]));
    }
    rig.tool("r2", "c2", ToolRequest::Invalid { name: "fly".into(), problem: "unknown tool".into() });
    let replies = |rig: &Rig| {
        rig.to_model().filter(|effect| matches!(effect, ModelEffect::ToolReply { .. })).cloned().collect::<Vec<_>>()
    };
    assert!(replies(&rig).is_empty(), "not before the response has ended");
    rig.done("r2");
    let given = replies(&rig);
    assert_eq!(given.len(), 2);
    assert!(matches!(
        &given[0],
        ModelEffect::ToolReply { answer: ToolAnswer::IntakeMissing(missing), .. } if missing == &["caller_phone"]
    ));
    assert_eq!(bare(&rig), 1);
    assert_eq!(rig.records().filter(|record| matches!(record, Record::Intake(_))).count(), 1);
    assert_eq!(rig.session.snapshot().phase, Phase::Clarification);
}

#[test]
fn a_response_without_a_word_is_no_answer() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.done("r2");
    rig.pass(550);
    assert_eq!(bare(&rig), 1);
}

#[test]
fn no_create_is_sent_between_the_end_of_speech_and_the_servers_own_answer() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.feed(Input::Media(MediaInput::Digit('5')));
    rig.pass(2100);
    rig.model(ModelInput::SpeechStopped { item: "u1".into(), at_ms: 0 });
    rig.model(ModelInput::TurnCommitted { item: "u1".into() });
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 400, "Five.");
    rig.done("r2");
    rig.pass(600);
    assert_eq!(bare(&rig), 0);
}

#[test]
fn a_failed_response_is_asked_again_later_each_time() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    let failed = || ResponseEnd::Failed { code: "rate_limit_exceeded".into(), fatal: false };
    rig.ended("r2", failed());
    assert_eq!(bare(&rig), 0);
    rig.pass(550);
    assert_eq!(bare(&rig), 1);
    rig.begin("r3");
    rig.ended("r3", failed());
    rig.pass(900);
    assert_eq!(bare(&rig), 1);
    rig.pass(150);
    assert_eq!(bare(&rig), 2);
}

#[test]
fn a_transcript_that_does_not_come_is_settled_after_a_while() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 400, "Yes.");
    rig.done("r2");
    rig.pass(2_000);
    assert_eq!(rig.texts(), ["Hello?", "Yes."]);
    rig.pass(13_100);
    assert_eq!(rig.texts()[..3], ["Hello?", "(not understood)", "Yes."]);
    let lines = rig.lines().len();
    rig.caller_said("u1", "too late");
    assert_eq!(rig.lines().len(), lines);
}

#[test]
fn silence_is_asked_about_twice_and_then_ends_the_call() {
    let mut rig = quiet();
    rig.pass(40_000);
    assert!(rig.said(Prompt::StillThere) && rig.said(Prompt::StillThereAgain) && rig.said(Prompt::SilentGoodbye));
    let ending = rig.endings()[0];
    assert_eq!((ending.outcome, ending.reason), (Outcome::Silent, Reason::Silence));
}

#[test]
fn speech_without_an_end_does_not_keep_the_call_for_ever() {
    let mut rig = quiet();
    rig.caller_starts("u1");
    rig.pass(90_000);
    assert_eq!(rig.endings().len(), 1);
    assert_eq!(rig.endings()[0].outcome, Outcome::Silent);
}

#[test]
fn speech_starts_the_silence_ladder_anew() {
    let mut rig = quiet();
    rig.pass(8000);
    assert!(rig.said(Prompt::StillThere));
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.caller_said("u1", "Yes, I am.");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 400, "Good.");
    rig.done("r2");
    rig.pass(7000);
    let asked = rig.count(|effect| {
        matches!(effect, Effect::Record(_, Record::Event(Event::LocalSentence { prompt: Prompt::StillThere })))
    });
    assert_eq!(asked, 2);
}

#[test]
fn the_longest_call_is_announced_and_ended() {
    let never = Duration::from_secs(500);
    let silence = SilenceSteps { ask: never, again: never, end: never };
    let policy = Policy { call_max: Duration::from_secs(70), silence, ..Policy::default() };
    let mut rig = Rig::on_air(Setup { policy, ..Setup::default() });
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(12_000);
    assert!(rig.said(Prompt::TimeWarning));
    rig.pass(72_000);
    assert!(rig.said(Prompt::TimeUp));
    assert_eq!(rig.endings()[0].outcome, Outcome::Limit);
}
