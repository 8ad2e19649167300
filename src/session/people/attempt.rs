//! One operator's phone after the other: the intent, the dial, and what became of it.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{CarrierEffect, Dial, Effect, Effects, Record, RecordId};
use crate::session::fact::{AttemptFact, AttemptMove};
use crate::session::input::{ActionResult, LegStatus};
use crate::session::people::{Attempt, Errand, Stage};
use crate::session::plant::planted;
use crate::session::policy::Reachable;
use crate::session::timer::Timer;
use crate::types::{AttemptState, DialFault, EscalationState, LegId, Mono, NotDialled, TransferMode, Urgency};

/// The least that a phone rings; with less time left nobody else is tried.
pub(in crate::session) const RING_MIN: Duration = Duration::from_secs(5);

/// Between tries to end a leg whose hang-up did not work.
const CLEANUP_PAUSE: Duration = Duration::from_secs(2);

impl CallSession {
    /// Writes down that the next target is to be rung, or gives up if there is none.
    pub(in crate::session) fn next_attempt(&mut self, now: Mono, out: &mut Effects) {
        let attempts_max = self.policy.attempts_max;
        let Some(open) = &mut self.people.open else {
            return;
        };
        let next =
            if open.tried >= attempts_max || open.due.since(now) < RING_MIN { None } else { open.queue.pop_front() };
        let Some(target) = next else {
            self.nobody_left(now, out);
            return;
        };
        let record = self.intend(now, target, TransferMode::Warm, out);
        self.escalation_to(EscalationState::Dialing, out);
        self.timers.set(Timer::Commit, now + self.policy.commit_wait);
        if let Some(open) = &mut self.people.open {
            open.stage = Stage::Intending { record };
        }
        if planted!(self.policy, DialsBeforeCommit) {
            self.dial(now, out);
        }
    }

    /// The intent to ring a target, as a row.
    pub(in crate::session) fn intend(
        &mut self,
        now: Mono,
        target: Reachable,
        mode: TransferMode,
        out: &mut Effects,
    ) -> RecordId {
        self.people.retire_attempt();
        self.people.counts.attempts += 1;
        let no = self.people.counts.attempts;
        let record = RecordId(self.counters.record);
        if let Some(open) = &mut self.people.open {
            open.tried += 1;
            open.rung.push(target.id.clone());
            let fact = AttemptFact { no, escalation: open.no, target: target.id.clone(), mode };
            let answers = Vec::new();
            let state = AttemptState::Intended;
            let (began, redials, repeats, left_room) = (now, 0, 0, false);
            let (leg, fault, step) = (None, None, 1);
            open.attempt = Some(Attempt {
                no,
                target,
                state,
                leg,
                fault,
                record,
                began,
                redials,
                step,
                repeats,
                answers,
                left_room,
            });
            self.record(Record::Attempt(fact), out);
        }
        record
    }

    /// Records up to this one are on disk: what was intended may be done.
    pub(in crate::session) fn on_committed(&mut self, now: Mono, id: RecordId, out: &mut Effects) {
        self.people.committed = self.people.committed.max(Some(id));
        match self.people.stage() {
            Some(Stage::Intending { record }) if id >= record => self.dial(now, out),
            Some(Stage::Announcing { record, committed: false }) if id >= record => {
                if let Some(open) = &mut self.people.open {
                    open.stage = Stage::Announcing { record, committed: true };
                }
            }
            Some(
                Stage::Requested
                | Stage::Intending { .. }
                | Stage::Ringing
                | Stage::Deciding
                | Stage::Connecting
                | Stage::Merging { .. }
                | Stage::Talking
                | Stage::Announcing { .. }
                | Stage::ColdDialling,
            )
            | None => {}
        }
        self.outbound_committed(now, id, out);
    }

