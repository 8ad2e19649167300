//! A carrier that cannot be asked for a while.

use std::time::Duration;

use super::*;
use crate::session::document::Document;
use crate::session::input::{ActionResult, Input, LegStatus, StaffInput};
use crate::session::tests::rig::Rig;
use crate::types::{AttemptState, EscalationState, NotDialled, Outcome, Reason, Urgency};

#[test]
fn a_carrier_that_is_away_for_a_moment_costs_no_target() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    for dials in 1..=10 {
        assert_eq!(rig.dials().len(), dials);
        assert!(rig.dials().iter().all(|(_, dial)| dial.attempt == 1 && dial.target.as_str() == "doctor"));
        let id = rig.dials().last().unwrap().0;
        rig.result(id, ActionResult::NotDone(NotDialled::Unreachable.into()));
        assert_eq!(rig.dials().len(), dials, "not at once");
        rig.pass(2_100);
    }
    rig.dialled(1);
    assert!(matches!(rig.answered(1, 1), Document::Gate { attempt: 1, .. }));
}

#[test]
fn a_carrier_that_stays_away_uses_up_no_target_but_the_time() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    let began = rig.now;
    while rig.states().last() != Some(&EscalationState::Callback) {
        let (id, dial) = rig.dials().last().cloned().unwrap();
        assert_eq!(dial.attempt, 1);
        rig.result(id, ActionResult::NotDone(NotDialled::Unreachable.into()));
        rig.pass(2_050);
    }
    let took = rig.now.since(began);
    assert!((Duration::from_secs(110)..Duration::from_secs(125)).contains(&took), "{took:?}");
    assert_eq!(rig.attempts(), [AttemptState::Dialing, AttemptState::Failed]);
}

#[test]
fn a_caller_who_leaves_while_the_carrier_is_away_rings_nobody_later() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    let id = rig.dials()[0].0;
    rig.result(id, ActionResult::NotDone(NotDialled::Unreachable.into()));
    rig.caller_leg(LegStatus::Completed);
    rig.pass(10_000);
    assert_eq!(rig.dials().len(), 1);
    assert_eq!(rig.outcome(), Some((Outcome::CallerHungUp, Reason::CarrierStatus)));
}

#[test]
fn a_dial_that_waited_for_an_older_leg_is_made_once() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    rig.feed(Input::Staff(StaffInput::Return));
    rig.staff_escalate(Urgency::High);
    let dials = |rig: &Rig| rig.dials().iter().filter(|(_, dial)| dial.attempt == 2).count();
    rig.pass(1_000);
    assert_eq!(dials(&rig), 0, "the doctor's phone still rings for the first");
    rig.operator(1, 1, LegStatus::Completed);
    assert_eq!(dials(&rig), 1);
    // Longer than the phone was to be waited for.
    rig.pass(4_000);
    assert_eq!(dials(&rig), 1);
}
