//! Which elements of the patterns each word of an utterance can stand for.
//!
//! All tables are turned into one dictionary when the rules are compiled, so that a word is looked up once, however many
//! hundred patterns there are. Unknown words get a second chance: one slip of the recognizer is forgiven in long words.

use std::collections::{BTreeSet, HashMap};

use super::inflect::forms;
use super::tokens::Token;
use super::{Language, slips};

/// A place in a pattern: a set of words and phrases.
pub(super) type Element = u16;

/// What may stand at one position: an element, and the position after its last word.
pub(super) type Hit = (Element, u16);

/// Hits of each position of an utterance, sorted.
pub(super) type Hits = Vec<Vec<Hit>>;

/// Words of this many letters are forgiven one slip.
const LETTERS_FORGIVEN_MIN: usize = 6;
/// Spanish spells some sounds in several ways; words of this many letters are compared by sound.
const LETTERS_SOUNDED_MIN: usize = 4;
/// A word with a listed stem of this many letters is no slip.
const STEM_LETTERS_SURE: usize = 5;
/// A stem listed with `*` is looked for in words up to this long.
const STEM_LETTERS_MAX: usize = 16;

/// A word of so many letters is heard with an "s" at its end as well.
const BASE_LETTERS_MIN: usize = 4;

/// What recognizers glue to the word before it. Other words are cut at short Spanish words only: "firewall" is one word.
const TAILS: &[&str] = &["pain", "pains", "attack", "hurts", "myself", "himself", "herself", "person", "breathing"];

