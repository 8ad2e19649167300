//! Tests of looking words up, and of forgiving slips.

use super::Lexicon;
use crate::safety::Language;
use crate::safety::tokens::tokens;

fn found(lexicon: &Lexicon, element: super::Element, text: &str) -> Vec<(usize, u16)> {
    let hits = lexicon.hits(&tokens(text));
    let at = |(at, hits): (usize, &Vec<super::Hit>)| {
        hits.iter().filter(|hit| hit.0 == element).map(|hit| (at, hit.1)).collect::<Vec<_>>()
    };
    hits.iter().enumerate().flat_map(at).collect()
}

#[test]
fn words_phrases_stems_and_classes_are_found_where_they_stand() {
    let mut lexicon = Lexicon::new();
    lexicon.define(Language::English, "@pain", ["ache+", "pass+_out", "suicid*"].into_iter());
    let element = lexicon.element(Language::English, "@pain|numb");
    assert_eq!(found(&lexicon, element, "it aches"), [(1, 2)]);
    assert_eq!(found(&lexicon, element, "she passed out numb"), [(1, 3), (3, 4)]);
    assert_eq!(found(&lexicon, element, "suicidal headache"), [(0, 1)]);
}

#[test]
fn one_slip_in_a_long_word_is_forgiven_and_in_a_short_one_not() {
    let mut lexicon = Lexicon::new();
    let element = lexicon.element(Language::English, "breathe+|gun");
    assert_eq!(found(&lexicon, element, "not brething"), [(1, 2)]);
    assert!(found(&lexicon, element, "gin").is_empty());
}

#[test]
fn an_s_at_the_end_of_a_long_word_is_forgiven() {
    let mut lexicon = Lexicon::new();
    let element = lexicon.element(Language::English, "grandmother|gun");
    assert_eq!(found(&lexicon, element, "my grandmothers in there"), [(1, 2)]);
    assert!(found(&lexicon, element, "two guns").is_empty());
}

#[test]
fn spanish_is_compared_by_sound() {
    let mut lexicon = Lexicon::new();
    let element = lexicon.element(Language::Spanish, "vomitar+");
    assert_eq!(found(&lexicon, element, "esta bomitando"), [(1, 2)]);
}
