//! The safety net that does not need the model: rules that hear danger, urgency, the wish for a person and the assistant's
//! doubt in what both say.
//!
//! A model may be slow, wrong or gone when somebody says "he's not breathing"; these rules are none of it. They know no
//! clock and no call: text in, finding out. What they are not: a diagnosis, or a promise to hear everything.
//!
//! `tokens` evens out the spelling, `lexicon` looks words up, `pattern` finds rules, `context` drops what is not meant,
//! `watch` adds what needs more than one turn, `plain` is asked when the rules themselves fail. The words themselves are in `words/`, one table per concept and language.

mod context;
mod inflect;
mod lexicon;
mod pattern;
mod plain;
mod slips;
mod tables;
mod tokens;
mod watch;

use std::sync::LazyLock;

use self::context::{Context, Marks};
use self::pattern::View;
use self::plain::Phrases;
use self::tables::{Cue, Meaning, Rule, Tables};
use crate::types::Speaker;
use crate::types::text::is_unspaced;
use crate::types::vocabulary::words;

pub use self::plain::PLAIN;
pub use self::watch::{Doubt, Verdict, Watch};

words! {
    /// How serious it is, the most serious first.
    Alarm {
        /// Danger to life or safety now, of anyone.
        Emergency = "emergency",
        /// Urgent, not life-threatening now.
        High = "high",
        /// The caller asks for a person, or refuses the machine.
        Human = "human",
        /// The assistant does not know, is not sure, cannot help.
        Uncertainty = "uncertainty",
    }
}

/// Languages that have tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Language {
    English,
    Spanish,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The language of a tag such as `es-MX`; a language without tables is English.
    pub fn of(bcp47: &str) -> Self {
        let primary = bcp47.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("es") { Self::Spanish } else { Self::English }
    }
}

/// An organization's own phrases. Each matches in all regular forms of its words, never inside other words, and like our
/// own it does not count when it is denied or long ago.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Extensions {
    pub emergency: Vec<String>,
    pub high: Vec<String>,
    pub human: Vec<String>,
    /// Phrases that never raise anything below an emergency.
    pub ignore: Vec<String>,
}

/// What was heard. It names the rule and none of the speaker's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    pub alarm: Alarm,
    /// Stable name of the rule, or `extension`.
    pub rule: &'static str,
}

/// Name of the rule that an organization's own phrases are.
pub const EXTENSION: &str = "extension";

/// Phrases of an organization that are used; what is above is dropped.
pub const EXTENSIONS_MAX: usize = 500;

/// Words that are judged together. Longer turns are judged piece by piece.
const WORDS_AT_ONCE_MAX: usize = 240;
/// Words that two pieces share, so that no pattern falls between them.
const WORDS_SHARED: usize = 40;

/// Words of all phrases of an organization together, far below what the tables can number.
const EXTENSION_WORDS_MAX: usize = 50_000;

/// The rules of one organization: ours, which all share, and its own.
pub struct Rules {
    own: Option<Tables>,
    phrases: Phrases,
}

/// What every organization has.
struct Base {
    tables: Tables,
    marks: Marks,
}

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let mut tables = Tables::new();
    tables.read(Language::English, ENGLISH);
    tables.read(Language::Spanish, SPANISH);
    let marks = Marks::new(&mut tables.lexicon);
    Base { tables, marks }
});

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").finish_non_exhaustive()
    }
}

/// Builds the tables that all organizations share, which takes a moment. Whoever does not call this has the first call
/// wait for it.
pub fn build_tables() {
    LazyLock::force(&BASE);
}

impl Rules {
    /// Rules of an organization whose phrases cannot be compiled: ours, and its phrases for the second check only.
    pub fn without_phrases(extensions: &Extensions) -> Self {
        Self { own: None, phrases: Phrases::new(extensions) }
    }

    /// Compiles the organization's phrases; `language` tells how their words bend. The tables of both languages always
    /// run: callers switch language, above all when they are afraid.
    pub fn new(language: Language, extensions: &Extensions) -> Self {
        LazyLock::force(&BASE);
        let Extensions { emergency, high, human, ignore } = extensions;
        let groups = [
            (Meaning::Alarm(Alarm::Emergency), emergency),
            (Meaning::Alarm(Alarm::High), high),
            (Meaning::Alarm(Alarm::Human), human),
            (Meaning::Cue(Cue::MaskBelow), ignore),
        ];
        let phrases = Phrases::new(extensions);
        if groups.iter().all(|(_, phrases)| phrases.is_empty()) {
            return Self { own: None, phrases };
        }
        let mut own = Tables::new();
        let mut words = 0;
        for (meaning, phrases) in groups {
            own.rules.push(Rule { name: EXTENSION, meaning, speaker: None, firm: false });
            for phrase in phrases.iter().take(EXTENSIONS_MAX) {
                let tokens = tokens::tokens(phrase);
                words += tokens.len();
                if !tokens.is_empty() && words <= EXTENSION_WORDS_MAX {
                    own.add(language, &pattern_of(&tokens));
                }
            }
        }
        Self { own: Some(own), phrases }
    }

