//! Sentences that staff want said: they wait for the floor, one after the other, and count as said once they sound.
//!
//! A response can be refused, cut or fail before its first sound; then its sentence waits again.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::types::ResponseId;

/// Sentences that wait; about two minutes of speech, which nobody wants to fall behind further.
const WAITING_MAX: usize = 4;

/// Responses that may come to nothing for one sentence: a model that says something else every time has an end, too.
const TRIES_MAX: u32 = 5;

#[derive(Default)]
pub(crate) struct Says {
    waiting: VecDeque<Sentence>,
    /// On its way to the caller.
    current: Option<Saying>,
}

struct Sentence {
    text: Arc<str>,
    /// Responses that were asked for it so far.
    tries: u32,
}

pub(crate) struct Saying {
    pub(crate) text: Arc<str>,
    tries: u32,
    /// The response that says it, once that has begun.
    pub(crate) response: Option<ResponseId>,
}

impl Says {
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// Nothing waits or is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.current.is_none()
    }

    pub(crate) fn add(&mut self, text: Arc<str>) {
        self.waiting.push_back(Sentence { text, tries: 0 });
    }

    /// Takes the next one: it is asked for now.
    pub(crate) fn next_if(&mut self, may_say: bool) -> Option<Arc<str>> {
        if !may_say || self.current.is_some() {
            return None;
        }
        let Sentence { text, tries } = self.waiting.pop_front()?;
        self.current = Some(Saying { text: Arc::clone(&text), tries: tries + 1, response: None });
        Some(text)
    }

    pub(crate) const fn current(&mut self) -> Option<&mut Saying> {
        self.current.as_mut()
    }

    /// The present one came to nothing before it sounded: it is the next one again. False: it is given up.
    pub(crate) fn put_back(&mut self) -> bool {
        let Some(Saying { text, tries, .. }) = self.current.take() else {
            return true;
        };
        let again = tries < TRIES_MAX;
        if again {
            self.waiting.push_front(Sentence { text, tries });
        }
        again
    }

    /// A response sounds. Returns whether it is the one that says the present sentence, which is said with that.
    pub(crate) fn sounds(&mut self, response: &ResponseId) -> bool {
        self.current.take_if(|saying| saying.response.as_ref() == Some(response)).is_some()
    }

    /// Forgets everything; returns how many sentences were never said.
    pub(crate) fn clear(&mut self) -> usize {
        std::mem::take(&mut self.waiting).len() + usize::from(self.current.take().is_some())
    }
}
