//! Emergencies: somebody talked with the caller, or somebody has the task to call back at once.

use std::time::Duration;

use crate::session::effect::{Event, Record};
use crate::session::fact::AttemptMove;
use crate::sim::world::gateway::Gateway;
use crate::sim::world::invariants::Invariant;
use crate::sim::world::people::PeopleWatch;
use crate::sim::world::people::rows::{Episode, Rows};
use crate::types::{AttemptState, EscalationState, Mono, Outcome, Reason, Urgency};

impl PeopleWatch {
    /// Nobody was reached in an emergency: the line stays open, and the targets are rung once more.
    pub(super) fn judge_open_lines(&mut self, now: Mono, rows: &Rows, gateway: &Gateway) {
        let ended = gateway.records.iter().find_map(|(at, record)| match record {
            Record::Ended(ending) => Some((*at, *ending)),
            _ => None,
        });
        let over = ended.map_or(now, |(at, _)| at);
        let kept = gateway.records.iter().filter_map(|(at, record)| match record {
            Record::Event(Event::LineKept { again }) => Some((*at, *again)),
            _ => None,
        });
        for (at, again) in kept {
            let (open, rung) = (at + self.emergency_open, at + self.emergency_again + RUNG_SLACK);
            if let Some((over, ending)) = ended.filter(|(over, _)| *over < open)
                && matches!(ending.outcome, Outcome::Silent | Outcome::Limit)
            {
                let early = over.since(at);
                self.find(Invariant::LineKept, over, format!("{} {early:?} after nobody was reached", ending.outcome));
            }
            let stays = self.on_air(at, now).is_some_and(|(_, until)| until.min(over) > rung);
            let drained = self.drained.is_some_and(|drained| drained < rung);
            if again && stays && !drained && !rows.episodes.iter().any(|row| at < row.at && row.at <= rung) {
                self.find(Invariant::LineKept, at, "the targets were not rung once more".to_owned());
            }
        }
        for row in rows.episodes.iter().filter(|row| row.urgency == Urgency::Emergency) {
            let is_ringing = |at: Mono| row.reaching(now).iter().any(|(from, to)| *from < at && at <= *to);
            if ended.is_some_and(|(_, ending)| ending.reason == Reason::Drained) && self.drained.is_some_and(is_ringing)
            {
                self.find(Invariant::LineKept, over, format!("escalation {} rang, and was drained", row.no));
            }
        }
    }

    pub(super) fn judge_emergencies(&mut self, rows: &Rows, gateway: &Gateway) {
        for (at, why) in &gateway.held_up {
            self.find(Invariant::OwnBudget, *at, format!("an emergency is held up: {why}"));
        }
        self.judge_lists(rows, gateway);
        let urgent = |record: &Record| matches!(record, Record::Callback(fact) if fact.urgency == Urgency::Emergency);
        if !gateway.is_over() || gateway.records.iter().any(|(_, record)| urgent(record)) {
            return;
        }
        for (at, record) in &gateway.records {
            let is_emergency = match record {
                Record::Escalation(fact) => fact.urgency == Urgency::Emergency,
                // A restart forgets what joined.
                Record::Event(Event::EscalationJoined { urgency, .. }) if gateway.restarts == 0 => {
                    *urgency == Urgency::Emergency
                }
                Record::Event(Event::Alarm { alarm, .. }) if gateway.restarts == 0 => *alarm == "emergency",
                _ => false,
            };
            if is_emergency && !rows.episodes.iter().any(|row| talked_after(row, *at)) {
                self.find(Invariant::CalledBack, *at, "an emergency came to nothing, and nobody has a task".to_owned());
            }
        }
    }
}

impl PeopleWatch {
    fn judge_lists(&mut self, rows: &Rows, gateway: &Gateway) {
        for (at, record) in &gateway.records {
            let Record::AttemptMove(AttemptMove { no, to, fault: Some(fault), .. }) = record else {
                continue;
            };
            let given_up = matches!(to, AttemptState::Refused | AttemptState::Failed) && fault.why.is_common();
            let escalation = rows.tries.get(no).map(|row| row.escalation);
            let row = rows.episodes.iter().find(|row| Some(row.no) == escalation && row.urgency == Urgency::Emergency);
            let Some(row) = row.filter(|_| given_up) else {
                continue;
            };
            if *at + TOO_SHORT < row.at + self.escalation_max {
                self.find(Invariant::ListKept, *at, format!("attempt {no} is given up: {}", fault.why));
            }
        }
    }
}

/// With less time left nobody is rung any more.
const TOO_SHORT: Duration = Duration::from_millis(7500);

/// They talked, and not only before.
fn talked_after(row: &Episode, at: Mono) -> bool {
    let talked = row.moves.iter().any(|(_, state)| *state == EscalationState::Bridged);
    talked && row.closed().is_none_or(|closed| closed >= at)
}

/// What is said before the targets are rung once more, and what staff or the caller may have begun meanwhile.
const RUNG_SLACK: Duration = Duration::from_secs(2);
