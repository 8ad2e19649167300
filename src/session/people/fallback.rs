//! Nobody is left to be tried: what the caller gets instead, by the organization's wish, the hour, and the urgency.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{Effects, Record};
use crate::session::ending::Ending;
use crate::session::fact::CallbackFact;
use crate::session::links::{Media, Model};
use crate::session::people::{Ask, Escalation, PastAsk, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{AttemptState, EscalationState, Fallback, Mono, Outcome, Prompt, Reason, TargetId, Urgency, Wall};

/// "I call back in ten minutes."
const CALLS_BACK_IN: Duration = Duration::from_secs(600);

impl CallSession {
    /// The list is at its end, or there was none.
    pub(in crate::session) fn nobody_left(&mut self, now: Mono, out: &mut Effects) {
        let Some(open) = &self.people.open else {
            return;
        };
        let (urgency, parked) = (open.urgency, open.parked);
        if planted!(self.policy, GivesNoAnswer) {
            return;
        }
        self.attempt_to(AttemptState::Canceled, None, out);
        self.cancel_cold(out);
        if parked {
            self.fallback_when_parked(now, out);
            return;
        }
        if self.model == Model::Gone {
            self.fallback_without_model(now, out);
            return;
        }
        if urgency == Urgency::Emergency {
            self.emergency_reached_nobody(now, out);
            return;
        }
        match self.fallback() {
            Fallback::Assistant => {
                self.close_escalation(EscalationState::Returned, out);
                self.say_locally(Prompt::NobodyFree, out);
                self.after_failure(
                    now,
                    "Nobody could be reached. Say so kindly, and offer to take down what it is about.",
                    out,
                );
            }
            Fallback::Callback => {
                self.promise_callback(None, out);
                self.close_escalation(EscalationState::Callback, out);
                self.say_locally(Prompt::NobodyFree, out);
                self.say_locally(Prompt::WillCallBack, out);
                self.after_failure(now, "Nobody could be reached; a callback is noted, and the caller was told so. Ask whether there is anything else to note for it.", out);
            }
            Fallback::Voicemail => self.begin_voicemail(now, out),
        }
    }

    fn emergency_reached_nobody(&mut self, now: Mono, out: &mut Effects) {
        let Some(open) = &self.people.open else {
            return;
        };
        let (cause, urgency, only) = (open.cause, open.urgency, None);
        let ask = Ask { cause, urgency, reason: open.reason.clone(), summary: open.summary.clone(), only };
        self.promise_callback(None, out);
        self.people.counts.emergency_told = true;
        self.close_escalation(EscalationState::Callback, out);
        if !self.is_saying_what_must_be_heard(now) {
            self.cut_sound(now, out);
        }
        let again = self.keep_line_open(now, ask, out);
        self.tell_emergency_nobody(again, out);
        let news = if again {
            "Nobody could be reached. The caller was told to call the emergency number, that somebody will call back \
             urgently, and that the phone system tries again in a moment. Stay with the caller, and do not end the call."
        } else {
            "Nobody could be reached. The caller was told to call the emergency number, and that somebody will call \
             back urgently. Stay with the caller, and do not end the call."
        };
        self.after_failure(now, news, out);
        self.extend_clock();
    }

    /// What the organization wants when nobody is reached; after hours it may want something else.
    pub(in crate::session) fn fallback(&self) -> Fallback {
        let people = &self.facts.people;
        let anybody = people.targets.iter().any(|target| target.hours.is_open(self.wall));
        if people.hours.is_open(self.wall) && (anybody || people.targets.is_empty()) {
            people.fallback
        } else {
            people.after_hours
        }
    }

    /// The model is gone, too: the call ends with the fallback.
    fn fallback_without_model(&mut self, now: Mono, out: &mut Effects) {
        let emergency = self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency);
        match self.fallback() {
            Fallback::Voicemail if !emergency => self.begin_voicemail(now, out),
            Fallback::Assistant if !emergency => {
                self.close_escalation(EscalationState::Failed, out);
                let (outcome, reason) = (Outcome::ModelUnavailable, self.model_reason);
                self.end_with(now, Prompt::ModelLost, outcome, reason, out);
            }
            Fallback::Assistant | Fallback::Callback | Fallback::Voicemail => {
                self.promise_callback(None, out);
                self.close_escalation(EscalationState::Callback, out);
                let prompt = if emergency { Prompt::EmergencyNobody } else { Prompt::WillCallBack };
                self.end_with(now, prompt, Outcome::Callback, Reason::CallbackPromised, out);
            }
        }
    }

    /// The caller waits in a room: the fallback is a document.
    fn fallback_when_parked(&mut self, now: Mono, out: &mut Effects) {
        let emergency = self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency);
        if self.fallback() == Fallback::Voicemail && !emergency {
            self.begin_voicemail(now, out);
            return;
        }
        let promised = emergency || self.fallback() == Fallback::Callback;
        let (goodbye, state, outcome, reason) = if promised {
            self.promise_callback(None, out);
            let goodbye = if emergency { Goodbye::EmergencyNobody } else { Goodbye::WillCallBack };
            (goodbye, EscalationState::Callback, Outcome::Callback, Reason::CallbackPromised)
        } else {
            (Goodbye::NobodyFree, EscalationState::Failed, Outcome::StreamLost, Reason::StreamBroken)
        };
        self.close_escalation(state, out);
        self.say_goodbye_by_document(now, outcome, reason);
        self.move_caller(now, Document::Goodbye(goodbye), out);
    }

    /// The caller's leg hears one last document; after it the carrier ends the leg.
    pub(in crate::session) fn say_goodbye_by_document(&mut self, now: Mono, outcome: Outcome, reason: Reason) {
        self.timers.stop_all();
        self.ending = Ending::HangingUp { outcome, reason };
        self.timers.set(Timer::HangUp, now + self.policy.goodbye_max * 2);
        self.timers.set(Timer::Cleanup, now + self.policy.goodbye_max);
    }

    /// The operator calls back in ten minutes: the caller hears so.
    pub(in crate::session) fn operator_calls_back(&mut self, now: Mono, out: &mut Effects) {
        self.note_operators_promise(out);
        let parked = self.people.open.as_ref().is_some_and(|open| open.parked);
        if parked || self.model == Model::Gone {
            self.close_escalation(EscalationState::Callback, out);
            let (outcome, reason) = (Outcome::Callback, Reason::CallbackPromised);
            if parked {
                self.say_goodbye_by_document(now, outcome, reason);
                self.move_caller(now, Document::Goodbye(Goodbye::WillCallBack), out);
            } else {
                self.end_with(now, Prompt::OperatorCallsBack, outcome, reason, out);
            }
            return;
        }
        self.close_escalation(EscalationState::Callback, out);
        self.cut_sound(now, out);
        self.say_locally(Prompt::OperatorCallsBack, out);
        self.after_failure(
            now,
            "The person who was reached cannot talk now and calls back in about ten minutes; the caller was told so. \
             Ask whether there is anything else.",
            out,
        );
    }

    /// The task of the operator who is on the phone.
    pub(in crate::session) fn note_operators_promise(&mut self, out: &mut Effects) {
        let target = self.people.attempt().map(|attempt| attempt.target.id.clone());
        self.promise_callback(target, out);
    }

    /// A task for staff, unless an operator has promised it already. An emergency's is due at once, an operator's own
    /// word in ten minutes, others in business time.
    pub(in crate::session) fn promise_callback(&mut self, assignee: Option<TargetId>, out: &mut Effects) {
        let Some(open) = &mut self.people.open else {
            return;
        };
        if std::mem::replace(&mut open.promised, true) && assignee.is_none() {
            return;
        }
        self.people.counts.callbacks += 1;
        self.people.counts.urgent_task |= open.urgency == Urgency::Emergency;
        let due = if open.urgency == Urgency::Emergency {
            self.wall
        } else if assignee.is_some() {
            Wall(self.wall.0 + CALLS_BACK_IN.as_micros() as i64)
        } else {
            self.facts.people.hours.after(self.wall, self.facts.people.callback_due)
        };
        let fact = CallbackFact {
            no: self.people.counts.callbacks,
            escalation: Some(open.no),
            urgency: open.urgency,
            reason: open.reason.clone(),
            due,
            assignee,
        };
        self.record(Record::Callback(fact), out);
    }

    /// An emergency in which nobody could be spoken with: somebody must call back, at once. One task for one call.
    pub(in crate::session) fn urgent_callback(&mut self, escalation: Option<u32>, reason: String, out: &mut Effects) {
        if planted!(self.policy, ForgetsEmergency) || std::mem::replace(&mut self.people.counts.urgent_task, true) {
            return;
        }
        self.people.counts.callbacks += 1;
        let no = self.people.counts.callbacks;
        let (urgency, due) = (Urgency::Emergency, self.wall);
        let fact = CallbackFact { no, escalation, urgency, reason, due, assignee: None };
        self.record(Record::Callback(fact), out);
    }

    /// The escalation ends, and it was an emergency: without a talk it leaves a task, unless it is begun anew.
    pub(in crate::session) fn owe_callback(&mut self, out: &mut Effects) {
        let owing = |open: &&Escalation| open.urgency == Urgency::Emergency && open.state != EscalationState::Bridged;
        let Some(open) = self.people.open.as_ref().filter(owing).filter(|_| self.people.again.is_none()) else {
            return;
        };
        let (no, reason) = (open.no, open.reason.clone());
        self.urgent_callback(Some(no), reason, out);
    }

    /// The call ends before the person could be asked for again.
    pub(in crate::session) fn drop_again(&mut self, out: &mut Effects) {
        if let Some(PastAsk { fact, .. }) =
            self.people.again.take().filter(|past| past.fact.urgency == Urgency::Emergency)
        {
            self.urgent_callback(Some(fact.no), fact.reason, out);
        }
    }

    /// The assistant has the caller again, and is told what happened.
    pub(in crate::session) fn after_failure(&mut self, now: Mono, news: &str, out: &mut Effects) {
        self.resume_clock(now);
        self.enter(crate::types::Phase::Intake, out);
        self.tell_model(news, out);
    }

    /// Drops what the caller has not heard yet.
    pub(in crate::session) fn cut_sound(&mut self, now: Mono, out: &mut Effects) {
        let cuts = if self.playout.is_idle() { Vec::new() } else { self.playout.cut(now, out) };
        self.cancel_active(out);
        self.settle_cuts(now, cuts, out);
    }

    /// Staff want the caller back with the assistant.
    pub(in crate::session) fn on_staff_return(&mut self, now: Mono, out: &mut Effects) {
        match self.people.stage() {
            None => {}
            Some(Stage::Requested | Stage::Intending { .. } | Stage::Ringing | Stage::Deciding) => {
                self.drop_attempt(AttemptState::Canceled, out);
                let parked = self.people.open.as_ref().is_some_and(|open| open.parked);
                if parked || self.model == Model::Gone {
                    self.nobody_left(now, out);
                    return;
                }
                self.close_escalation(EscalationState::Canceled, out);
                let news = "Staff called the attempt to reach a person off. Go on with the caller yourself.";
                self.after_failure(now, news, out);
            }
            Some(Stage::Connecting) if self.media == Media::Live && self.model == Model::Gone => {
                self.drop_attempt(AttemptState::Canceled, out);
                self.nobody_left(now, out);
            }
            Some(Stage::Connecting) if self.media == Media::Live => {
                self.drop_attempt(AttemptState::Canceled, out);
                self.close_escalation(EscalationState::Canceled, out);
                self.cut_sound(now, out);
                let news = "Staff called the transfer off. Go on with the caller yourself.";
                self.after_failure(now, news, out);
            }
            Some(Stage::Connecting | Stage::Merging { .. } | Stage::Talking) => self.operator_left(now, out),
            // There is no assistant to return to.
            Some(Stage::Announcing { .. } | Stage::ColdDialling) => {}
        }
    }
}
