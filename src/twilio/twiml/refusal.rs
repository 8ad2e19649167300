//! What somebody hears who is turned away: one sentence, and what to do if it is an emergency.
//!
//! Whoever calls in danger and is refused must not hear less than one who is served. Where nobody can tell whose caller
//! it is, the second sentence comes in both of our languages.

use std::borrow::Cow;

use crate::twilio::twiml::language::{Tongue, locale, spoken};

/// The organization's own sentence, if it is no longer than this.
const OWN_CHARS_MAX: usize = 200;

/// A text and the voice that reads it.
pub(super) struct Part<'a> {
    pub(super) language: &'a str,
    pub(super) text: Cow<'a, str>,
}

impl<'a> Part<'a> {
    pub(super) fn new(language: &'a str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { language, text: text.into() }
    }
}

/// The sentence in the language of the organization, and what to do in an emergency: by its own words, if they name a
/// number to call and are short. `language`: `None` if nobody knows whose caller it is.
pub(super) fn turned_away<'a>(
    language: Option<&str>,
    own: &str,
    sentence: impl FnOnce(Tongue) -> &'static str,
) -> Vec<Part<'a>> {
    let tag = language.unwrap_or("en");
    let tongue = Tongue::of(tag);
    let voice = tongue.locale(tag);
    let mut parts = vec![Part::new(voice, sentence(tongue))];
    // A sentence without a number may be a promise to call somebody, which would not be true here.
    if own.chars().count() <= OWN_CHARS_MAX && own.contains(|c: char| c.is_ascii_digit()) {
        parts.push(Part::new(voice, tongue.in_danger()));
        parts.push(Part::new(locale(tag), spoken(own, OWN_CHARS_MAX)));
        return parts;
    }
    parts.push(Part::new(voice, tongue.danger()));
    if language.is_none() {
        let other = Tongue::Spanish;
        parts.push(Part::new(other.locale(other.tag()), other.danger()));
    }
    parts
}
