//! Times: how soon a phone rings, an answer comes, a caller is served again, and how long nothing is heard.

use std::time::Duration;

use crate::session::effect::{Event, Record};
use crate::sim::carrier::company::CompanyCall;
use crate::sim::carrier::exchange::{Exchange, ExchangeReport};
use crate::sim::world::carrier::CALLER;
use crate::sim::world::gateway::{Gateway, Learned};
use crate::sim::world::invariants::{Invariant, gaps};
use crate::sim::world::model::Connection;
use crate::sim::world::people::rows::{Episode, Rows};
use crate::sim::world::people::{PeopleWatch, Sound, over_at};
use crate::types::{AnsweredBy, AttemptState, EscalationState, Mono, Prompt, TransferMode, Urgency};

/// I16.
const RINGS_MAX: Duration = Duration::from_secs(5);

/// I17.
const SERVED_MAX: Duration = Duration::from_secs(3);

/// I13.
const SILENCE_MAX: Duration = Duration::from_secs(4);
const REASSURED_MAX: Duration = Duration::from_secs(15);

/// Ways of requests, and the granularity of everything.
const SLACK: Duration = Duration::from_secs(1);

/// Of the limit of dials; an escalation may begin at its end.
const MINUTE: Duration = Duration::from_secs(70);

impl PeopleWatch {
    pub(super) fn judge_times(
        &mut self,
        now: Mono,
        rows: &Rows,
        gateway: &Gateway,
        exchange: &Exchange,
        report: &ExchangeReport,
    ) {
        let caller = exchange.leg(CALLER);
        let gone = caller.and_then(CompanyCall::ended).map_or(now, |end| end.at);
        let over = over_at(gateway).unwrap_or(now).min(gone);
        // A half-open connection is found by its pings only, and a machine hears no answers.
        let hangs = gateway.connections().filter_map(Connection::hangs_at).min().unwrap_or(now);
        let by_machine = |record: &Record| {
            matches!(record, Record::Event(Event::PickedUp { by: AnsweredBy::Machine | AnsweredBy::MachineReady }))
        };
        let machine = gateway.records.iter().find(|(_, record)| by_machine(record)).map_or(now, |(at, _)| *at);
        let attended = over.min(hangs).min(machine);
        for row in &rows.episodes {
            self.judge_ringing(row, rows, over, report);
            self.judge_answer(row, over, now);
            self.judge_emergency(row, over, now);
            self.judge_reassurance(row, over, now, caller);
        }
        self.judge_serving(rows, gateway, over);
        self.judge_first_sounds(attended, now, caller);
        if let Some(caller) = caller {
            self.judge_turns(attended, now, caller, gateway, rows);
        }
    }

    /// A phone rings, or the caller hears what happens instead.
    fn judge_ringing(&mut self, row: &Episode, rows: &Rows, over: Mono, report: &ExchangeReport) {
        let limit = row.at + RINGS_MAX + SLACK;
        if !self.rest_works || over <= limit || self.was_down(row.at, limit) || self.was_out(row.at, limit) {
            return;
        }
        let within = |at: Mono| row.at <= at && at <= limit;
        let instead = |sound: &Sound| {
            matches!(
                sound,
                Sound::Local(
                    Prompt::NobodyFree
                        | Prompt::WillCallBack
                        | Prompt::OperatorCallsBack
                        | Prompt::EmergencyNobody
                        | Prompt::ModelLost
                )
            )
        };
        let rings = report.dialled.iter().any(|dialled| within(dialled.at));
        let told = self.sounds.iter().any(|(at, sound)| within(*at) && instead(sound));
        let sent = self.sent.iter().any(|at| within(*at));
        // The caller's own leg can dial only after the sentence about it was heard.
        let cold = !rows.tries.values().any(|of| of.escalation == row.no && of.mode == TransferMode::Warm);
        let announced = |(at, sound): &(Mono, Sound)| {
            within(*at) && matches!(sound, Sound::Local(Prompt::Emergency | Prompt::Ringing))
        };
        let told = told || cold && self.sounds.iter().any(announced);
        let closed = row.closed().is_some_and(within);
        // A full minute is waited for.
        let counted = rows.tries.values().filter(|of| {
            let was_before = of.escalation < row.no || of.escalation == row.no && of.state == AttemptState::Refused;
            was_before && limit.since(of.at) <= MINUTE
        });
        let waits = row.urgency != Urgency::Emergency && counted.count() >= self.dials_per_minute_max as usize;
        if waits {
            return;
        }
        if !rings && !told && !sent && !closed {
            self.find(Invariant::RingsSoon, row.at, format!("escalation {}: nothing rings", row.no));
        }
    }

    /// The list is cut in time.
    fn judge_answer(&mut self, row: &Episode, over: Mono, now: Mono) {
        for (from, to) in row.reaching(now) {
            let to = to.min(over);
            // Whom the caller's own leg has rung, and who answered in time, is briefed to the end.
            let briefing = if self.rest_works { Duration::ZERO } else { self.briefing_max };
            if to > from + self.escalation_max + briefing + SLACK * 3 && !self.was_down(from, to) {
                let took = to.since(from);
                self.find(Invariant::AnswersInTime, from, format!("escalation {} took {took:?}", row.no));
            }
        }
    }

