//! Looks at the two legs of a transfer, should the carrier's word about them be lost.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{CarrierEffect, Effects};
use crate::session::input::{ActionResult, LegStatus};
use crate::session::links::Media;
use crate::session::people::{Attempt, Errand, Stage};
use crate::session::timer::Timer;
use crate::types::{Mono, Outcome, Reason};

/// Looks at the legs before a merge that nobody reports counts as failed.
const MERGE_LOOKS_MAX: u32 = 3;

/// From the end of the longest talk to the last word about it.
const TOLD_LATE: Duration = Duration::from_secs(60);

/// Between looks at a merge.
const MERGE_LOOK: Duration = Duration::from_secs(2);

impl CallSession {
    /// The merge is not reported: look where the two are.
    pub(in crate::session) fn look_at_merge(&mut self, now: Mono, looks: u32, out: &mut Effects) {
        if looks >= MERGE_LOOKS_MAX {
            self.transfer_failed(now, out);
            return;
        }
        if self.media == Media::Live && !self.people.is_moving() {
            // The redirect did nothing: the other way.
            self.leave_stream(now, out);
        }
        if let Some(open) = &mut self.people.open {
            open.stage = Stage::Merging { looks: looks + 1 };
        }
        self.timers.set(Timer::Attempt, now + MERGE_LOOK);
        // The caller's leg is asked about once the operator's is known to be there.
        self.look_at_operator(out);
    }

    /// While the two talk, an operator decides, or the caller leaves a message: legs are looked at, should the carrier's word be lost.
    pub(in crate::session) fn on_bridge_due(&mut self, now: Mono, out: &mut Effects) {
        match self.people.stage() {
            Some(Stage::Talking) if self.has_talked_too_long(now) => {
                self.close(now, Outcome::Transferred, Reason::Inferred, out);
                return;
            }
            Some(Stage::Talking) => self.timers.set(Timer::Bridge, now + self.policy.bridge_look),
            Some(Stage::Merging { .. }) => {}
            Some(Stage::Deciding) => {
                self.timers.set(Timer::Bridge, now + self.policy.briefing_look);
                self.look_at_operator(out);
                return;
            }
            None if self.people.message.is_some() => {
                self.timers.set(Timer::Bridge, now + self.policy.bridge_look);
                self.ask_caller_leg(out);
                return;
            }
            _ => return,
        }
        self.look_at_operator(out);
        self.ask_caller_leg(out);
    }

    /// The carrier has ended the legs of two who talk by then, also if nobody tells and it cannot be asked.
    fn has_talked_too_long(&mut self, now: Mono) -> bool {
        let since = *self.people.talking_since.get_or_insert(now);
        now.since(since) > self.policy.bridge_max + TOLD_LATE
    }

    fn look_at_operator(&mut self, out: &mut Effects) {
        let Some((no, leg)) = self.people.attempt().and_then(|at| Some((at.no, at.leg.clone()?))) else {
            return;
        };
        if self.facts.carrier_rest && !self.people.has_errand(&Errand::LookUpOperator(no)) {
            self.run(Errand::LookUpOperator(no), CarrierEffect::LookUp(leg), out);
        }
    }

    /// Asks for the state of the caller's leg, while no stream tells.
    pub(in crate::session) fn ask_caller_leg(&mut self, out: &mut Effects) {
        let Some(leg) = self.leg.clone().filter(|_| self.facts.carrier_rest) else {
            return;
        };
        if !self.people.has_errand(&Errand::LookUpCaller) {
            self.run(Errand::LookUpCaller, CarrierEffect::LookUp(leg), out);
        }
    }

    /// The answer about an operator's leg.
    pub(in crate::session) fn on_operator_seen(
        &mut self,
        now: Mono,
        no: u32,
        result: &ActionResult,
        out: &mut Effects,
    ) {
        match result {
            ActionResult::Gone => {
                self.people.legs.ended(no);
                self.on_operator_gone(now, no, None, out);
            }
            ActionResult::Status(status) if status.is_terminal() => {
                self.people.legs.ended(no);
                self.on_operator_gone(now, no, Some(*status), out);
            }
            ActionResult::Status(_) if matches!(self.people.stage(), Some(Stage::Merging { .. })) => {
                self.ask_caller_leg(out);
            }
            ActionResult::Status(_)
            | ActionResult::Done
            | ActionResult::Failed
            | ActionResult::Dialled(_)
            | ActionResult::Refused(_)
            | ActionResult::NotDone(_)
            | ActionResult::Unknown => {}
        }
    }

    /// The answer about the caller's leg.
    pub(in crate::session) fn on_caller_seen(&mut self, now: Mono, result: &ActionResult, out: &mut Effects) {
        match result {
            ActionResult::Gone => self.on_caller_leg(now, LegStatus::Completed, out),
            ActionResult::Status(status) if status.is_terminal() => self.on_caller_leg(now, *status, out),
            ActionResult::Status(LegStatus::InProgress) => self.caller_is_up(now, out),
            ActionResult::Status(_)
            | ActionResult::Done
            | ActionResult::Failed
            | ActionResult::Dialled(_)
            | ActionResult::Refused(_)
            | ActionResult::NotDone(_)
            | ActionResult::Unknown => {}
        }
    }

    /// The caller's leg is up, with nobody telling more: if the operator's is too, and the caller was moved, they talk.
    fn caller_is_up(&mut self, now: Mono, out: &mut Effects) {
        let looked = matches!(self.people.stage(), Some(Stage::Merging { looks }) if looks > 0);
        let is_there = |attempt: &Attempt| !attempt.left_room && !self.people.legs.has_ended(attempt.no);
        let operator = self.people.attempt().is_some_and(is_there);
        let moved = self.people.open.as_ref().is_some_and(|open| open.moved);
        if looked && operator && moved && self.media != Media::Live {
            self.on_meeting(now, out);
        }
    }
}
