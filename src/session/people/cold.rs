//! The cold transfer: the model is gone, so the caller's own leg dials, one target after the other.
//!
//! The carrier ends such a leg with the caller's, so no phone can ring for nobody. All intents are written down at
//! once, because the answer to "what next?" can not wait for a receipt.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{Effects, Record};
use crate::session::fact::AttemptMove;
use crate::session::links::{Media, Model};
use crate::session::people::attempt::RING_MIN;
use crate::session::people::{Attempt, Stage};
use crate::session::policy::Reachable;
use crate::session::timer::Timer;
use crate::types::{AttemptState, DialFault, EscalationState, Fallback, Mono, Outcome, Reason, TransferMode, Urgency};

impl CallSession {
    /// Writes down every intent, and lets the caller hear what happens.
    pub(in crate::session) fn begin_cold(&mut self, now: Mono, out: &mut Effects) {
        let tries = self.policy.attempts_max as usize;
        let targets: Vec<_> = match &mut self.people.open {
            Some(open) => open.queue.drain(..).take(tries).collect(),
            None => return,
        };
        let mut intended: Vec<Attempt> = Vec::with_capacity(targets.len());
        let mut last = None;
        for target in targets {
            last = Some(self.intend(now, target, TransferMode::Cold, out));
            intended.extend(self.people.open.as_mut().and_then(|open| open.attempt.take()));
        }
        let (Some(record), Some(open)) = (last, &mut self.people.open) else {
            return;
        };
        let mut intended = intended.into_iter();
        open.attempt = intended.next();
        open.cold = intended.collect();
        open.stage = Stage::Announcing { record, committed: false };
        self.escalation_to(EscalationState::Dialing, out);
        self.timers.set(Timer::Attempt, now + self.policy.announce_max);
        self.timers.set(Timer::Commit, now + self.policy.commit_wait);
    }

    /// More may be tried, because it has become more urgent: they are written down behind those that are.
    pub(in crate::session) fn intend_more(&mut self, now: Mono, targets: Vec<Reachable>, out: &mut Effects) {
        for target in targets {
            let tries = self.policy.attempts_max;
            let Some(open) = &mut self.people.open else {
                return;
            };
            if !matches!(open.stage, Stage::Announcing { .. } | Stage::ColdDialling) || open.tried >= tries {
                return;
            }
            let present = open.attempt.take();
            let record = self.intend(now, target, TransferMode::Cold, out);
            let Some(open) = &mut self.people.open else {
                return;
            };
            open.cold.extend(open.attempt.take());
            open.attempt = present;
            if matches!(open.stage, Stage::Announcing { .. }) {
                open.stage = Stage::Announcing { record, committed: false };
            }
        }
    }

    /// The caller has heard what happens: the leg dials.
    pub(in crate::session) fn cold_move(&mut self, now: Mono, out: &mut Effects) {
        let document = self.cold_document(now, out);
        self.move_caller(now, document, out);
    }

    pub(in crate::session) fn cold_document(&mut self, now: Mono, out: &mut Effects) -> Document {
        self.attempt_to(AttemptState::Dialing, None, out);
        let time_limit = self.policy.bridge_max;
        let Some(open) = &mut self.people.open else {
            return Document::HangUp;
        };
        open.stage = Stage::ColdDialling;
        self.timers.stop(Timer::Commit);
        let Some(attempt) = &open.attempt else {
            return Document::HangUp;
        };
        let ring = Duration::from_secs(attempt.target.ring.min(open.due.since(now)).max(RING_MIN).as_secs());
        let (no, target, urgency) = (attempt.no, attempt.target.id.clone(), open.urgency);
        self.people.legs.dialled(no, now + ring + self.policy.dial_grace);
        let due = now + ring + self.policy.dial_grace + self.policy.briefing_max * 2;
        self.timers.set(Timer::Attempt, due);
        Document::Cold { attempt: no, target, urgency, ring, time_limit }
    }

    /// A key accepted: the two legs are joined when the document ends.
    pub(in crate::session) fn accept_cold(&mut self, now: Mono, out: &mut Effects) {
        self.attempt_to(AttemptState::Accepted, None, out);
        self.escalation_to(EscalationState::Merging, out);
        self.attempt_to(AttemptState::Bridged, None, out);
        self.escalation_to(EscalationState::Bridged, out);
        if let Some(open) = &mut self.people.open {
            open.stage = Stage::Talking;
        }
        self.end_vigil();
        self.timers.stop(Timer::Attempt);
        self.timers.stop(Timer::Escalation);
        self.timers.set(Timer::Bridge, now + self.policy.bridge_look);
        self.rest_model(out);
    }

    /// The caller's leg has dialled; the caller is still there.
    pub(in crate::session) fn on_cold_done(&mut self, now: Mono, bridged: Option<bool>, out: &mut Effects) -> Document {
        let accepted = self.people.stage() == Some(Stage::Talking) && bridged != Some(false);
        if accepted && self.model != Model::Gone {
            return self.come_back(now, out);
        }
        if accepted {
            self.attempt_to(AttemptState::Done, None, out);
            self.close_escalation(EscalationState::Transferred, out);
            self.people.next = None;
            self.close(now, Outcome::Transferred, Reason::OperatorTalk, out);
            return Document::HangUp;
        }
        if self.people.open.as_ref().is_some_and(|open| open.state == EscalationState::Bridged) {
            // Accepted, and gone before the two met.
            self.escalation_to(EscalationState::Dialing, out);
        }
        self.cold_next(now, out)
    }

