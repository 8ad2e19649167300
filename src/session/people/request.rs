//! Asking for a person: who may, what the caller hears at once, and who is tried.

use crate::safety::{Alarm, Finding};
use crate::session::CallSession;
use crate::session::effect::{Effects, Event, Record, RespondKind, ToolAnswer};
use crate::session::ending::Ending;
use crate::session::fact::{EscalationFact, EscalationMove, EscalationRaise};
use crate::session::links::{Media, Model};
use crate::session::people::{Ask, Attempt, Escalation, Paused, Stage};
use crate::session::plant::planted;
use crate::session::policy::Reachable;
use crate::session::timer::Timer;
use crate::types::{AttemptState, Cause, EscalationState, Mono, Phase, Prompt, Speaker, TransferMode, Urgency};

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Requested {
    Begun,
    /// One was under way already.
    Joined,
    /// The call is ending, or has asked too often.
    Refused,
}

impl CallSession {
    /// A rule of the safety net fired.
    pub(in crate::session) fn on_alarm(&mut self, now: Mono, speaker: Speaker, found: Finding, out: &mut Effects) {
        let alarm = found.alarm.as_str();
        self.fault_event(Event::Alarm { alarm, rule: found.rule, speaker }, out);
        let (cause, urgency) = match (found.alarm, found.rule) {
            (Alarm::Emergency, _) => (Cause::Safety, Urgency::Emergency),
            (Alarm::High, _) => (Cause::Safety, Urgency::High),
            (Alarm::Human, "misunderstood" | "loop") => (Cause::Misunderstanding, Urgency::Medium),
            (Alarm::Human, _) => (Cause::CallerAsked, Urgency::Medium),
            (Alarm::Uncertainty, _) => (Cause::Uncertainty, Urgency::Medium),
        };
        if cause == Cause::Uncertainty && std::mem::replace(&mut self.people.counts.uncertain, true) {
            return;
        }
        let reason = format!("The safety net heard: {alarm} ({}).", found.rule);
        let ask = Ask { cause, urgency, reason, summary: String::new(), only: None };
        let requested = self.request_person(now, ask, out);
        let waits_for_answer = cause == Cause::CallerAsked || urgency == Urgency::High;
        if requested == Requested::Refused && speaker == Speaker::Caller && waits_for_answer {
            self.refuse_person(out);
        }
    }

    /// The caller asks for a person, and none is rung any more in this call: both speakers are told.
    pub(in crate::session) fn refuse_person(&mut self, out: &mut Effects) {
        if !matches!(self.ending, Ending::None) || !self.is_with_assistant() {
            return;
        }
        self.say_locally(Prompt::NobodyFree, out);
        let news = "The caller wants a person again. Nobody could be reached before, and nobody is rung any more in \
                    this call; the caller was told that nobody is free. Offer to take down what it is about, so that \
                    somebody can call back.";
        self.tell_model(news, out);
    }

    /// The assistant's `escalate_call`.
    pub(in crate::session) fn on_escalate_call(
        &mut self,
        now: Mono,
        reason: String,
        urgency: Urgency,
        summary: String,
        out: &mut Effects,
    ) -> ToolAnswer {
        let ask = Ask { cause: Cause::Assistant, urgency, reason, summary, only: None };
        match self.request_person(now, ask, out) {
            Requested::Begun if self.people.open.is_none() => {
                ToolAnswer::Refused("nobody can be reached now; see the system message".to_owned())
            }
            Requested::Begun | Requested::Joined => ToolAnswer::Ringing,
            Requested::Refused => ToolAnswer::Refused("nobody can be reached".to_owned()),
        }
    }

