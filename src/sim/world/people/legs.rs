//! Legs: who was rung, by what right, and how soon each was let go.

use std::time::Duration;

use crate::sim::carrier::exchange::{DialledBy, ExchangeReport, LegSummary};
use crate::sim::world::carrier::CALLER;
use crate::sim::world::gateway::{AskedFor, Gateway, Learned};
use crate::sim::world::invariants::Invariant;
use crate::sim::world::people::rows::Rows;
use crate::sim::world::people::{PeopleWatch, over_at};
use crate::types::{LegId, Mono, TransferMode};

/// I17.
const RELEASED_MAX: Duration = Duration::from_secs(2);

/// Ways of requests, and the granularity of everything.
const SLACK: Duration = Duration::from_secs(1);

impl PeopleWatch {
    pub(super) fn judge_legs(&mut self, now: Mono, rows: &Rows, gateway: &Gateway, report: &ExchangeReport) {
        self.judge_dials(rows, gateway, report);
        let operators: Vec<&LegSummary> = report.legs.iter().filter(|leg| leg.no != CALLER).collect();
        for bridge in report.machines_bridged() {
            if operators.iter().any(|leg| leg.is_machine && bridge.legs.contains(&leg.leg)) {
                self.find(Invariant::NoMachine, bridge.from, format!("a machine in {:?}", bridge.legs));
            }
        }
        if !self.rest_works {
            return;
        }
        for leg in operators {
            self.judge_end_of(now, leg, rows, gateway);
        }
    }

    fn judge_dials(&mut self, rows: &Rows, gateway: &Gateway, report: &ExchangeReport) {
        for dialled in &report.dialled {
            if !self.numbers.contains(&dialled.number) {
                self.find(Invariant::OnlyTargets, dialled.at, format!("{} was dialled", dialled.number));
            }
        }
        for asked in gateway.asked.iter().filter(|asked| !asked.covered) {
            self.find(Invariant::Intended, asked.at, format!("{:?} before its intent was on disk", asked.for_what));
        }
        let created = self.created.clone();
        for (index, (leg, no)) in created.iter().enumerate() {
            if created[..index].iter().any(|(_, other)| other == no) {
                let at = report.leg(leg).map_or(Mono::ZERO, |leg| leg.dialled_at);
                self.find(Invariant::OneLeg, at, format!("attempt {no} has another leg, {leg}"));
            }
        }
        for target in rows.tries.values().map(|row| &row.target) {
            let cold = rows.tries.values().filter(|row| row.mode == TransferMode::Cold && row.target == *target);
            let Some(number) = gateway.number_of(target) else {
                continue;
            };
            let rung = report.dialled.iter();
            let rung = rung.filter(|dialled| dialled.number == number && dialled.by != DialledBy::Request).count();
            if rung > cold.count() {
                self.find(Invariant::OneLeg, Mono::ZERO, format!("{target} was rung {rung} times for cold attempts"));
            }
        }
        let creates = gateway.asked.iter().filter(|asked| asked.for_what == AskedFor::Create(None)).count();
        if creates > 5 {
            self.find(Invariant::OneLeg, Mono::ZERO, format!("the party was dialled {creates} times"));
        }
    }

    /// An operator's leg ends soon after nobody wants it any more.
    fn judge_end_of(&mut self, now: Mono, leg: &LegSummary, rows: &Rows, gateway: &Gateway) {
        let ended = leg.ended.map_or(now, |end| end.at);
        let Some(known) = known_at(gateway, &leg.leg) else {
            // Nobody ever heard of it: its ringing ends by itself.
            if ended.since(leg.dialled_at) > Duration::from_secs(90) {
                self.find(Invariant::NoOrphan, leg.dialled_at, format!("{} was never known", leg.leg));
            }
            return;
        };
        let caller_gone = gateway.learned.iter().find(|(_, learned)| *learned == Learned::CallerGone);
        if let Some((at, _)) = caller_gone {
            let from = (*at).max(known);
            if ended > from + RELEASED_MAX + SLACK && !self.was_down(*at, from + RELEASED_MAX + SLACK) {
                let late = ended.since(from);
                self.find(Invariant::OperatorReleased, *at, format!("{} ended {late:?} after the caller", leg.leg));
            }
        }
        if let Some(over) = over_at(gateway) {
            let from = over.max(known);
            if ended > from + RELEASED_MAX + SLACK && !self.was_down(over, ended) {
                let late = ended.since(from);
                self.find(Invariant::NoOrphan, over, format!("{} lived {late:?} longer than the call", leg.leg));
            }
        }
        let row = rows.tries.values().find(|row| row.leg.as_ref() == Some(&leg.leg));
        if let Some(over) = row.and_then(|row| row.over) {
            let from = over.max(known);
            let max = self.goodbye_max + RELEASED_MAX + SLACK;
            if ended > from + max && !self.was_down(over, from + max) {
                let late = ended.since(from);
                self.find(Invariant::NoOrphan, over, format!("{} lived {late:?} longer than its attempt", leg.leg));
            }
        }
    }
}

/// When the gateway learned the leg's name.
fn known_at(gateway: &Gateway, leg: &LegId) -> Option<Mono> {
    let is_it = |(_, learned): &&(Mono, Learned)| matches!(learned, Learned::Operator(_, known) if known == leg);
    gateway.learned.iter().find(is_it).map(|(at, _)| *at)
}
