//! How often one sender may come with a key that is wrong.
//!
//! A key that somebody chose could be guessed. Whoever has tried ten wrong ones is asked to wait, and their next tries
//! are refused without a look at the key; all others get in as before.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Wrong keys that a sender may try in a row.
const TRIES_MAX: u64 = 10;

/// After those, one more each time that so much has passed.
const TRY_EVERY_US: u64 = 6_000_000;

/// Senders that are remembered; beyond it the one who has tried least is forgotten.
const SENDERS_MAX: usize = 4096;

/// Between two log lines.
const SAID_EVERY_US: u64 = 60_000_000;

/// Wrong keys by sender. Times are microseconds of the process's monotonic clock.
#[derive(Default)]
pub(super) struct Failures(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// When the sender's tries will all be forgiven: each adds `TRY_EVERY_US`.
    forgiven_us: HashMap<IpAddr, u64>,
    said_us: Option<u64>,
    unsaid: u64,
}

impl Failures {
    /// Seconds until this sender may try again; `None`: now.
    pub(super) fn wait_secs(&self, sender: IpAddr, now_us: u64) -> Option<u64> {
        let forgiven_us = *self.lock().forgiven_us.get(&sender)?;
        let next_us = (forgiven_us + TRY_EVERY_US).saturating_sub(TRIES_MAX * TRY_EVERY_US);
        let wait_us = next_us.saturating_sub(now_us);
        (wait_us > 0).then(|| wait_us.div_ceil(1_000_000))
    }

    /// The sender's key was wrong.
    pub(super) fn note(&self, sender: IpAddr, now_us: u64) {
        let mut inner = self.lock();
        if inner.forgiven_us.len() >= SENDERS_MAX && !inner.forgiven_us.contains_key(&sender) {
            inner.make_room(now_us);
        }
        let forgiven_us = inner.forgiven_us.entry(sender).or_insert(0);
        *forgiven_us = (*forgiven_us).max(now_us) + TRY_EVERY_US;
        inner.unsaid += 1;
        if inner.said_us.is_some_and(|said_us| now_us.saturating_sub(said_us) < SAID_EVERY_US) {
            return;
        }
        let count = std::mem::take(&mut inner.unsaid);
        inner.said_us = Some(now_us);
        drop(inner);
        tracing::warn!(%sender, count, "wrong API keys are tried; the sender is the last of them");
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn make_room(&mut self, now_us: u64) {
        self.forgiven_us.retain(|_, forgiven_us| *forgiven_us > now_us);
        if self.forgiven_us.len() >= SENDERS_MAX
            && let Some(least) = self.forgiven_us.iter().min_by_key(|(_, us)| **us).map(|(sender, _)| *sender)
        {
            self.forgiven_us.remove(&least);
        }
    }
}

#[cfg(test)]
mod tests;
