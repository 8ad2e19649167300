//! Tests of what needs more than one turn.

use super::{CRY_MS_MIN, Doubt, SPEECH_MS_MIN, Verdict, Watch};
use crate::safety::{Alarm, Extensions, Finding, Language, Rules};

fn rules() -> Rules {
    Rules::new(Language::English, &Extensions::default())
}

fn rule(found: Option<Finding>) -> Option<&'static str> {
    found.map(|found| found.rule)
}

fn said(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Alarm(found) => Some(found.rule),
        Verdict::Nothing | Verdict::Doubted(..) => None,
    }
}

fn alarm(verdict: Verdict) -> Option<Alarm> {
    match verdict {
        Verdict::Alarm(found) => Some(found.alarm),
        Verdict::Nothing | Verdict::Doubted(..) => None,
    }
}

fn doubt(verdict: Verdict) -> Option<(Alarm, Doubt)> {
    match verdict {
        Verdict::Doubted(found, doubt) => Some((found.alarm, doubt)),
        Verdict::Nothing | Verdict::Alarm(_) => None,
    }
}

#[test]
fn what_a_recognizer_makes_of_silence_is_known_by_its_words() {
    let (rules, mut watch) = (rules(), Watch::default());
    for phantom in ["Thank you.", "you", "Thanks for watching!", "Gracias.", ""] {
        for level in [Some(-20.0), Some(-70.0), None] {
            assert_eq!(watch.caller_said(&rules, phantom, Some(2_000), level), Verdict::Nothing, "{phantom}");
        }
    }
}

#[test]
fn what_is_serious_counts_however_quiet() {
    let (rules, mut watch) = (rules(), Watch::default());
    for level in [None, Some(-30.0), Some(-50.5), Some(-70.0), Some(-120.0)] {
        let mut say = |text: &str, ms| alarm(watch.caller_said(&rules, text, Some(ms), level));
        assert_eq!(say("I have chest pain", 2_000), Some(Alarm::Emergency), "{level:?}");
        assert_eq!(say("I have chest pain", CRY_MS_MIN - 1), Some(Alarm::Emergency), "{level:?}");
        assert_eq!(say("Help!", CRY_MS_MIN), Some(Alarm::Emergency), "{level:?}");
        assert_eq!(say("The pain in my back is excruciating.", 2_000), Some(Alarm::High), "{level:?}");
    }
}

#[test]
fn a_wish_that_nobody_can_have_spoken_is_doubted() {
    let (rules, mut watch) = (rules(), Watch::default());
    let mut say = |text: &str, ms, level| doubt(watch.caller_said(&rules, text, Some(ms), Some(level)));
    assert_eq!(say("operator", 2_000, -50.5), Some((Alarm::Human, Doubt::Quiet)));
    assert_eq!(say("operator", SPEECH_MS_MIN - 1, -20.0), Some((Alarm::Human, Doubt::Short)));
    assert_eq!(say("Help!", CRY_MS_MIN - 1, -20.0), Some((Alarm::Emergency, Doubt::Short)));
    assert_eq!(say("We open at nine", 2_000, -70.0), None);
}

#[test]
fn a_cry_may_be_short() {
    let (rules, mut watch) = (rules(), Watch::default());
    let found = watch.caller_said(&rules, "help, fire!", Some(CRY_MS_MIN), Some(-20.0));
    assert_eq!(alarm(found), Some(Alarm::Emergency));
    let found = watch.caller_said(&rules, "operator", Some(SPEECH_MS_MIN), Some(-20.0));
    assert_eq!(alarm(found), Some(Alarm::Human));
}

#[test]
fn the_third_misunderstanding_within_six_turns_asks_for_a_person() {
    let (rules, mut watch) = (rules(), Watch::default());
    let mut say = |text: &str| said(watch.caller_said(&rules, text, Some(2_000), None));
    assert_eq!(say("What?"), None);
    assert_eq!(say("No, that's not what I said."), None);
    assert_eq!(say("My name is Anna."), None);
    assert_eq!(say("I said Tuesday."), Some("misunderstood"));
}

#[test]
fn old_misunderstandings_are_forgotten() {
    let (rules, mut watch) = (rules(), Watch::default());
    let mut say = |text: &str| said(watch.caller_said(&rules, text, Some(2_000), None));
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
    assert_eq!(said(watch.caller_said(&rules, "I want to move my appointment", Some(2_000), None)), None);
    assert_eq!(said(watch.caller_said(&rules, "I want to move my appointment please", Some(2_000), None)), None);
    assert_eq!(said(watch.caller_said(&rules, "uh I want to move my appointment", Some(2_000), None)), Some("loop"));
    for _ in 0..2 {
        assert_eq!(rule(watch.assistant_said(&rules, "Could you tell me your date of birth?")), None);
    }
    assert_eq!(rule(watch.assistant_said(&rules, "Could you tell me your date of birth?")), Some("loop"));
    for _ in 0..4 {
        assert_eq!(said(watch.caller_said(&rules, "yes", Some(2_000), None)), None);
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
