//! What the safety net hears of the caller's turns, and the emergency sentence in the assistant's voice.

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::session::effect::{Event, RespondKind};
use crate::session::input::{LostCause, ModelInput, ResponseEnd};
use crate::types::{Mulaw, Prompt};

const PLEA: &str = "Help, he is not breathing!";
const SENTENCE: &str = "Please hang up and call the emergency number.";

const LOUD: u8 = 0x10;
const QUIET: u8 = 0xFE;

impl Rig {
    /// The caller's line carries so much sound, in real time.
    fn line(&mut self, byte: u8, millis: u64) {
        for _ in 0..millis / 20 {
            self.feed(Input::Media(MediaInput::Frame(Mulaw::new(Bytes::from(vec![byte; 160])))));
            self.pass(20);
        }
    }

    fn began(&mut self, item: &str, at_ms: u32) {
        self.model(ModelInput::SpeechStarted { item: item.into(), at_ms });
    }

    fn stopped(&mut self, item: &str, at_ms: u32) {
        self.model(ModelInput::SpeechStopped { item: item.into(), at_ms });
        self.model(ModelInput::TurnCommitted { item: item.into() });
    }

    /// The server answers the turn by itself.
    fn answers(&mut self, response: &str, item: &str) {
        self.begin_auto(response);
        self.speak(response, item, 1000, "I see.");
        self.done(response);
    }

    fn alarms(&self) -> usize {
        self.count(|effect| matches!(effect, Effect::Record(_, Record::Event(Event::Alarm { .. }))))
    }
}

/// The organization's own sentence, wanted because of an emergency.
fn own_sentence() -> Rig {
    let mut setup = setup(Fallback::Callback);
    setup.people.emergency_sentence = Arc::from(SENTENCE);
    let mut rig = Rig::on_air(setup);
    rig.staff_escalate(Urgency::Emergency);
    rig
}

#[test]
fn words_that_come_after_their_line_was_given_up_still_ring_somebody() {
    let mut rig = on_air();
    rig.began("u1", 0);
    rig.line(LOUD, 1000);
    rig.stopped("u1", 1000);
    rig.answers("r1", "i1");
    rig.pass(16_000);
    assert!(rig.texts().contains(&"(not understood)".to_owned()));
    rig.caller_said("u1", PLEA);
    assert_eq!((rig.alarms(), rig.dials().len()), (1, 1));
    rig.caller_said("u1", PLEA);
    assert_eq!(rig.alarms(), 1, "once");
    assert!(!rig.texts().contains(&PLEA.to_owned()));
}

#[test]
fn a_late_transcript_is_written_as_long_as_the_call_goes_on() {
    let mut rig = on_air();
    rig.began("u1", 0);
    rig.line(LOUD, 1000);
    rig.stopped("u1", 1000);
    rig.answers("r1", "i1");
    rig.pass(14_000);
    rig.caller_said("u1", "Good morning.");
    assert_eq!(rig.texts().iter().filter(|text| *text == "Good morning.").count(), 1);
}

#[test]
fn the_noise_of_the_next_turn_does_not_make_a_plea_quiet() {
    let mut rig = on_air();
    rig.began("u1", 0);
    rig.line(LOUD, 1000);
    rig.stopped("u1", 1000);
    rig.began("u2", 1000);
    rig.line(QUIET, 1000);
    rig.caller_said("u1", PLEA);
    assert_eq!(rig.alarms(), 1);
}

#[test]
fn a_short_cry_before_a_long_pause_is_not_quiet() {
    let mut rig = on_air();
    rig.line(QUIET, 1000);
    rig.line(LOUD, 400);
    // The server's news comes late.
    rig.line(QUIET, 600);
    rig.began("u1", 700);
    rig.line(QUIET, 600);
    rig.stopped("u1", 2600);
    rig.caller_said("u1", PLEA);
    assert_eq!(rig.alarms(), 1);
}

