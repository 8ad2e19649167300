//! Words that do not come, and settings that are refused: the call goes on, and somebody knows.

use bytes::Bytes;

use crate::session::effect::{Event, ModelEffect, Record};
use crate::session::input::{FaultKind, Input, MediaInput, ModelInput};
use crate::session::tests::people::on_air;
use crate::session::tests::rig::{Rig, Setup};
use crate::types::{Mulaw, Outcome, Prompt, Reason};

fn turn(rig: &mut Rig, item: &str) {
    rig.caller_starts(item);
    rig.pass(400);
    rig.caller_stops(item);
}

fn fails(rig: &mut Rig, item: &str) {
    turn(rig, item);
    let response = format!("r-{item}");
    rig.begin_auto(&response);
    rig.speak(&response, &format!("i-{item}"), 300, "Yes.");
    rig.done(&response);
    rig.model(ModelInput::CallerTextFailed { item: item.into(), code: "model_not_found".into() });
    rig.pass(600);
}

fn told(rig: &Rig) -> usize {
    let told =
        |effect: &&ModelEffect| matches!(effect, ModelEffect::Note { text, .. } if text.contains("escalate_call"));
    rig.to_model().filter(told).count()
}

fn configured(rig: &Rig) -> Vec<bool> {
    let configure = |effect: &ModelEffect| match effect {
        ModelEffect::Configure { plain } => Some(*plain),
        _ => None,
    };
    rig.to_model().filter_map(configure).collect()
}

#[test]
fn a_net_that_hears_nothing_says_so_to_everybody() {
    let mut rig = on_air();
    fails(&mut rig, "u1");
    assert!(rig.has_event(|event| matches!(event, Event::NotTranscribed { code } if code == "model_not_found")));
    assert_eq!(told(&rig), 0, "one turn may just be a mumble");
    assert!(!rig.said(Prompt::PressZero));
    fails(&mut rig, "u2");
    rig.pass(1500);
    assert_eq!(told(&rig), 1);
    assert!(rig.said(Prompt::PressZero));
    for item in ["u3", "u4"] {
        fails(&mut rig, item);
    }
    assert_eq!(told(&rig), 1, "once is enough");
    let offers = rig
        .records()
        .filter(|record| matches!(record, Record::Event(Event::LocalSentence { prompt: Prompt::PressZero })));
    assert_eq!(offers.count(), 1);
    assert_eq!(rig.texts().iter().filter(|text| *text == "(not understood)").count(), 4);
}

#[test]
fn words_between_two_failures_are_enough() {
    let mut rig = on_air();
    fails(&mut rig, "u1");
    turn(&mut rig, "u2");
    rig.caller_said("u2", "Can you hear me?");
    fails(&mut rig, "u3");
    assert_eq!(told(&rig), 0);
}

#[test]
fn words_that_never_come_count_as_failed() {
    let mut rig = on_air();
    for item in ["u1", "u2"] {
        turn(&mut rig, item);
        let response = format!("r-{item}");
        rig.begin_auto(&response);
        rig.speak(&response, &format!("i-{item}"), 300, "Yes.");
        rig.done(&response);
        rig.pass(2000);
    }
    rig.pass(14_000);
    assert!(rig.has_event(|event| matches!(event, Event::NotTranscribed { code } if code == "late")));
    assert_eq!(told(&rig), 1);
}

#[test]
fn nobody_is_offered_who_cannot_be_reached() {
    let mut rig = Rig::on_air(Setup { greeting: "", ..Setup::default() });
    fails(&mut rig, "u1");
    fails(&mut rig, "u2");
    rig.pass(1500);
    assert_eq!(told(&rig), 1);
    assert!(!rig.said(Prompt::PressZero));
}

#[test]
fn a_refused_setting_is_left_out() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    rig.model(ModelInput::Opened);
    let code = "session.audio.output.voice".to_owned();
    rig.model(ModelInput::Fault { about: None, kind: FaultKind::Setting, code });
    assert_eq!(configured(&rig), [false, true]);
    assert!(
        rig.has_event(
            |event| matches!(event, Event::SettingRefused { field } if field == "session.audio.output.voice")
        )
    );
    rig.model(ModelInput::Ready);
    assert_eq!(rig.creates().len(), 1, "the greeting");
}