/// The dictionary while tables are added, and afterwards.
#[derive(Default)]
pub(super) struct Lexicon {
    /// Definitions of `@class`, by language.
    classes: HashMap<(Language, Box<str>), Vec<Box<str>>>,
    by_text: HashMap<(Option<Language>, Box<str>), Element>,
    words: HashMap<Box<str>, Vec<Element>>,
    stems: HashMap<Box<str>, Vec<Element>>,
    /// Phrases, at the number of the element with which they begin: what they are, and how they go on.
    phrases: Vec<Vec<(Element, Vec<Element>)>>,
    /// Words that are one letter short of a known one, and the known ones.
    short: HashMap<Box<str>, Vec<Box<str>>>,
    /// Known Spanish words by their sound.
    sounds: HashMap<Box<str>, Vec<Box<str>>>,
    /// Words that may stand inside a phrase.
    filler: Option<Element>,
    /// What is heard for what is meant.
    heard: HashMap<&'static str, Vec<&'static str>>,
    /// Words that are spelled like a known one but mean themselves.
    real: BTreeSet<&'static str>,
    next: Element,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        let (heard, real) = (slips::heard(), slips::real());
        Self { heard, real, ..Self::default() }
    }

    /// Adds entries to `@name`.
    pub(super) fn define<'a>(&mut self, language: Language, name: &str, entries: impl Iterator<Item = &'a str>) {
        self.classes.entry((language, name.into())).or_default().extend(entries.map(Into::into));
    }

    /// The element for `text`: alternatives with `|` between them, each a word, a phrase or an `@class`. All classes that
    /// it names must have been defined.
    pub(super) fn element(&mut self, language: Language, text: &str) -> Element {
        if let Some(&element) = self.by_text.get(&(Some(language), text.into())) {
            return element;
        }
        let element = self.fresh();
        self.by_text.insert((Some(language), text.into()), element);
        for entry in text.split('|') {
            self.entry(language, element, entry, 0);
        }
        element
    }

    /// The element for a class that every language defines for itself.
    pub(super) fn shared(&mut self, class: &str) -> Element {
        if let Some(&element) = self.by_text.get(&(None, class.into())) {
            return element;
        }
        let element = self.fresh();
        if class == "@filler" {
            self.filler = Some(element);
        }
        self.by_text.insert((None, class.into()), element);
        for language in Language::ALL {
            self.entry(language, element, class, 0);
        }
        element
    }

    fn fresh(&mut self) -> Element {
        self.next += 1;
        self.next
    }

    fn entry(&mut self, language: Language, element: Element, entry: &str, depth: u8) {
        let entry = entry.replace('-', "_");
        let entry = entry.as_str();
        if entry.starts_with('@') {
            let entries = self.classes.get(&(language, entry.into())).cloned();
            let entries = entries.filter(|_| depth < 8);
            debug_assert!(entries.is_some(), "{entry} is not defined, or by itself");
            for entry in entries.unwrap_or_default() {
                self.entry(language, element, &entry, depth + 1);
            }
        } else if entry.contains('_') {
            let parts: Vec<Element> =
                entry.split('_').map(|part| self.element(language, &part.replace('/', "|"))).collect();
            let at = usize::from(parts[0]);
            if self.phrases.len() <= at {
                self.phrases.resize_with(at + 1, Vec::new);
            }
            self.phrases[at].push((element, parts[1..].to_vec()));
        } else {
            for word in entry.split('/') {
                self.word(language, element, word);
            }
        }
    }

    fn word(&mut self, language: Language, element: Element, word: &str) {
        let add = |map: &mut HashMap<Box<str>, Vec<Element>>, word: &str| {
            let elements = map.entry(word.into()).or_default();
            if !elements.contains(&element) {
                elements.push(element);
            }
        };
        if let Some(stem) = word.strip_suffix('*') {
            add(&mut self.stems, stem);
            return;
        }
        let forms = match word.strip_suffix('+') {
            Some(word) => forms(language, word),
            None => vec![word.to_owned()],
        };
        for form in forms {
            if !self.words.contains_key(form.as_str()) {
                self.remember(language, &form);
            }
            add(&mut self.words, &form);
        }
    }

    /// Makes a new word findable by its slips.
    fn remember(&mut self, language: Language, word: &str) {
        if !word.is_ascii() {
            return;
        }
        if word.len() + 1 >= LETTERS_FORGIVEN_MIN {
            for short in slips::shorter(word).chain([word.to_owned()]) {
                self.short.entry(short.into()).or_default().push(word.into());
            }
        }
        if language == Language::Spanish && word.len() >= LETTERS_SOUNDED_MIN {
            self.sounds.entry(slips::sound(word).into()).or_default().push(word.into());
        }
    }

    /// What each word of an utterance can stand for.
    pub(super) fn hits(&self, tokens: &[Token]) -> Hits {
        let mut hits: Hits = tokens
            .iter()
            .enumerate()
            .map(|(at, token)| self.of_word(&token.word).into_iter().map(|element| (element, at as u16 + 1)).collect())
            .collect();
        for at in 1..tokens.len() {
            self.add_joined(&tokens[at - 1].word, &tokens[at].word, at, &mut hits[at - 1]);
        }
        let filler: Vec<bool> = hits.iter().map(|hits| hits.iter().any(|hit| Some(hit.0) == self.filler)).collect();
        // Phrases are made of words, not of phrases: one pass suffices.
        for at in 0..hits.len() {
            let mut found = Vec::new();
            for &(element, end) in &hits[at] {
                for (whole, rest) in self.phrases.get(usize::from(element)).into_iter().flatten() {
                    let mut end = end as usize;
                    let fits = rest.iter().all(|&part| {
                        let is_part = |at: usize| {
                            let hit = hits.get(at)?.iter().find(|hit| hit.0 == part)?;
                            Some(hit.1 as usize)
                        };
                        // A filler may stand inside a phrase.
                        let next = is_part(end).or_else(|| is_part(end + 1).filter(|_| filler[end]));
                        end = next.unwrap_or(end);
                        next.is_some()
                    });
                    if fits {
                        found.push((*whole, end as u16));
                    }
                }
            }
            hits[at].extend(found);
            hits[at].sort_unstable();
            hits[at].dedup();
        }
        hits
    }

    /// Adds what two words are when the recognizer cut one in two: "un conscious".
    fn add_joined(&self, one: &str, other: &str, at: usize, hits: &mut Vec<Hit>) {
        let letters = one.len() + other.len();
        if !(LETTERS_FORGIVEN_MIN..=STEM_LETTERS_MAX).contains(&letters) {
            return;
        }
        let word = format!("{one}{other}");
        let mut found: Vec<Element> = self.words.get(word.as_str()).into_iter().flatten().copied().collect();
        for meant in self.heard.get(word.as_str()).into_iter().flatten() {
            self.add(meant, &mut found);
        }
        // A stem that ends in the first word is that word's own.
        for end in one.len() + 1..=word.len() {
            found.extend(word.get(..end).and_then(|stem| self.stems.get(stem)).into_iter().flatten());
        }
        if found.is_empty() && letters > LETTERS_FORGIVEN_MIN + 1 && !(self.knows(one) && self.knows(other)) {
            self.guess(&word, &mut found);
        }
        hits.extend(found.into_iter().map(|element| (element, at as u16 + 1)));
    }

    fn knows(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// Cuts words that the recognizer ran together: "chestpain", "nopuedo".
    pub(super) fn cut(&self, tokens: Vec<Token>) -> Vec<Token> {
        let mut cut = Vec::with_capacity(tokens.len());
        for token in tokens {
            let word = token.word.as_str();
            let fits = |at: &usize| {
                let short = matches!(&word[..*at], "no" | "me" | "se" | "le" | "a");
                let long = *at >= 4 && TAILS.contains(&&word[*at..]);
                (long || (short && word.len() - at >= 4)) && self.knows(&word[..*at]) && self.knows(&word[*at..])
            };
            // Known words are of plain letters, so other words are not cut, and the places of `at` are letters.
            let known = !word.is_ascii() || word.len() < 6 || self.knows(word) || self.real.contains(word);
            match (1..word.len()).find(|at| !known && fits(at)) {
                Some(at) => {
                    cut.push(Token { word: word[..at].to_owned(), after: super::tokens::Break::None });
                    cut.push(Token { word: word[at..].to_owned(), after: token.after });
                }
                None => cut.push(token),
            }
        }
        cut
    }

    fn of_word(&self, word: &str) -> Vec<Element> {
        let mut found = Vec::new();
        self.add(word, &mut found);
        // "my throats closing": plurals, and the "'s" that a recognizer wrote without its apostrophe.
        let itself = self.knows(word) || self.real.contains(word);
        if let Some(base) = word.strip_suffix('s').filter(|base| !itself && base.len() >= BASE_LETTERS_MIN) {
            found.extend(self.words.get(base).into_iter().flatten());
        }
        let stem = |letters: usize| word.get(..letters).is_some_and(|stem| self.stems.contains_key(stem));
        let known = self.knows(word) || (STEM_LETTERS_SURE..=word.len().min(STEM_LETTERS_MAX)).any(stem);
        for meant in self.heard.get(word).into_iter().flatten() {
            self.add(meant, &mut found);
        }
        if !known && !self.real.contains(word) {
            self.guess(word, &mut found);
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            self.add("#", &mut found);
        }
        found
    }

    fn add(&self, word: &str, found: &mut Vec<Element>) {
        found.extend(self.words.get(word).into_iter().flatten());
        for letters in 3..=word.len().min(STEM_LETTERS_MAX) {
            found.extend(word.get(..letters).and_then(|stem| self.stems.get(stem)).into_iter().flatten());
        }
    }

    /// Adds what a misheard word may have been. All known words are of plain letters, so other words are no slips.
    fn guess(&self, word: &str, found: &mut Vec<Element>) {
        if !word.is_ascii() {
            return;
        }
        if word.len() >= LETTERS_SOUNDED_MIN {
            for known in self.sounds.get(slips::sound(word).as_str()).into_iter().flatten() {
                self.add(known, found);
            }
        }
        if word.len() + 1 < LETTERS_FORGIVEN_MIN {
            return;
        }
        for short in slips::shorter(word).chain([word.to_owned()]) {
            for known in self.short.get(short.as_str()).into_iter().flatten() {
                if word.len().max(known.len()) >= LETTERS_FORGIVEN_MIN && slips::near(word, known) {
                    self.add(known, found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
