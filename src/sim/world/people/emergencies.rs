//! Emergencies: somebody talked with the caller, or somebody has the task to call back at once.

use crate::session::effect::{Event, Record};
use crate::sim::world::gateway::Gateway;
use crate::sim::world::invariants::Invariant;
use crate::sim::world::people::PeopleWatch;
use crate::sim::world::people::rows::{Episode, Rows};
use crate::types::{EscalationState, Mono, Urgency};

impl PeopleWatch {
    pub(super) fn judge_emergencies(&mut self, rows: &Rows, gateway: &Gateway) {
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

/// They talked, and not only before.
fn talked_after(row: &Episode, at: Mono) -> bool {
    let talked = row.moves.iter().any(|(_, state)| *state == EscalationState::Bridged);
    talked && row.closed().is_none_or(|closed| closed >= at)
}
