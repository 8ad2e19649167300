//! Bringing a person in: the carrier and the operators, as the tests beside this file speak for them.

mod alarms;
mod asking;
mod drains;
mod emergencies;
mod joining;
mod moves;
mod redial;
mod refused;
mod staff;
mod unaided;
mod unreadable;
mod vigil;

use std::time::Duration;

use super::rig::{Rig, Setup};
use crate::session::document::{Document, Party};
use crate::session::effect::{ActionId, CarrierEffect, Dial, Effect, ModelEffect, Record};
use crate::session::input::{
    ActionResult, CarrierInput, DetachCause, Input, LegStatus, MediaInput, Question, RoomEvent, StaffInput,
};
use crate::session::policy::{People, Reachable};
use crate::types::{AnsweredBy, AttemptState, EscalationState, Fallback, LegId, OpenHours, Outcome, Reason, Urgency};

pub(super) fn target(id: &str) -> Reachable {
    let ring = Duration::from_secs(20);
    Reachable { id: id.parse().unwrap(), name: id.into(), ring, hours: OpenHours::Always }
}

pub(super) fn setup(fallback: Fallback) -> Setup {
    let targets = vec![target("doctor"), target("desk")].into();
    Setup { greeting: "", people: People { targets, fallback, ..People::nobody() }, ..Setup::default() }
}

pub(super) fn leg(n: u32) -> LegId {
    format!("CA{n:032x}").parse().unwrap()
}

pub(super) fn caller() -> LegId {
    leg(0)
}

/// A call on the air with two targets.
pub(super) fn on_air() -> Rig {
    Rig::on_air(setup(Fallback::Callback))
}

impl Rig {
    pub(super) fn staff_escalate(&mut self, urgency: Urgency) {
        let reason = "asked by staff".to_owned();
        self.feed(Input::Staff(StaffInput::Escalate { target: None, urgency, reason }));
    }

    pub(super) fn carrier_effects(&self) -> Vec<(ActionId, CarrierEffect)> {
        let effect = |effect: &Effect| match effect {
            Effect::Carrier(id, effect) => Some((*id, effect.clone())),
            _ => None,
        };
        self.log.iter().filter_map(effect).collect()
    }

    pub(super) fn dials(&self) -> Vec<(ActionId, Dial)> {
        let dial = |(id, effect)| match effect {
            CarrierEffect::Dial(dial) => Some((id, dial)),
            _ => None,
        };
        self.carrier_effects().into_iter().filter_map(dial).collect()
    }

    pub(super) fn redirects(&self) -> Vec<(ActionId, LegId, Document)> {
        let redirect = |(id, effect)| match effect {
            CarrierEffect::Redirect { leg, document } => Some((id, leg, document)),
            _ => None,
        };
        self.carrier_effects().into_iter().filter_map(redirect).collect()
    }

    pub(super) fn hung_up(&self, leg: &LegId) -> usize {
        self.count(|effect| matches!(effect, Effect::Carrier(_, CarrierEffect::HangUp(gone)) if gone == leg))
    }

    pub(super) fn last_id(&self, wanted: impl Fn(&CarrierEffect) -> bool) -> ActionId {
        let effects = self.carrier_effects();
        effects.iter().rev().find(|(_, effect)| wanted(effect)).expect("the carrier was asked").0
    }

    pub(super) fn result(&mut self, id: ActionId, result: ActionResult) {
        self.feed(Input::Action(id, result));
    }

    /// The newest dial is done, as leg `n`.
    pub(super) fn dialled(&mut self, n: u32) {
        let id = self.dials().last().expect("a dial").0;
        self.result(id, ActionResult::Dialled(leg(n)));
    }

    pub(super) fn answered(&mut self, attempt: u32, n: u32) -> Document {
        self.ask(Question::OperatorAnswered { attempt, leg: leg(n), by: AnsweredBy::Unknown })
    }

    pub(super) fn key(&mut self, attempt: u32, n: u32, step: u32, key: Option<char>) -> Document {
        self.ask(Question::OperatorKey { attempt, leg: leg(n), step, key })
    }

    pub(super) fn operator(&mut self, attempt: u32, n: u32, status: LegStatus) {
        self.feed(Input::Carrier(CarrierInput::OperatorLeg { attempt, leg: leg(n), status }));
    }

    pub(super) fn room(&mut self, attempt: u32, event: RoomEvent) {
        self.feed(Input::Carrier(CarrierInput::Room { attempt, event }));
    }

    pub(super) fn states(&self) -> Vec<EscalationState> {
        let to = |record: &Record| match record {
            Record::EscalationMove(moved) => Some(moved.to),
            _ => None,
        };
        self.records().filter_map(to).collect()
    }

    pub(super) fn attempts(&self) -> Vec<AttemptState> {
        let to = |record: &Record| match record {
            Record::AttemptMove(moved) if moved.from != moved.to => Some(moved.to),
            _ => None,
        };
        self.records().filter_map(to).collect()
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let note = |effect: &ModelEffect| match effect {
            ModelEffect::Note { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.to_model().filter_map(note).collect()
    }

    /// From the request to a briefed operator.
    pub(super) fn briefed() -> Self {
        let mut rig = on_air();
        rig.staff_escalate(Urgency::High);
        rig.dialled(1);
        assert!(matches!(rig.answered(1, 1), Document::Gate { attempt: 1, step: 1, urgency: Urgency::High }));
        assert!(matches!(rig.key(1, 1, 1, Some('7')), Document::Briefing { attempt: 1, step: 2, .. }));
        rig
    }

    /// The operator has accepted, the caller has heard it and is being moved.
    pub(super) fn merging() -> Self {
        let mut rig = Self::briefed();
        assert!(matches!(rig.key(1, 1, 2, Some('1')), Document::Room(plan) if plan.who == Party::Operator));
        rig.pass(3000);
        assert_eq!(rig.redirects().len(), 1, "moved after the sentence");
        rig
    }

    pub(super) fn talking() -> Self {
        let mut rig = Self::merging();
        let id = rig.redirects()[0].0;
        rig.result(id, ActionResult::Done);
        rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
        rig.room(1, RoomEvent::Started);
        assert_eq!(rig.states().last(), Some(&EscalationState::Bridged));
        rig
    }

    pub(super) fn outcome(&self) -> Option<(Outcome, Reason)> {
        self.endings().first().map(|ending| (ending.outcome, ending.reason))
    }

    pub(super) fn caller_leg(&mut self, status: LegStatus) {
        self.feed(Input::Carrier(CarrierInput::Leg(status)));
    }
}
