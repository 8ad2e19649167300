//! Rows of escalations and attempts, replayed from the records by compare-and-set.

use std::collections::BTreeMap;

use crate::session::effect::{Event, Record};
use crate::sim::world::gateway::Gateway;
use crate::sim::world::invariants::Invariant;
use crate::sim::world::people::PeopleWatch;
use crate::types::{AttemptState, EscalationState, LegId, Mono, TargetId, TransferMode, Urgency};

/// One escalation with its history.
pub(super) struct Episode {
    pub(super) no: u32,
    pub(super) at: Mono,
    /// As it was first asked for.
    pub(super) urgency: Urgency,
    /// What the row says, and the most serious request that joined it.
    shown: Urgency,
    joined: Urgency,
    pub(super) state: EscalationState,
    pub(super) moves: Vec<(Mono, EscalationState)>,
}

pub(super) struct Try {
    /// When it was meant.
    pub(super) at: Mono,
    pub(super) escalation: u32,
    pub(super) target: TargetId,
    pub(super) mode: TransferMode,
    pub(super) state: AttemptState,
    pub(super) leg: Option<LegId>,
    /// When it became final.
    pub(super) over: Option<Mono>,
}

#[derive(Default)]
pub(super) struct Rows {
    pub(super) episodes: Vec<Episode>,
    pub(super) tries: BTreeMap<u32, Try>,
    broken: Vec<(Mono, String)>,
}

impl Rows {
    pub(super) fn read(records: &[(Mono, Record)]) -> Self {
        let mut rows = Self::default();
        for (at, record) in records {
            rows.take(*at, record);
        }
        for row in rows.episodes.iter().filter(|row| row.joined > row.shown) {
            let what = format!("escalation {} says {}, and {} joined it", row.no, row.shown, row.joined);
            rows.broken.push((row.at, what));
        }
        rows
    }

    fn take(&mut self, at: Mono, record: &Record) {
        match record {
            Record::Escalation(fact) => {
                if self.episodes.iter().any(|row| row.no == fact.no || !row.state.is_final()) {
                    self.broken.push((at, format!("escalation {} begins beside another", fact.no)));
                }
                self.episodes.push(Episode {
                    no: fact.no,
                    at,
                    urgency: fact.urgency,
                    shown: fact.urgency,
                    joined: fact.urgency,
                    state: EscalationState::Requested,
                    moves: vec![(at, EscalationState::Requested)],
                });
            }
            Record::EscalationMove(change) => {
                let row = self.episodes.iter_mut().find(|row| row.no == change.no && row.state == change.from);
                match row.filter(|row| !row.state.is_final()) {
                    Some(row) => {
                        row.state = change.to;
                        row.moves.push((at, change.to));
                    }
                    None => self.broken.push((at, format!("{change:?} changes nothing"))),
                }
            }
            Record::Event(Event::EscalationJoined { urgency, .. }) => {
                if let Some(row) = self.episodes.last_mut() {
                    row.joined = row.joined.max(*urgency);
                }
            }
            Record::EscalationRaised(raised) => {
                let row = self.episodes.iter_mut().find(|row| row.no == raised.no && !row.state.is_final());
                match row.filter(|row| raised.urgency > row.shown) {
                    Some(row) => row.shown = raised.urgency,
                    None => {
                        self.broken.push((at, format!("escalation {} is not raised by {}", raised.no, raised.urgency)))
                    }
                }
            }
            Record::Attempt(fact) => {
                let known = self.episodes.iter().any(|row| row.no == fact.escalation && !row.state.is_final());
                if !known || self.tries.contains_key(&fact.no) {
                    self.broken.push((at, format!("{fact:?} belongs to nothing, or is there already")));
                }
                let new = Try {
                    at,
                    escalation: fact.escalation,
                    target: fact.target.clone(),
                    mode: fact.mode,
                    state: AttemptState::Intended,
                    leg: None,
                    over: None,
                };
                self.tries.insert(fact.no, new);
            }
            Record::AttemptMove(change) => {
                let row = self.tries.get_mut(&change.no).filter(|row| row.state == change.from);
                let Some(row) = row.filter(|row| !row.state.is_final() || change.from == change.to) else {
                    self.broken.push((at, format!("{change:?} changes nothing")));
                    return;
                };
                row.state = change.to;
                if change.to.is_final() && row.over.is_none() {
                    row.over = Some(at);
                }
                if let Some(leg) = &change.leg {
                    row.leg = Some(leg.clone());
                }
            }
            _ => {}
        }
    }
}

impl Episode {
    /// Where it stood at this time.
    pub(super) fn state_at(&self, at: Mono) -> EscalationState {
        let before = self.moves.iter().rev().find(|(moved, _)| *moved <= at);
        before.map_or(EscalationState::Requested, |(_, state)| *state)
    }

    /// When it became final.
    pub(super) fn closed(&self) -> Option<Mono> {
        self.moves.iter().find(|(_, state)| state.is_final()).map(|(at, _)| *at)
    }

    /// The times during which somebody was being reached, each to its end.
    pub(super) fn reaching(&self, now: Mono) -> Vec<(Mono, Mono)> {
        let is_reaching = |state: EscalationState| {
            matches!(state, EscalationState::Requested | EscalationState::Dialing | EscalationState::Briefing)
        };
        let mut spans: Vec<(Mono, Mono)> = Vec::new();
        let mut since = None;
        for (at, state) in &self.moves {
            match (is_reaching(*state), since) {
                (true, None) => since = Some(*at),
                (false, Some(from)) => {
                    spans.push((from, *at));
                    since = None;
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        spans.extend(since.map(|from| (from, now)));
        spans
    }
}

impl PeopleWatch {
    pub(super) fn judge_rows(&mut self, now: Mono, rows: &Rows, gateway: &Gateway) {
        for (at, what) in &rows.broken {
            self.find(Invariant::Rows, *at, what.clone());
        }
        if !gateway.is_over() {
            return;
        }
        for row in rows.episodes.iter().filter(|row| !row.state.is_final()) {
            self.find(Invariant::Rows, now, format!("escalation {} stays {}", row.no, row.state));
        }
        for (no, row) in rows.tries.iter().filter(|(_, row)| !row.state.is_final()) {
            self.find(Invariant::Rows, now, format!("attempt {no} stays {}", row.state));
        }
    }
}
