//! Log lines about refused requests, at a rate that whoever sends them cannot raise.
//!
//! Everybody may knock here without a key, so a line for each knock would let anybody fill the disk. They are all
//! counted; the log gets one a second for each reason, with the number of those that were not written.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two lines about one reason.
const EVERY: Duration = Duration::from_secs(1);

/// When each reason was last written about. Reasons are closed words, so there are few.
#[derive(Default)]
pub(super) struct Complaints(Mutex<BTreeMap<&'static str, Reason>>);

struct Reason {
    said: Instant,
    unsaid: u64,
}

impl Complaints {
    /// Whether a line may be written about this, and how many were not since the last.
    pub(super) fn may_say(&self, why: &'static str, now: Instant) -> Option<u64> {
        let mut reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reason) = reasons.get_mut(why) else {
            reasons.insert(why, Reason { said: now, unsaid: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(reason.said) < EVERY {
            reason.unsaid += 1;
            return None;
        }
        reason.said = now;
        Some(std::mem::take(&mut reason.unsaid))
    }
}

#[cfg(test)]
mod tests;
