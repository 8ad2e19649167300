//! What staff's commands come to, and what they hear when they come to nothing.

use super::*;
use crate::session::effect::Event;
use crate::session::input::Ignored;

fn take_over(target: &str) -> StaffInput {
    let reason = "staff take over".to_owned();
    StaffInput::Escalate { target: Some(target.parse().unwrap()), urgency: Urgency::Medium, reason }
}

impl Rig {
    pub(in crate::session::tests) fn objection(&self, command: &StaffInput) -> Option<Ignored> {
        self.session.objection(self.now, command)
    }

    fn rung(&self) -> Vec<String> {
        self.dials().into_iter().map(|(_, dial)| dial.target.as_str().to_owned()).collect()
    }
}

#[test]
fn who_takes_over_is_rung_at_once_and_nobody_else() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.feed(Input::Staff(take_over("desk")));
    assert_eq!(rig.rung(), ["doctor", "desk"]);
    assert_eq!(rig.hung_up(&leg(1)), 1, "the phone that rang is let go");
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::NoAnswer);
    assert_eq!(rig.rung(), ["doctor", "desk"], "this target and no other");
    assert_eq!(rig.states().last(), Some(&EscalationState::Callback));
}

#[test]
fn a_take_over_lets_a_briefed_operator_go() {
    let mut rig = Rig::briefed();
    rig.feed(Input::Staff(take_over("desk")));
    assert_eq!((rig.rung().last().map(String::as_str), rig.hung_up(&leg(1))), (Some("desk"), 1));
    assert!(matches!(rig.key(1, 1, 2, Some('1')), Document::Goodbye(_)), "too late");
}

#[test]
fn a_target_that_rings_already_goes_on_ringing_and_the_others_are_forgotten() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.feed(Input::Staff(take_over("doctor")));
    assert_eq!((rig.rung().len(), rig.hung_up(&leg(1))), (1, 0));
    rig.operator(1, 1, LegStatus::NoAnswer);
    assert_eq!(rig.rung().len(), 1);
}

#[test]
fn an_emergency_lifts_what_staff_chose_and_anything_less_does_not() {
    let mut rig = on_air();
    rig.feed(Input::Staff(take_over("desk")));
    rig.dialled(1);
    rig.staff_escalate(Urgency::High);
    rig.operator(1, 1, LegStatus::NoAnswer);
    assert_eq!(rig.rung(), ["desk"]);
    let mut rig = on_air();
    rig.feed(Input::Staff(take_over("desk")));
    rig.dialled(1);
    rig.staff_escalate(Urgency::Emergency);
    rig.operator(1, 1, LegStatus::NoAnswer);
    assert_eq!(rig.rung(), ["desk", "doctor"]);
    assert!(rig.has_event(|event| matches!(event, Event::TakeOver { target: None, .. })));
}

#[test]
fn nobody_takes_over_who_is_unknown_or_when_the_caller_is_with_somebody() {
    let rig = on_air();
    assert_eq!(rig.objection(&take_over("janitor")), Some(Ignored::UnknownTarget));
    assert_eq!(rig.objection(&take_over("desk")), None);
    for mut rig in [Rig::merging(), Rig::talking()] {
        assert_eq!(rig.objection(&take_over("desk")), Some(Ignored::WithPerson));
        let before = rig.log.len();
        rig.feed(Input::Staff(take_over("desk")));
        assert_eq!(rig.dials().len(), 1, "{:?}", &rig.log[before..]);
    }
}

#[test]
fn a_take_over_in_the_last_seconds_of_an_attempt_is_too_late() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.answered(1, 1);
    for step in 1..4 {
        rig.pass(38_000);
        if rig.session.snapshot().escalation.is_some() {
            rig.key(1, 1, step, Some('4'));
        }
    }
    rig.pass(2_500);
    assert_eq!(rig.objection(&take_over("desk")), Some(Ignored::TooLate));
    assert_eq!(rig.objection(&take_over("doctor")), None, "that phone has been answered");
}
