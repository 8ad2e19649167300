//! The border of the pure parts: a panic in one of them costs its answer, and not the call.
//!
//! They only read and compute, so nothing of the call is left half done; the call goes on without what they would have
//! said, the timeline names the part, and words that nobody judged get the second check.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::safety::Verdict;
use crate::session::CallSession;
use crate::session::effect::{Effects, Event, ToolAnswer};
use crate::types::vocabulary::words;

words! {
    /// A part whose panics end here.
    Part {
        /// The safety net's rules.
        Rules = "rules",
        /// What is asked instead of them.
        SecondCheck = "second_check",
        /// The cut of a line at what was heard.
        HeardWords = "heard_words",
        /// The summary for an operator.
        Briefing = "briefing",
        /// The reading of a tool call, or of what it filed.
        Tool = "tool",
    }
}

/// What `part` says; nothing if it panics. The panic hook counts and logs where that was.
pub fn guarded<T>(part: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(part)).ok()
}

impl CallSession {
    /// The call goes on without a part's answer.
    pub(super) fn part_failed(&mut self, part: Part, out: &mut Effects) {
        self.fault_event(Event::PartFailed { part }, out);
    }

    /// What the model is answered whose tool call could not be read.
    pub(super) fn tool_failed(&mut self, out: &mut Effects) -> ToolAnswer {
        self.part_failed(Part::Tool, out);
        ToolAnswer::Refused("this call could not be read; ask again in other words".to_owned())
    }

    /// Words that the rules failed to judge still ring a person if a plain phrase stands in them.
    pub(super) fn second_check(&mut self, text: &str, out: &mut Effects) -> Verdict {
        self.part_failed(Part::Rules, out);
        match guarded(|| self.facts.rules.second_check(text)) {
            Some(found) => found.map_or(Verdict::Nothing, Verdict::Alarm),
            None => {
                self.part_failed(Part::SecondCheck, out);
                Verdict::Nothing
            }
        }
    }
}
