//! How far a leg has come, by the carrier's callbacks: they arrive in any order, twice, or not at all.

use metrics::counter;

use crate::session::input::LegStatus;

/// One leg's progress.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Progress {
    rank: u8,
    sequence: Option<u32>,
}

impl Progress {
    /// True if the status is news. The rank of a status never falls, and a terminal one is believed once.
    pub(super) fn advance(&mut self, status: LegStatus, sequence: Option<u32>) -> bool {
        let is_late = match (self.sequence, sequence) {
            (Some(last), Some(this)) => this <= last && !status.is_terminal(),
            (_, None) | (None, _) => false,
        };
        let rank = rank(status);
        if is_late || rank <= self.rank {
            counter!("switchboard_leg_status_ignored_total").increment(1);
            return false;
        }
        self.rank = rank;
        self.sequence = sequence.or(self.sequence);
        true
    }
}

const fn rank(status: LegStatus) -> u8 {
    match status {
        LegStatus::Queued => 1,
        LegStatus::Initiated => 2,
        LegStatus::Ringing => 3,
        LegStatus::InProgress => 4,
        LegStatus::Completed | LegStatus::Busy | LegStatus::NoAnswer | LegStatus::Failed | LegStatus::Canceled => 5,
    }
}

#[cfg(test)]
mod tests;
