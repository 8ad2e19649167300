//! The gateway shuts down: who is spoken to, who is left to the next process, and what is handed on.
//!
//! Two who talk, or are on the way to it, need nothing of us. An emergency is never ended by a shutdown: it goes on while
//! this process lives, and then the caller waits in the room, which the carrier keeps, until the next process fetches
//! them and asks for a person again.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::{Document, Goodbye, Party, RoomPlan};
use crate::session::effect::{CarrierEffect, Effects, Event};
use crate::session::ending::Ending;
use crate::session::input::ActionResult;
use crate::session::people::{Errand, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{AttemptState, EscalationState, Mono, Outcome, Prompt, Reason, Urgency};

/// From the word that the gateway shuts down to the handing on of an emergency that still rings. The process lives at
/// least so long and a request's time more.
const HANDOVER_WAIT: Duration = Duration::from_secs(8);

/// The same for an emergency that comes only now: its sentence is heard first.
const HANDOVER_MIN: Duration = Duration::from_secs(4);

impl CallSession {
    pub(super) fn on_drain(&mut self, now: Mono, out: &mut Effects) {
        self.people.draining.get_or_insert(now);
        let ending = !matches!(self.ending, Ending::None | Ending::Farewell { .. });
        if ending || self.people.message.is_some() {
            // Whoever leaves a message needs nothing of us now, and the next process takes the call up.
            return;
        }
        let emergency = self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency);
        match self.people.stage() {
            Some(
                Stage::Connecting
                | Stage::Merging { .. }
                | Stage::Talking
                | Stage::Announcing { .. }
                | Stage::ColdDialling,
            ) => {}
            Some(_) if emergency && !planted!(self.policy, DrainEndsEmergency) => self.note_handover(now),
            stage => {
                if stage.is_some() {
                    self.excuse_operator(now, out);
                    self.close_escalation(EscalationState::Canceled, out);
                }
                self.end_with(now, Prompt::Draining, Outcome::Canceled, Reason::Drained, out);
            }
        }
    }

    /// Somebody is being rung while the gateway shuts down.
    pub(super) fn note_handover(&mut self, now: Mono) {
        if let Some(since) = self.people.draining {
            self.timers.set(Timer::Handover, (since + HANDOVER_WAIT).max(now + HANDOVER_MIN));
        }
    }

    /// This process ends in a moment: the caller waits in the room for the next one.
    pub(super) fn on_handover_due(&mut self, now: Mono, out: &mut Effects) {
        let waits = self.people.is_reaching() && matches!(self.ending, Ending::None);
        if !waits {
            return;
        }
        self.excuse_operator(now, out);
        self.people.retire_attempt();
        for timer in [Timer::Escalation, Timer::Attempt, Timer::Redial, Timer::Stream, Timer::Detach] {
            self.timers.stop(timer);
        }
        let time_limit = self.policy.bridge_max;
        let attempt = self.people.counts.attempts;
        let Some(open) = &mut self.people.open else {
            return;
        };
        open.stage = Stage::Requested;
        let was_parked = std::mem::replace(&mut open.parked, true);
        let plan = RoomPlan { escalation: open.no, attempt, who: Party::Caller, waits: true, time_limit };
        self.event(Event::HandedOn, out);
        if !was_parked {
            self.move_caller(now, Document::Room(plan), out);
        }
    }

    /// Whoever is rung is let go, and whoever is on the phone hears why.
    fn excuse_operator(&mut self, now: Mono, out: &mut Effects) {
        let briefed = self.people.stage() == Some(Stage::Deciding) && self.facts.carrier_rest;
        let leg = self.people.attempt().and_then(|attempt| Some((attempt.no, attempt.leg.clone()?)));
        let Some((no, leg)) = leg.filter(|_| briefed) else {
            self.drop_attempt(AttemptState::Canceled, out);
            return;
        };
        self.attempt_to(AttemptState::Canceled, None, out);
        let document = Document::Goodbye(Goodbye::Interrupted);
        self.run(Errand::Excuse(no), CarrierEffect::Redirect { leg, document }, out);
        self.timers.set(Timer::Cleanup, now + self.policy.goodbye_max);
    }

    /// An operator's leg could not be told.
    pub(super) fn on_excused(&mut self, no: u32, result: &ActionResult, out: &mut Effects) {
        if *result != ActionResult::Done {
            self.people.legs.release(no);
            self.clean_up(out);
        }
    }
}