    pub(in crate::session) fn dial(&mut self, now: Mono, out: &mut Effects) {
        if self.waits_for_old_leg(now) {
            return;
        }
        let Some(open) = &mut self.people.open else {
            return;
        };
        let left = open.due.since(now);
        let Some(attempt) = &open.attempt else {
            return;
        };
        let ring = Duration::from_secs(attempt.target.ring.min(left).max(RING_MIN).as_secs());
        let no = attempt.no;
        let (target, urgency, time_limit) = (attempt.target.id.clone(), open.urgency, self.policy.bridge_max);
        let dial = Dial { attempt: no, target, urgency, ring, time_limit };
        open.stage = Stage::Ringing;
        self.timers.stop(Timer::Commit);
        // It may have been held until then; twice is never.
        self.timers.stop(Timer::Redial);
        if urgency == Urgency::Emergency {
            self.timers.set(Timer::Unheard, now + self.policy.unheard_wait);
        }
        let due = now + ring + self.policy.dial_grace;
        self.people.legs.dialled(no, due);
        self.timers.set(Timer::Attempt, due);
        self.attempt_to(AttemptState::Dialing, None, out);
        self.run(Errand::Dial(dial.clone()), CarrierEffect::Dial(dial), out);
    }

    /// Asks the carrier for something; the answer comes to `on_errand`.
    pub(in crate::session) fn run(&mut self, errand: Errand, effect: CarrierEffect, out: &mut Effects) {
        let action = self.next_action();
        self.people.errands.push((action, errand));
        out.push(Effect::Carrier(action, effect));
    }

    /// The carrier's answer to a dial.
    pub(in crate::session) fn on_dialled(&mut self, now: Mono, dial: Dial, result: ActionResult, out: &mut Effects) {
        let no = dial.attempt;
        match result {
            ActionResult::Dialled(leg) => self.learn_operator(no, &leg, out),
            ActionResult::Refused(fault) => self.dial_refused(now, no, Some(fault), out),
            ActionResult::Gone => self.dial_refused(now, no, None, out),
            ActionResult::NotDone(fault) => self.not_dialled(now, no, fault, out),
            // Never again: it may ring. Its name is looked for, and its callbacks carry the attempt's number.
            ActionResult::Unknown | ActionResult::Failed | ActionResult::Done | ActionResult::Status(_) => {
                if planted!(self.policy, DialsAgain) {
                    self.run(Errand::Dial(dial.clone()), CarrierEffect::Dial(dial), out);
                    return;
                }
                self.run(Errand::Find(no), CarrierEffect::FindDialled(Some(dial)), out);
            }
        }
    }

    /// This phone may not be rung: the next one is.
    fn dial_refused(&mut self, now: Mono, no: u32, fault: Option<DialFault>, out: &mut Effects) {
        self.people.legs.ended(no);
        if self.is_ringing(no) {
            self.note_fault(fault);
            self.attempt_over(now, AttemptState::Refused, out);
        }
    }

    /// Why the present attempt's phone does not ring.
    pub(in crate::session) fn note_fault(&mut self, fault: Option<DialFault>) {
        if let Some(attempt) = self.people.attempt_mut() {
            attempt.fault = fault;
        }
    }

    /// The answer to the look for a leg whose dial had no answer.
    pub(in crate::session) fn on_found(&mut self, now: Mono, no: u32, result: ActionResult, out: &mut Effects) {
        match result {
            ActionResult::Dialled(leg) => self.learn_operator(no, &leg, out),
            ActionResult::Gone if self.is_ringing(no) && !self.knows_leg(no) => {
                // It may be made yet: then its callback finds it unwanted. The next one is tried meanwhile.
                self.attempt_over(now, AttemptState::Failed, out);
            }
            // Its callbacks will tell, or its time will pass.
            ActionResult::Gone
            | ActionResult::Done
            | ActionResult::Failed
            | ActionResult::Status(_)
            | ActionResult::Refused(_)
            | ActionResult::NotDone(_)
            | ActionResult::Unknown => {}
        }
    }

