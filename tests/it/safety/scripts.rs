//! No text stops the net: every script, and words that lie a slip away from the rules' own.

use proptest::prelude::*;
use serde::Deserialize;
use switchboard::safety::{Alarm, Extensions, Finding, Language, Rules, Watch};
use switchboard::sim::model::tongues;
use switchboard::types::Speaker;

/// A letter, a mark, a sign of any script, or something that is none of it.
fn any_character() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => prop::char::range('a', 'z'),
        2 => prop::char::ranges(vec!['\u{c0}'..='\u{24f}', '\u{370}'..='\u{5ff}', '\u{600}'..='\u{6ff}'].into()),
        2 => prop::char::ranges(vec!['\u{900}'..='\u{e7f}', '\u{1100}'..='\u{11ff}', '\u{3040}'..='\u{30ff}'].into()),
        1 => prop::char::ranges(vec!['\u{300}'..='\u{36f}', '\u{2000}'..='\u{206f}', '\u{fe00}'..='\u{fe0f}'].into()),
        1 => prop::char::ranges(vec!['\u{0}'..='\u{1f}', '\u{fff0}'..='\u{ffff}', '\u{1f300}'..='\u{1faff}'].into()),
        1 => any::<char>(),
        1 => prop::sample::select(vec!['½', '²', 'ß', 'ø', 'ł', 'İ', 'ŉ', '\'', '\u{2019}', '.', ',', '?']),
    ]
}

/// A word of the rules' own, with a few characters put in, left out or changed.
fn any_slip() -> impl Strategy<Value = String> {
    let words = "breathing chest pain unconscious emergency suicide hospital respira corazon ahogando chestpain \
                 nopuedo heart attack no me se s n't i'm can't person human doctor is the in a of";
    let words: Vec<&str> = words.split(' ').collect();
    (prop::sample::select(words), prop::collection::vec((any::<prop::sample::Index>(), any_character(), 0..3_u8), 0..3))
        .prop_map(|(word, slips)| {
            let mut letters: Vec<char> = word.chars().collect();
            for (at, letter, kind) in slips {
                let at = at.index(letters.len() + 1);
                match kind {
                    0 => letters.insert(at, letter),
                    1 if at < letters.len() => letters[at] = letter,
                    _ if at < letters.len() => drop(letters.remove(at)),
                    _ => {}
                }
            }
            letters.into_iter().collect()
        })
}

/// A turn.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => any_slip(),
        3 => prop::collection::vec(any_character(), 1..8).prop_map(|letters| letters.into_iter().collect()),
        1 => prop::sample::select(tongues::SENTENCES).prop_map(str::to_owned),
    ];
    prop::collection::vec((word, prop::sample::select(vec![" ", "", ", ", ". ", "-", "\u{a0}"])), 0..30)
        .prop_map(|words| words.into_iter().map(|(word, gap)| format!("{word}{gap}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_judged(texts in prop::collection::vec(any_text(), 1..4), level in -90.0_f32..0.0, ms in 0_u32..3000) {
        let rules = Rules::new(Language::English, &Extensions::default());
        let mut watch = Watch::default();
        for text in texts {
            watch.caller_said(&rules, &text, Some(ms), Some(level));
            watch.assistant_said(&rules, &text);
            rules.second_check(&text);
        }
    }

    /// An emergency between words of any script is heard. What stands before ends its sentence, so that it denies nothing.
    #[test]
    fn an_emergency_among_any_words_is_heard(before in tongue(), after in tongue()) {
        let rules = Rules::new(Language::English, &Extensions::default());
        let text = format!("{before}. My father is not breathing. {after}");
        let found = rules.judge(Speaker::Caller, &text);
        prop_assert_eq!(found.map(|found| found.alarm), Some(Alarm::Emergency), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_phrases_of_an_organization_are_taken(phrases in prop::collection::vec(any_text(), 0..8), text in any_text()) {
        for language in Language::ALL {
            let extensions = Extensions {
                emergency: phrases.clone(),
                high: phrases.clone(),
                human: vec![text.clone()],
                ignore: phrases.clone(),
            };
            let rules = Rules::new(language, &extensions);
            rules.judge(Speaker::Caller, &text);
            rules.second_check(&text);
        }
    }
}

fn tongue() -> impl Strategy<Value = &'static str> {
    prop::sample::select(tongues::SENTENCES)
}

#[derive(Deserialize)]
struct Texts {
    texts: Vec<String>,
}

fn texts_of_the_field() -> Vec<String> {
    let Texts { texts } = serde_json::from_str(include_str!("../../../fixtures/field/01-words.json")).expect("JSON");
    texts
}

#[test]
fn words_of_the_field_raise_nothing_and_stop_nothing() {
    let rules = Rules::new(Language::English, &Extensions::default());
    for text in texts_of_the_field() {
        assert!(tongues::SENTENCES.contains(&text.as_str()), "random calls say it, too: {text}");
    }
    for text in tongues::SENTENCES {
        for speaker in [Speaker::Caller, Speaker::Assistant] {
            assert_eq!(rules.judge(speaker, text), None, "{text}");
        }
    }
}

#[test]
fn phrases_in_a_script_without_blanks_are_found_inside_a_sentence() {
    let extensions =
        Extensions { emergency: vec!["火灾".into(), "ไฟไหม้".into()], ..Extensions::default() };
    let rules = Rules::new(Language::English, &extensions);
    for text in ["我家发生火灾了", "บ้านไฟไหม้ค่ะ"] {
        let found = rules.judge(Speaker::Caller, text);
        assert_eq!(found, Some(Finding { alarm: Alarm::Emergency, rule: "extension" }), "{text}");
    }
    assert_eq!(rules.judge(Speaker::Caller, "火车晚点是灾难"), None);
}

/// One word many times over can be laid on an utterance in millions of ways; a search gives up before that.
#[test]
fn a_phrase_of_one_word_does_not_hold_a_call_up() {
    let extensions = Extensions { emergency: vec!["no ".repeat(60)], ..Extensions::default() };
    let rules = Rules::new(Language::English, &extensions);
    assert_eq!(rules.judge(Speaker::Caller, &"no ".repeat(59)).map(|found| found.rule), None);
}
