//! After an emergency in which nobody was reached: the line stays open, and the targets are rung once more.
//!
//! Whoever falls silent then may have collapsed, and others may speak; so silence does not end the call for some minutes.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event};
use crate::session::ending::Ending;
use crate::session::links::Media;
use crate::session::people::Ask;
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{Mono, Prompt};

/// Before a look whether the caller's stream is back, or what is under way has come to nothing.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

/// The line that is kept open.
pub(crate) struct Vigil {
    until: Mono,
    /// What the targets are rung for once more.
    again: Option<Ask>,
}

impl CallSession {
    /// Nobody could be reached: the caller is not left alone. Returns whether the targets are rung once more.
    pub(in crate::session) fn keep_line_open(&mut self, now: Mono, ask: Ask, out: &mut Effects) -> bool {
        let reachable = self.facts.carrier_rest && !self.facts.people.targets.is_empty();
        let again = reachable && !self.people.counts.rung_again;
        if again {
            self.timers.set(Timer::Vigil, now + self.policy.emergency_again);
        }
        let until = now + self.policy.emergency_open;
        self.people.vigil = Some(Vigil { until, again: again.then_some(ask) });
        self.event(Event::LineKept { again }, out);
        again
    }

    /// The same for a call that is taken up: whether the targets were rung again is not known, so they are not.
    pub(in crate::session) fn keep_line_open_still(&mut self, now: Mono) {
        self.people.counts.emergency_told = true;
        self.people.counts.rung_again = true;
        self.people.vigil = Some(Vigil { until: now + self.policy.emergency_open, again: None });
    }

    /// The longest call ends no sooner than the line is kept.
    pub(in crate::session) fn extend_clock(&mut self) {
        let until = self.people.vigil.as_ref().map(|vigil| vigil.until);
        if let Some(until) = until.filter(|until| self.timers.due(Timer::CallMax).is_none_or(|due| due < *until)) {
            self.timers.set(Timer::CallMax, until);
            self.timers.stop(Timer::Warn);
        }
    }

    /// The caller talks with a person: whatever it was, it is in their hands.
    pub(in crate::session) fn end_vigil(&mut self) {
        self.people.vigil = None;
        self.timers.stop(Timer::Vigil);
    }

    /// Silence does not end the call now.
    pub(in crate::session) fn is_line_kept(&self, now: Mono) -> bool {
        let kept = self.people.vigil.as_ref().is_some_and(|vigil| now < vigil.until);
        kept && !planted!(self.policy, HangsUpInEmergency)
    }

    /// The targets are rung once more.
    pub(in crate::session) fn on_vigil_due(&mut self, now: Mono, out: &mut Effects) {
        if !matches!(self.ending, Ending::None) || self.people.message.is_some() {
            return;
        }
        if self.media != Media::Live || self.people.open.is_some() {
            if self.is_line_kept(now) {
                self.timers.set(Timer::Vigil, now + PAUSE);
            }
            return;
        }
        let Some(ask) = self.people.vigil.as_mut().and_then(|vigil| vigil.again.take()) else {
            return;
        };
        self.people.counts.rung_again = true;
        self.begin(now, ask, out);
        // Staff have the task to call back already.
        let promised = self.people.counts.urgent_task;
        if let Some(open) = &mut self.people.open {
            open.promised |= promised;
        }
    }

    /// What the caller hears when nobody was reached in an emergency.
    pub(in crate::session) fn tell_emergency_nobody(&mut self, again: bool, out: &mut Effects) {
        self.say_locally(Prompt::EmergencyNobody, out);
        if again {
            self.say_locally(Prompt::EmergencyStay, out);
        }
    }
}
