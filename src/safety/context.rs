//! Whether a match is meant: not denied, not long ago, not over, not only supposed, not told.
//!
//! When in doubt an emergency stands. Punctuation helps where it is there, and nothing depends on it.

use super::lexicon::{Element, Lexicon};
use super::pattern::{Match, View};
use super::tables::{Cue, Meaning, Rule};
use super::tokens::Break;
use super::{Alarm, Speaker};

/// Words back from a match in which a negation is looked for.
const NEGATION_WORDS_MAX: usize = 6;

/// The classes that the context is made of; every language defines each.
pub(super) struct Marks {
    pub filler: Element,
    /// "no", "without", "denies".
    negator: Element,
    /// After a negator these do not deny what follows: "I don't know, chest pain".
    opaque: Element,
    /// After a negator these deny what follows although it has a subject: "I don't think I have".
    transparent: Element,
    /// "can not", "will not" deny an ability, not a symptom.
    modal: Element,
    /// What "can not" does deny: "can not be", "can not have".
    state: Element,
    subject: Element,
    /// "but": nothing before it reaches what follows.
    breaker: Element,
    and: Element,
    or: Element,
    /// A bare "no".
    no: Element,
    /// Verbs of the present.
    present: Element,
    /// "if" after these is "whether".
    whether: Element,
    condition: Element,
    when: Element,
    first_person: Element,
    noun: Element,
    /// "never before, but now"
    never: Element,
    /// "stopped, and started again"
    stopped: Element,
    /// "not my arm, is my chest": what follows is said, not denied
    copula: Element,
    /// Spanish pronouns between "no" and its verb.
    clitic: Element,
    /// "no, nothing like that"
    nothing: Element,
    pub animal: Element,
    /// Words that tell of a person besides the animal.
    pub human: Element,
}

impl Marks {
    pub(super) fn new(lexicon: &mut Lexicon) -> Self {
        Self {
            filler: lexicon.shared("@filler"),
            negator: lexicon.shared("@negator"),
            opaque: lexicon.shared("@opaque"),
            transparent: lexicon.shared("@transparent"),
            modal: lexicon.shared("@modal"),
            state: lexicon.shared("@state"),
            subject: lexicon.shared("@subject"),
            breaker: lexicon.shared("@breaker"),
            and: lexicon.shared("@and"),
            or: lexicon.shared("@or"),
            no: lexicon.shared("@no"),
            present: lexicon.shared("@present"),
            whether: lexicon.shared("@whether"),
            condition: lexicon.shared("@condition"),
            when: lexicon.shared("@when"),
            first_person: lexicon.shared("@first_person"),
            noun: lexicon.shared("@bare_noun"),
            never: lexicon.shared("@never"),
            stopped: lexicon.shared("@stopped"),
            copula: lexicon.shared("@copula"),
            clitic: lexicon.shared("@clitic"),
            nothing: lexicon.shared("@nothing"),
            animal: lexicon.shared("@animal"),
            human: lexicon.shared("@human"),
        }
    }
}

