//! The labelled phrases of `fixtures/safety/`, and what must be true of them.
//!
//! The figures of the safety net are worth as much as these lists, so the lists have tests of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use switchboard::types::Speaker;

/// The lists that the rules are measured against, in `fixtures/safety/`. A further list is one more line here.
pub(super) const LISTS: &[&str] = &["corpus.tsv", "second.tsv", "third.tsv", "fourth.tsv", "fifth.tsv", "sixth.tsv"];

/// What the net owes a phrase, the most serious first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Label {
    Emergency,
    High,
    Human,
    Uncertainty,
    None,
}

impl Label {
    pub(super) const ALL: [Self; 5] = [Self::Emergency, Self::High, Self::Human, Self::Uncertainty, Self::None];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::High => "high",
            Self::Human => "human",
            Self::Uncertainty => "uncertainty",
            Self::None => "none",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == text)
    }
}

/// How hard a phrase is to judge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Difficulty {
    Plain,
    /// A near miss: a negative that sounds like danger, or danger that sounds harmless.
    Hard,
    /// Hard, and without its punctuation the phrase would mean something else.
    Comma,
}

/// One line of a list.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// The file that it comes from.
    pub(super) list: String,
    /// File and line, for the reports.
    pub(super) place: String,
    /// `en` or `es`.
    pub(super) lang: String,
    pub(super) speaker: Speaker,
    pub(super) label: Label,
    pub(super) difficulty: Difficulty,
    pub(super) text: String,
}

impl Phrase {
    fn parse(list: &str, place: String, line: &str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let [lang, speaker, label, difficulty, text] = columns[..] else {
            panic!("{place}: {} columns, not 5: {line}", columns.len());
        };
        assert!(["en", "es"].contains(&lang), "{place}: language {lang}");
        assert!(!text.is_empty() && text.trim() == text && !text.contains("  "), "{place}: blanks in {text:?}");
        Self {
            list: list.to_owned(),
            lang: lang.to_owned(),
            speaker: Speaker::parse(speaker).unwrap_or_else(|| panic!("{place}: speaker {speaker}")),
            label: Label::parse(label).unwrap_or_else(|| panic!("{place}: label {label}")),
            difficulty: match difficulty {
                "plain" => Difficulty::Plain,
                "hard" => Difficulty::Hard,
                "comma" => Difficulty::Comma,
                _ => panic!("{place}: difficulty {difficulty}"),
            },
            text: text.to_owned(),
            place,
        }
    }

    pub(super) fn is_hard_negative(&self) -> bool {
        self.label == Label::None && self.difficulty != Difficulty::Plain
    }