#[test]
fn a_whispered_emergency_rings_somebody() {
    let mut rig = on_air();
    rig.began("u1", 0);
    rig.line(QUIET, 2000);
    rig.stopped("u1", 2000);
    rig.caller_said("u1", PLEA);
    assert_eq!((rig.alarms(), rig.dials().len()), (1, 1));
}

#[test]
fn a_wish_out_of_silence_is_doubted_on_the_timeline_and_rings_nobody() {
    let mut rig = on_air();
    rig.began("u1", 0);
    rig.line(QUIET, 2000);
    rig.stopped("u1", 2000);
    rig.caller_said("u1", "operator");
    assert_eq!((rig.alarms(), rig.dials().len()), (0, 0));
    let doubted = |effect: &Effect| match effect {
        Effect::Record(_, Record::Event(Event::AlarmDoubted { alarm, why, .. })) => {
            (*alarm, *why) == ("human", "quiet")
        }
        _ => false,
    };
    assert_eq!(rig.count(doubted), 1);
}

#[test]
fn phantoms_of_silence_raise_and_doubt_nothing() {
    let mut rig = on_air();
    rig.began("u1", 0);
    rig.line(QUIET, 2000);
    rig.stopped("u1", 2000);
    rig.caller_said("u1", "Thank you for watching.");
    let doubted = |effect: &Effect| matches!(effect, Effect::Record(_, Record::Event(Event::AlarmDoubted { .. })));
    assert_eq!((rig.alarms(), rig.dials().len(), rig.count(doubted)), (0, 0, 0));
}

#[test]
fn a_turn_of_unknown_length_is_believed() {
    let mut rig = on_air();
    rig.model(ModelInput::TurnCommitted { item: "u1".into() });
    rig.caller_said("u1", PLEA);
    assert_eq!((rig.alarms(), rig.dials().len()), (1, 1));
}

#[test]
fn the_organizations_own_emergency_sentence_is_heard_to_its_end() {
    let mut rig = own_sentence();
    assert_eq!(rig.creates().last().map(|(_, kind)| kind.clone()), Some(RespondKind::Say(SENTENCE.into())));
    rig.says("r1", "i1", 8_000, SENTENCE);
    rig.pass(4_000);
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.pass(6_000);
    assert!(rig.heard_ms("i1") >= 8_000.0, "{}", rig.heard_ms("i1"));
    assert!(!rig.said(Prompt::Emergency), "once is enough");
}

#[test]
fn a_sentence_that_never_ends_may_be_interrupted_after_a_while() {
    let mut rig = own_sentence();
    rig.says("r1", "i1", 60_000, SENTENCE);
    rig.pass(31_000);
    rig.caller_starts("u1");
    rig.pass(5_000);
    assert!(rig.heard_ms("i1") < 34_000.0, "{}", rig.heard_ms("i1"));
}

#[test]
fn an_emergency_sentence_that_fails_is_asked_for_again_and_protected_again() {
    let mut rig = own_sentence();
    rig.begin("r1");
    rig.model(ModelInput::ItemStarted { response: "r1".into(), item: "i1".into() });
    rig.audio("r1", "i1", 500, 500);
    rig.ended("r1", ResponseEnd::Failed { code: "server_error".into(), fatal: false });
    rig.pass(1_000);
    rig.says("r2", "i2", 5_000, SENTENCE);
    rig.pass(2_000);
    rig.caller_starts("u1");
    rig.pass(6_000);
    assert!(rig.heard_ms("i2") >= 5_000.0, "{}", rig.heard_ms("i2"));
}

#[test]
fn a_model_that_is_lost_in_the_middle_of_the_sentence_is_replaced_by_the_rendered_one() {
    let mut rig = own_sentence();
    rig.begin("r1");
    rig.model(ModelInput::ItemStarted { response: "r1".into(), item: "i1".into() });
    rig.audio("r1", "i1", 500, 500);
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    assert!(rig.said(Prompt::Emergency));
}

#[test]
fn whoever_waits_is_reassured_although_the_line_is_noisy() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.pass(8_000);
    rig.caller_starts("u1");
    rig.pass(8_500);
    assert!(rig.said(Prompt::StillRinging));
}
