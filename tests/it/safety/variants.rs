//! The shapes in which one phrase may reach the rules: without punctuation, with fillers, with a recognizer's slips.
//!
//! A rule that knows only the tidy sentence is of no use on the phone. Everything here is deterministic: a phrase
//! has the same variants on every machine, and they do not change when other lines are added.

use super::corpus::{Difficulty, Phrase, lines};

/// How a variant was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Written,
    Bare,
    Fillers,
    Slips,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Written, Self::Bare, Self::Fillers, Self::Slips];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Bare => "bare",
            Self::Fillers => "fillers",
            Self::Slips => "slips",
        }
    }
}

/// A word or phrase as it was spoken, and what a recognizer makes of it.
#[derive(Debug)]
pub(super) struct Slip {
    lang: String,
    heard: String,
    written: String,
}

/// The table of `fixtures/safety/slips.tsv`.
pub(super) fn slips() -> Vec<Slip> {
    let parse = |(place, line): (String, String)| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [lang, heard, written] = columns[..] else { panic!("{place}: {} columns, not 3", columns.len()) };
        Slip { lang: lang.to_owned(), heard: heard.to_owned(), written: written.to_owned() }
    };
    lines("slips.tsv").into_iter().map(parse).collect()
}

/// Every shape of a phrase, the written one first, none twice.
pub(super) fn variants(phrase: &Phrase, slips: &[Slip]) -> Vec<(Kind, String)> {
    let text = phrase.text.as_str();
    let mut all = vec![(Kind::Written, text.to_owned())];
    if phrase.difficulty != Difficulty::Comma {
        all.push((Kind::Bare, bare(&text.replace('\'', ""))));
        all.push((Kind::Bare, bare(text)));
    }
    let fillers = Fillers::of(&phrase.lang);
    all.push((Kind::Fillers, fillers.add(text, 1, "")));
    all.push((Kind::Fillers, fillers.add(text, 2, ",")));
    let applicable = slips.iter().filter(|slip| slip.lang == phrase.lang);
    all.extend(applicable.map(|slip| (Kind::Slips, replace(text, &slip.heard, &slip.written))));
    all.push((Kind::Slips, without_accents(text)));
    all.push((Kind::Slips, text.replace('\'', "\u{2019}")));
    let mut seen = Vec::new();
    all.retain(|(_, text)| {
        let new = !seen.contains(text);
        seen.push(text.clone());
        new
    });
    all
}

/// Small letters and digits, words apart by one blank, nothing else.
fn bare(text: &str) -> String {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn without_accents(text: &str) -> String {
    let plain = |c| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        'Á' => 'A',
        'É' => 'E',
        'Í' => 'I',
        'Ó' => 'O',
        'Ú' => 'U',
        _ => c,
    };
    text.chars().map(plain).collect()
}

/// The text with `to` wherever `from` stands between word borders, in any case.
fn replace(text: &str, from: &str, to: &str) -> String {
    let (chars, from): (Vec<char>, Vec<char>) = (text.chars().collect(), from.chars().collect());
    let border = |at: Option<&char>| !at.is_some_and(|c| c.is_alphanumeric());
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let end = at + from.len();
        let same = |(a, b): (&char, &char)| a.to_lowercase().eq(b.to_lowercase());
        let here = end <= chars.len() && chars[at..end].iter().zip(&from).all(same);
        if here && border(chars[..at].last()) && border(chars.get(end)) {
            out.push_str(to);
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// The little words of a language, and after which words they would change what is said.
struct Fillers {
    words: &'static [&'static str],
    /// "No chest pain" is clear, "no, um, chest pain" is not: no filler right after these.
    negations: &'static [&'static str],
}

impl Fillers {
    fn of(lang: &str) -> Self {
        match lang {
            "es" => Self {
                words: &["eh", "bueno", "o sea", "pues"],
                negations: &["no", "sin", "ni", "nunca", "nada", "nadie", "ya", "ningún", "ninguna", "tampoco"],
            },
            _ => Self {
                words: &["um", "well", "you know", "uh"],
                negations: &[
                    "no", "not", "never", "without", "any", "nor", "neither", "nope", "nobody", "isn't", "don't",
                ],
            },
        }
    }

