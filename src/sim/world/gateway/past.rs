//! The process dies and comes back: everything but what is on disk is gone, and the call is taken up from that.
//!
//! Like `calls::sweep` and `store::past`, as far as one call needs them.

use std::sync::Arc;

use crate::assistant;
use crate::calls::Engine;
use crate::session::effect::{Event, Heard, Line, LineOrigin, Record, RecordId};
use crate::session::policy::{Past, PastAttempt, PastEscalation};
use crate::sim::world::gateway::{Gateway, Later, ToWorld};
use crate::types::{AttemptState, EscalationState, ItemId, Millis, Mono, Phase, Speaker, Urgency};

impl Gateway {
    /// Kill -9: sockets break, requests are forgotten, what was not on disk is lost.
    pub(in crate::sim::world) fn crash(&mut self) {
        self.alive = false;
        let attached = self.media.take().map(|media| media.socket);
        let waiting: Vec<_> =
            self.waiting.keys().map(|socket| crate::sim::carrier::company::SocketNo(*socket)).collect();
        for socket in attached.into_iter().chain(waiting) {
            self.out.push_back(ToWorld::CloseStream { socket });
        }
        self.waiting.clear();
        self.past.extend(self.connection.take());
        self.errands.clear();
        self.later.clear();
        self.actions.clear();
        self.owners.clear();
        self.engine = None;
        self.over = false;
        self.ticket = None;
        self.first_answer = None;
        self.answer = None;
        self.restarts += 1;
        self.records.truncate(self.durable as usize);
        self.acknowledged = self.durable;
    }

    /// The next process: an unfinished call goes on.
    pub(in crate::sim::world) fn come_back(&mut self, now: Mono) {
        self.alive = true;
        let ended = self.records.iter().any(|(_, record)| matches!(record, Record::Ended(_)));
        if self.records.is_empty() {
            self.opened = false;
            return;
        }
        self.over = ended;
        if ended {
            return;
        }
        self.fill_lines(now);
        let past = self.past_of_records();
        let at = self.clock(now);
        let settings = &self.settings;
        let mut facts = self.facts();
        facts.leg.clone_from(&self.known_leg());
        self.leg.clone_from(&facts.leg);
        let (policy, format) = (settings.policy.clone(), settings.format);
        let mut engine = Engine::resume(at, facts, policy, past, format, assistant::tools::render, &mut self.actions);
        let effects = Arc::clone(&self.effects);
        engine.watch(Box::new(move |effect| {
            effects.lock().expect("no one panics while holding it").push(effect.clone());
        }));
        self.engine = Some(engine);
        self.perform(now);
    }

    /// The caller's leg, as the rows know it.
    fn known_leg(&self) -> Option<crate::types::LegId> {
        self.records.iter().find_map(|(_, record)| match record {
            Record::Opened(opening) => opening.leg.clone(),
            Record::Leg(leg) => Some(leg.clone()),
            _ => None,
        })
    }

    /// Lines that had a number and were never settled.
    fn fill_lines(&mut self, now: Mono) {
        let known: Vec<u32> = self.lines().iter().map(|line| line.seq).collect();
        let last = known.iter().max().copied().unwrap_or_default();
        for seq in (0..last).filter(|seq| !known.contains(seq)) {
            let line = Line {
                seq,
                speaker: Speaker::Caller,
                text: "(not understood)".to_owned(),
                start: Millis(0),
                end: Millis(0),
                heard: Heard::Full,
                origin: LineOrigin::Item(ItemId::from("")),
            };
            let no = RecordId(self.records.len() as u32);
            self.records.push((now, Record::Line(line)));
            self.later.add(self.committed_at(now), Later::Commit(no));
        }
    }

    fn past_of_records(&self) -> Past {
        let mut phase = Phase::Greeting;
        let mut intake = None;
        let mut escalations: Vec<PastEscalation> = Vec::new();
        let mut attempts: Vec<PastAttempt> = Vec::new();
        let (mut callbacks, mut voicemails, mut urgent_callback) = (0, 0, false);
        for (_, record) in &self.records {
            match record {
                Record::Phase(to) => phase = *to,
                Record::Intake(stored) => intake = Some(stored.data.clone()),
                Record::Escalation(fact) => escalations.push(PastEscalation {
                    fact: fact.clone(),
                    state: EscalationState::Requested,
                    only: None,
                    attempts: Vec::new(),
                }),
                Record::EscalationMove(change) => {
                    let row = escalations.iter_mut().find(|row| row.fact.no == change.no && row.state == change.from);
                    if let Some(row) = row {
                        row.state = change.to;
                    }
                }
                Record::EscalationRaised(raised) => {
                    if let Some(row) = escalations.iter_mut().find(|row| row.fact.no == raised.no) {
                        row.fact.cause = raised.cause;
                        row.fact.urgency = raised.urgency;
                        row.fact.reason.clone_from(&raised.reason);
                    }
                }
                Record::Attempt(fact) => {
                    attempts.push(PastAttempt { fact: fact.clone(), state: AttemptState::Intended, leg: None });
                }
                Record::AttemptMove(change) => {
                    let row = attempts.iter_mut().find(|row| row.fact.no == change.no && row.state == change.from);
                    if let Some(row) = row {
                        row.state = change.to;
                        row.leg = change.leg.clone().or(row.leg.take());
                    }
                }
                Record::Event(Event::TakeOver { escalation, target }) => {
                    if let Some(row) = escalations.iter_mut().find(|row| row.fact.no == *escalation) {
                        row.only.clone_from(target);
                    }
                }
                Record::Callback(fact) => {
                    callbacks += 1;
                    urgent_callback |= fact.urgency == Urgency::Emergency;
                }
                Record::Voicemail(_) => voicemails += 1,
                Record::Opened(_)
                | Record::Line(_)
                | Record::Event(_)
                | Record::Usage(_)
                | Record::Leg(_)
                | Record::Ended(_) => {}
            }
        }
        let lines = self.lines();
        let said = lines.iter().filter(|line| !line.text.is_empty());
        let all = attempts.len() as u32;
        let count = escalations.len() as u32;
        let leaving_message =
            voicemails == 0 && escalations.last().is_some_and(|last| last.state == EscalationState::Voicemail);
        let broken_off = |row: &&PastEscalation| {
            row.state == EscalationState::Failed && row.fact.urgency == Urgency::Emergency && !urgent_callback
        };
        let unserved = escalations.last().filter(broken_off).map(|row| row.fact.clone());
        let open = escalations.iter().rposition(|row| !row.state.is_final()).map(|index| escalations.remove(index));
        let of_open = open.as_ref().map(|row| row.fact.no);
        let goes_on = |at: &PastAttempt| Some(at.fact.escalation) == of_open && !at.state.is_final();
        let (going_on, earlier): (Vec<_>, Vec<_>) = attempts.into_iter().partition(goes_on);
        let open = open.map(|row| PastEscalation { attempts: going_on, ..row });
        Past {
            next_record: self.records.len() as u32,
            next_line: lines.last().map_or(0, |line| line.seq + 1),
            phase,
            lines: said.map(|line| (line.speaker, line.text.clone())).collect(),
            intake,
            escalations: count,
            attempts: all,
            callbacks,
            voicemails,
            leaving_message,
            urgent_callback,
            unserved,
            earlier,
            open,
        }
    }
}
