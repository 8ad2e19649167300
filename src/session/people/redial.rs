//! A dial that the carrier did not process: nothing rings, so the same phone may be tried again.
//!
//! What keeps the carrier from one dial keeps it from the next one, too: to go on in the list would only burn it.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::Effects;
use crate::session::people::{Errand, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{AttemptState, DialFault, Mono};

/// Between dials of one phone that the carrier did not process.
const REDIAL_PAUSE: Duration = Duration::from_secs(2);

/// For the end of an older leg to the same phone, from the intent to ring it.
const OLD_LEG_MAX: Duration = Duration::from_secs(3);

impl CallSession {
    /// The dial was not processed, so nothing rings: the same phone again in a moment, while there is time. What keeps the
    /// carrier from it would keep it from ringing the next one, too. A limit of ours that lasts for hours is not waited
    /// for.
    pub(in crate::session) fn not_dialled(&mut self, now: Mono, no: u32, fault: DialFault, out: &mut Effects) {
        if self.knows_leg(no) {
            return;
        }
        self.people.legs.ended(no);
        if !self.is_ringing(no) {
            return;
        }
        self.timers.stop(Timer::Unheard);
        self.note_fault(Some(fault));
        if !fault.why.passes() || !self.may_redial(now, REDIAL_PAUSE) {
            self.drop_attempt(AttemptState::Failed, out);
            self.nobody_left(now, out);
        } else if !self.goes_another_way(now, fault, out) {
            self.timers.stop(Timer::Attempt);
            self.timers.set(Timer::Redial, now + REDIAL_PAUSE);
        }
    }

    /// A phone that rings or talks for this call already is not rung before that leg has ended: it would be busy, or
    /// show two calls. Not for long, because who is needed must be reached.
    pub(in crate::session) fn waits_for_old_leg(&mut self, now: Mono) -> bool {
        self.people.dial_held = false;
        let Some(attempt) = self.people.attempt() else {
            return false;
        };
        let until = attempt.began + OLD_LEG_MAX;
        let of_phone = |no: u32| self.people.legs.is_up(no) || self.people.has_errand(&Errand::Find(no));
        let rings = self.people.over.iter().any(|over| over.target == attempt.target.id && of_phone(over.no));
        if !rings || until <= now || planted!(self.policy, RingsTwice) {
            return false;
        }
        self.people.dial_held = true;
        self.timers.set(Timer::Redial, until);
        self.timers.set(Timer::Attempt, until + self.policy.commit_wait);
        true
    }

    /// A dial that was held back, perhaps because of a leg that has ended by now.
    pub(in crate::session) fn advance_held_dial(&mut self, now: Mono, out: &mut Effects) {
        if !self.people.dial_held {
            return;
        }
        match self.people.stage() {
            Some(Stage::Intending { .. } | Stage::Ringing) => self.dial(now, out),
            _ => self.people.dial_held = false,
        }
    }

    /// A dial that was not processed is asked for again.
    pub(in crate::session) fn on_redial_due(&mut self, now: Mono, out: &mut Effects) {
        if self.people.dial_held {
            // It has waited long enough; the end of the step dials.
            return;
        }
        if self.people.stage() != Some(Stage::Ringing) {
            return;
        }
        let grace = self.policy.dial_grace;
        match self.people.attempt_mut() {
            // It rings after all: its callbacks told.
            Some(attempt) if attempt.leg.is_some() => {
                let ring = attempt.target.ring;
                self.timers.set(Timer::Attempt, now + ring + grace);
            }
            Some(attempt) => {
                attempt.redials += 1;
                self.dial(now, out);
            }
            None => {}
        }
    }
}
