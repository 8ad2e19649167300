//! Whether a match is meant: not denied, not long ago, not over, not only supposed, not told.
//!
//! When in doubt an emergency stands. Punctuation helps where it is there, and nothing depends on it.

mod marks;

use super::pattern::{Match, View};
use super::tables::{Cue, Meaning, Rule};
use super::tokens::Break;
use super::{Alarm, Speaker};

pub(super) use self::marks::Marks;

/// Words back from a match in which a negation is looked for.
const NEGATION_WORDS_MAX: usize = 6;

/// Words of a denied clause, at least, before another begins.
const DENIED_WORDS_MIN: usize = 3;

/// Where clauses begin, without any comma, behind a denied one.
pub(super) fn begun_anew(view: &View<'_>, marks: &Marks) -> Vec<usize> {
    let mut begins = Vec::new();
    let mut denied = None;
    for at in 0..view.tokens.len() {
        if denied.is_some_and(|denied| at >= denied + DENIED_WORDS_MIN) && view.is(at, marks.opener) {
            begins.push(at);
            denied = None;
        }
        if view.is(at, marks.negator) {
            denied = Some(at);
        }
    }
    begins
}

/// An utterance with everything that was found in it.
pub(super) struct Context<'a> {
    pub view: &'a View<'a>,
    pub marks: &'a Marks,
    pub speaker: Speaker,
    cues: Vec<(Cue, usize, usize)>,
    /// Spans of words that mean something else here; for everything, and for everything but emergencies.
    masks: [Vec<(u16, u16)>; 2],
}

impl<'a> Context<'a> {
    pub(super) fn new(view: &'a View<'a>, marks: &'a Marks, speaker: Speaker, found: &[Match], rules: &[Rule]) -> Self {
        let mut context = Self { view, marks, speaker, cues: Vec::new(), masks: Default::default() };
        context.add(found, rules);
        context
    }

    /// Takes the cues out of what was found.
    pub(super) fn add(&mut self, found: &[Match], rules: &[Rule]) {
        for found in found {
            match rules[found.rule as usize].meaning {
                Meaning::Cue(Cue::Mask) => self.masks[0].push((found.start() as u16, found.end() as u16)),
                Meaning::Cue(Cue::MaskBelow) => self.masks[1].extend(&found.parts),
                Meaning::Cue(cue) => self.cues.push((cue, found.start(), found.end())),
                Meaning::Alarm(_) => {}
            }
        }
    }

    /// Whether the match is not meant.
    pub(super) fn silences(&self, found: &Match, rule: &Rule, alarm: Alarm) -> bool {
        if self.masked(found, alarm) || self.negated(found) {
            return true;
        }
        // What the assistant does not know, it does not know, whatever it is about.
        alarm != Alarm::Uncertainty && self.elsewhere(found, rule, alarm)
    }

    /// Whether it is not here and now: long ago, over, cared for, only supposed, told or asked.
    fn elsewhere(&self, found: &Match, rule: &Rule, alarm: Alarm) -> bool {
        self.past(found)
            // "I'd prefer a person if that's alright": a wish is never over.
            || (alarm != Alarm::Human && self.over(found))
            || self.cared(found)
            || (!rule.firm && alarm <= Alarm::High && self.supposed(found))
            // A firm rule is for callers: the assistant's "should you feel suicidal, call 988" is advice.
            || (self.speaker == Speaker::Assistant && alarm == Alarm::Emergency && self.conditional(found))
            || self.told(found)
            || (self.speaker == Speaker::Assistant && self.asked(found))
    }