    /// An operator's leg has a name.
    pub(in crate::session) fn learn_operator(&mut self, no: u32, leg: &LegId, out: &mut Effects) {
        self.people.legs.learn(no, leg);
        let Some(attempt) = self.people.attempt_mut().filter(|attempt| attempt.no == no) else {
            self.note_late_leg(no, leg, out);
            return;
        };
        if attempt.leg.is_none() {
            self.timers.stop(Timer::Unheard);
            attempt.leg = Some(leg.clone());
            attempt.fault = None;
            let state = attempt.state;
            let changed = AttemptMove { no, from: state, to: state, leg: Some(leg.clone()), fault: None };
            self.record(Record::AttemptMove(changed), out);
        }
    }

    /// The leg of an attempt that is over already: written down, too, so that a restart does not forget it.
    fn note_late_leg(&mut self, no: u32, leg: &LegId, out: &mut Effects) {
        if self.is_over() {
            return;
        }
        if let Some(over) = self.people.over.iter_mut().find(|over| over.no == no && !over.has_leg) {
            over.has_leg = true;
            let (from, to) = (over.state, over.state);
            self.record(Record::AttemptMove(AttemptMove { no, from, to, leg: Some(leg.clone()), fault: None }), out);
        }
    }

    /// A status callback of an operator's leg.
    pub(in crate::session) fn on_operator_leg(
        &mut self,
        now: Mono,
        no: u32,
        leg: &LegId,
        status: LegStatus,
        out: &mut Effects,
    ) {
        if no > self.people.counts.attempts {
            return;
        }
        self.learn_operator(no, leg, out);
        if !status.is_terminal() {
            return;
        }
        self.people.legs.ended(no);
        self.on_operator_gone(now, no, Some(status), out);
    }

    /// An operator's leg is over, by whatever word of it.
    pub(in crate::session) fn on_operator_gone(
        &mut self,
        now: Mono,
        no: u32,
        status: Option<LegStatus>,
        out: &mut Effects,
    ) {
        if self.people.attempt().is_none_or(|attempt| attempt.no != no) {
            return;
        }
        match self.people.stage() {
            Some(Stage::Ringing | Stage::Intending { .. }) => {
                let result = match status {
                    Some(LegStatus::Busy) => AttemptState::Busy,
                    Some(LegStatus::Failed | LegStatus::Canceled) => AttemptState::Failed,
                    _ => AttemptState::NoAnswer,
                };
                self.attempt_over(now, result, out);
            }
            Some(Stage::Deciding) => self.attempt_over(now, AttemptState::NoResponse, out),
            Some(Stage::Connecting) => self.accepted_and_left(now, out),
            Some(Stage::Merging { .. } | Stage::Talking) => self.operator_left(now, out),
            // The caller's leg goes on and asks; the cold attempt ends with that. Or it is what ended the operator's.
            Some(Stage::ColdDialling) => self.ask_caller_leg(out),
            Some(Stage::Requested | Stage::Announcing { .. }) | None => {}
        }
    }

    /// The present state of the attempt took too long.
    pub(in crate::session) fn on_attempt_due(&mut self, now: Mono, out: &mut Effects) {
        match self.people.stage() {
            Some(Stage::Intending { .. }) => self.attempt_over(now, AttemptState::Failed, out),
            Some(Stage::Ringing) => self.attempt_over(now, AttemptState::NoAnswer, out),
            Some(Stage::Deciding) => self.attempt_over(now, AttemptState::NoResponse, out),
            Some(Stage::Connecting) => self.move_to_room(now, out),
            Some(Stage::Merging { looks }) => self.look_at_merge(now, looks, out),
            Some(Stage::Announcing { record, .. }) if self.may_ring(record) => self.cold_move(now, out),
            Some(Stage::Announcing { .. }) => {
                let due = self.people.open.as_ref().map_or(now, |open| open.due);
                if due.since(now) >= RING_MIN + self.policy.commit_wait {
                    self.timers.set(Timer::Attempt, now + self.policy.commit_wait);
                    return;
                }
                self.note_fault(Some(NotDialled::NoReceipt.into()));
                self.drop_attempt(AttemptState::Failed, out);
                self.nobody_left(now, out);
            }
            Some(Stage::ColdDialling) => self.on_cold_due(now, out),
            Some(Stage::Requested | Stage::Talking) | None => {}
        }
    }

