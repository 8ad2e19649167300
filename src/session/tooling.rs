//! Tools: each call acts once, and its answer waits until the response that asked for it has ended.

use std::collections::VecDeque;

use crate::session::effect::ToolAnswer;
use crate::types::{ResponseId, ToolCallId};

/// Calls that are remembered, so that one that is reported twice acts once.
const REMEMBERED: usize = 256;

#[derive(Default)]
pub(crate) struct Tooling {
    seen: VecDeque<ToolCallId>,
    owed: Vec<Owed>,
}

/// An answer that the model waits for.
struct Owed {
    response: Option<ResponseId>,
    call: ToolCallId,
    answer: ToolAnswer,
    then: Then,
}

/// What follows when the answer was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// The model goes on.
    Respond,
    /// The call ends; the model says nothing more but a farewell.
    Nothing,
}

impl Tooling {
    /// Whether this call is new; it is not the next time.
    pub(crate) fn is_new(&mut self, call: &ToolCallId) -> bool {
        if self.seen.contains(call) {
            return false;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(call.clone());
        true
    }

    /// The connection that waits for answers is gone.
    pub(crate) fn forget(&mut self) {
        self.owed.clear();
    }

    pub(crate) fn owe(&mut self, response: Option<ResponseId>, call: ToolCallId, answer: ToolAnswer, then: Then) {
        self.owed.push(Owed { response, call, answer, then });
    }

    /// The answers that may be given while `active` is still being made, in the order of the calls.
    pub(crate) fn take_ready(&mut self, active: Option<&ResponseId>) -> Vec<(ToolCallId, ToolAnswer, Then)> {
        if self.owed.is_empty() {
            return Vec::new();
        }
        let (ready, wait) = std::mem::take(&mut self.owed)
            .into_iter()
            .partition(|owed: &Owed| active.is_none() || owed.response.as_ref() != active);
        self.owed = wait;
        ready.into_iter().map(|owed| (owed.call, owed.answer, owed.then)).collect()
    }

    pub(crate) fn is_owing(&self) -> bool {
        !self.owed.is_empty()
    }
}