    /// One filler in front, and one for every `WORDS_PER_FILLER` words at places drawn from the text and the seed;
    /// with `comma` on both sides where the recognizer heard a pause.
    fn add(&self, text: &str, seed: u64, comma: &str) -> String {
        let mut random = fastrand::Rng::with_seed(text.bytes().fold(seed, |sum, byte| {
            // FNV-1a: the places hang on the text alone, not on its line.
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }));
        let words: Vec<&str> = text.split(' ').collect();
        let after_negation = |word: &str| {
            let word = word.to_lowercase();
            self.negations.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()))
        };
        let gaps: Vec<usize> = (1..words.len()).filter(|gap| !after_negation(words[gap - 1])).collect();
        let count = words.len().div_ceil(WORDS_PER_FILLER).min(gaps.len());
        let chosen: Vec<usize> = (0..count).map(|_| gaps[random.usize(..gaps.len())]).collect();
        let mut out = format!("{}{comma}", self.draw(&mut random));
        for (gap, word) in words.iter().enumerate() {
            if chosen.contains(&gap) {
                let before = if out.ends_with(|c: char| c.is_alphanumeric()) { comma } else { "" };
                out = format!("{out}{before} {}{comma}", self.draw(&mut random));
            }
            out = format!("{out} {word}");
        }
        out
    }

    fn draw(&self, random: &mut fastrand::Rng) -> &'static str {
        self.words[random.usize(..self.words.len())]
    }
}

/// About one filler in a clause, as people speak.
const WORDS_PER_FILLER: usize = 8;

#[test]
fn punctuation_and_case_go_and_words_stay() {
    assert_eq!(bare("No! I CAN'T breathe, it's 39.5."), "no i can t breathe it s 39 5");
    assert_eq!(bare("¿Está el doctor Gómez?"), "está el doctor gómez");
}

#[test]
fn slips_replace_whole_words_in_any_case() {
    assert_eq!(replace("Chest pain, chests, my chest.", "chest", "chess"), "chess pain, chests, my chess.");
    assert_eq!(replace("El bebé, bebés", "bebé", "beve"), "El beve, bebés");
    assert_eq!(replace("Pain", "chest", "chess"), "Pain");
    assert_eq!(without_accents("Ningún niño respiró"), "Ningun nino respiro");
}

#[test]
fn fillers_come_in_and_nothing_else_changes() {
    let fillers = Fillers::of("en");
    let text = "There is no chest pain and I do not feel any worse than I did on Monday";
    for (seed, comma) in [(1, ""), (2, ","), (3, ""), (4, ",")] {
        let with = fillers.add(text, seed, comma);
        assert_eq!(with, fillers.add(text, seed, comma), "the same on every run");
        let mut without = with.replace(',', "");
        for filler in fillers.words {
            without = without.replace(&format!("{filler} "), "");
            let after =
                |word: &str| with.contains(&format!("{word} {filler}")) || with.contains(&format!("{word}, {filler}"));
            assert!(!["no", "not", "any"].into_iter().any(after), "{with}");
        }
        assert_eq!(without, text, "{with}");
        assert!(with.split(' ').count() >= text.split(' ').count() + 2, "{with}");
    }
}

#[test]
fn a_phrase_has_each_kind_of_variant_unless_its_commas_matter() {
    let (all, slips) = (super::corpus::phrases(), slips());
    for phrase in &all {
        let variants = variants(phrase, &slips);
        let has = |kind| variants.iter().any(|(of, _)| *of == kind);
        assert_eq!(variants[0], (Kind::Written, phrase.text.clone()));
        // What a recognizer wrote without any mark or capital has nothing to lose.
        let plain = phrase.text.chars().all(|c| c.is_lowercase() || c.is_whitespace() || c.is_ascii_digit());
        assert!(plain || has(Kind::Bare) == (phrase.difficulty != Difficulty::Comma), "{}", phrase.place);
        assert!(has(Kind::Fillers), "{}", phrase.place);
    }
}

#[test]
fn the_table_of_slips_is_sound() {
    let slips = slips();
    assert!(slips.len() >= 200, "{} slips", slips.len());
    for (number, slip) in slips.iter().enumerate() {
        assert!(["en", "es"].contains(&slip.lang.as_str()), "{slip:?}");
        assert!(!slip.heard.is_empty() && !slip.written.is_empty() && slip.heard != slip.written, "{slip:?}");
        let same =
            |other: &Slip| (&other.lang, &other.heard, &other.written) == (&slip.lang, &slip.heard, &slip.written);
        assert!(!slips[..number].iter().any(same), "twice: {slip:?}");
    }
}