    /// A person is asked for.
    pub(in crate::session) fn request_person(&mut self, now: Mono, ask: Ask, out: &mut Effects) -> Requested {
        let emergency = ask.urgency == Urgency::Emergency;
        match self.ending {
            Ending::Over => return Requested::Refused,
            _ if self.people.message.is_some() || !self.people.outbound.is_answered() => return self.refuse(ask, out),
            Ending::None => {}
            Ending::Farewell { .. } | Ending::Sentence { .. } | Ending::HangingUp { .. } if emergency => {
                if !self.call_end_off(now, &ask, out) {
                    return self.refuse(ask, out);
                }
            }
            Ending::Farewell { .. } => self.call_farewell_off(),
            Ending::Sentence { .. } | Ending::HangingUp { .. } | Ending::Closing { .. } => {
                return self.refuse(ask, out);
            }
        }
        if self.people.open.is_some() {
            self.join(now, ask, out);
            return Requested::Joined;
        }
        if self.people.counts.escalations >= self.policy.escalations_max {
            if emergency {
                self.say_emergency(now, out);
                self.people.counts.emergency_told = true;
            }
            return self.refuse(ask, out);
        }
        self.begin(now, ask, out);
        Requested::Begun
    }

    /// Nobody is called any more; but of an emergency staff have to know.
    fn refuse(&mut self, ask: Ask, out: &mut Effects) -> Requested {
        if ask.urgency == Urgency::Emergency {
            self.urgent_callback(None, ask.reason, out);
        }
        Requested::Refused
    }

    pub(in crate::session) fn begin(&mut self, now: Mono, ask: Ask, out: &mut Effects) {
        self.people.counts.escalations += 1;
        let no = self.people.counts.escalations;
        let Ask { cause, urgency, reason, summary, only } = ask;
        let fact = EscalationFact { no, cause, urgency, reason: reason.clone(), summary: summary.clone() };
        self.record(Record::Escalation(fact), out);
        if let Some(target) = only.clone() {
            self.event(Event::TakeOver { escalation: no, target: Some(target) }, out);
        }
        self.enter(Phase::Escalation, out);
        self.pause_clock(now);
        self.people.without_rest = !self.facts.carrier_rest;
        let is_cold = self.model == Model::Gone || self.people.without_rest;
        let mode = if is_cold { TransferMode::Cold } else { TransferMode::Warm };
        let open = self.reachable(urgency, only.as_ref());
        // The caller's own leg can dial without a request to the carrier, if it is there to be told so.
        let is_here = self.media == Media::Live || self.facts.direct;
        let can_dial = self.facts.carrier_rest || urgency == Urgency::Emergency && is_here;
        let can = can_dial && !open.is_empty();
        if !can {
            let why = match () {
                () if !can_dial => "no_carrier",
                () if self.facts.people.targets.is_empty() => "no_targets",
                () => "closed",
            };
            self.event(Event::NobodyToRing(why), out);
        }
        if urgency == Urgency::Emergency {
            self.say_emergency(now, out);
            if can && mode == TransferMode::Cold {
                self.say_emergency_now(out);
            }
            if !can {
                // What follows at once must not overtake the assistant's voice.
                self.on_emergency_due(out);
                self.timers.stop(Timer::Emergency);
            }
        }
        self.people.open = Some(Escalation {
            no,
            urgency,
            cause,
            reason,
            summary,
            state: EscalationState::Requested,
            mode,
            queue: if can { open.into() } else { [].into() },
            only,
            due: now + self.policy.escalation_max,
            tried: 0,
            attempt: None,
            cold: Vec::new(),
            stage: Stage::Requested,
            parked: false,
            moved: false,
            fetching: false,
            promised: false,
            first_attempt: self.people.counts.attempts + 1,
            rung: Vec::new(),
            operator_in: false,
            caller_in: false,
        });
        self.timers.set(Timer::Escalation, now + self.policy.escalation_max);
        self.note_handover(now);
        if !can {
            self.nobody_left(now, out);
            return;
        }
        self.announce(cause, urgency, out);
        match mode {
            TransferMode::Warm => self.next_attempt(now, out),
            TransferMode::Cold => self.begin_cold(now, out),
        }
    }

