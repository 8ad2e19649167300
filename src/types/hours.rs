//! Opening hours as a call needs them: spans of wall time, worked out beforehand from weekdays and a time zone.
//!
//! The core compares numbers; who knows calendars (`assistant::hours`) writes the spans for the next two weeks.

use std::sync::Arc;
use std::time::Duration;

use crate::types::Wall;

/// When somebody is there. Spans are sorted and do not overlap; each is `[from, to)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenHours {
    Always,
    Spans(Arc<[(Wall, Wall)]>),
}

impl OpenHours {
    pub fn is_open(&self, at: Wall) -> bool {
        match self {
            Self::Always => true,
            Self::Spans(spans) => spans.iter().any(|(from, to)| *from <= at && at < *to),
        }
    }

    /// The moment at which `wait` of open time has passed since `at`. Beyond the last known span, closed time counts.
    pub fn after(&self, at: Wall, wait: Duration) -> Wall {
        let mut left = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        let Self::Spans(spans) = self else {
            return Wall(at.0.saturating_add(left));
        };
        let mut reached = at;
        for (from, to) in spans.iter().filter(|(_, to)| *to > at) {
            let begin = from.0.max(at.0);
            if to.0 - begin >= left {
                return Wall(begin + left);
            }
            left -= to.0 - begin;
            reached = *to;
        }
        Wall(reached.0.saturating_add(left))
    }
}

#[cfg(test)]
mod tests;
