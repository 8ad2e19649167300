//! What has been met already: a server may say things twice, and twice must not count.

use std::collections::VecDeque;

/// The latest things that were met; the oldest are forgotten.
pub(crate) struct Seen<T> {
    met: VecDeque<T>,
}

/// A server that repeats itself does so soon.
const REMEMBERED: usize = 64;

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { met: VecDeque::new() }
    }
}

impl<T: Clone + PartialEq> Seen<T> {
    /// Whether this is new; it is not the next time.
    pub(crate) fn is_new(&mut self, thing: &T) -> bool {
        if self.met.contains(thing) {
            return false;
        }
        if self.met.len() >= REMEMBERED {
            self.met.pop_front();
        }
        self.met.push_back(thing.clone());
        true
    }
}