    /// A second request joins the first: what is more urgent counts, and what staff choose replaces what is tried.
    fn join(&mut self, now: Mono, ask: Ask, out: &mut Effects) {
        self.fault_event(Event::EscalationJoined { cause: ask.cause, urgency: ask.urgency }, out);
        let everybody = self.reachable(ask.urgency, None);
        let chosen = ask.only.as_ref().and_then(|only| self.reachable(ask.urgency, Some(only)).pop());
        let Some(open) = &mut self.people.open else {
            return;
        };
        let mut lifted = false;
        let mut cold = Vec::new();
        let worse = ask.urgency > open.urgency;
        let mut raised = None;
        open.urgency = open.urgency.max(ask.urgency);
        if open.summary.is_empty() {
            open.summary = ask.summary;
        }
        if worse {
            // What is more urgent knows no hours, and is what the operator must hear of.
            open.cause = ask.cause;
            let reason_before = std::mem::replace(&mut open.reason, ask.reason);
            raised = Some(EscalationRaise {
                no: open.no,
                cause: ask.cause,
                urgency: ask.urgency,
                reason: open.reason.clone(),
                reason_before,
            });
            let known: Vec<_> = open.queue.iter().map(|target| target.id.clone()).collect();
            let new =
                everybody.into_iter().filter(|target| !known.contains(&target.id) && !open.rung.contains(&target.id));
            let may_widen = open.only.is_none() || ask.urgency == Urgency::Emergency;
            match open.mode {
                _ if !may_widen => {}
                TransferMode::Warm => {
                    open.queue.extend(new);
                    lifted = open.only.take().is_some();
                }
                TransferMode::Cold => cold = new.collect(),
            }
        }
        let escalation = open.no;
        if lifted {
            self.event(Event::TakeOver { escalation, target: None }, out);
        }
        if let Some(target) = chosen.filter(|_| self.people.is_reaching()) {
            self.take_over(now, target, out);
        }
        if let Some(raised) = raised {
            self.record(Record::EscalationRaised(raised), out);
        }
        self.intend_more(now, cold, out);
        if worse && ask.urgency == Urgency::Emergency && !self.people.is_handing_over() {
            self.say_emergency(now, out);
        }
    }

    /// This target and no other: whoever is rung or briefed for it now is let go.
    fn take_over(&mut self, now: Mono, target: Reachable, out: &mut Effects) {
        let Some(open) = &mut self.people.open else {
            return;
        };
        let at_it = open.is_trying(&target.id);
        let escalation = open.no;
        let unanswered = |attempt: &&Attempt| matches!(attempt.state, AttemptState::Intended | AttemptState::Dialing);
        let before = open.only.replace(target.id.clone());
        open.queue.clear();
        if !at_it && let Some(attempt) = open.attempt.as_ref().filter(unanswered) {
            // It had no chance: in an emergency it may be rung again.
            open.rung.retain(|rung| *rung != attempt.target.id);
        }
        if before.as_ref() != Some(&target.id) {
            self.event(Event::TakeOver { escalation, target: Some(target.id.clone()) }, out);
        }
        if at_it {
            return;
        }
        self.drop_attempt(AttemptState::Canceled, out);
        if let Some(open) = &mut self.people.open {
            open.queue.push_back(target);
        }
        self.next_attempt(now, out);
    }

    /// Who may be tried, in order. Emergencies, and targets that staff choose, know no hours.
    fn reachable(&self, urgency: Urgency, only: Option<&crate::types::TargetId>) -> Vec<Reachable> {
        let targets = self.facts.people.targets.iter();
        let open = |target: &&Reachable| match only {
            Some(only) => target.id == *only,
            None => urgency == Urgency::Emergency || target.hours.is_open(self.wall),
        };
        targets.filter(open).cloned().collect()
    }

