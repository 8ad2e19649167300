//! Patterns: what must stand near what, in which order, for a rule to match.
//!
//! A line of a table is a pattern. Its elements follow each other with at most one other word between them; `~N` allows N,
//! `&` allows either order within six, `^` and `$` tie it to the ends of the utterance, and what follows `!` must not
//! occur in it or within six words of it. Fillers and polite words between elements do not count.

use super::Language;
use super::lexicon::{Element, Hits, Lexicon};
use super::tokens::{Break, Token};

const GAP: u8 = 1;
const GAP_EITHER_ORDER: u8 = 6;
/// Words on either side of a match in which what follows `!` takes it back. Farther off it speaks of something else.
const UNLESS_WORDS: usize = 6;
/// Places that one search tries. A phrase of one word many times over could be laid on an utterance in millions of ways.
const TRIES_MAX: u32 = 20_000;
/// What the end of a sentence counts as, in words: recognizers put full stops into the middle of sentences.
const STOP_COSTS: u8 = 2;

/// One element of a pattern.
struct Step {
    /// Words that may stand before it.
    gap: u8,
    /// What stands there; without it only the end will do.
    element: Option<Element>,
    /// The end of the sentence will do as well.
    or_end: bool,
}

/// One line of a table, compiled.
pub(super) struct Pattern {
    steps: Vec<Step>,
    at_start: bool,
    unless: Option<Element>,
    pub rule: u16,
}

/// A pattern that was found.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub rule: u16,
    /// Begin and end of each of the pattern's elements, in order.
    pub parts: Vec<(u16, u16)>,
}

impl Match {
    pub(super) fn start(&self) -> usize {
        self.parts.first().map_or(0, |part| part.0 as usize)
    }

    /// The position after the last word.
    pub(super) fn end(&self) -> usize {
        self.parts.last().map_or(0, |part| part.1 as usize)
    }
}

/// The words of an utterance as the patterns see them.
pub(super) struct View<'a> {
    pub tokens: &'a [Token],
    pub hits: &'a Hits,
    /// Words between elements that do not count.
    pub filler: Vec<bool>,
    /// Where clauses begin that follow a denied one: "I don't need billing | I need an ambulance".
    pub anew: Vec<usize>,
    /// One bit for each element that stands anywhere.
    heard: Vec<u64>,
}

impl<'a> View<'a> {
    /// The view of `tokens`, in which every word counts until `filler` says otherwise.
    pub(super) fn new(tokens: &'a [Token], hits: &'a Hits) -> Self {
        let mut heard = Vec::new();
        for &(element, _) in hits.iter().flatten() {
            let word = usize::from(element) / 64;
            if heard.len() <= word {
                heard.resize(word + 1, 0);
            }
            heard[word] |= 1u64 << (element % 64);
        }
        Self { tokens, hits, filler: vec![false; tokens.len()], anew: Vec::new(), heard }
    }

    /// Whether `element` stands anywhere.
    fn hears(&self, element: Element) -> bool {
        self.heard.get(usize::from(element) / 64).is_some_and(|bits| bits & (1 << (element % 64)) != 0)
    }

    pub(super) fn is(&self, at: usize, element: Element) -> bool {
        self.end_of(at, element).is_some()
    }

    /// Where the longest phrase for `element` ends that begins at `at`.
    pub(super) fn end_of(&self, at: usize, element: Element) -> Option<usize> {
        self.ends(at, element).max()
    }

    pub(super) fn ends(&self, at: usize, element: Element) -> impl Iterator<Item = usize> + '_ {
        let hits = self.hits.get(at).map_or(&[][..], Vec::as_slice);
        let first = hits.partition_point(|hit| hit.0 < element);
        hits[first..].iter().take_while(move |hit| hit.0 == element).map(|hit| hit.1 as usize)
    }

    /// Whether a sentence begins at `at`, but for fillers.
    fn begins(&self, at: usize) -> bool {
        let before = (0..at).rev().take_while(|&at| self.tokens[at].after < Break::Stop);
        before.into_iter().all(|at| self.filler[at])
    }
}

