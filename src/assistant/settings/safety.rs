//! `config.safety`: the organization's own sentence for an emergency and its own phrases.
//!
//! Bounded, because every phrase is looked for in everything that is said.

use serde_json::Value;

use super::plain_text;
use crate::assistant::check::{Problems, Section};
use crate::types::org::SafetySettings;

/// Longest sentence for an emergency: it must be said before anybody hangs up.
pub const EMERGENCY_CHARS_MAX: usize = 300;
/// Phrases of one class.
pub const PHRASES_MAX: usize = 100;
pub const PHRASE_CHARS_MAX: usize = 100;

pub(super) fn safety(config: &Section<'_>, problems: &mut Problems) -> SafetySettings {
    let Some(section) = config.section("safety", problems) else {
        return SafetySettings::default();
    };
    SafetySettings {
        emergency_sentence: section.text("emergency_sentence", EMERGENCY_CHARS_MAX, problems).unwrap_or_default(),
        emergency: phrases(&section, "emergency", problems),
        high: phrases(&section, "high", problems),
        human: phrases(&section, "human", problems),
        ignore: phrases(&section, "ignore", problems),
    }
}

fn phrases(section: &Section<'_>, key: &str, problems: &mut Problems) -> Vec<String> {
    let Some(value) = section.value(key) else { return Vec::new() };
    let Some(list) = value.as_array() else {
        problems.add(section.at(key), "This must be a list of phrases.");
        return Vec::new();
    };
    if list.len() > PHRASES_MAX {
        problems.add(section.at(key), format!("These must be at most {PHRASES_MAX} phrases."));
        return Vec::new();
    }
    let mut phrases = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let pointer = format!("{}/{index}", section.at(key));
        // A phrase without a letter or digit would be found everywhere or nowhere.
        match value.as_str().map(str::trim).filter(|text| text.contains(char::is_alphanumeric)) {
            Some(text) => {
                plain_text(&pointer, text, PHRASE_CHARS_MAX, problems);
                phrases.push(text.to_owned());
            }
            None if matches!(value, Value::String(_)) => problems.add(pointer, "A phrase needs a word."),
            None => problems.add(pointer, "This must be text."),
        }
    }
    phrases
}

#[cfg(test)]
mod tests;
