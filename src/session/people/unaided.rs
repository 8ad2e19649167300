//! Doing without: what an emergency does when the disk, or the carrier's REST interface, does not answer.
//!
//! An intent that does not reach the disk is not waited for long, and a phone that cannot be rung by request is rung by
//! the caller's own leg: its stream is closed, the carrier asks what is next, and that answer needs no request. What
//! holds for every phone alike is charged to none of them.

use crate::session::CallSession;
use crate::session::document::Document;
use crate::session::effect::{Effects, Event};
use crate::session::links::{Media, Model};
use crate::session::people::attempt::RING_MIN;
use crate::session::people::{Ask, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{
    AttemptState, Cause, DialFault, EscalationState, Fallback, Mono, NotDialled, Phase, Prompt, TransferMode, Urgency,
};

/// Dials of one phone that found no connection, before an emergency goes another way.
const UNREACHED_MAX: u32 = 2;

impl CallSession {
    pub(in crate::session) fn is_emergency(&self) -> bool {
        self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency)
    }

    /// Two rings are better than none: the record is kept in memory, and the timeline says so later.
    fn may_ring_unrecorded(&self) -> bool {
        self.is_emergency() || self.facts.direct
    }

    /// An attempt's intent is on disk, or need not be.
    pub(in crate::session) fn may_ring(&self, record: crate::session::effect::RecordId) -> bool {
        Some(record) <= self.people.committed || self.may_ring_unrecorded()
    }

    /// The receipt of an intent is late. The same phone goes on waiting for it: no other would get its own any sooner.
    pub(in crate::session) fn on_commit_due(&mut self, now: Mono, out: &mut Effects) {
        let wait = self.policy.commit_wait;
        let in_time = self.people.open.as_ref().is_some_and(|open| open.due.since(now) >= RING_MIN + wait);
        match self.people.stage() {
            // It waits for something else.
            Some(Stage::Intending { record }) if Some(record) <= self.people.committed => {}
            Some(Stage::Intending { .. }) if self.may_ring_unrecorded() => {
                self.note_unrecorded(out);
                self.dial(now, out);
            }
            Some(Stage::Intending { .. }) if in_time => self.timers.set(Timer::Commit, now + wait),
            Some(Stage::Intending { .. }) => {
                self.note_fault(Some(NotDialled::NoReceipt.into()));
                self.drop_attempt(AttemptState::Failed, out);
                self.nobody_left(now, out);
            }
            Some(Stage::Announcing { record, committed: false }) if self.may_ring_unrecorded() => {
                self.note_unrecorded(out);
                if let Some(open) = &mut self.people.open {
                    open.stage = Stage::Announcing { record, committed: true };
                }
            }
            Some(Stage::Announcing { committed: false, .. }) => self.timers.set(Timer::Commit, now + wait),
            _ => {}
        }
    }

    /// The present attempt's phone rings although nobody knows whether its intent is on disk.
    pub(in crate::session) fn note_unrecorded(&mut self, out: &mut Effects) {
        if let Some(attempt) = self.people.attempt().map(|attempt| attempt.no) {
            self.event(Event::RungUnrecorded { attempt }, out);
        }
    }

    /// In an emergency: the dial has no answer, and no callback of a leg came either.
    pub(in crate::session) fn on_unheard_due(&mut self, now: Mono, out: &mut Effects) {
        let Some(no) = self.people.attempt().map(|attempt| attempt.no) else {
            return;
        };
        if self.is_ringing(no) && !self.knows_leg(no) && self.is_emergency() {
            self.note_fault(Some(NotDialled::Unreachable.into()));
            // It may be made all the same, so that this phone may be busy for a while.
            self.let_caller_dial(now, false, out);
        }
    }

    /// A dial was not done, for a reason that every phone shares. Returns whether the caller's own leg dials now.
    pub(in crate::session) fn goes_another_way(&mut self, now: Mono, fault: DialFault, out: &mut Effects) -> bool {
        let Some(attempt) = self.people.attempt() else {
            return false;
        };
        let helps = match fault.why {
            // The next request is refused as well, whoever asks.
            NotDialled::Unauthorized => true,
            NotDialled::Unreachable | NotDialled::Limited => {
                self.is_emergency() && attempt.redials + 1 >= UNREACHED_MAX
            }
            _ => false,
        };
        helps && self.let_caller_dial(now, true, out)
    }

    /// The caller's own leg dials, because we cannot. `first`: the phone that could not be rung is tried before others.
    fn let_caller_dial(&mut self, now: Mono, first: bool, out: &mut Effects) -> bool {
        let is_here = self.media == Media::Live && self.people.next.is_none();
        let Some(open) = self.people.open.as_mut().filter(|open| is_here && !open.parked) else {
            return false;
        };
        let (escalation, mode) = (open.no, open.mode);
        let Some(attempt) = open.attempt.as_ref().filter(|_| mode == TransferMode::Warm) else {
            return false;
        };
        let target = attempt.target.clone();
        let fault = attempt.fault.unwrap_or_else(|| NotDialled::Unreachable.into());
        self.event(Event::CallerDials { escalation, fault }, out);
        self.say_emergency_now(out);
        self.drop_attempt(AttemptState::Canceled, out);
        if let Some(open) = &mut self.people.open {
            open.mode = TransferMode::Cold;
            open.tried = open.tried.saturating_sub(1);
            open.rung.retain(|rung| *rung != target.id);
            if first {
                open.queue.push_front(target);
            } else {
                open.queue.push_back(target);
            }
        }
        self.people.without_rest = true;
        self.begin_cold(now, out);
        true
    }

    /// The caller leaves the stream soon: the emergency sentence must not be lost with it.
    pub(in crate::session) fn say_emergency_now(&mut self, out: &mut Effects) {
        if self.timers.is_set(Timer::Emergency) {
            self.on_emergency_due(out);
            self.timers.stop(Timer::Emergency);
        }
    }

    /// Cold, and the assistant is still there: nobody was reached, and the caller comes back to it.
    pub(in crate::session) fn come_back_from_cold(&mut self, now: Mono, message: bool, out: &mut Effects) -> Document {
        let emergency = self.is_emergency();
        let fallback = self.fallback();
        if !emergency && (message || fallback == Fallback::Voicemail) {
            return self.voicemail_document(now, out);
        }
        let Some(open) = &self.people.open else {
            return Document::HangUp;
        };
        let (cause, urgency, only) = (open.cause, open.urgency, None);
        let ask = Ask { cause, urgency, reason: open.reason.clone(), summary: open.summary.clone(), only };
        let news = "Nobody could be reached; the caller was told so. Stay with the caller, and offer to take down what \
                    it is about.";
        let (state, mut told) = match fallback {
            _ if emergency => (EscalationState::Callback, vec![Prompt::EmergencyNobody]),
            Fallback::Callback => (EscalationState::Callback, vec![Prompt::NobodyFree, Prompt::WillCallBack]),
            Fallback::Assistant | Fallback::Voicemail => (EscalationState::Returned, vec![Prompt::NobodyFree]),
        };
        if state == EscalationState::Callback {
            self.promise_callback(None, out);
        }
        self.people.counts.emergency_told |= emergency;
        self.close_escalation(state, out);
        self.wait_for_stream(now, out);
        if emergency && self.keep_line_open(now, ask, out) {
            told.push(Prompt::EmergencyStay);
        }
        self.people.told = told;
        self.resume_clock(now);
        self.enter(Phase::Intake, out);
        self.open_model_again(now, news, out);
        if emergency {
            self.extend_clock();
        }
        Document::Connect
    }

    /// Nothing can be written down now, so no conversation is begun: the caller's leg dials from the first moment.
    pub(in crate::session) fn begin_direct(&mut self, now: Mono, out: &mut Effects) {
        self.model = Model::Gone;
        let reason = "Nothing can be written down, so the caller is connected at once.".to_owned();
        let (cause, urgency) = (Cause::RecordsDown, Urgency::High);
        self.request_person(now, Ask { cause, urgency, reason, summary: String::new(), only: None }, out);
        if let Some(Stage::Announcing { .. }) = self.people.stage() {
            self.note_unrecorded(out);
            let document = self.cold_document(now, out);
            self.people.next = Some(document);
            self.timers.stop(Timer::Stream);
        }
    }

    /// What is left of the time is for the phone that cannot be rung: another one could not be rung either.
    pub(in crate::session) fn may_redial(&self, now: Mono, pause: std::time::Duration) -> bool {
        if planted!(self.policy, BurnsList) {
            return false;
        }
        self.people.open.as_ref().is_some_and(|open| open.due.since(now + pause) >= RING_MIN)
    }
}