#[test]
fn a_configuration_that_is_refused_without_what_is_optional_costs_the_assistant() {
    let mut rig = Rig::new(Setup::default());
    rig.attach();
    rig.model(ModelInput::Opened);
    for _ in 0..2 {
        let code = "session.instructions".to_owned();
        rig.model(ModelInput::Fault { about: None, kind: FaultKind::Setting, code });
    }
    assert_eq!(configured(&rig), [false, true]);
    rig.pass(20_000);
    assert_eq!(rig.endings()[0].reason, Reason::ModelRefused);
}

#[test]
fn a_fault_about_a_setting_in_a_running_call_changes_nothing() {
    let mut rig = on_air();
    rig.model(ModelInput::Fault { about: None, kind: FaultKind::Setting, code: "session.voice".into() });
    assert_eq!(configured(&rig), [false]);
    assert!(rig.has_event(|event| matches!(event, Event::ModelFault { .. })));
}

/// 20 ms of a loud voice, or of a loud room, again and again.
fn sounds(rig: &mut Rig, millis: u64) {
    for _ in 0..millis / 20 {
        rig.feed(Input::Media(MediaInput::Frame(Mulaw::new(Bytes::from_static(&[0x10; 160])))));
        rig.pass(20);
    }
}

fn commits(rig: &Rig) -> usize {
    rig.to_model().filter(|effect| matches!(effect, ModelEffect::Commit { .. })).count()
}

#[test]
fn speech_without_a_pause_is_committed_and_never_silent() {
    let mut rig = on_air();
    rig.caller_starts("u1");
    sounds(&mut rig, 15_100);
    assert_eq!(commits(&rig), 1);
    rig.model(ModelInput::TurnCommitted { item: "u1".into() });
    rig.caller_said("u1", "So the letter came on Monday and I put it on the table");
    for (second, item) in [(2, "u2"), (3, "u3"), (4, "u4")] {
        sounds(&mut rig, 15_100);
        assert_eq!(commits(&rig), second, "and again");
        rig.model(ModelInput::TurnCommitted { item: item.into() });
        rig.caller_said(item, "and then it was still on the table");
    }
    assert!(!rig.has_event(|event| matches!(event, Event::Silence { .. })));
    assert!(rig.creates().is_empty(), "nobody talks into it");
    rig.caller_stops("u5");
    rig.begin_auto("r1");
}

#[test]
fn an_emergency_in_speech_without_a_pause_is_heard() {
    let mut rig = on_air();
    rig.caller_starts("u1");
    sounds(&mut rig, 15_100);
    rig.model(ModelInput::TurnCommitted { item: "u1".into() });
    rig.caller_said("u1", "my husband has a terrible chest pain and he does not answer me");
    assert_eq!(rig.dials().len(), 1);
}

#[test]
fn noise_without_a_word_runs_the_silence_ladder() {
    let mut rig = on_air();
    rig.caller_starts("u1");
    sounds(&mut rig, 15_100);
    rig.model(ModelInput::TurnCommitted { item: "u1".into() });
    rig.caller_said("u1", "");
    sounds(&mut rig, 45_000);
    assert!(rig.said(Prompt::StillThere));
    rig.pass(11_000);
    assert_eq!(rig.endings().first().map(|ending| ending.outcome), Some(Outcome::Silent));
}

#[test]
fn loud_sound_is_looked_into_before_it_counts_as_silence() {
    let mut rig = on_air();
    rig.caller_starts("u0");
    rig.caller_stops("u0");
    rig.begin_auto("r0");
    rig.speak("r0", "i0", 300, "Yes?");
    rig.done("r0");
    rig.caller_said("u0", "Hello.");
    sounds(&mut rig, 7000);
    assert_eq!(commits(&rig), 1);
    assert!(!rig.has_event(|event| matches!(event, Event::Silence { .. })));
    rig.model(ModelInput::TurnCommitted { item: "u1".into() });
    rig.caller_said("u1", "I am here, can you hear me?");
    assert_eq!(rig.creates().len(), 1, "the server answers nothing that we commit");
}

#[test]
fn a_commit_that_came_too_late_takes_no_turn_of_the_servers() {
    let mut rig = on_air();
    rig.caller_starts("u1");
    sounds(&mut rig, 15_100);
    assert_eq!(commits(&rig), 1);
    rig.caller_stops("u1");
    rig.begin_auto("r1");
    rig.speak("r1", "i1", 300, "Yes.");
    rig.done("r1");
    rig.caller_said("u1", "That is all.");
    rig.pass(3000);
    assert!(rig.creates().is_empty(), "the server answered");
}
