//! A call that an earlier process left: taken up from what is on disk.
//!
//! What was being tried is ended; what was agreed goes on: two who talk are left to talk, and a caller who waited for
//! a person is asked for again as soon as the stream is back.

use std::collections::BTreeSet;

use crate::session::CallSession;
use crate::session::document::{Document, Party, RoomPlan};
use crate::session::effect::{CarrierEffect, Dial, Effects, Event, Record, RecordId};
use crate::session::fact::{AttemptMove, EscalationFact};
use crate::session::links::{Media, Model};
use crate::session::people::message::Message;
use crate::session::people::outbound::{Exchange, Outbound};
use crate::session::people::{Ask, Attempt, Counts, Errand, Escalation, Over, PastAsk, Stage};
use crate::session::policy::{CallFacts, Past, PastAttempt, PastEscalation, Policy, Reachable};
use crate::session::respond::Greeting;
use crate::session::timer::Timer;
use crate::types::{
    AttemptState, Direction, EscalationState, Mono, Now, OpenHours, Outcome, Reason, TargetId, TransferMode, Urgency,
};

impl CallSession {
    /// Takes a call up. The caller's leg is looked at, and the carrier asks about it if its stream is gone.
    pub fn resume(now: Now, facts: CallFacts, policy: Policy, past: Past, out: &mut Effects) -> Self {
        let Past { next_record, next_line, phase, lines, intake, .. } = &past;
        let mut session = Self::bare(facts, policy, now.wall);
        session.counters.record = *next_record;
        session.transcript.continue_at(*next_line);
        session.phase = *phase;
        session.media = Media::Gone { since: now.mono };
        session.model = Model::Away;
        session.greeting = Greeting::Done;
        session.intake.restore(intake.clone());
        session.people.counts = Counts {
            escalations: past.escalations,
            attempts: past.attempts,
            callbacks: past.callbacks,
            voicemails: past.voicemails,
            urgent_task: past.urgent_callback,
            ..Counts::default()
        };
        for (index, (speaker, text)) in lines.iter().enumerate() {
            session.people.heard.push_back((index as u32, *speaker, text.clone()));
        }
        session.event(Event::TakenUp, out);
        session.people.recall = Some(
            "The connection was interrupted for a moment and is back. Do not greet again; go on where you were."
                .to_owned(),
        );
        session.start_clock(now.mono);
        if past.urgent_callback {
            session.keep_line_open_still(now.mono);
            session.extend_clock();
        }
        session.people.exchange = Exchange::of(lines.iter().map(|(speaker, _)| *speaker));
        session.people.again = past.unserved.map(|fact| PastAsk { fact, only: None });
        let kept = past.open.as_ref().map(|open| open.fact.no);
        session.end_earlier(past.earlier, kept, out);
        session.take_up(now.mono, past.open, past.leaving_message, out);
        session.finish_step(now.mono, out);
        session
    }

    /// A person was asked for before the interruption.
    pub(in crate::session) fn ask_again_for_person(&mut self, now: Mono, past: PastAsk, out: &mut Effects) {
        let EscalationFact { cause, urgency, reason, summary, .. } = past.fact;
        // Whom staff chose may have left the settings meanwhile; the caller waits for somebody all the same.
        let known = |only: &TargetId| self.facts.people.targets.iter().any(|target| target.id == *only);
        let only = past.only.filter(known);
        self.request_person(now, Ask { cause, urgency, reason, summary, only }, out);
    }

    fn take_up(&mut self, now: Mono, open: Option<PastEscalation>, leaving_message: bool, out: &mut Effects) {
        if self.leg.is_none() {
            self.people.outbound = Outbound::of(Direction::Outbound);
            self.close(now, Outcome::Lost, Reason::Crashed, out);
            self.run(Errand::FindOut, CarrierEffect::FindDialled(None), out);
            return;
        }
        self.people.taken_up = true;
        match open {
            Some(open) => self.take_up_escalation(now, open, out),
            None if leaving_message => {
                let message = Message::new(None, Urgency::Medium, String::new());
                // Whoever is called back already need not be noted again.
                self.people.message = Some(Message { missed: self.people.counts.callbacks > 0, ..message });
                let max = self.policy.voicemail_max;
                self.people.next = Some(Document::Voicemail { escalation: self.people.counts.escalations, max });
                self.timers.set(Timer::Message, now + max + self.policy.voicemail_grace * 2);
                // The caller may be gone since.
                self.timers.set(Timer::Bridge, now);
            }
            None => self.timers.set(Timer::Detach, now),
        }
    }

    /// What may be left of attempts that were over: their legs end, and the rooms of escalations but the open one.
    fn end_earlier(&mut self, earlier: Vec<PastAttempt>, kept: Option<u32>, out: &mut Effects) {
        let mut rooms = BTreeSet::new();
        for PastAttempt { fact, state, leg } in earlier {
            let (no, target, has_leg) = (fact.no, fact.target.clone(), leg.is_some());
            self.people.over.push(Over { no, target, state, has_leg });
            if let Some(leg) = leg.filter(|_| self.facts.carrier_rest) {
                self.people.legs.learn(fact.no, &leg);
                rooms.extend(Some(fact.escalation).filter(|no| Some(*no) != kept));
            }
        }
        rooms.into_iter().for_each(|escalation| self.run(Errand::EndRoom, CarrierEffect::EndRoom { escalation }, out));
    }

