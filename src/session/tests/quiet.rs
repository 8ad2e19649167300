//! No silence: what is due comes although the caller's sound makes a step at the same instant; and the silence ladder.

use crate::session::effect::{CarrierEffect, Event, Record};
use crate::session::input::{ActionResult, ModelInput};
use crate::session::policy::{People, Policy};
use crate::session::tests::people::target;
use crate::session::tests::rig::{Rig, Setup};
use crate::types::{Fallback, Outcome, Prompt, Reason, Urgency};

impl Rig {
    /// How often a local sentence was begun.
    pub(super) fn sentences(&self, wanted: Prompt) -> usize {
        let is_it =
            |record: &&Record| matches!(record, Record::Event(Event::LocalSentence { prompt }) if *prompt == wanted);
        self.records().filter(is_it).count()
    }
}

fn with_targets() -> Setup {
    let targets = vec![target("doctor"), target("desk")].into();
    let people = People { targets, fallback: Fallback::Assistant, ..People::nobody() };
    Setup { greeting: "", people, ..Setup::default() }
}

fn greeted() -> Rig {
    let mut rig = Rig::on_air(Setup::default());
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(700);
    rig
}

/// A turn in which the model hears no words, and to which it has nothing to say.
fn noise(rig: &mut Rig, no: u32) {
    let (item, response) = (format!("u{no}"), format!("n{no}"));
    rig.caller_starts(&item);
    rig.pass(300);
    rig.caller_stops(&item);
    rig.caller_said(&item, "");
    rig.begin_auto(&response);
    rig.pass(100);
    rig.done(&response);
}

#[test]
fn a_caller_is_reassured_though_a_frame_comes_first_at_every_instant() {
    let mut rig = Rig::on_air(with_targets());
    rig.frames_first = true;
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    rig.pass(15_000);
    assert_eq!(rig.sentences(Prompt::StillRinging), 1);
    rig.pass(13_500);
    assert_eq!(rig.sentences(Prompt::StillRinging), 2);
}

#[test]
fn a_late_answer_is_bridged_again_and_again_though_frames_come_first() {
    let policy = Policy { response_lost: std::time::Duration::from_secs(60), ..Policy::default() };
    let mut rig = Rig::on_air(Setup { policy, ..Setup::default() });
    rig.frames_first = true;
    rig.says("r1", "i1", 500, "Hello?");
    rig.pass(700);
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.caller_said("u1", "Are you open today?");
    for times in 1..=3 {
        // Four seconds of quiet, and the sentence itself.
        rig.pass(5_100);
        assert_eq!(rig.sentences(Prompt::OneMoment), times);
    }
}

#[test]
fn speech_without_words_does_not_keep_the_ladder_from_being_climbed() {
    let mut rig = greeted();
    for no in 0..60 {
        noise(&mut rig, no);
        rig.pass(1_100);
    }
    let said = [Prompt::StillThere, Prompt::StillThereAgain, Prompt::SilentGoodbye].map(|prompt| rig.sentences(prompt));
    assert_eq!(said, [1, 1, 2], "the goodbye is called off once");
    assert_eq!(rig.hang_ups(), 1);
    assert!(!rig.said(Prompt::ModelLost), "nothing to answer is no failure");
    let id = rig.last_id(|effect| matches!(effect, CarrierEffect::HangUp(_)));
    rig.result(id, ActionResult::Done);
    rig.pass(20_000);
    assert_eq!(rig.outcome(), Some((Outcome::Silent, Reason::Silence)));
}

#[test]
fn words_begin_the_ladder_anew_and_so_do_words_that_nobody_understood() {
    for text in [Some("I am thinking."), None] {
        let mut rig = greeted();
        rig.pass(6_500);
        assert_eq!(rig.sentences(Prompt::StillThere), 1);
        rig.pass(2_000);
        rig.caller_starts("u1");
        rig.pass(500);
        rig.caller_stops("u1");
        rig.model(ModelInput::CallerText { item: "u1".into(), text: text.map(str::to_owned), transcribed_ms: 0 });
        rig.begin_auto("r2");
        rig.speak("r2", "i2", 500, "Take your time.");
        rig.done("r2");
        rig.pass(6_000);
        assert_eq!(rig.sentences(Prompt::StillThere), 1, "it is asked six seconds after the answer");
        rig.pass(1_200);
        assert_eq!(rig.sentences(Prompt::StillThere), 2);
        assert_eq!(rig.sentences(Prompt::StillThereAgain), 0);
    }
}

#[test]
fn whoever_coughs_is_answered_and_given_time() {
    let mut rig = greeted();
    rig.pass(5_000);
    rig.caller_starts("u1");
    rig.pass(300);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 1_000, "Pardon?");
    rig.done("r2");
    rig.caller_said("u1", " ");
    rig.pass(6_500);
    assert_eq!(rig.sentences(Prompt::StillThere), 0);
    rig.pass(1_000);
    assert_eq!(rig.sentences(Prompt::StillThere), 1);
}

#[test]
fn an_answer_without_sound_to_words_that_come_late_is_asked_for_again() {
    let mut rig = greeted();
    rig.caller_starts("u1");
    rig.pass(300);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.done("r2");
    rig.caller_said("u1", "Hello?");
    rig.pass(1_000);
    assert_eq!(rig.creates().len(), 2, "once for the greeting, and once more");
    assert!(rig.has_event(|event| matches!(event, Event::ResponseFailed { .. })));
}