    /// The next target's document, or the fallback's.
    fn cold_next(&mut self, now: Mono, out: &mut Effects) -> Document {
        let how = self.people.attempt().map(|attempt| attempt.state);
        if let Some(no) = self.people.attempt().map(|attempt| attempt.no) {
            // The carrier has ended the leg with the document.
            self.people.legs.ended(no);
        }
        self.attempt_to(AttemptState::NoAnswer, None, out);
        let asked_for_message = how == Some(AttemptState::ToVoicemail);
        let promised = how == Some(AttemptState::CallsBack);
        let emergency = self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency);
        // In an emergency ten minutes are too late: the next one is rung all the same.
        let calls_back = promised && !emergency;
        if promised {
            self.note_operators_promise(out);
        }
        let Some(open) = &mut self.people.open else {
            return Document::HangUp;
        };
        let in_time = open.due.since(now) >= RING_MIN;
        // What was added last may not be on disk.
        let records: Vec<_> = open.cold.iter().map(|attempt| attempt.record).collect();
        let next = records.iter().position(|record| self.may_ring(*record));
        let next = next.filter(|_| in_time && !asked_for_message && !calls_back);
        if let (Some(index), Some(open)) = (next, &mut self.people.open) {
            let next = open.cold.remove(index);
            let is_recorded = Some(next.record) <= self.people.committed;
            self.people.retire_attempt();
            if let Some(open) = &mut self.people.open {
                open.attempt = Some(next);
            }
            if !is_recorded {
                self.note_unrecorded(out);
            }
            let document = self.cold_document(now, out);
            self.people.next = Some(document.clone());
            return document;
        }
        self.cancel_cold(out);
        if calls_back {
            return self.cold_goodbye(now, Goodbye::WillCallBack, out);
        }
        self.cold_fallback(now, asked_for_message, out)
    }

    /// Our own rules, or the carrier, do not let this target be called: the next one.
    pub(in crate::session) fn cold_refused(&mut self, now: Mono, fault: DialFault, out: &mut Effects) {
        if self.people.stage() != Some(Stage::ColdDialling) {
            return;
        }
        let document = self.cold_faulty(now, fault, out);
        self.move_caller(now, document, out);
    }

    /// What keeps us from one phone may keep us from all: then none of them is given up for it, and the fallback comes.
    fn cold_faulty(&mut self, now: Mono, fault: DialFault, out: &mut Effects) -> Document {
        self.note_fault(Some(fault));
        if !fault.why.is_common() {
            self.attempt_to(AttemptState::Refused, None, out);
            return self.cold_next(now, out);
        }
        if let Some(no) = self.people.attempt().map(|attempt| attempt.no) {
            self.people.legs.ended(no);
        }
        self.attempt_to(AttemptState::Failed, None, out);
        self.cancel_cold(out);
        self.cold_fallback(now, false, out)
    }

    /// The same, for a leg that asked and waits for another document.
    pub(in crate::session) fn on_cold_refused(
        &mut self,
        now: Mono,
        no: u32,
        fault: DialFault,
        out: &mut Effects,
    ) -> Document {
        let is_present = self.people.attempt().is_some_and(|attempt| attempt.no == no);
        if self.people.stage() != Some(Stage::ColdDialling) || !is_present {
            return self.on_after_stream(now, out);
        }
        self.cold_faulty(now, fault, out)
    }

    /// Intents that come to nothing.
    pub(in crate::session) fn cancel_cold(&mut self, out: &mut Effects) {
        let Some(open) = &mut self.people.open else {
            return;
        };
        for attempt in std::mem::take(&mut open.cold) {
            let (no, from, to) = (attempt.no, attempt.state, AttemptState::Canceled);
            self.record(Record::AttemptMove(AttemptMove { no, from, to, leg: None, fault: None }), out);
        }
    }

    pub(in crate::session) fn cold_fallback(
        &mut self,
        now: Mono,
        asked_for_message: bool,
        out: &mut Effects,
    ) -> Document {
        if self.model != Model::Gone {
            return self.come_back_from_cold(now, asked_for_message, out);
        }
        let emergency = self.is_emergency();
        if !emergency && (asked_for_message || self.fallback() == Fallback::Voicemail) {
            return self.voicemail_document(now, out);
        }
        let goodbye = match self.fallback() {
            _ if emergency => Goodbye::EmergencyNobody,
            Fallback::Callback => Goodbye::WillCallBack,
            Fallback::Assistant | Fallback::Voicemail => Goodbye::NobodyFree,
        };
        if goodbye != Goodbye::NobodyFree {
            self.promise_callback(None, out);
        }
        self.cold_goodbye(now, goodbye, out)
    }

    /// The last words to a caller for whom there is no assistant any more.
    fn cold_goodbye(&mut self, now: Mono, goodbye: Goodbye, out: &mut Effects) -> Document {
        let (state, outcome, reason) = if goodbye == Goodbye::NobodyFree {
            (EscalationState::Failed, Outcome::ModelUnavailable, self.model_reason)
        } else {
            (EscalationState::Callback, Outcome::Callback, Reason::CallbackPromised)
        };
        self.close_escalation(state, out);
        self.say_goodbye_by_document(now, outcome, reason);
        Document::Goodbye(goodbye)
    }

    /// The leg dials for too long, or its end is not reported.
    pub(in crate::session) fn on_cold_due(&mut self, now: Mono, out: &mut Effects) {
        if self.media == Media::Live {
            // It never left the stream.
            self.people.next = None;
            self.drop_attempt(AttemptState::Failed, out);
            self.cancel_cold(out);
            self.nobody_left(now, out);
            return;
        }
        self.ask_caller_leg(out);
        let document = self.cold_next(now, out);
        self.move_caller(now, document, out);
    }
}
