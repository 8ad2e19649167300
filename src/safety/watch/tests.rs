//! Tests of what needs more than one turn.

use super::{CRY_MS_MIN, SPEECH_MS_MIN, Watch};
use crate::safety::{Alarm, Extensions, Finding, Language, Rules};

fn rules() -> Rules {
    Rules::new(Language::English, &Extensions::default())
}

fn rule(found: Option<Finding>) -> Option<&'static str> {
    found.map(|found| found.rule)
}

#[test]
fn silence_never_fires() {
    let (rules, mut watch) = (rules(), Watch::default());
    assert_eq!(watch.caller_said(&rules, "operator", Some(SPEECH_MS_MIN - 1), None), None);
    assert_eq!(watch.caller_said(&rules, "I have chest pain", Some(CRY_MS_MIN - 1), None), None);
    assert_eq!(watch.caller_said(&rules, "I have chest pain", Some(2_000), Some(-50.5)), None);
    for phantom in ["Thank you.", "you", "Thanks for watching!", "Gracias.", ""] {
        assert_eq!(watch.caller_said(&rules, phantom, Some(2_000), Some(-20.0)), None, "{phantom}");
    }
}

#[test]
fn a_cry_may_be_short() {
    let (rules, mut watch) = (rules(), Watch::default());
    let found = watch.caller_said(&rules, "help, fire!", Some(CRY_MS_MIN), Some(-20.0));
    assert_eq!(found.map(|found| found.alarm), Some(Alarm::Emergency));
    let found = watch.caller_said(&rules, "operator", Some(SPEECH_MS_MIN), Some(-20.0));
    assert_eq!(found.map(|found| found.alarm), Some(Alarm::Human));
}

#[test]
fn the_third_misunderstanding_within_six_turns_asks_for_a_person() {
    let (rules, mut watch) = (rules(), Watch::default());
    let mut say = |text: &str| rule(watch.caller_said(&rules, text, Some(2_000), None));
    assert_eq!(say("What?"), None);
    assert_eq!(say("No, that's not what I said."), None);
    assert_eq!(say("My name is Anna."), None);
    assert_eq!(say("I said Tuesday."), Some("misunderstood"));
}

#[test]
fn old_misunderstandings_are_forgotten() {
    let (rules, mut watch) = (rules(), Watch::default());
    let mut say = |text: &str| rule(watch.caller_said(&rules, text, Some(2_000), None));
    assert_eq!(say("What?"), None);
    assert_eq!(say("¿Cómo?"), None);
    for text in ["My name is Anna.", "Tuesday would suit me.", "It is for my daughter.", "At nine.", "In the morning."]
    {
        assert_eq!(say(text), None);
    }
    assert_eq!(say("I said Tuesday."), None);
}

#[test]
fn saying_nearly_the_same_three_times_is_a_loop() {
    let (rules, mut watch) = (rules(), Watch::default());
    assert_eq!(rule(watch.caller_said(&rules, "I want to move my appointment", Some(2_000), None)), None);
    assert_eq!(rule(watch.caller_said(&rules, "I want to move my appointment please", Some(2_000), None)), None);
    assert_eq!(rule(watch.caller_said(&rules, "uh I want to move my appointment", Some(2_000), None)), Some("loop"));
    for _ in 0..2 {
        assert_eq!(rule(watch.assistant_said(&rules, "Could you tell me your date of birth?")), None);
    }
    assert_eq!(rule(watch.assistant_said(&rules, "Could you tell me your date of birth?")), Some("loop"));
    for _ in 0..4 {
        assert_eq!(rule(watch.caller_said(&rules, "yes", Some(2_000), None)), None);
    }
}

#[test]
fn doubt_counts_at_the_second_time() {
    let (rules, mut watch) = (rules(), Watch::default());
    assert_eq!(watch.assistant_said(&rules, "I'm not sure about that."), None);
    assert_eq!(watch.assistant_said(&rules, "We open at nine."), None);
    let found = watch.assistant_said(&rules, "I don't have that information.");
    assert_eq!(found.map(|found| found.alarm), Some(Alarm::Uncertainty));
}

#[test]
fn doubts_far_apart_are_human() {
    let (rules, mut watch) = (rules(), Watch::default());
    assert_eq!(watch.assistant_said(&rules, "I'm not sure about that."), None);
    for text in ["We open at nine.", "What is your name?", "Thank you, Anna."] {
        assert_eq!(watch.assistant_said(&rules, text), None);
    }
    assert_eq!(watch.assistant_said(&rules, "I don't have that information."), None);
}
