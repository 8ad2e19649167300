//! Virtual time: a queue of things that happen later.
//!
//! Every machine of the simulation keeps its future in one of these, so equal seeds give equal orders.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::types::Mono;

/// Things that happen later, by time; equal times keep the order in which they were added.
pub struct Agenda<T> {
    heap: BinaryHeap<Entry<T>>,
    next_no: u64,
}

impl<T> Agenda<T> {
    pub const fn new() -> Self {
        Self { heap: BinaryHeap::new(), next_no: 0 }
    }

    pub fn add(&mut self, at: Mono, item: T) {
        self.heap.push(Entry { at, no: self.next_no, item });
        self.next_no += 1;
    }

    /// The first item that is due at `now`, with the time it was due.
    pub fn pop_due(&mut self, now: Mono) -> Option<(Mono, T)> {
        if self.heap.peek()?.at > now {
            return None;
        }
        self.heap.pop().map(|entry| (entry.at, entry.item))
    }

    pub fn clear(&mut self) {
        self.heap.clear();
    }

    /// When the next item is due.
    pub fn next_deadline(&self) -> Option<Mono> {
        self.heap.peek().map(|entry| entry.at)
    }

    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    pub fn len(&self) -> usize {
        self.heap.len()
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The earlier of two deadlines.
pub fn earlier(a: Option<Mono>, b: Option<Mono>) -> Option<Mono> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

struct Entry<T> {
    at: Mono,
    no: u64,
    item: T,
}

impl<T> Ord for Entry<T> {
    // Reversed: the heap keeps its greatest item on top, and we want the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.no).cmp(&(self.at, self.no))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}
