//! Reading an organization's JSON: each value has a place, and a wrong one is a sentence about that place.
//!
//! A null reads as absent. All problems of a document are collected, so that a form can show them at once.

use serde_json::{Map, Value};

/// One thing that is wrong with a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// JSON pointer into the organization, for example `/config/greeting`.
    pub pointer: String,
    /// One word for programs: `invalid` or `unknown_field`.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl Problem {
    pub(super) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: "invalid", detail: detail.into() }
    }
}

/// Collects problems while values are read.
#[derive(Default)]
pub(super) struct Problems(pub Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Problem::at(pointer, detail));
    }
}

/// An object of the document, and where it stands.
pub(super) struct Section<'a> {
    pub object: &'a Map<String, Value>,
    pub pointer: String,
}

impl<'a> Section<'a> {
    /// The value of a key, unless it is absent or null.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.pointer)
    }

    /// Text of at most `chars_max` characters, without control characters but line ends; trimmed.
    pub(super) fn text(&self, key: &str, chars_max: usize, problems: &mut Problems) -> Option<String> {
        let text = self.value(key)?.as_str();
        let Some(text) = text else {
            problems.add(self.at(key), "This must be text.");
            return None;
        };
        if let Some(detail) = bad_text(text, chars_max) {
            problems.add(self.at(key), detail);
            return None;
        }
        Some(text.trim().to_owned())
    }

    /// A word: text of `chars_max` characters at most that `legal` accepts; `shape` describes it.
    pub(super) fn word(
        &self,
        key: &str,
        chars_max: usize,
        legal: fn(&str) -> bool,
        shape: &str,
        problems: &mut Problems,
    ) -> Option<String> {
        let text = self.text(key, chars_max, problems)?;
        if text.is_empty() {
            return None;
        }
        if !legal(&text) {
            problems.add(self.at(key), format!("This must be {shape}."));
            return None;
        }
        Some(text)
    }

    /// A number in a range.
    pub(super) fn number(&self, key: &str, range: (f64, f64), problems: &mut Problems) -> Option<f64> {
        let (low, high) = range;
        let number = self.value(key)?.as_f64().filter(|n| (low..=high).contains(n));
        if number.is_none() {
            problems.add(self.at(key), format!("This must be a number from {low} to {high}."));
        }
        number
    }

    /// A whole number in a range.
    pub(super) fn whole(&self, key: &str, range: (u32, u32), problems: &mut Problems) -> Option<u32> {
        let (low, high) = range;
        let whole = self.value(key)?.as_u64().and_then(|n| u32::try_from(n).ok());
        let whole = whole.filter(|n| (low..=high).contains(n));
        if whole.is_none() {
            problems.add(self.at(key), format!("This must be a whole number from {low} to {high}."));
        }
        whole
    }

    pub(super) fn boolean(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let value = self.value(key)?.as_bool();
        if value.is_none() {
            problems.add(self.at(key), "This must be true or false.");
        }
        value
    }

    pub(super) fn section(&self, key: &str, problems: &mut Problems) -> Option<Self> {
        let Some(object) = self.value(key)?.as_object() else {
            problems.add(self.at(key), "This must be an object.");
            return None;
        };
        Some(Section { object, pointer: self.at(key) })
    }
}

/// What is wrong with a text, if anything.
pub(super) fn bad_text(text: &str, chars_max: usize) -> Option<String> {
    if text.chars().count() > chars_max {
        return Some(format!("This must be at most {chars_max} characters long."));
    }
    let control = |c: char| c.is_control() && c != '\n' && c != '\r' && c != '\t';
    text.contains(control).then(|| "This must not contain control characters.".to_owned())
}
