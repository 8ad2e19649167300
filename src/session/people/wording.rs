//! The words of a briefing, in English and Spanish: whose words an operator hears is said before each of them.
//!
//! A hostile caller steers what the assistant writes down, so nothing of it may sound like ours.

use crate::safety::Language;
use crate::types::{Cause, Speaker};

/// What the caller said of themselves.
pub(super) fn name(language: Language, name: &str) -> String {
    match language {
        Language::English => format!("The caller gives the name {name}."),
        Language::Spanish => format!("Quien llama dice llamarse {name}."),
    }
}

pub(super) const fn no_name(language: Language, withheld: bool) -> &'static str {
    match (language, withheld) {
        (Language::English, false) => "The caller has not given a name.",
        (Language::English, true) => "The caller has given no name and withholds the number.",
        (Language::Spanish, false) => "Quien llama no ha dado su nombre.",
        (Language::Spanish, true) => "Quien llama no ha dado su nombre y oculta el número.",
    }
}

/// Before the reason; only the gateway's own reasons are given as plain facts.
pub(super) const fn reason(language: Language, cause: Cause) -> &'static str {
    match (language, cause) {
        (Language::English, Cause::Assistant) => "The assistant says the reason is:",
        (Language::Spanish, Cause::Assistant) => "El asistente dice que el motivo es:",
        (Language::English, Cause::Staff) => "Your colleagues say the reason is:",
        (Language::Spanish, Cause::Staff) => "Sus colegas dicen que el motivo es:",
        (Language::English, _) => "Reason:",
        (Language::Spanish, _) => "Motivo:",
    }
}

/// Before what was said: the caller's own words, or the assistant's about them.
pub(super) const fn said(language: Language, by: Speaker) -> &'static str {
    match (language, by) {
        (Language::English, Speaker::Assistant) => "The assistant sums up what the caller says:",
        (Language::Spanish, Speaker::Assistant) => "El asistente resume lo que dice quien llama:",
        (Language::English, _) => "The caller says:",
        (Language::Spanish, _) => "Quien llama dice:",
    }
}

/// Before what the intake holds.
pub(super) const fn gave(language: Language) -> &'static str {
    match language {
        Language::English => "The caller gave:",
        Language::Spanish => "Quien llama ha indicado:",
    }
}
