//! Tests of the rules as an organization has them.

use super::{Alarm, EXTENSION, Extensions, Finding, Language, Rules};
use crate::types::Speaker;

fn judge(text: &str) -> Option<Finding> {
    Rules::new(Language::English, &Extensions::default()).judge(Speaker::Caller, text)
}

fn alarm(text: &str) -> Option<Alarm> {
    judge(text).map(|finding| finding.alarm)
}

#[test]
fn the_most_serious_wins() {
    assert_eq!(alarm("get me a person, he's not breathing"), Some(Alarm::Emergency));
    assert!(Alarm::Emergency < Alarm::High && Alarm::High < Alarm::Human && Alarm::Human < Alarm::Uncertainty);
}

#[test]
fn both_languages_are_always_heard() {
    for language in Language::ALL {
        let rules = Rules::new(language, &Extensions::default());
        for text in ["he's not breathing", "no respira"] {
            let found = rules.judge(Speaker::Caller, text);
            assert_eq!(found.map(|found| found.alarm), Some(Alarm::Emergency), "{text}");
        }
    }
}

#[test]
fn parts_of_words_do_not_count() {
    for text in ["my keyboard missed a keystroke", "we establish a firewall", "the grapefruit is therapist approved"] {
        assert_eq!(alarm(text), None, "{text}");
    }
}

#[test]
fn a_finding_names_the_rule_and_no_words_of_the_caller() {
    assert_eq!(judge("my chest hurts"), Some(Finding { alarm: Alarm::Emergency, rule: "chest-pain" }));
}

#[test]
fn phrases_of_an_organization_bend_and_can_be_denied() {
    let extensions = Extensions {
        high: vec!["boiler leak".to_owned()],
        ignore: vec!["boiler leak test".to_owned()],
        ..Extensions::default()
    };
    let rules = Rules::new(Language::English, &extensions);
    let judge = |text: &str| rules.judge(Speaker::Caller, text);
    assert_eq!(judge("the boiler is leaking"), Some(Finding { alarm: Alarm::High, rule: EXTENSION }));
    assert_eq!(judge("I called about the boilers"), None);
    assert_eq!(judge("we have no boiler leak"), None);
    assert_eq!(judge("a boiler leak test"), None);
}

#[test]
fn what_is_ignored_is_an_emergency_all_the_same() {
    let extensions = Extensions { ignore: vec!["chest pain".to_owned()], ..Extensions::default() };
    let found = Rules::new(Language::English, &extensions).judge(Speaker::Caller, "I have chest pain");
    assert_eq!(found.map(|found| found.alarm), Some(Alarm::Emergency));
}

#[test]
fn a_long_turn_is_judged_to_its_end() {
    let text = format!("{} my father is not breathing", "and then we went to the shop ".repeat(200));
    assert_eq!(alarm(&text), Some(Alarm::Emergency));
}

#[test]
fn every_language_tag_has_tables() {
    assert_eq!(Language::of("es-MX"), Language::Spanish);
    assert_eq!(Language::of("ES"), Language::Spanish);
    assert_eq!(Language::of("en-US"), Language::English);
    assert_eq!(Language::of("fr"), Language::English);
}
