//! Tests of what drops a rule: denial, the past, the supposed, the told.

use crate::safety::{Alarm, Extensions, Language, Rules};
use crate::types::Speaker;

/// Checks what `speaker` raises with each line.
fn check(speaker: Speaker, expected: Option<Alarm>, lines: &[&str]) {
    let rules = Rules::new(Language::English, &Extensions::default());
    for line in lines {
        let alarm = rules.judge(speaker, line).map(|finding| finding.alarm);
        assert_eq!(alarm, expected, "{line}");
    }
}

const EMERGENCY: Option<Alarm> = Some(Alarm::Emergency);

#[test]
fn what_is_denied_does_not_count() {
    check(
        Speaker::Caller,
        None,
        &[
            "No chest pain.",
            "I don't have any chest pain",
            "I don't think he's having a stroke",
            "he denies chest pain",
            "My chest doesn't hurt",
            "No fever, chest pain or shortness of breath",
            "she isn't bleeding badly any more",
            "no tiene dolor de pecho",
            "sin dolor en el pecho",
            "Chest pain? No.",
        ],
    );
}

#[test]
fn what_may_be_denied_or_not_counts() {
    check(
        Speaker::Caller,
        EMERGENCY,
        &[
            "No, chest pain.",
            "no no chest pain",
            "no chest pain please help",
            "No. Chest pain.",
            "No, dolor de pecho",
            "no he can't breathe",
            "I don't know, chest pain",
            "it isn't my stomach it's my chest that hurts",
        ],
    );
}

#[test]
fn a_denial_reaches_no_further_than_its_clause() {
    check(
        Speaker::Caller,
        EMERGENCY,
        &["no fever but he can't breathe", "I don't have a fever my chest hurts", "no sangra pero no respira"],
    );
}

#[test]
fn what_is_denied_twice_is_said() {
    check(Speaker::Caller, EMERGENCY, &["it hasn't stopped bleeding", "the bleeding won't stop", "no deja de sangrar"]);
}

#[test]
fn the_past_does_not_count_until_it_comes_back() {
    check(
        Speaker::Caller,
        None,
        &["I had a heart attack last year", "He almost drowned when he was a kid", "tuvo un infarto hace dos años"],
    );
    check(
        Speaker::Caller,
        EMERGENCY,
        &[
            "I had a heart attack last year and now my chest hurts",
            "I had a heart attack last year and it's happening again",
            "tuvo un infarto hace dos años y otra vez le duele el pecho",
        ],
    );
}

#[test]
fn what_is_over_or_cared_for_does_not_count() {
    check(
        Speaker::Caller,
        None,
        &[
            "She fainted but she's fine now",
            "He had a seizure and he's in the hospital now",
            "se desmayó pero ya está bien",
        ],
    );
}

#[test]
fn what_is_only_supposed_or_told_does_not_count() {
    check(
        Speaker::Caller,
        None,
        &["What if someone faints in the waiting room?", "I saw a movie about a suicide", "my feet are killing me"],
    );
}

#[test]
fn threats_count_even_when_they_are_only_supposed() {
    check(Speaker::Caller, EMERGENCY, &["what if I just killed myself", "¿y si mejor me mato?"]);
}

#[test]
fn the_assistant_may_ask_and_warn_but_what_it_repeats_counts() {
    check(
        Speaker::Assistant,
        None,
        &["Are you having any chest pain?", "If this is an emergency, hang up and dial 911.", "¿Le duele el pecho?"],
    );
    check(Speaker::Assistant, EMERGENCY, &["So you told me your father isn't breathing, is that right?"]);
}

#[test]
fn the_life_of_an_animal_counts() {
    check(Speaker::Caller, EMERGENCY, &["my dog is not breathing", "mi perro no respira"]);
    check(Speaker::Caller, EMERGENCY, &["my dog bit my son and he's bleeding everywhere"]);
}

#[test]
fn a_pronoun_between_no_and_its_verb_changes_nothing() {
    check(Speaker::Caller, None, &["no se está ahogando", "no, no me duele el pecho", "nunca he convulsionado"]);
    check(Speaker::Caller, EMERGENCY, &["no, me duele el pecho"]);
}

#[test]
fn who_is_cared_for_silences_nothing_behind_a_but() {
    check(Speaker::Caller, EMERGENCY, &["the fire department left but there are flames coming out of the wall"]);
    check(Speaker::Caller, None, &["there were flames coming out of the wall, the fire department already put it out"]);
}

#[test]
fn a_rule_that_names_an_idiom_knows_it() {
    check(Speaker::Caller, Some(Alarm::High), &["he's out of his blood thinner as of today"]);
}

#[test]
fn what_is_supposed_does_not_reach_over_what_happens_now() {
    check(Speaker::Caller, EMERGENCY, &["do you have anything for a kid who drank lamp oil? He's coughing and drowsy"]);
    check(Speaker::Caller, None, &["do you have anything for a kid who drank lamp oil"]);
}

#[test]
fn the_assistant_is_unsure_whatever_it_is_about() {
    let unsure = Some(Alarm::Uncertainty);
    check(Speaker::Assistant, unsure, &["I can't say whether the suicide prevention class still has seats"]);
}

#[test]
fn a_clause_after_a_denied_one_counts_without_a_comma() {
    check(
        Speaker::Caller,
        EMERGENCY,
        &[
            "I don't need the billing department I need an ambulance",
            "no chest pain really bad chest pain",
            "no it's not the dishwasher the whole kitchen is in flames",
            "no fever no cough just crushing chest pain",
            "nobody's hurt yet but he says he'll stab the first person who opens that door",
            "no es broma, hay alguien con un cuchillo amenazando a la secretaria",
        ],
    );
}

#[test]
fn a_denial_reaches_over_fillers_and_longer_negators() {
    check(
        Speaker::Caller,
        None,
        &[
            "I don't have well any thoughts of hurting myself",
            "nobody in my family has ever had a stroke",
            "nunca he pensado en hacerme daño",
            "no tengo fiebre ni dolor ni me cuesta respirar",
            "nunca he convulsionado ni me he desmayado",
        ],
    );
}

#[test]
fn what_was_long_ago_counts_when_it_is_done_now() {
    check(
        Speaker::Caller,
        EMERGENCY,
        &[
            "I used to think about suicide last year and today I've decided to do it",
            "she had a seizure last month and she's having another one right now",
            "hace años intenté matarme y hoy ya lo decidí",
        ],
    );
}

#[test]
fn what_was_mended_does_not_count() {
    check(
        Speaker::Caller,
        None,
        &[
            "the gas leak was fixed by the utility on Monday so we're open again",
            "La fuga de gas ya la arreglaron ayer",
            "I was in a bad car accident five years ago and want to know if you still have my x rays",
        ],
    );
}

#[test]
fn a_wish_for_a_person_is_never_over() {
    check(Speaker::Caller, Some(Alarm::Human), &["I'd prefer a person if that's alright"]);
}
