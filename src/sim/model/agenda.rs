//! What the machine will do, and when: earliest first, and in the order of asking when times are equal.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::sim::model::knobs::Noise;
use crate::sim::model::session::Session;
use crate::types::Mono;

/// One thing to do later.
#[derive(Debug)]
pub(super) enum Job {
    /// `session.created`.
    Greet,
    /// Puts a configuration in force and says so.
    SessionUpdated(Box<Session>),
    /// Tells what was said in this item.
    Transcript(String),
    /// A text that was ready before its time.
    Send(String),
    /// The same for an error; `of_create`: it answers a `response.create`.
    Error {
        text: String,
        of_create: bool,
    },
    Noise(Noise),
    /// Neither hears nor says anything from here on.
    Hang,
    Expire,
}

/// Jobs by time.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    jobs: BinaryHeap<Reverse<Due>>,
    count: u64,
}

#[derive(Debug)]
struct Due {
    at: Mono,
    number: u64,
    job: Job,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Mono, job: Job) {
        self.count += 1;
        self.jobs.push(Reverse(Due { at, number: self.count, job }));
    }

    pub(super) fn next(&self) -> Option<Mono> {
        self.jobs.peek().map(|Reverse(due)| due.at)
    }

    pub(super) fn take(&mut self) -> Option<Job> {
        self.jobs.pop().map(|Reverse(due)| due.job)
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}
