//! Emergencies that do without a disk, or without the carrier's REST interface.

use super::*;
use crate::session::effect::{Event, MediaEffect, RecordId};
use crate::session::fact::AttemptMove;
use crate::types::{DialFault, NotDialled, Prompt};

fn refused_credentials() -> ActionResult {
    ActionResult::NotDone(DialFault { why: NotDialled::Unauthorized, code: Some(20003) })
}

/// How each attempt that did not ring ended, and why.
fn faults(rig: &Rig) -> Vec<(u32, AttemptState, DialFault)> {
    let fault = |record: &Record| match record {
        Record::AttemptMove(AttemptMove { no, to, fault: Some(fault), .. }) => Some((*no, *to, *fault)),
        _ => None,
    };
    rig.records().filter_map(fault).collect()
}

fn closes(rig: &Rig) -> usize {
    rig.count(|effect| matches!(effect, Effect::Media(MediaEffect::Close)))
}

fn cold(document: &Document) -> Option<(u32, &str)> {
    match document {
        Document::Cold { attempt, target, .. } => Some((*attempt, target.as_str())),
        _ => None,
    }
}

#[test]
fn refused_credentials_let_the_callers_own_leg_dial_the_whole_list() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    let id = rig.dials()[0].0;
    rig.result(id, refused_credentials());
    rig.pass(3_000);
    assert!(rig.said(Prompt::Emergency), "the sentence is heard before the stream is left");
    assert_eq!((closes(&rig), rig.redirects().len()), (1, 0), "no request is needed");
    assert_eq!(cold(&rig.after_stream()), Some((2, "doctor")), "the list begins with the phone that could not be rung");
    let desk = rig.ask(Question::CallerDone { attempt: 2, bridged: Some(false), ended: false });
    assert_eq!(cold(&desk), Some((3, "desk")));
    assert_eq!(rig.ask(Question::CallerDone { attempt: 3, bridged: Some(false), ended: false }), Document::Connect);
    assert_eq!(rig.states().last(), Some(&EscalationState::Callback));
    let fault = DialFault { why: NotDialled::Unauthorized, code: Some(20003) };
    assert_eq!(faults(&rig), [(1, AttemptState::Canceled, fault)], "charged to nobody");
    rig.attach();
    rig.pass(3_000);
    assert!(rig.said(Prompt::EmergencyNobody), "the assistant has the caller again");
    assert_eq!((rig.dials().len(), rig.hang_ups()), (1, 0));
}

#[test]
fn whoever_talked_by_the_callers_own_leg_comes_back_to_the_assistant() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    let id = rig.dials()[0].0;
    rig.result(id, refused_credentials());
    rig.pass(3_000);
    rig.after_stream();
    assert!(matches!(rig.answered(2, 9), Document::Gate { attempt: 2, .. }));
    assert!(matches!(rig.key(2, 9, 1, Some('5')), Document::Briefing { attempt: 2, step: 2, .. }));
    assert_eq!(rig.key(2, 9, 2, Some('1')), Document::Proceed);
    assert_eq!(rig.ask(Question::CallerDone { attempt: 2, bridged: Some(true), ended: false }), Document::Connect);
    assert_eq!(rig.states().last(), Some(&EscalationState::Returned));
    assert!(rig.attempts().ends_with(&[AttemptState::Done, AttemptState::Canceled]), "{:?}", rig.attempts());
}

#[test]
fn a_carrier_that_cannot_be_reached_is_asked_twice_before_the_callers_leg_dials() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    for dials in 1..=2 {
        assert_eq!(rig.dials().len(), dials);
        let id = rig.dials().last().unwrap().0;
        rig.result(id, ActionResult::NotDone(NotDialled::Unreachable.into()));
        rig.pass(2_100);
    }
    assert_eq!(closes(&rig), 1);
    assert_eq!(cold(&rig.after_stream()), Some((2, "doctor")));
}