    fn take_up_escalation(&mut self, now: Mono, past: PastEscalation, out: &mut Effects) {
        let agreed = |attempt: &&PastAttempt| {
            matches!(attempt.state, AttemptState::Accepted | AttemptState::Bridged) && attempt.leg.is_some()
        };
        let goes_on = matches!(past.state, EscalationState::Merging | EscalationState::Bridged);
        let kept = past.attempts.iter().find(agreed).filter(|_| goes_on).map(|attempt| attempt.fact.no);
        for attempt in past.attempts.iter().filter(|attempt| Some(attempt.fact.no) != kept) {
            self.end_past_attempt(now, attempt, out);
        }
        let state = past.state;
        self.people.open = Some(self.reopened(now, &past));
        let (Some(no), EscalationState::Merging | EscalationState::Bridged) = (kept, state) else {
            // Nobody had agreed: it is asked for again once the caller is here.
            self.people.open = self.people.open.take().map(|open| Escalation { attempt: None, ..open });
            self.people.again = Some(PastAsk { fact: past.fact, only: past.only });
            self.close_escalation(EscalationState::Failed, out);
            self.timers.set(Timer::Detach, now);
            return;
        };
        let Some(attempt) = past.attempts.into_iter().find(|attempt| attempt.fact.no == no) else {
            return;
        };
        let cold = attempt.fact.mode == TransferMode::Cold;
        self.pause_clock(now);
        if let Some(leg) = &attempt.leg {
            self.people.legs.adopt(no, leg);
        }
        if let Some(open) = &mut self.people.open {
            open.mode = attempt.fact.mode;
            open.attempt = Some(kept_attempt(now, attempt));
            open.stage = if state == EscalationState::Bridged { Stage::Talking } else { Stage::Merging { looks: 0 } };
        }
        if cold {
            // Its model was gone, and nothing says that it is back: the talk ends the call.
            self.model = Model::Gone;
        }
        if state == EscalationState::Bridged {
            self.timers.set(Timer::Bridge, now);
        } else {
            let escalation = self.people.open.as_ref().map_or(0, |open| open.no);
            let time_limit = self.policy.bridge_max;
            let plan = RoomPlan { escalation, attempt: no, who: Party::Caller, waits: false, time_limit };
            self.people.next = Some(Document::Room(plan));
            self.timers.set(Timer::Attempt, now + self.policy.merge_wait);
            // Either may have gone since.
            self.timers.set(Timer::Bridge, now);
        }
    }

    /// An attempt that nobody had agreed to: its leg ends, also if its name was never learned.
    fn end_past_attempt(&mut self, now: Mono, past: &PastAttempt, out: &mut Effects) {
        let (no, from) = (past.fact.no, past.state);
        self.record(Record::AttemptMove(AttemptMove { no, from, to: AttemptState::Lost, leg: None, fault: None }), out);
        let (target, state, has_leg) = (past.fact.target.clone(), AttemptState::Lost, past.leg.is_some());
        self.people.over.push(Over { no, target, state, has_leg });
        match &past.leg {
            Some(leg) => self.people.legs.learn(no, leg),
            None if past.fact.mode == TransferMode::Warm && self.facts.carrier_rest => {
                let (ring, time_limit) = (std::time::Duration::from_secs(60), self.policy.bridge_max);
                self.people.legs.dialled(no, now + ring + self.policy.dial_grace);
                self.people.legs.release(no);
                let (target, urgency) = (past.fact.target.clone(), Urgency::Medium);
                let dial = Dial { attempt: no, target, urgency, ring, time_limit };
                self.run(Errand::Find(no), CarrierEffect::FindDialled(Some(dial)), out);
            }
            None => {}
        }
    }

    fn reopened(&self, now: Mono, past: &PastEscalation) -> Escalation {
        Escalation {
            no: past.fact.no,
            urgency: past.fact.urgency,
            cause: past.fact.cause,
            reason: past.fact.reason.clone(),
            summary: past.fact.summary.clone(),
            state: past.state,
            mode: TransferMode::Warm,
            queue: [].into(),
            only: past.only.clone(),
            cold: Vec::new(),
            due: now + self.policy.escalation_max,
            tried: 0,
            attempt: None,
            stage: Stage::Requested,
            parked: false,
            moved: true,
            fetching: false,
            promised: false,
            first_attempt: 1,
            rung: Vec::new(),
            operator_in: false,
            caller_in: false,
        }
    }
}

fn kept_attempt(now: Mono, past: PastAttempt) -> Attempt {
    let target = Reachable {
        name: past.fact.target.as_str().into(),
        id: past.fact.target,
        ring: std::time::Duration::from_secs(20),
        hours: OpenHours::Always,
    };
    let (state, leg) = (past.state, past.leg);
    let (began, redials, repeats, answers) = (now, 0, 0, Vec::new());
    let (record, step, left_room) = (RecordId(0), 0, false);
    let (no, fault) = (past.fact.no, None);
    Attempt { no, target, state, leg, fault, record, began, redials, step, repeats, answers, left_room }
}
