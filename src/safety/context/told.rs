//! What is told and not happening now: the past, the cared for, the supposed, the quoted, the asked.

use super::*;

impl Context<'_> {
    pub(super) fn past(&self, found: &Match) -> bool {
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
    pub(super) fn present(&self, found: &Match) -> bool {
        let (view, marks) = (self.view, self.marks);
        (found.start().saturating_sub(3)..found.end()).any(|at| {
            let next = view.tokens.get(at + 1).map_or("", |token| token.word.as_str());
            view.is(at, marks.present)
                && (next.ends_with("ing") || next.ends_with("ndo") || view.is(at + 1, marks.negator))
        })
    }

    pub(super) fn over(&self, found: &Match) -> bool {
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
    pub(super) fn ends(&self, at: usize) -> bool {
        self.view.is(at, self.marks.stopped) || self.view.end_of(at, self.marks.negator).is_some_and(|end| end > at + 1)
    }

    /// Somebody cares for them already; not if the caller speaks of themselves.
    pub(super) fn cared(&self, found: &Match) -> bool {
        let own = (found.start().saturating_sub(3)..found.end()).any(|at| self.view.is(at, self.marks.first_person));
        // "the fire brigade left, but now there are flames again", "he is in hospital, but she is still bleeding"
        let anew = |end: usize| (end..found.start()).any(|at| self.view.is(at, self.marks.breaker));
        !own && self.cues(Cue::Cared).any(|(start, end)| {
            !(start.saturating_sub(2)..start).any(|at| self.view.is(at, self.marks.negator)) && !anew(end)
        })
    }

    pub(super) fn supposed(&self, found: &Match) -> bool {
        if self.speaker == Speaker::Assistant && self.conditional(found) {
            return true;
        }
        let near = |(start, end): (usize, usize)| {
            let whether = self.view.is(start, self.marks.condition)
                && (start.saturating_sub(2)..start).any(|at| self.view.is(at, self.marks.whether));
            !whether && start <= found.start() && found.start() < end + 12 && !self.between(found, start, end)
        };
        // "do you have anything for a child who drank it? He's drowsy", "call if I ever feel it, and I feel it now"
        let (_, to) = self.sentence_of(found.start());
        if found.end() > to || self.cues(Cue::Again).any(|(start, _)| start > found.end()) {
            return false;
        }
        self.cues(Cue::Supposed).any(near)
    }

    /// "call 911 if you have chest pain", said by the assistant: a condition anywhere in the sentence.
    pub(super) fn conditional(&self, found: &Match) -> bool {
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
    pub(super) fn sentence(&self, found: &Match) -> (usize, usize) {
        (self.sentence_of(found.start()).0, self.sentence_of(found.end() - 1).1)
    }

    /// Begin and end of the sentence of the word at `at`.
    fn sentence_of(&self, at: usize) -> (usize, usize) {
        let tokens = self.view.tokens;
        let from = (0..at).rev().find(|&at| tokens[at].after >= Break::Stop).map_or(0, |at| at + 1);
        let to = (at..tokens.len()).find(|&at| tokens[at].after >= Break::Stop);
        (from, to.map_or(tokens.len(), |at| at + 1))
    }

    pub(super) fn told(&self, found: &Match) -> bool {
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
    pub(super) fn confirmed(&self, found: &Match) -> bool {
        let (from, to) = self.sentence(found);
        self.cues(Cue::Confirmed).any(|(start, _)| from <= start && start < to)
    }

    /// The assistant's questions raise nothing.
    pub(super) fn asked(&self, found: &Match) -> bool {
        if self.confirmed(found) {
            return false;
        }
        let (from, to) = self.sentence(found);
        let question = self.view.tokens[to - 1].after == Break::Question;
        question || self.cues(Cue::Asked).any(|(start, _)| from <= start && start <= found.start())
    }
}
