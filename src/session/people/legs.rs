//! Every operator's leg of a call, until it is known to have ended: nobody's phone rings, or is billed, for nobody.
//!
//! A leg may exist before its name is known (its dial's outcome is unknown), so an entry is made with the dial.

use crate::types::{LegId, Mono};

/// Attempts to end one leg; then its time limit has to.
const HANG_UPS_MAX: u32 = 6;

/// The operators' legs.
#[derive(Default)]
pub(crate) struct OperatorLegs(Vec<Entry>);

struct Entry {
    attempt: u32,
    leg: Option<LegId>,
    /// Somebody still has a use for it.
    wanted: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Dialled, perhaps; its name may still come until then.
    Unknown {
        until: Mono,
    },
    Live,
    /// A hang-up is on its way; this many were sent.
    Ending {
        sent: u32,
        waits: bool,
    },
    Ended,
}

impl OperatorLegs {
    /// A dial is asked for; if its name does not come until `until`, there is no leg.
    /// It may be asked for again if it was not done.
    pub(crate) fn dialled(&mut self, attempt: u32, until: Mono) {
        self.0.retain(|entry| entry.attempt != attempt || entry.leg.is_some());
        self.0.push(Entry { attempt, leg: None, wanted: true, state: State::Unknown { until } });
    }

    /// The leg's name is known. One that was never asked for here is one of an earlier process, and unwanted.
    pub(crate) fn learn(&mut self, attempt: u32, leg: &LegId) {
        match self.0.iter_mut().find(|entry| entry.attempt == attempt) {
            Some(entry) => {
                if entry.leg.is_none() {
                    entry.leg = Some(leg.clone());
                    if matches!(entry.state, State::Unknown { .. }) {
                        entry.state = State::Live;
                    }
                }
            }
            None => {
                self.0.push(Entry { attempt, leg: Some(leg.clone()), wanted: false, state: State::Live });
            }
        }
    }

    /// A leg of an earlier process that is still of use.
    pub(crate) fn adopt(&mut self, attempt: u32, leg: &LegId) {
        self.0.push(Entry { attempt, leg: Some(leg.clone()), wanted: true, state: State::Live });
    }

    /// Nothing rings for this attempt, or does so any more.
    pub(crate) fn ended(&mut self, attempt: u32) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.attempt == attempt) {
            entry.state = State::Ended;
        }
    }

    /// Nobody has a use for it any more.
    pub(crate) fn release(&mut self, attempt: u32) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.attempt == attempt) {
            entry.wanted = false;
        }
    }

    /// Only this attempt's leg is of use.
    pub(crate) fn release_others(&mut self, present: Option<u32>) {
        for entry in self.0.iter_mut().filter(|entry| Some(entry.attempt) != present) {
            entry.wanted = false;
        }
    }

    pub(crate) fn release_all(&mut self) {
        for entry in &mut self.0 {
            entry.wanted = false;
        }
    }

    /// The next leg to be hung up, with its attempt.
    pub(crate) fn next_to_end(&mut self) -> Option<(u32, LegId)> {
        let due = |entry: &&mut Entry| {
            !entry.wanted && matches!(entry.state, State::Live | State::Ending { waits: true, .. })
        };
        let entry = self.0.iter_mut().find(due)?;
        let leg = entry.leg.clone()?;
        let sent = match entry.state {
            State::Ending { sent, .. } => sent + 1,
            State::Unknown { .. } | State::Live | State::Ended => 1,
        };
        entry.state = State::Ending { sent, waits: false };
        Some((entry.attempt, leg))
    }

    /// The hang-up did not work. Returns whether it is worth another try.
    pub(crate) fn hang_up_failed(&mut self, attempt: u32) -> bool {
        let Some(entry) = self.0.iter_mut().find(|entry| entry.attempt == attempt) else {
            return false;
        };
        match &mut entry.state {
            State::Ending { sent, .. } if *sent >= HANG_UPS_MAX => {
                entry.state = State::Ended;
                false
            }
            State::Ending { .. } => true,
            State::Unknown { .. } | State::Live | State::Ended => false,
        }
    }

    /// Hang-ups that failed may be tried again.
    pub(crate) fn try_again(&mut self) {
        for entry in &mut self.0 {
            if let State::Ending { waits, .. } = &mut entry.state {
                *waits = true;
            }
        }
    }

    /// It is up, as far as is known: perhaps with its last words, or until a hang-up is done.
    pub(crate) fn is_up(&self, attempt: u32) -> bool {
        let up = |entry: &Entry| matches!(entry.state, State::Live | State::Ending { .. });
        self.0.iter().any(|entry| entry.attempt == attempt && up(entry))
    }

    pub(crate) fn has_ended(&self, attempt: u32) -> bool {
        self.0.iter().any(|entry| entry.attempt == attempt && entry.state == State::Ended)
    }

    /// Until when something may still be there that nobody wants; `None`: nothing is.
    pub(crate) fn owed_until(&self, now: Mono, patience: Mono) -> Option<Mono> {
        let until = |entry: &Entry| match entry.state {
            State::Unknown { until } if until > now => Some(until),
            State::Live | State::Ending { .. } => Some(patience),
            State::Unknown { .. } | State::Ended => None,
        };
        self.0.iter().filter_map(until).max()
    }
}
