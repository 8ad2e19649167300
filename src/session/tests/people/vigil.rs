//! After an emergency in which nobody was reached.

use super::*;
use crate::session::effect::{Event, Record};
use crate::session::input::{LostCause, ModelInput};
use crate::session::policy::Policy;
use crate::types::Prompt;

/// Both targets were rung and are busy.
fn nobody(rig: &mut Rig, first: u32) {
    for attempt in first..first + 2 {
        rig.dialled(attempt);
        rig.operator(attempt, attempt, LegStatus::Busy);
    }
}

fn reached_nobody(setup: Setup) -> Rig {
    let mut rig = Rig::on_air(setup);
    rig.staff_escalate(Urgency::Emergency);
    nobody(&mut rig, 1);
    assert_eq!(rig.states().last(), Some(&EscalationState::Callback));
    rig.pass(100);
    rig.says("r1", "i1", 500, "I am with you.");
    rig
}

#[test]
fn the_line_stays_open_and_the_targets_are_rung_once_more() {
    let mut rig = reached_nobody(setup(Fallback::Callback));
    rig.pass(4_000);
    assert!(rig.said(Prompt::EmergencyNobody) && rig.said(Prompt::EmergencyStay), "the caller hears so");
    assert!(rig.has_event(|event| *event == Event::LineKept { again: true }));
    rig.pass(40_000);
    assert_eq!(rig.dials().len(), 2);
    rig.pass(2_000);
    assert_eq!(rig.dials().len(), 3, "45 s later");
    nobody(&mut rig, 3);
    rig.pass(100);
    rig.says("r2", "i2", 500, "I am with you.");
    rig.pass(4_000);
    assert_eq!((rig.sentences(Prompt::EmergencyNobody), rig.sentences(Prompt::EmergencyStay)), (2, 1));
    rig.pass(280_000);
    assert_eq!((rig.hang_ups(), rig.dials().len()), (0, 4), "silence does not end it, and nobody is rung a third time");
    assert!(rig.sentences(Prompt::EmergencyStillHere) > 5);
    rig.pass(60_000);
    assert_eq!(rig.hang_ups(), 1, "but not for ever");
    let tasks = rig.records().filter(|record| matches!(record, Record::Callback(_))).count();
    assert_eq!(tasks, 1, "one task for one emergency");
}

#[test]
fn whoever_is_reached_the_second_time_talks() {
    let mut rig = reached_nobody(setup(Fallback::Callback));
    rig.pass(46_000);
    rig.dialled(3);
    assert!(matches!(rig.answered(3, 3), Document::Gate { urgency: Urgency::Emergency, .. }));
    rig.key(3, 3, 1, Some('7'));
    assert!(matches!(rig.key(3, 3, 2, Some('1')), Document::Room(_)));
}

#[test]
fn the_longest_call_does_not_end_it_sooner_and_nobody_is_rung_again_where_there_is_nobody() {
    let policy = Policy { call_max: Duration::from_secs(60), ..Policy::default() };
    let mut rig = reached_nobody(Setup { policy, ..setup(Fallback::Callback) });
    rig.pass(46_000);
    nobody(&mut rig, 3);
    rig.pass(100);
    rig.says("r2", "i2", 500, "I am with you.");
    rig.pass(250_000);
    assert_eq!(rig.hang_ups(), 0);
    assert_eq!(rig.sentences(Prompt::TimeWarning), 0);
    let mut alone = setup(Fallback::Callback);
    alone.people.targets = Vec::new().into();
    let mut rig = Rig::on_air(alone);
    rig.staff_escalate(Urgency::Emergency);
    rig.pass(100);
    rig.says("r1", "i1", 500, "I am with you.");
    rig.pass(120_000);
    assert!(rig.has_event(|event| *event == Event::LineKept { again: false }));
    assert_eq!((rig.dials().len(), rig.hang_ups(), rig.sentences(Prompt::EmergencyStay)), (0, 0, 0));
}

#[test]
fn an_emergency_that_is_told_again_and_again_is_answered_by_its_sentence() {
    let mut setup = setup(Fallback::Callback);
    setup.people.emergency_sentence = "Please call the emergency number.".into();
    setup.policy.escalations_max = 0;
    let mut rig = Rig::on_air(setup);
    for no in 0..5 {
        let item = format!("u{no}");
        rig.caller_starts(&item);
        rig.pass(300);
        rig.caller_stops(&item);
        rig.caller_said(&item, "He is not breathing, help!");
        rig.pass(700);
    }
    assert!(rig.said(Prompt::Emergency), "the assistant's voice did not begin within two seconds");
}

#[test]
fn a_model_that_is_lost_meanwhile_has_the_callers_leg_ring_them_as_in_an_emergency() {
    let mut rig = reached_nobody(setup(Fallback::Callback));
    rig.pass(4_000);
    rig.model(ModelInput::Lost(LostCause::Broken));
    let facts = rig.records().filter_map(|record| match record {
        Record::Escalation(fact) => Some(fact.urgency),
        _ => None,
    });
    assert_eq!(facts.collect::<Vec<_>>(), [Urgency::Emergency; 2]);
}
