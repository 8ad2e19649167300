//! How many dials there were lately: windows of a minute and of a day over a clock that never runs backwards.
//!
//! Both are bounded: the minute by the limit that is checked before a dial is added, the day by its hours.

use std::collections::VecDeque;

/// The moments of the last minute.
#[derive(Default)]
pub(super) struct Minute(VecDeque<u64>);

impl Minute {
    pub(super) fn count(&self, at_us: u64) -> u32 {
        let old = self.0.partition_point(|dialled_us| dialled_us.saturating_add(MINUTE_US) <= at_us);
        u32::try_from(self.0.len() - old).unwrap_or(u32::MAX)
    }

    pub(super) fn add(&mut self, at_us: u64) {
        while self.0.front().is_some_and(|dialled_us| dialled_us.saturating_add(MINUTE_US) <= at_us) {
            self.0.pop_front();
        }
        self.0.push_back(at_us);
    }
}

/// Dials by the hour. An hour is forgotten when all of it is older than a day, so the window is 24 to 25 hours long.
#[derive(Default)]
pub(super) struct Day(VecDeque<(u64, u32)>);

impl Day {
    pub(super) fn count(&self, at_us: u64) -> u32 {
        let hour = at_us / HOUR_US;
        let recent = self.0.iter().filter(|(dialled, _)| dialled + HOURS_KEPT >= hour);
        recent.fold(0, |sum, (_, dials)| sum.saturating_add(*dials))
    }

    pub(super) fn add(&mut self, at_us: u64, dials: u32) {
        let hour = at_us / HOUR_US;
        while self.0.front().is_some_and(|(dialled, _)| dialled + HOURS_KEPT < hour) {
            self.0.pop_front();
        }
        match self.0.back_mut() {
            Some((dialled, count)) if *dialled >= hour => *count = count.saturating_add(dials),
            _ if dials > 0 => self.0.push_back((hour, dials)),
            _ => {}
        }
    }
}

const MINUTE_US: u64 = 60_000_000;
const HOUR_US: u64 = 60 * MINUTE_US;
const HOURS_KEPT: u64 = 24;

#[cfg(test)]
mod tests;