#[test]
fn a_dial_of_which_nobody_hears_is_not_waited_for_in_an_emergency() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    let id = rig.dials()[0].0;
    rig.result(id, ActionResult::Unknown);
    let id = rig.last_id(|effect| matches!(effect, CarrierEffect::FindDialled(_)));
    rig.result(id, ActionResult::Failed);
    rig.pass(9_000);
    assert_eq!(closes(&rig), 0);
    rig.pass(2_000);
    assert_eq!(cold(&rig.after_stream()), Some((2, "desk")), "the first phone may ring, so that it comes last");
    rig.operator(1, 1, LegStatus::Ringing);
    assert_eq!(rig.hung_up(&leg(1)), 1, "it was made after all, and is let go");
}

#[test]
fn our_own_limits_are_waited_for() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    let id = rig.dials()[0].0;
    rig.result(id, ActionResult::NotDone(NotDialled::MinuteFull.into()));
    rig.pass(2_100);
    assert_eq!((rig.dials().len(), closes(&rig)), (2, 0));
    assert!(rig.dials().iter().all(|(_, dial)| dial.attempt == 1));
    let id = rig.dials()[1].0;
    rig.result(id, ActionResult::NotDone(NotDialled::DayFull.into()));
    assert_eq!(faults(&rig), [(1, AttemptState::Failed, NotDialled::DayFull.into())], "tomorrow is too late");
    assert_eq!(rig.states().last(), Some(&EscalationState::Callback));
}

#[test]
fn a_late_receipt_is_waited_for_and_uses_up_no_phone() {
    let mut rig = on_air();
    rig.commits = false;
    rig.staff_escalate(Urgency::High);
    rig.pass(9_000);
    assert_eq!((rig.dials().len(), rig.attempts()), (0, vec![]));
    rig.feed(Input::Committed(RecordId(u32::MAX)));
    assert_eq!(rig.dials().len(), 1);
    assert!(!rig.has_event(|event| matches!(event, Event::RungUnrecorded { .. })));
}

#[test]
fn an_emergency_waits_two_seconds_for_the_disk_and_says_so_later() {
    let mut rig = on_air();
    rig.commits = false;
    rig.staff_escalate(Urgency::Emergency);
    rig.pass(1_900);
    assert_eq!(rig.dials().len(), 0);
    rig.pass(200);
    assert_eq!(rig.dials().len(), 1);
    assert!(rig.has_event(|event| *event == Event::RungUnrecorded { attempt: 1 }));
    rig.feed(Input::Committed(RecordId(u32::MAX)));
    assert_eq!(rig.dials().len(), 1, "once");
}

#[test]
fn a_receipt_that_never_comes_is_no_phones_fault() {
    let mut rig = on_air();
    rig.commits = false;
    rig.staff_escalate(Urgency::High);
    rig.pass(121_000);
    assert_eq!(faults(&rig), [(1, AttemptState::Failed, NotDialled::NoReceipt.into())]);
    assert_eq!(rig.dials().len(), 0);
}

/// The answers of a carrier that users of comparable systems have seen, one for each target.
#[test]
fn a_refused_dial_keeps_the_carriers_code_and_the_next_phone_rings_at_once() {
    let targets = ["a", "b", "c", "d"].map(target).to_vec().into();
    let people = People { targets, ..People::nobody() };
    let mut rig = Rig::on_air(Setup { greeting: "", people, ..Setup::default() });
    rig.staff_escalate(Urgency::High);
    let mut expected = Vec::new();
    for (no, code) in [(1, 21215), (2, 21210), (3, 21211)] {
        let fault = DialFault { why: NotDialled::Carrier, code: Some(code) };
        let id = rig.dials()[no - 1].0;
        rig.result(id, ActionResult::Refused(fault));
        assert_eq!(rig.dials().len(), no + 1);
        expected.push((no as u32, AttemptState::Refused, fault));
    }
    assert_eq!(faults(&rig), expected);
    let id = rig.dials()[3].0;
    rig.result(id, refused_credentials());
    rig.pass(3_000);
    assert_eq!(cold(&rig.after_stream()), Some((5, "d")), "that one is not the phone's");
}