    fn judge_emergency(&mut self, row: &Episode, over: Mono, now: Mono) {
        let limit = row.at + RINGS_MAX;
        let Some((_, until)) = self.on_air(row.at, now).filter(|_| row.urgency == Urgency::Emergency) else {
            return;
        };
        if until.min(over) <= limit || self.was_down(row.at, limit) {
            return;
        }
        let said = |(at, sound): &(Mono, Sound)| {
            let is_it = match sound {
                // The second says the same, and that nobody was reached.
                Sound::Local(prompt) => matches!(prompt, Prompt::Emergency | Prompt::EmergencyNobody),
                // Asked for because of this emergency, and sounding since.
                Sound::Model => self.sentence_asked.iter().any(|asked| row.at <= *asked && asked <= at),
                Sound::Hold => false,
            };
            is_it && row.at <= *at && *at <= limit
        };
        if !self.sounds.iter().any(said) {
            self.find(Invariant::EmergencySaid, row.at, format!("escalation {}: not a word", row.no));
        }
    }

    /// While somebody is being rung the caller hears something now and then, at the phone.
    fn judge_reassurance(&mut self, row: &Episode, over: Mono, now: Mono, caller: Option<&CompanyCall>) {
        let Some(caller) = caller else {
            return;
        };
        for (from, to) in row.reaching(now) {
            for (air_from, air_to) in self.air.clone() {
                let (from, to) = (from.max(air_from), to.min(air_to.unwrap_or(now)).min(over));
                for (at, quiet) in gaps(caller.streams().iter(), from, to) {
                    if quiet > REASSURED_MAX {
                        self.find(Invariant::Reassured, at, format!("nothing for {quiet:?} while a phone rings"));
                    }
                }
            }
        }
    }

    /// The operator is gone: the caller is not left alone.
    fn judge_serving(&mut self, rows: &Rows, gateway: &Gateway, over: Mono) {
        for (at, learned) in &gateway.learned {
            let Learned::OperatorGone(leg) = learned else {
                continue;
            };
            let limit = *at + SERVED_MAX + SLACK / 2;
            let of_it = rows.tries.values().find(|row| row.leg.as_ref() == Some(leg));
            let Some(of_it) = of_it.filter(|_| self.rest_works && over > limit && !self.was_down(*at, limit)) else {
                continue;
            };
            let Some(row) = rows.episodes.iter().find(|row| row.no == of_it.escalation) else {
                continue;
            };
            let together = |state| matches!(state, EscalationState::Merging | EscalationState::Bridged);
            let was_over = of_it.over.is_some_and(|over| over < *at);
            if !together(row.state_at(*at)) || was_over {
                continue;
            }
            if together(row.state_at(limit)) {
                self.find(Invariant::CallerServed, *at, format!("the caller of escalation {} is left alone", row.no));
            }
        }
    }

    /// A stream that comes back is not silent.
    fn judge_first_sounds(&mut self, over: Mono, now: Mono, caller: Option<&CompanyCall>) {
        let limit = SILENCE_MAX + SLACK;
        for (index, (from, to)) in self.air.clone().into_iter().enumerate() {
            let to = to.unwrap_or(now).min(over);
            if to <= from + limit || index == 0 && !self.greets {
                continue;
            }
            let turns = caller.into_iter().flat_map(|caller| caller.talk().turns());
            let mut turns = turns.filter(|turn| turn.began < from + limit);
            if turns.any(|turn| turn.ended.is_none_or(|ended| ended > from)) {
                // The caller speaks first.
                continue;
            }
            if !self.sounds.iter().any(|(at, _)| from <= *at && *at <= from + limit) {
                self.find(Invariant::NoSilence, from, format!("stream {index} begins with silence"));
            }
        }
    }

    /// After each turn of the caller on a stream something must be heard in time.
    fn judge_turns(&mut self, over: Mono, now: Mono, caller: &CompanyCall, gateway: &Gateway, rows: &Rows) {
        let pressed = |(_, record): &(Mono, Record)| matches!(record, Record::Event(Event::KeysPressed { .. }));
        if gateway.records.iter().any(pressed) {
            // Keys stop the assistant like speech, and the phone does not say when they were pressed.
            return;
        }
        let limit = SILENCE_MAX + SLACK + self.line;
        let turns = caller.talk().turns();
        for (index, turn) in turns.iter().enumerate() {
            let Some(ended) = turn.ended else { continue };
            let Some((_, air_to)) = self.on_air(ended, now) else { continue };
            let moved = rows.episodes.iter().flat_map(|row| &row.moves);
            let moved = moved.filter(|(at, state)| *at > ended && *state == EscalationState::Merging);
            let moved = moved.map(|(at, _)| *at).min().unwrap_or(now);
            let next = turns.get(index + 1).map_or(now, |next| next.began);
            let until = air_to.min(over).min(next).min(moved);
            let heard = turn.answered.unwrap_or(now).min(until);
            if heard.since(ended) > limit {
                let quiet = heard.since(ended);
                self.find(Invariant::NoSilence, ended, format!("nothing for {quiet:?} after the caller spoke"));
            }
        }
    }
}
