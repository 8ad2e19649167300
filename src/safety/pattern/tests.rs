//! Tests of patterns over words.

use super::{Pattern, View};
use crate::safety::Language;
use crate::safety::lexicon::Lexicon;
use crate::safety::tokens::tokens;

fn found(line: &str, text: &str) -> bool {
    let mut lexicon = Lexicon::new();
    let filler = lexicon.element(Language::English, "um|please");
    let patterns = Pattern::parse(line, Language::English, 0, &mut lexicon);
    let tokens = tokens(text);
    let hits = lexicon.hits(&tokens);
    let mut view = View::new(&tokens, &hits);
    view.filler = (0..tokens.len()).map(|at| view.is(at, filler)).collect();
    (0..tokens.len()).any(|at| patterns.iter().any(|pattern| pattern.find(&view, at).is_some()))
}

#[test]
fn elements_follow_each_other_with_one_word_between() {
    assert!(found("chest hurt+", "my chest hurts"));
    assert!(found("chest hurt+", "my chest really hurts"));
    assert!(!found("chest hurt+", "my chest is what really hurts"));
    assert!(found("chest ~4 hurt+", "my chest is what really hurts"));
    assert!(!found("chest hurt+", "it hurts in my chest"));
}

#[test]
fn either_order_is_allowed_by_an_ampersand() {
    assert!(found("chest & hurt+", "it hurts in my chest"));
    assert!(found("chest & hurt+", "my chest hurts"));
}

#[test]
fn fillers_do_not_count() {
    assert!(found("chest ~0 pain", "chest um please um pain"));
    assert!(!found("chest ~0 pain", "chest of pain"));
}

#[test]
fn the_ends_of_an_utterance_can_be_demanded() {
    assert!(found("^ operator $", "um operator please"));
    assert!(!found("^ operator $", "the operator"));
    assert!(!found("^ operator $", "operator called"));
}

#[test]
fn a_word_elsewhere_can_forbid_the_match() {
    assert!(found("fire ! sale|drill", "fire"));
    assert!(!found("fire ! sale|drill", "the drill is about fire"));
    assert!(found("fire ! sale|drill", "there is a fire and one two three four five six drill"));
}

#[test]
fn a_full_stop_counts_as_two_words() {
    assert!(!found("chest pain", "my chest. pain"));
    assert!(found("chest ~2 pain", "my chest. pain"));
}
