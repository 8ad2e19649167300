//! The safety net that does not need the model: rules over both speakers' words.
//!
//! Pure and synchronous; the call core asks it about every final transcript.

use crate::types::Speaker;
use crate::types::vocabulary::words;

words! {
    /// What a rule heard. The first that applies is the most serious.
    Alarm {
        /// Danger to life or safety now.
        Emergency = "emergency",
        /// Urgent, not life-threatening now.
        High = "high",
        /// The caller wants a person.
        Human = "human",
        /// The assistant does not know, is not sure, or cannot help.
        Uncertainty = "uncertainty",
    }
}

/// A rule fired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    pub alarm: Alarm,
    /// The stable name of the rule, for the timeline; never the words.
    pub rule: &'static str,
}

/// The language of the caller, as far as there are rules for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    English,
    Spanish,
}

impl Language {
    /// From a BCP 47 tag; what is unknown counts as English.
    pub fn of(tag: &str) -> Self {
        if tag.split('-').next() == Some("es") { Self::Spanish } else { Self::English }
    }
}

/// An organization's own phrases.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Extensions {
    pub emergency: Vec<String>,
    pub high: Vec<String>,
    pub human: Vec<String>,
    /// Mean nothing here, below an emergency.
    pub ignore: Vec<String>,
}

/// The rules of one organization, compiled once.
#[derive(Debug)]
pub struct Rules;

impl Rules {
    pub const fn new(_language: Language, _extensions: &Extensions) -> Self {
        Self
    }

    pub const fn judge(&self, _speaker: Speaker, _text: &str) -> Option<Finding> {
        None
    }
}

/// What one call has said so far, as far as rules need it.
#[derive(Clone, Default, Debug)]
pub struct Watch;

impl Watch {
    /// `speech_ms`: length of the speech; `rms_dbfs`: its level, if it was measured.
    pub const fn caller_said(
        &mut self,
        rules: &Rules,
        text: &str,
        _speech_ms: u32,
        _rms_dbfs: Option<f32>,
    ) -> Option<Finding> {
        rules.judge(Speaker::Caller, text)
    }

    pub const fn assistant_said(&mut self, rules: &Rules, text: &str) -> Option<Finding> {
        rules.judge(Speaker::Assistant, text)
    }
}