impl Pattern {
    /// The patterns of a line: one for each order that it allows.
    pub(super) fn parse(line: &str, language: Language, rule: u16, lexicon: &mut Lexicon) -> Vec<Self> {
        let (line, unless) = match line.split_once(" ! ") {
            Some((line, unless)) => (line, Some(lexicon.element(language, unless.trim()))),
            None => (line, None),
        };
        let sides: Vec<&str> = line.split('&').collect();
        let mut patterns = Vec::new();
        for order in orders(sides.len()) {
            let mut pattern = Self { steps: Vec::new(), at_start: false, unless, rule };
            for (nth, &side) in order.iter().enumerate() {
                // `None` where the pattern does not say: the usual gap, and none before the end.
                let mut gap = (nth > 0).then_some(GAP_EITHER_ORDER);
                for word in sides[side].split_whitespace() {
                    match word {
                        "^" => pattern.at_start = true,
                        word => match word.strip_prefix('~') {
                            Some(words) => gap = words.parse().ok(),
                            None => {
                                let gap = gap.take().unwrap_or(if word == "$" { 0 } else { GAP });
                                pattern.steps.push(Step::parse(word, gap, language, lexicon));
                            }
                        },
                    }
                }
            }
            patterns.push(pattern);
        }
        patterns
    }

    /// The element by which the pattern is found.
    pub(super) fn first(&self) -> Option<Element> {
        self.steps.first().and_then(|step| step.element)
    }

    /// The match that begins at `at`, if there is one.
    pub(super) fn find(&self, view: &View<'_>, at: usize) -> Option<Match> {
        // Most patterns lack a word, and that is quickly seen.
        let all = self.steps.iter().all(|step| step.or_end || step.element.is_none_or(|element| view.hears(element)));
        if !all || (self.at_start && !view.begins(at)) {
            return None;
        }
        let mut parts = Vec::with_capacity(self.steps.len());
        let first = self.first()?;
        let mut tries = TRIES_MAX;
        if !self.step(view, at, 0, first, &mut parts, &mut tries) {
            return None;
        }
        let last = parts.last().map_or(at, |part| part.1 as usize);
        // What was denied before takes nothing back.
        let anew = view.anew.iter().rev().find(|&&anew| anew <= at).map_or(0, |&anew| anew);
        let near = at.saturating_sub(UNLESS_WORDS).max(anew)..(last + UNLESS_WORDS).min(view.tokens.len());
        let barred = self.unless.is_some_and(|bar| near.into_iter().any(|at| view.is(at, bar)));
        (!barred).then_some(Match { rule: self.rule, parts })
    }

    /// Puts the element of step `nth` at `at`, and the others behind it.
    fn step(
        &self,
        view: &View<'_>,
        at: usize,
        nth: usize,
        element: Element,
        parts: &mut Vec<(u16, u16)>,
        tries: &mut u32,
    ) -> bool {
        for end in view.ends(at, element) {
            let Some(left) = tries.checked_sub(1) else {
                return false;
            };
            *tries = left;
            parts.push((at as u16, end as u16));
            if self.rest(view, end, nth + 1, parts, tries) {
                return true;
            }
            parts.pop();
        }
        false
    }

    fn rest(&self, view: &View<'_>, from: usize, nth: usize, parts: &mut Vec<(u16, u16)>, tries: &mut u32) -> bool {
        let Some(step) = self.steps.get(nth) else {
            return true;
        };
        let mut cost = 0;
        for at in from..=view.tokens.len() {
            let stops = at == view.tokens.len() || (at > 0 && view.tokens[at - 1].after >= Break::Stop);
            if stops && step.or_end && cost <= step.gap {
                return self.rest(view, at, nth + 1, parts, tries);
            }
            cost += if stops { STOP_COSTS } else { 0 };
            if cost > step.gap {
                return false;
            }
            if let Some(element) = step.element
                && view.is(at, element)
                && self.step(view, at, nth, element, parts, tries)
            {
                return true;
            }
            cost += u8::from(!view.filler.get(at).is_some_and(|filler| *filler));
        }
        false
    }
}

impl Step {
    fn parse(word: &str, gap: u8, language: Language, lexicon: &mut Lexicon) -> Self {
        let words: Vec<&str> = word.split('|').filter(|word| *word != "$").collect();
        let element = (!words.is_empty()).then(|| lexicon.element(language, &words.join("|")));
        Self { gap, element, or_end: words.len() < word.split('|').count() }
    }
}

/// All orders of `n` things; more than three keep the order in which they were written.
fn orders(n: usize) -> Vec<Vec<usize>> {
    match n {
        2 => vec![vec![0, 1], vec![1, 0]],
        3 => [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(Vec::from).into(),
        n => vec![(0..n).collect()],
    }
}

#[cfg(test)]
mod tests;