    /// Tells the caller, unless somebody else does: the assistant with its tool, or the emergency sentence.
    fn announce(&mut self, cause: Cause, urgency: Urgency, out: &mut Effects) {
        if urgency != Urgency::Emergency && cause != Cause::Assistant && !self.facts.direct {
            self.say_locally(Prompt::Ringing, out);
        }
    }

    /// The organization's sentence, at once: whatever else was to be heard waits or is cut.
    pub(in crate::session) fn say_emergency(&mut self, now: Mono, out: &mut Effects) {
        // It is on its way already, and who asks again and again must not keep it from being said.
        if planted!(self.policy, SwallowsEmergency) || self.is_emergency_being_said(now) {
            return;
        }
        let cuts = if self.playout.is_idle() { Vec::new() } else { self.playout.cut(now, out) };
        self.cancel_active(out);
        self.settle_cuts(now, cuts, out);
        self.greeting.end();
        let text = self.facts.people.emergency_sentence.clone();
        if text.is_empty() || self.model != Model::Ready || self.media != Media::Live {
            self.say_locally(Prompt::Emergency, out);
            return;
        }
        // The server's own answer, if one is due, is cancelled as it begins.
        self.turn.wanted = Some(RespondKind::Say(text));
        self.people.emergency_voice = None;
        self.timers.set(Timer::Emergency, now + self.policy.emergency_wait);
    }

    /// The assistant did not say the emergency sentence in time: the rendered one is said.
    pub(in crate::session) fn on_emergency_due(&mut self, out: &mut Effects) {
        let text = self.facts.people.emergency_sentence.clone();
        if self.people.emergency_voice.is_some() {
            return;
        }
        if self.turn.wanted == Some(RespondKind::Say(text)) {
            self.turn.wanted = None;
        }
        self.cancel_active(out);
        self.say_locally(Prompt::Emergency, out);
    }

    /// From the request on the longest call stands still.
    pub(in crate::session) fn pause_clock(&mut self, now: Mono) {
        if self.people.paused.is_some() {
            return;
        }
        let (call_max, warn) = (self.timers.due(Timer::CallMax), self.timers.due(Timer::Warn));
        self.people.paused = Some(Paused { since: now, call_max, warn });
        for timer in [Timer::CallMax, Timer::Warn, Timer::Silence] {
            self.timers.stop(timer);
        }
        self.pace.idle_since = None;
        self.pace.silence_step = 0;
    }

    /// The caller is the assistant's again: the clock goes on.
    pub(in crate::session) fn resume_clock(&mut self, now: Mono) {
        let Some(Paused { since, call_max, warn }) = self.people.paused.take() else {
            return;
        };
        let stood = now.since(since);
        if let Some(at) = call_max {
            self.timers.set(Timer::CallMax, at + stood);
        }
        if let Some(at) = warn {
            self.timers.set(Timer::Warn, at + stood);
        }
    }

    /// The escalation moves to another state, here and on disk.
    pub(in crate::session) fn escalation_to(&mut self, to: EscalationState, out: &mut Effects) {
        let Some(open) = &mut self.people.open else {
            return;
        };
        let from = std::mem::replace(&mut open.state, to);
        let no = open.no;
        if from != to {
            self.record(Record::EscalationMove(EscalationMove { no, from, to }), out);
        }
    }

    /// The escalation is over: `to` is final.
    pub(in crate::session) fn close_escalation(&mut self, to: EscalationState, out: &mut Effects) {
        if !planted!(self.policy, LeavesIntents) {
            self.cancel_cold(out);
        }
        self.owe_callback(out);
        self.escalation_to(to, out);
        self.people.retire_attempt();
        self.people.open = None;
        self.people.talking_since = None;
        for timer in [
            Timer::Escalation,
            Timer::Attempt,
            Timer::Commit,
            Timer::Redial,
            Timer::Unheard,
            Timer::Reassure,
            Timer::Bridge,
            Timer::Return,
        ] {
            self.timers.stop(timer);
        }
    }
}