    /// What plain phrases find in words that `judge` failed to judge.
    pub fn second_check(&self, text: &str) -> Option<Finding> {
        self.phrases.find(text)
    }

    /// The most serious thing that `speaker` says with `text`, or nothing.
    pub fn judge(&self, speaker: Speaker, text: &str) -> Option<Finding> {
        let tokens = BASE.tables.lexicon.cut(tokens::tokens(text));
        let mut worst: Option<Finding> = None;
        let mut from = 0;
        while from < tokens.len() {
            let to = (from + WORDS_AT_ONCE_MAX).min(tokens.len());
            let found = self.judge_words(speaker, &tokens[from..to]);
            worst = [worst, found].into_iter().flatten().min_by_key(|finding| finding.alarm);
            if to == tokens.len() {
                break;
            }
            from = to - WORDS_SHARED;
        }
        worst
    }

    fn judge_words(&self, speaker: Speaker, tokens: &[tokens::Token]) -> Option<Finding> {
        let Base { tables, marks } = &*BASE;
        let hits = tables.lexicon.hits(tokens);
        let mut view = View::new(tokens, &hits);
        view.filler = (0..tokens.len()).map(|at| view.is(at, marks.filler)).collect();
        view.anew = context::begun_anew(&view, marks);
        let found = tables.matches(&view, speaker);
        let mut context = Context::new(&view, marks, speaker, &found, &tables.rules);
        let mut candidates: Vec<_> = found.iter().map(|found| (found, &tables.rules[found.rule as usize])).collect();

        let own_found = self.own.as_ref().map(|own| {
            let hits = own.lexicon.hits(tokens);
            let mut own_view = View::new(tokens, &hits);
            own_view.filler.clone_from(&view.filler);
            own_view.anew.clone_from(&view.anew);
            (own, own.matches(&own_view, speaker))
        });
        if let Some((own, found)) = &own_found {
            context.add(found, &own.rules);
            candidates.extend(found.iter().map(|found| (found, &own.rules[found.rule as usize])));
        }

        let alarm = |rule: &Rule| match rule.meaning {
            Meaning::Alarm(alarm) => Some(alarm),
            Meaning::Cue(_) => None,
        };
        let mut worst: Option<Finding> = None;
        for (found, rule) in candidates {
            let Some(alarm) = alarm(rule) else { continue };
            if worst.is_some_and(|worst| worst.alarm <= alarm) || context.silences(found, rule, alarm) {
                continue;
            }
            worst = Some(Finding { alarm, rule: rule.name });
        }
        worst
    }
}

/// The pattern of a phrase: its words in all forms. Characters that are words of their own follow each other at once.
fn pattern_of(tokens: &[tokens::Token]) -> String {
    let mut pattern = String::new();
    let mut unspaced = false;
    for token in tokens {
        let was_unspaced = std::mem::replace(&mut unspaced, token.word.starts_with(is_unspaced));
        pattern.push_str(if was_unspaced && unspaced { " ~0 " } else { " " });
        pattern.push_str(&token.word);
        pattern.push_str(if unspaced { "" } else { "+" });
    }
    pattern
}

const ENGLISH: &[&str] = &[
    include_str!("words/en/context.txt"),
    include_str!("words/en/people.txt"),
    include_str!("words/en/medical.txt"),
    include_str!("words/en/collapse.txt"),
    include_str!("words/en/danger.txt"),
    include_str!("words/en/peril.txt"),
    include_str!("words/en/concepts.txt"),
    include_str!("words/en/self-harm.txt"),
    include_str!("words/en/high.txt"),
    include_str!("words/en/high-frames.txt"),
    include_str!("words/en/human.txt"),
    include_str!("words/en/human-frames.txt"),
    include_str!("words/en/uncertainty.txt"),
    include_str!("words/en/idioms.txt"),
    include_str!("words/en/ordinary.txt"),
    include_str!("words/en/idioms-told.txt"),
];

const SPANISH: &[&str] = &[
    include_str!("words/es/context.txt"),
    include_str!("words/es/people.txt"),
    include_str!("words/es/medical.txt"),
    include_str!("words/es/danger.txt"),
    include_str!("words/es/concepts.txt"),
    include_str!("words/es/self-harm.txt"),
    include_str!("words/es/high.txt"),
    include_str!("words/es/human.txt"),
    include_str!("words/es/uncertainty.txt"),
    include_str!("words/es/idioms.txt"),
    include_str!("words/es/ordinary.txt"),
];

#[cfg(test)]
mod tests;