/// An utterance with everything that was found in it.
pub(super) struct Context<'a> {
    pub view: &'a View<'a>,
    pub marks: &'a Marks,
    pub speaker: Speaker,
    cues: Vec<(Cue, usize, usize)>,
    /// Words that mean something else here; for everything, and for everything but emergencies.
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
                Meaning::Cue(Cue::Mask) => self.masks[0].extend(&found.parts),
                Meaning::Cue(Cue::MaskBelow) => self.masks[1].extend(&found.parts),
                Meaning::Cue(cue) => self.cues.push((cue, found.start(), found.end())),
                Meaning::Alarm(_) => {}
            }
        }
    }

    /// Whether the match is not meant.
    pub(super) fn silences(&self, found: &Match, rule: &Rule, alarm: Alarm) -> bool {
        self.masked(found, alarm)
            || self.negated(found)
            || self.past(found)
            || self.over(found)
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
        let covers = |mask: &Vec<(u16, u16)>| {
            mask.iter().any(|mask| found.parts.iter().any(|part| part.0 < mask.1 && mask.0 < part.1))
        };
        covers(&self.masks[0]) || (alarm != Alarm::Emergency && covers(&self.masks[1]))
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
                return !self.exclaimed(at, found) && !self.overtaken(at) && self.denies(at, start);
            }
            let anew = view.is(at, marks.copula)
                && at > 1
                && !view.is(at - 1, marks.negator)
                && !view.is(at + 1, marks.negator)
                && !view.is(at - 1, marks.subject);
            if anew || view.is(at, marks.breaker) || (view.is(at, marks.subject) && !self.thought(at)) {
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
        if (next..to.min(next + 2)).any(|at| view.is(at, marks.opaque)) {
            return false;
        }
        let modal = at > 0 && view.is(at - 1, marks.modal);
        if modal && !view.is(next, marks.state) {
            return false;
        }
        // Denied twice is said: "has not stopped bleeding".
        !(at.saturating_sub(2)..at).any(|before| {
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
        let alone = (at + 1..start).all(|at| view.filler[at] || view.is(at, marks.clitic));
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
            let stop = at + 1 >= from && view.tokens[at].after >= Break::Stop && at + 1 <= to;
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

    fn past(&self, found: &Match) -> bool {
        if self.cues(Cue::Again).next().is_some() {
            return false;
        }
        if self.cues(Cue::Recalled).any(|(start, _)| start >= found.end()) {
            return true;
        }
        let past = self.cues(Cue::Past).any(|(start, end)| !self.between(found, start, end));
        past && !self.cues(Cue::Now).any(|(start, end)| !self.between(found, start, end)) && !self.present(found)
    }

    /// "is having chest pain", whatever happened last year.
    fn present(&self, found: &Match) -> bool {
        let (view, marks) = (self.view, self.marks);
        (found.start().saturating_sub(3)..found.end()).any(|at| {
            let next = view.tokens.get(at + 1).map_or("", |token| token.word.as_str());
            view.is(at, marks.present)
                && (next.ends_with("ing") || next.ends_with("ndo") || view.is(at + 1, marks.negator))
        })
    }

    fn over(&self, found: &Match) -> bool {
        if self.cues(Cue::Again).next().is_some() {
            return false;
        }
        let denied = |start: usize, end: usize| {
            let end = if self.view.is(start, self.marks.present) { end } else { start };
            (start.saturating_sub(2)..end).any(|at| {
                let other = at + 1 < start && self.view.is(at + 1, self.marks.subject) && !self.thought(at + 1);
                self.view.is(at, self.marks.negator) && !self.ends(at) && !other
            })
        };
        self.cues(Cue::Resolved).any(|(start, end)| start >= found.end() && !denied(start, end))
            || self.cues(Cue::Over).any(|(start, end)| {
                start <= found.start() && !denied(start, start + 1) && !self.between(found, start, end)
            })
    }

    /// Negators that tell of an end: "ya no", "stopped".
    fn ends(&self, at: usize) -> bool {
        self.view.is(at, self.marks.stopped) || self.view.end_of(at, self.marks.negator).is_some_and(|end| end > at + 1)
    }

    /// Somebody cares for them already; not if the caller speaks of themselves.
    fn cared(&self, found: &Match) -> bool {
        let own = (found.start().saturating_sub(3)..found.end()).any(|at| self.view.is(at, self.marks.first_person));
        !own && self
            .cues(Cue::Cared)
            .any(|(start, _)| !(start.saturating_sub(2)..start).any(|at| self.view.is(at, self.marks.negator)))
    }

    fn supposed(&self, found: &Match) -> bool {
        if self.speaker == Speaker::Assistant && self.conditional(found) {
            return true;
        }
        let near = |(start, end): (usize, usize)| {
            let whether = self.view.is(start, self.marks.condition)
                && (start.saturating_sub(2)..start).any(|at| self.view.is(at, self.marks.whether));
            !whether && start <= found.start() && found.start() < end + 12 && !self.between(found, start, end)
        };
        self.cues(Cue::Supposed).any(near)
    }

    /// "call 911 if you have chest pain", said by the assistant: a condition anywhere in the sentence.
    fn conditional(&self, found: &Match) -> bool {
        if self.confirmed(found) {
            return false;
        }
        let (view, marks) = (self.view, self.marks);
        let (from, to) = self.sentence(found);
        (from..to).any(|at| {
            view.is(at, marks.condition) && !(at.saturating_sub(2)..at).any(|before| view.is(before, marks.whether))
        })
    }

    /// Begin and end of the sentences that the match touches.
    fn sentence(&self, found: &Match) -> (usize, usize) {
        let tokens = self.view.tokens;
        let from = (0..found.start()).rev().find(|&at| tokens[at].after >= Break::Stop).map_or(0, |at| at + 1);
        let to = (found.end() - 1..tokens.len()).find(|&at| tokens[at].after >= Break::Stop);
        (from, to.map_or(tokens.len(), |at| at + 1))
    }

    fn told(&self, found: &Match) -> bool {
        self.cues(Cue::Told).any(|(start, end)| {
            if (start.saturating_sub(2)..start).any(|at| self.view.is(at, self.marks.negator)) {
                return false;
            }
            // "I was watching the news when my father collapsed"
            let here = end <= found.start()
                && (end..found.start()).any(|at| {
                    (self.view.is(at, self.marks.when) || self.view.is(at, self.marks.and))
                        && self.view.is(at + 1, self.marks.subject)
                });
            let breaks =
                (end.min(found.end())..start.max(found.start())).any(|at| self.view.is(at, self.marks.breaker));
            !here && !breaks
        })
    }

    /// Whether the assistant repeats in this sentence what it was told.
    fn confirmed(&self, found: &Match) -> bool {
        let (from, to) = self.sentence(found);
        self.cues(Cue::Confirmed).any(|(start, _)| from <= start && start < to)
    }

    /// The assistant's questions raise nothing.
    fn asked(&self, found: &Match) -> bool {
        if self.confirmed(found) {
            return false;
        }
        let (from, to) = self.sentence(found);
        let question = self.view.tokens[to - 1].after == Break::Question;
        question || self.cues(Cue::Asked).any(|(start, _)| from <= start && start <= found.start())
    }
}

#[cfg(test)]
mod tests;