    fn cues(&self, kind: Cue) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.cues.iter().filter(move |cue| cue.0 == kind).map(|cue| (cue.1, cue.2))
    }

    /// Whether a word of the match means something else here.
    fn masked(&self, found: &Match, alarm: Alarm) -> bool {
        let touches = |part: &(u16, u16), mask: &(u16, u16)| part.0 < mask.1 && mask.0 < part.1;
        // A pattern that names the whole of the phrase knows what it means: "out of blood thinners".
        let names = |part: &(u16, u16), mask: &(u16, u16)| {
            alarm != Alarm::Emergency && part.1 - part.0 > 1 && part.0 <= mask.0 && mask.1 <= part.1
        };
        let [all, below] = &self.masks;
        found.parts.iter().any(|part| {
            all.iter().any(|mask| touches(part, mask) && !names(part, mask))
                || (alarm != Alarm::Emergency && below.iter().any(|mask| touches(part, mask)))
        })
    }

    fn negated(&self, found: &Match) -> bool {
        self.negated_inside(found) || self.negated_before(found) || self.negated_after(found)
    }

    /// "my chest does not hurt"
    fn negated_inside(&self, found: &Match) -> bool {
        found.parts.windows(2).any(|pair| {
            let (from, to) = (pair[0].1 as usize, pair[1].0 as usize);
            (from.max(to.saturating_sub(3))..to).any(|at| {
                let next = (at + 1..to).find(|&at| !self.view.is(at, self.marks.clitic)).unwrap_or(to);
                // "ya no tengo", "no queda ninguna": the match's own "no" denies nothing in it.
                let own = self.reaches(at, to)
                    || found
                        .parts
                        .iter()
                        .any(|part| part.1 as usize <= at && self.view.is(part.0 as usize, self.marks.negator));
                !own && self.view.is(at, self.marks.negator)
                    && (!self.view.is(at, self.marks.no) || next == to)
                    && self.denies(at, to)
                    && self.view.tokens[at].after < Break::Comma
            })
        })
    }

    /// "no chest pain", "I don't think he has a fever or chest pain"
    fn negated_before(&self, found: &Match) -> bool {
        let (view, marks) = (self.view, self.marks);
        let start = found.start();
        if view.is(start, marks.subject) && !self.thought(start) {
            return false;
        }
        let mut words = 0;
        for at in (0..start).rev() {
            let after = view.tokens[at].after;
            if after >= Break::Stop || words >= NEGATION_WORDS_MAX {
                return false;
            }
            if after == Break::Comma && (view.is(at, marks.no) || !self.listed(at + 1, found)) {
                return false;
            }
            // "ya no" that begins before the match and is part of it denies nothing else.
            if view.end_of(at, marks.negator).is_some_and(|end| end <= start) {
                return !self.corrected(at, found)
                    && !self.renewed(at, found)
                    && !self.exclaimed(at, found)
                    && !self.overtaken(at)
                    && self.denies(at, start);
            }
            // "nunca he", "nobody in my family": these words begin no clause.
            if self.spanned(at, start) || (at > 0 && view.is(at - 1, marks.within)) {
                continue;
            }
            // "no se está ahogando": a pronoun between "no" and its verb begins nothing.
            let before = (0..at).rev().find(|&at| !view.is(at, marks.clitic)).unwrap_or(0);
            let anew = view.is(at, marks.copula)
                && at > 1
                && !view.is(before, marks.negator)
                && !view.is(at + 1, marks.negator)
                && !view.is(at - 1, marks.subject);
            let pronoun = view.is(at, marks.clause_pronoun)
                && at > 1
                && view.tokens[at - 1].word != "que"
                && ![marks.negator, marks.clause_pronoun, marks.transparent].iter().any(|mark| view.is(at - 1, *mark));
            let rest = view.is(at, marks.just)
                && at > 1
                && ![marks.negator, marks.copula, marks.subject, marks.first_person]
                    .iter()
                    .any(|mark| view.is(at - 1, *mark));
            if anew
                || pronoun
                || rest
                || view.is(at, marks.breaker)
                || (view.is(at, marks.subject) && !self.thought(at))
            {
                return false;
            }
            words += usize::from(!view.filler[at]);
        }
        false
    }

    /// Whether the only negator at `at` is a phrase that goes on beyond `to`: the "ya no" of which a match has the "no".
    fn reaches(&self, at: usize, to: usize) -> bool {
        self.view.end_of(at, self.marks.negator).is_some_and(|end| end > to)
    }

    /// Whether the word at `at` goes on a longer negator: the "he" of "nunca he".
    fn spanned(&self, at: usize, to: usize) -> bool {
        let negator = |from: usize| self.view.ends(from, self.marks.negator).any(|end| end > at && end <= to);
        (at.saturating_sub(2)..at).any(negator)
    }

    /// Whether what the negator at `at` denies is said anew: "no chest pain really bad chest pain".
    fn renewed(&self, at: usize, found: &Match) -> bool {
        let (view, start) = (self.view, found.start());
        let again = (at + 1..start).any(|at| view.tokens[at].word == view.tokens[start].word);
        let joins =
            |at: usize| view.is(at, self.marks.or) || view.is(at, self.marks.and) || view.is(at, self.marks.negator);
        again && !(at + 1..start).any(joins) && !self.listed(at + 1, found)
    }

    /// Whether the negator at `at` denies another thing: "it's not the dishwasher the whole kitchen is in flames".
    fn corrected(&self, at: usize, found: &Match) -> bool {
        let (view, marks) = (self.view, self.marks);
        let next = view.end_of(at, marks.negator).unwrap_or(at + 1);
        let about = view.is(next, marks.article)
            && at > 0
            && (view.is(at - 1, marks.copula) || view.is(next - 1, marks.copula));
        let begins = |at: usize| {
            view.is(at, marks.article)
                && !view.is(at - 1, marks.within)
                && !view.is(at - 1, marks.or)
                && !view.is(at - 1, marks.and)
        };
        let says = (found.start()..found.end()).any(|at| view.is(at, marks.present));
        about && says && (next + 2..found.start()).any(begins)
    }

    /// "chest pain? no"
    fn negated_after(&self, found: &Match) -> bool {
        let (view, end) = (self.view, found.end());
        view.is(end, self.marks.no)
            && view.tokens[end - 1].after != Break::Stop
            && (end + 1 == view.tokens.len()
                || view.tokens[end].after >= Break::Stop
                || view.is(end + 1, self.marks.nothing))
            && !self.pleads(found)
    }

    /// Whether the negator at `at` denies what begins at `to`.
    fn denies(&self, at: usize, to: usize) -> bool {
        let (view, marks) = (self.view, self.marks);
        let next = view.end_of(at, marks.negator).unwrap_or(at + 1);
        // "don't have, well, any pain": a filler is opaque right after the negator only, "not well".
        if (next..to.min(next + 2)).any(|at| view.is(at, marks.opaque) && (at == next || !view.filler[at])) {
            return false;
        }
        // "si no me resuelven, los demando": the condition is denied, and not what follows from it.
        if at > 0 && view.is(at - 1, marks.condition) && to > next + 1 {
            return false;
        }
        let modal = at > 0 && view.is(at - 1, marks.modal);
        if modal && !view.is(next, marks.state) {
            return false;
        }
        // Denied twice is said: "has not stopped bleeding"; but "ni" and "nor" go on.
        view.is(at, marks.or)
            || !(at.saturating_sub(2)..at).any(|before| {
                view.end_of(before, marks.negator).is_some_and(|end| end <= at)
                    && !view.is(before, marks.no)
                    && view.tokens[before].after < Break::Comma
            })
    }

    /// Whether the "no" at `at` is a cry and denies nothing: "no no chest pain", "no chest pain please help".
    fn exclaimed(&self, at: usize, found: &Match) -> bool {
        let (view, marks, start) = (self.view, self.marks, found.start());
        if !view.is(at, marks.no) {
            return false;
        }
        // "no, no tengo dolor" is an answer: only a "no" that stands alone cries.
        // "no, no me duele" is one as well.
        let alone = (at + 1..start).all(|at| view.filler[at]);
        let twice = alone && at > 0 && view.is(at - 1, marks.no);
        // Spanish denies a noun by "sin" or "ningún": "no, dolor de pecho" is an answer and a complaint.
        let bare = at + 1 == start && view.is(start, marks.noun);
        // "no, can't breathe": what is denied already is not denied by a "no" before it.
        let own = found.parts.iter().any(|part| view.is(part.0 as usize, marks.negator));
        twice || bare || own || self.pleads(found)
    }

    /// Whether they beg for help in words that are not the match's own.
    fn pleads(&self, found: &Match) -> bool {
        self.cues(Cue::Plea).any(|(start, end)| end <= found.start() || start >= found.end())
    }

    /// "never had a seizure before, and now", "stopped, but it started again"
    fn overtaken(&self, at: usize) -> bool {
        let (view, marks) = (self.view, self.marks);
        let later = |kind| self.cues(kind).any(|(start, _)| start > at);
        (view.is(at, marks.never) && (later(Cue::Now) || later(Cue::Again)))
            || (view.is(at, marks.stopped) && later(Cue::Again))
    }

    /// Whether the subject at `at` follows "I don't think".
    fn thought(&self, at: usize) -> bool {
        (at.saturating_sub(2)..at).any(|at| self.view.is(at, self.marks.transparent))
    }

    /// Whether a list that ends in "or" goes on from `at` over the match.
    fn listed(&self, at: usize, found: &Match) -> bool {
        let end = (found.end() + 8).min(self.view.tokens.len());
        (at..end).any(|at| self.view.is(at, self.marks.or))
    }

    /// Whether a new thought begins between two positions.
    fn parted(&self, from: usize, to: usize) -> bool {
        let (view, marks) = (self.view, self.marks);
        let (from, to) = (from.min(to), from.max(to));
        (from.saturating_sub(1)..to).any(|at| {
            let stop = at + 1 >= from && view.tokens[at].after >= Break::Stop && at < to;
            let inside = at >= from;
            let breaks = inside && view.is(at, marks.breaker);
            let joins = inside && view.is(at, marks.and) && {
                let next = (at + 1..view.tokens.len()).find(|&at| !view.filler[at]).unwrap_or(at);
                view.is(next, marks.subject) || self.cues(Cue::Now).any(|cue| cue.0 == next)
            };
            stop || breaks || joins
        })
    }

    fn between(&self, found: &Match, start: usize, end: usize) -> bool {
        if end <= found.start() {
            self.parted(end, found.start())
        } else if start >= found.end() {
            self.parted(found.end(), start)
        } else {
            false
        }
    }
}

mod told;

#[cfg(test)]
mod tests;
