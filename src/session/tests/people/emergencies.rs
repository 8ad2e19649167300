//! Emergencies: somebody talks with the caller, or has the task to call back at once.

use super::*;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::Record;
use crate::session::input::{DetachCause, Input, LegStatus, LostCause, MediaInput, ModelInput, Question, StaffInput};
use crate::session::tests::rig::Rig;
use crate::types::{Fallback, Outcome, Prompt, Reason, Urgency};

/// Callback tasks that are due at once.
fn urgent_tasks(rig: &Rig) -> usize {
    rig.records()
        .filter(|record| matches!(record, Record::Callback(task) if task.urgency == Urgency::Emergency))
        .count()
}

#[test]
fn an_emergency_that_ends_while_a_phone_rings_leaves_a_task() {
    let ends: [fn(&mut Rig); 3] = [
        |rig| rig.caller_leg(LegStatus::Completed),
        |rig| rig.feed(Input::Staff(StaffInput::End)),
        |rig| rig.feed(Input::Staff(StaffInput::Return)),
    ];
    for end in ends {
        let mut rig = on_air();
        rig.staff_escalate(Urgency::Emergency);
        rig.dialled(1);
        end(&mut rig);
        rig.pass(30_000);
        assert_eq!(urgent_tasks(&rig), 1);
    }
}

#[test]
fn only_an_emergency_without_a_talk_leaves_an_urgent_task() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    rig.caller_leg(LegStatus::Completed);
    rig.pass(30_000);
    assert_eq!(urgent_tasks(&rig), 0, "not so urgent");
    let mut rig = Rig::talking();
    rig.staff_escalate(Urgency::Emergency);
    rig.caller_leg(LegStatus::Completed);
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(30_000);
    assert_eq!(urgent_tasks(&rig), 0, "they talked");
}

#[test]
fn an_emergency_whose_transfer_fails_leaves_a_task() {
    let mut rig = Rig::briefed();
    rig.staff_escalate(Urgency::Emergency);
    rig.key(1, 1, 2, Some('1'));
    rig.pass(5_000);
    assert_eq!(rig.redirects().len(), 1, "moved after the sentences");
    rig.operator(1, 1, LegStatus::Completed);
    assert_eq!(rig.ask(Question::CallerDone { attempt: 1, bridged: None, ended: false }), Document::Connect);
    assert_eq!(urgent_tasks(&rig), 1);
}

#[test]
fn a_plea_that_comes_when_the_call_is_ending_leaves_a_task() {
    let mut rig = on_air();
    rig.feed(Input::Staff(StaffInput::End));
    rig.pass(3_000);
    assert_eq!(rig.hang_ups(), 1);
    for item in ["u1", "u2"] {
        rig.caller_starts(item);
        rig.pass(500);
        rig.caller_stops(item);
        rig.caller_said(item, "Help, my husband has chest pain and can't breathe!");
    }
    assert_eq!(urgent_tasks(&rig), 1, "during the hang-up, and once");
    let mut rig = on_air();
    rig.caller_starts("u1");
    rig.pass(500);
    rig.caller_stops("u1");
    rig.caller_leg(LegStatus::Completed);
    assert!(!rig.session.is_over(), "the last words are waited for");
    rig.caller_said("u1", "Help, my husband has chest pain and can't breathe!");
    assert_eq!(urgent_tasks(&rig), 1);
    assert_eq!(rig.outcome(), Some((Outcome::CallerHungUp, Reason::CarrierStatus)));
}

#[test]
fn an_emergency_without_a_model_rings_those_who_are_off_duty_too() {
    let mut setup = setup(Fallback::Callback);
    let off_duty = Reachable { hours: OpenHours::Spans(Vec::new().into()), ..target("night") };
    setup.people.targets = vec![target("doctor"), off_duty].into();
    let mut rig = Rig::on_air(setup);
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    assert!(matches!(rig.redirects().last(), Some((_, _, Document::Cold { attempt: 1, .. }))));
    rig.staff_escalate(Urgency::Emergency);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    let next = rig.ask(Question::CallerDone { attempt: 1, bridged: Some(false), ended: false });
    assert!(matches!(&next, Document::Cold { attempt: 2, target, .. } if target.as_str() == "night"), "{next:?}");
}

#[test]
fn in_an_emergency_a_promise_to_call_back_does_not_end_the_search() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    rig.dialled(1);
    rig.answered(1, 1);
    rig.key(1, 1, 1, Some('7'));
    assert_eq!(rig.key(1, 1, 2, Some('3')), Document::Goodbye(Goodbye::CallsBack));
    assert_eq!(rig.dials().len(), 2, "the next one is rung");
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::Busy);
    let tasks = rig.records().filter_map(|record| match record {
        Record::Callback(task) => Some((task.urgency, task.assignee.clone())),
        _ => None,
    });
    assert_eq!(tasks.collect::<Vec<_>>(), [(Urgency::Emergency, Some("doctor".parse().unwrap()))]);
    rig.pass(4_000);
    assert!(rig.said(Prompt::EmergencyNobody));
}

#[test]
fn an_emergency_whose_operator_is_gone_before_the_two_meet_leaves_a_task() {
    let mut rig = on_air();
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    rig.staff_escalate(Urgency::Emergency);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    rig.answered(1, 1);
    rig.key(1, 1, 1, Some('7'));
    rig.key(1, 1, 2, Some('1'));
    assert_eq!(rig.states().last(), Some(&EscalationState::Bridged), "accepted");
    let next = rig.ask(Question::CallerDone { attempt: 1, bridged: Some(false), ended: false });
    assert!(matches!(next, Document::Cold { attempt: 2, .. }), "{next:?}");
    rig.caller_leg(LegStatus::Completed);
    assert_eq!(rig.states().last(), Some(&EscalationState::CallerGone));
    assert_eq!(urgent_tasks(&rig), 1);
}

#[test]
fn whom_a_take_over_cut_off_may_be_rung_in_an_emergency() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    let (target, reason) = (Some("desk".parse().unwrap()), "staff take over".to_owned());
    rig.feed(Input::Staff(StaffInput::Escalate { target, urgency: Urgency::Medium, reason }));
    rig.dialled(2);
    rig.staff_escalate(Urgency::Emergency);
    rig.operator(2, 2, LegStatus::Busy);
    assert_eq!(rig.dials().len(), 2, "until the doctor's first leg has ended");
    rig.operator(1, 1, LegStatus::Completed);
    let rung: Vec<_> = rig.dials().into_iter().map(|(_, dial)| dial.target.as_str().to_owned()).collect();
    assert_eq!(rung, ["doctor", "desk", "doctor"]);
}
