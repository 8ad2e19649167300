//! The legs that one call has at the carrier, as far as its task has seen them.
//!
//! Kept beside the core, so that they can be ended when the core cannot do it any more.

use crate::calls::dials::{Dials, Owner};
use crate::session::document::{Document, Party};
use crate::session::policy::Past;
use crate::types::{CallId, LegId};

#[derive(Default)]
pub(super) struct Legs {
    pub(super) caller: Option<LegId>,
    /// The caller was sent into a room, and hears nothing of us when this call's task fails.
    is_in_room: bool,
    /// That we created and that have not ended.
    operators: Vec<LegId>,
}

impl Legs {
    pub(super) fn of(caller: Option<LegId>) -> Self {
        Self { caller, ..Self::default() }
    }

    /// An operator's leg is there, or has ended.
    pub(super) fn operator(&mut self, leg: &LegId, has_ended: bool) {
        self.operators.retain(|known| known != leg);
        if !has_ended && self.operators.len() < OPERATORS_MAX {
            self.operators.push(leg.clone());
        }
    }

    /// The caller is on a stream again.
    pub(super) const fn is_on_stream(&mut self) {
        self.is_in_room = false;
    }

    /// A leg is told this: it is the caller's if `leg` is, or if the document can be for nobody else.
    pub(super) fn sent(&mut self, leg: Option<&LegId>, document: &Document) {
        if let Document::Room(plan) = document {
            self.is_in_room |= plan.who == Party::Caller;
        } else if leg.is_some() && leg == self.caller.as_ref() {
            self.is_in_room = false;
        }
    }

    /// Those of an earlier process; nobody who looks for a leg takes them for another's.
    pub(super) fn recall(&mut self, past: &Past, call: CallId, dials: &Dials) {
        if let Some(leg) = &self.caller {
            dials.claim(leg, Owner { call, attempt: None });
        }
        for attempt in past.attempts() {
            let Some(leg) = &attempt.leg else { continue };
            dials.claim(leg, Owner { call, attempt: Some(attempt.fact.no) });
            self.operator(leg, false);
        }
    }

    /// Everything that must be ended if nobody looks after this call any more. A caller whose stream ends asks us what
    /// to do, and hears that we are sorry; a caller who waits in a room does not.
    pub(super) fn take_all(&mut self) -> Vec<LegId> {
        let mut legs = std::mem::take(&mut self.operators);
        legs.extend(self.caller.take_if(|_| self.is_in_room).filter(|caller| !legs.contains(caller)));
        legs
    }
}

/// More than one call ever has at once.
const OPERATORS_MAX: usize = 64;