    /// The words alone, for comparing phrases: small letters, no punctuation.
    fn words(&self) -> Vec<String> {
        let text = self.text.to_lowercase().replace('\'', "");
        let words = text.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// Every phrase of every list.
pub(super) fn phrases() -> Vec<Phrase> {
    LISTS.iter().flat_map(|list| phrases_of(list)).collect()
}

/// The phrases of one list: a file of `fixtures/safety/`, or any other by its absolute path.
pub(super) fn phrases_of(list: &str) -> Vec<Phrase> {
    lines(list).into_iter().map(|(place, line)| Phrase::parse(list, place, &line)).collect()
}

/// The lines of a file of `fixtures/safety/` that are neither empty nor a comment, with their places.
pub(super) fn lines(file: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/safety").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    numbered.map(|(number, line)| (format!("{file}:{}", number + 1), line.to_owned())).collect()
}

/// Whether one is the other but for one word replaced, added or left out.
fn differ_in_one_word(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    match long.len() - short.len() {
        0 => same == short.len() || short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

/// Lines of `corpus.tsv` per language and label when it was first committed. They may only grow: no line is ever
/// taken out because a rule fails on it.
const FLOOR: &[(&str, Label, usize)] = &[
    ("en", Label::Emergency, 318),
    ("en", Label::High, 95),
    ("en", Label::Human, 106),
    ("en", Label::Uncertainty, 61),
    ("en", Label::None, 410),
    ("es", Label::Emergency, 156),
    ("es", Label::High, 44),
    ("es", Label::Human, 48),
    ("es", Label::Uncertainty, 34),
    ("es", Label::None, 177),
];

/// Phrases of fewer words may look alike: there are only so many ways to say them.
const ALIKE_WORDS_MIN: usize = 4;

#[test]
fn no_phrase_was_ever_removed() {
    let phrases = phrases();
    for (lang, label, floor) in FLOOR {
        let of_the_corpus = |phrase: &&Phrase| phrase.list == "corpus.tsv";
        let alike = |phrase: &&Phrase| phrase.lang == *lang && phrase.label == *label;
        let found = phrases.iter().filter(of_the_corpus).filter(alike).count();
        assert!(found >= *floor, "{lang} {}: {found} phrases, there were {floor}", label.as_str());
    }
    let cells: BTreeSet<_> = FLOOR.iter().map(|(lang, label, _)| (*lang, label.as_str())).collect();
    assert_eq!(cells.len(), 2 * Label::ALL.len(), "the floor speaks of every language and label");
}

#[test]
fn there_are_enough_phrases_and_enough_near_misses() {
    let phrases = phrases();
    let hard = phrases.iter().filter(|phrase| phrase.is_hard_negative()).count();
    assert!(phrases.len() >= 600, "{} phrases", phrases.len());
    assert!(4 * hard >= phrases.len(), "{hard} hard negatives of {}", phrases.len());
}

#[test]
fn only_the_caller_asks_for_a_person_and_only_the_assistant_is_unsure() {
    for phrase in phrases() {
        let speaker = match phrase.label {
            Label::Human => Speaker::Caller,
            Label::Uncertainty => Speaker::Assistant,
            Label::Emergency | Label::High | Label::None => continue,
        };
        assert_eq!(phrase.speaker, speaker, "{}: {}", phrase.place, phrase.text);
    }
}

#[test]
fn no_phrase_is_there_twice() {
    let mut seen = BTreeMap::new();
    for phrase in phrases() {
        let key = (phrase.lang.clone(), phrase.speaker, phrase.words());
        if let Some(before) = seen.insert(key, phrase.place.clone()) {
            panic!("{} says the same as {before}: {}", phrase.place, phrase.text);
        }
    }
}

#[test]
fn no_phrase_is_another_with_one_word_changed() {
    let phrases: Vec<_> = phrases().into_iter().map(|phrase| (phrase.words(), phrase)).collect();
    for (number, (words, phrase)) in phrases.iter().enumerate() {
        let rivals = phrases[..number].iter().filter(|(others, other)| {
            let same_kind = (&other.list, &other.lang, other.label) == (&phrase.list, &phrase.lang, phrase.label);
            same_kind && words.len().min(others.len()) >= ALIKE_WORDS_MIN
        });
        for (others, other) in rivals {
            let alike = differ_in_one_word(words, others);
            assert!(
                !alike,
                "{} and {} are too much alike: {} | {}",
                phrase.place, other.place, phrase.text, other.text
            );
        }
    }
}

#[test]
fn one_changed_word_is_noticed() {
    let alike = |a: &str, b: &str| {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        differ_in_one_word(&words(a), &words(b))
    };
    for (a, b) in [("a b c", "a b c"), ("a b c", "a x c"), ("a b c", "a b"), ("b c", "a b c"), ("a c", "a b c")] {
        assert!(alike(a, b) && alike(b, a), "{a} | {b}");
    }
    for (a, b) in [("a b c", "a x y"), ("a b c", "c b a"), ("a", "a b c"), ("a c b", "a b c"), ("a b", "x a y")] {
        assert!(!alike(a, b) && !alike(b, a), "{a} | {b}");
    }
}
