//! The tables of one language, read: classes of words, rules and cues, each with its patterns.
//!
//! They are plain text, so that who knows the language can read and extend them without knowing the program:
//!
//! ```text
//! # a comment
//! @pain: hurt+ ache+ killing_me        words and phrases of a class; + all regular forms, * any ending, / either
//!   sore                               indented lines go on
//! [chest emergency]                    a rule: its name, what it raises or which cue it is, and limits
//! chest & @pain                        a pattern, see `pattern`
//! ```

use super::lexicon::Lexicon;
use super::pattern::{Match, Pattern, View};
use super::{Alarm, Language};
use crate::types::Speaker;

/// What a rule's match means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    Alarm(Alarm),
    Cue(Cue),
}

/// What takes an alarm's ground away, or gives it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cue {
    /// The words of the match mean something else here: an idiom, a name.
    Mask,
    /// As `Mask`, for everything but emergencies.
    MaskBelow,
    /// What stands in the same clause is long ago.
    Past,
    /// What was said before is long ago.
    Recalled,
    /// It is now, whatever else is said in the clause.
    Now,
    /// It happens again.
    Again,
    /// What was said before is over.
    Resolved,
    /// What is said next is over.
    Over,
    /// Somebody already cares for them.
    Cared,
    /// What is said next is only supposed.
    Supposed,
    /// It is in the news, a film, a book, a lesson.
    Told,
    /// What is said next is asked.
    Asked,
    /// They beg for help: no "no" counts.
    Plea,
    /// The assistant repeats what it was told; then neither question nor condition counts.
    Confirmed,
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub name: &'static str,
    pub meaning: Meaning,
    /// Whose words it judges; `None` is anyone's.
    pub speaker: Option<Speaker>,
    /// Holds even if it is only supposed: threats are always conditional.
    pub firm: bool,
}

/// Tables of all languages, compiled.
pub(super) struct Tables {
    pub lexicon: Lexicon,
    pub rules: Vec<Rule>,
    /// Patterns, at the number of the element with which they begin.
    patterns: Vec<Vec<Pattern>>,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self { lexicon: Lexicon::new(), rules: Vec::new(), patterns: Vec::new() }
    }

    /// Reads the classes of `texts`, then their rules. A class may be defined in any of them.
    pub(super) fn read(&mut self, language: Language, texts: &[&'static str]) {
        for text in texts {
            self.read_classes(language, text);
        }
        for text in texts {
            self.read_rules(language, text);
        }
    }

    fn read_classes(&mut self, language: Language, text: &'static str) {
        let mut class = None;
        for line in lines(text) {
            let entries = match line.split_once(':').filter(|(name, _)| is_class(name)) {
                Some((name, entries)) => {
                    class = Some(name);
                    entries
                }
                None if line.starts_with(' ') => line,
                None => {
                    class = None;
                    continue;
                }
            };
            if let Some(class) = class {
                self.lexicon.define(language, class, entries.split_whitespace());
            }
        }
    }

    fn read_rules(&mut self, language: Language, text: &'static str) {
        for line in lines(text)
            .filter(|line| !line.starts_with(' ') && !line.split_once(':').is_some_and(|(name, _)| is_class(name)))
        {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(head) => self.rules.push(rule(head)),
                None => self.add(language, line),
            }
        }
    }

    /// Adds a pattern to the last rule.
    pub(super) fn add(&mut self, language: Language, line: &str) {
        let rule = self.rules.len() - 1;
        for pattern in Pattern::parse(line, language, rule as u16, &mut self.lexicon) {
            let first = pattern.first();
            debug_assert!(first.is_some(), "{line} begins with its end");
            if let Some(first) = first {
                let at = usize::from(first);
                if self.patterns.len() <= at {
                    self.patterns.resize_with(at + 1, Vec::new);
                }
                self.patterns[at].push(pattern);
            }
        }
    }

    /// Everything that is found, for rules that judge `speaker`.
    pub(super) fn matches(&self, view: &View<'_>, speaker: Speaker) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        for at in 0..view.tokens.len() {
            let mut last = 0;
            for &(element, _) in view.hits.get(at).into_iter().flatten() {
                if element == last {
                    continue;
                }
                last = element;
                for pattern in self.patterns.get(usize::from(element)).into_iter().flatten() {
                    let heard = self.rules[pattern.rule as usize].speaker.is_none_or(|who| who == speaker);
                    found.extend(pattern.find(view, at).filter(|_| heard));
                }
            }
        }
        found
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether what stands before a colon is the name of a class.
fn is_class(name: &str) -> bool {
    name.starts_with('@') && !name.contains(' ')
}

fn rule(head: &'static str) -> Rule {
    let mut words = head.split_whitespace();
    let name = words.next().unwrap_or_default();
    let mut rule = Rule { name, meaning: Meaning::Alarm(Alarm::High), speaker: None, firm: false };
    for word in words {
        match word {
            "caller" => rule.speaker = Some(Speaker::Caller),
            "assistant" => rule.speaker = Some(Speaker::Assistant),
            "firm" => rule.firm = true,
            other => {
                let meaning = meaning(other);
                debug_assert!(meaning.is_some(), "[{head}]: what is {other}?");
                rule.meaning = meaning.unwrap_or(rule.meaning);
            }
        }
    }
    rule
}

fn meaning(word: &str) -> Option<Meaning> {
    let cue = match word {
        "mask" => Cue::Mask,
        "mask-below" => Cue::MaskBelow,
        "past" => Cue::Past,
        "recalled" => Cue::Recalled,
        "now" => Cue::Now,
        "again" => Cue::Again,
        "resolved" => Cue::Resolved,
        "over" => Cue::Over,
        "cared" => Cue::Cared,
        "supposed" => Cue::Supposed,
        "told" => Cue::Told,
        "asked" => Cue::Asked,
        "plea" => Cue::Plea,
        "confirmed" => Cue::Confirmed,
        alarm => return Alarm::parse(alarm).map(Meaning::Alarm),
    };
    Some(Meaning::Cue(cue))
}