    /// The whole escalation takes too long: no further phone is rung.
    pub(in crate::session) fn on_escalation_due(&mut self, now: Mono, out: &mut Effects) {
        match self.people.stage() {
            Some(Stage::Requested | Stage::Intending { .. } | Stage::Ringing | Stage::Deciding) => {
                self.drop_attempt(AttemptState::Canceled, out);
                self.nobody_left(now, out);
            }
            // Nobody can part the two, or fetch the caller: the document's own limits end it, and `Attempt` sees to it.
            Some(Stage::ColdDialling) if !self.facts.carrier_rest || self.people.without_rest => {}
            Some(Stage::ColdDialling) => self.on_cold_due(now, out),
            Some(Stage::Connecting | Stage::Merging { .. } | Stage::Talking | Stage::Announcing { .. }) | None => {}
        }
    }

    /// The attempt came to nothing; the next one is tried.
    pub(in crate::session) fn attempt_over(&mut self, now: Mono, result: AttemptState, out: &mut Effects) {
        self.drop_attempt(result, out);
        self.next_attempt(now, out);
    }

    /// Ends the present attempt, and its leg with it.
    pub(in crate::session) fn drop_attempt(&mut self, result: AttemptState, out: &mut Effects) {
        self.attempt_to(result, None, out);
        for timer in [Timer::Attempt, Timer::Redial, Timer::Commit, Timer::Unheard] {
            self.timers.stop(timer);
        }
        let Some(no) = self.people.attempt().map(|attempt| attempt.no) else {
            return;
        };
        if !planted!(self.policy, ForgetsOperator) {
            self.people.legs.release(no);
        }
    }

    /// The attempt moves to another state, here and on disk. A final state is left by nothing.
    pub(in crate::session) fn attempt_to(&mut self, to: AttemptState, leg: Option<LegId>, out: &mut Effects) {
        let Some(attempt) = self.people.attempt_mut() else {
            return;
        };
        if attempt.state.is_final() || attempt.state == to {
            return;
        }
        let from = std::mem::replace(&mut attempt.state, to);
        let no = attempt.no;
        let fault = attempt.fault.filter(|_| to.is_final());
        self.record(Record::AttemptMove(AttemptMove { no, from, to, leg, fault }), out);
    }

    pub(in crate::session) fn is_ringing(&self, no: u32) -> bool {
        self.people.stage() == Some(Stage::Ringing) && self.people.attempt().is_some_and(|attempt| attempt.no == no)
    }

    pub(in crate::session) fn knows_leg(&self, no: u32) -> bool {
        self.people.attempt().is_some_and(|attempt| attempt.no == no && attempt.leg.is_some())
    }

    /// Hangs up every operator's leg that nobody wants any more.
    pub(in crate::session) fn clean_up(&mut self, out: &mut Effects) {
        while let Some((no, leg)) = self.people.legs.next_to_end() {
            self.run(Errand::HangUpOperator(no), CarrierEffect::HangUp(leg), out);
        }
    }

    pub(in crate::session) fn on_operator_hung_up(&mut self, now: Mono, no: u32, result: &ActionResult) {
        match result {
            ActionResult::Done | ActionResult::Gone => self.people.legs.ended(no),
            ActionResult::Failed
            | ActionResult::Status(_)
            | ActionResult::Dialled(_)
            | ActionResult::Refused(_)
            | ActionResult::NotDone(_)
            | ActionResult::Unknown => {
                if self.people.legs.hang_up_failed(no) {
                    self.timers.set_once(Timer::Cleanup, now + CLEANUP_PAUSE);
                }
            }
        }
    }
}
