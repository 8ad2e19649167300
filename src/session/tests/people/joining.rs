//! From the first phone to the conversation and back: who is rung, what is answered, and every race.

use std::time::Duration;

use super::*;
use crate::session::document::{Document, Goodbye, Party};
use crate::session::effect::{CarrierEffect, Effect, ModelEffect, Record, RespondKind};
use crate::session::input::{ActionResult, DetachCause, Input, LegStatus, MediaInput, ModelInput, Question};
use crate::session::tests::rig::Rig;
use crate::types::{AnsweredBy, AttemptState, EscalationState, Outcome, Prompt, Reason, Urgency};

#[test]
fn nothing_is_dialled_before_its_intent_is_on_disk() {
    let mut rig = on_air();
    rig.commits = false;
    rig.staff_escalate(Urgency::High);
    assert!(rig.dials().is_empty());
    let attempt = rig.log.iter().find_map(|effect| match effect {
        Effect::Record(id, Record::Attempt(_)) => Some(*id),
        _ => None,
    });
    rig.feed(Input::Committed(attempt.expect("an intent")));
    assert_eq!(rig.dials().len(), 1);
    assert_eq!(rig.dials()[0].1.target.as_str(), "doctor");
}

#[test]
fn an_intent_that_is_not_committed_is_given_up_when_the_time_is_over() {
    let mut rig = on_air();
    rig.commits = false;
    rig.staff_escalate(Urgency::High);
    // Later the model, which says nothing here, would be lost, and somebody asked for anew.
    rig.pass(118_000);
    assert!(rig.dials().is_empty());
    assert_eq!(rig.states().last(), Some(&EscalationState::Callback));
    assert!(rig.said(Prompt::NobodyFree));
}

#[test]
fn a_warm_transfer_joins_the_two_and_ends_as_transferred() {
    let mut rig = Rig::talking();
    assert!(rig.said(Prompt::Connecting));
    assert!(matches!(&rig.redirects()[0], (_, moved, Document::Room(plan))
        if *moved == caller() && plan.who == Party::Caller));
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Model(ModelEffect::Close))), 1, "the model rests");
    rig.caller_leg(LegStatus::Completed);
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(5_000);
    assert_eq!(rig.outcome(), Some((Outcome::Transferred, Reason::OperatorTalk)));
    assert_eq!(rig.states().last(), Some(&EscalationState::Transferred));
    assert_eq!(rig.attempts().last(), Some(&AttemptState::Done));
    assert!(rig.session.is_over());
}

#[test]
fn while_merging_the_question_after_the_stream_leads_to_the_same_room() {
    let mut rig = Rig::merging();
    let (_, _, moved) = rig.redirects()[0].clone();
    assert_eq!(rig.after_stream(), moved);
    assert_eq!(rig.after_stream(), moved, "asked again");
}

#[test]
fn the_caller_is_moved_by_ending_the_stream_when_the_redirect_fails() {
    let mut rig = Rig::merging();
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Failed);
    assert!(matches!(rig.after_stream(), Document::Room(_)));
}

#[test]
fn who_may_have_been_moved_is_not_moved_again() {
    let mut rig = Rig::merging();
    let id = rig.redirects()[0].0;
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    rig.room(1, RoomEvent::Started);
    rig.result(id, ActionResult::Failed);
    assert_eq!(rig.redirects().len(), 1, "a second one would end the conversation");
    rig.pass(60_000);
    assert_eq!(rig.redirects().len(), 1);
    assert_eq!(rig.states().last(), Some(&EscalationState::Bridged));
}

#[test]
fn a_question_that_is_asked_again_gets_its_answer_again() {
    let mut rig = Rig::briefed();
    let before = rig.records().count();
    assert!(matches!(rig.answered(1, 1), Document::Gate { step: 1, .. }));
    assert!(matches!(rig.key(1, 1, 1, Some('7')), Document::Briefing { step: 2, .. }));
    assert_eq!(rig.records().count(), before, "and nothing else happens");
    let room = rig.key(1, 1, 2, Some('1'));
    assert_eq!(rig.key(1, 1, 2, Some('1')), room);
}

#[test]
fn a_stranger_at_the_operators_door_is_hung_up() {
    let mut rig = Rig::briefed();
    assert_eq!(rig.key(1, 9, 2, Some('1')), Document::HangUp);
    assert_eq!(rig.answered(7, 9), Document::HangUp);
    assert_eq!(rig.states().last(), Some(&EscalationState::Briefing));
}

#[test]
fn decline_rings_the_next_and_the_last_decline_gives_the_fallback() {
    let mut rig = Rig::briefed();
    assert_eq!(rig.key(1, 1, 2, Some('2')), Document::Goodbye(Goodbye::Thanks));
    assert_eq!(rig.dials().len(), 2);
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::Busy);
    assert_eq!(rig.states().last(), Some(&EscalationState::Callback));
    assert!(rig.records().any(|record| matches!(record, Record::Callback(_))));
    rig.pass(4_000);
    assert!(rig.said(Prompt::WillCallBack));
    assert!(rig.notes().iter().any(|note| note.contains("a callback is noted")));
    assert!(rig.creates().iter().any(|(_, kind)| *kind == RespondKind::Bare));
    assert!(rig.session.snapshot().escalation.is_none());
}

#[test]
fn a_decline_that_is_told_twice_is_thanked_for_twice() {
    for (key, goodbye) in [('2', Goodbye::Thanks), ('3', Goodbye::CallsBack)] {
        let mut rig = Rig::briefed();
        assert_eq!(rig.key(1, 1, 2, Some(key)), Document::Goodbye(goodbye));
        let before = rig.log.iter().filter(|effect| matches!(effect, Effect::Carrier(..))).count();
        assert_eq!(rig.key(1, 1, 2, Some(key)), Document::Goodbye(goodbye));
        assert_eq!(rig.key(1, 9, 2, Some(key)), Document::Goodbye(Goodbye::TooLate), "a stranger");
        assert_eq!(rig.log.iter().filter(|effect| matches!(effect, Effect::Carrier(..))).count(), before);
    }
}

#[test]
fn what_one_operator_was_answered_is_not_the_answer_to_the_next() {
    let mut rig = Rig::briefed();
    assert_eq!(rig.key(1, 1, 2, Some('2')), Document::Goodbye(Goodbye::Thanks));
    rig.dialled(2);
    rig.answered(2, 2);
    assert!(matches!(rig.key(2, 2, 1, Some('9')), Document::Briefing { .. }));
    assert!(matches!(rig.key(2, 2, 2, Some('1')), Document::Room(_)));
}

#[test]
fn a_promise_to_call_back_is_told_and_becomes_a_task_of_the_operators() {
    let mut rig = Rig::briefed();
    assert_eq!(rig.key(1, 1, 2, Some('3')), Document::Goodbye(Goodbye::CallsBack));
    rig.pass(3_000);
    assert!(rig.said(Prompt::OperatorCallsBack));
    let task = rig.records().find_map(|record| match record {
        Record::Callback(task) => Some(task.clone()),
        _ => None,
    });
    assert_eq!(task.expect("a task").assignee, Some("doctor".parse().unwrap()));
    assert_eq!(rig.dials().len(), 1, "nobody else is rung");
}

#[test]
fn repeat_has_an_end_and_no_key_is_no_yes() {
    let mut rig = Rig::briefed();
    for step in 2..5 {
        assert!(matches!(rig.key(1, 1, step, Some('4')), Document::Briefing { .. }));
    }
    assert_eq!(rig.key(1, 1, 5, Some('4')), Document::Goodbye(Goodbye::NoKey));
    assert_eq!(rig.dials().len(), 2);
    rig.dialled(2);
    rig.answered(2, 2);
    assert_eq!(rig.key(2, 2, 1, None), Document::Goodbye(Goodbye::NoKey));
    assert_eq!(rig.attempts().last(), Some(&AttemptState::NoResponse));
}

#[test]
fn a_machine_is_not_briefed() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    let answer = rig.ask(Question::OperatorAnswered { attempt: 1, leg: leg(1), by: AnsweredBy::Machine });
    assert_eq!(answer, Document::HangUp);
    assert!(rig.attempts().contains(&AttemptState::Machine));
    assert_eq!(rig.dials().len(), 2);
}

#[test]
fn the_caller_who_leaves_takes_the_ringing_phone_along() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    rig.caller_leg(LegStatus::Completed);
    assert_eq!(rig.hung_up(&leg(1)), 1);
    assert!(!rig.session.is_over(), "the last word waits for the operator's leg");
    let id = rig.last_id(|effect| matches!(effect, CarrierEffect::HangUp(gone) if *gone == leg(1)));
    rig.result(id, ActionResult::Done);
    rig.pass(100);
    assert_eq!(rig.outcome(), Some((Outcome::CallerHungUp, Reason::CarrierStatus)));
    assert_eq!(rig.states().last(), Some(&EscalationState::CallerGone));
    assert_eq!(rig.attempts().last(), Some(&AttemptState::CallerGone));
}

/// In both orders: the operator's end is told first, because the room ends with the caller, or because we hang up
/// when the redirect finds nobody.
#[test]
fn an_operator_whose_room_ended_with_the_caller_has_not_failed_to_respond() {
    for redirected in [ActionResult::Done, ActionResult::Gone] {
        let mut rig = Rig::merging();
        let id = rig.redirects()[0].0;
        rig.result(id, redirected);
        rig.operator(1, 1, LegStatus::Completed);
        rig.pass(300);
        rig.caller_leg(LegStatus::Completed);
        rig.pass(2_000);
        assert_eq!(rig.outcome(), Some((Outcome::CallerHungUp, Reason::CarrierStatus)));
        assert_eq!(rig.states().last(), Some(&EscalationState::CallerGone));
        assert_eq!(rig.attempts().last(), Some(&AttemptState::CallerGone));
    }
}

#[test]
fn an_operator_who_leaves_the_room_before_the_caller_comes_has_not_responded() {
    let mut rig = Rig::merging();
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Done);
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(2_500);
    assert_eq!(rig.attempts().last(), Some(&AttemptState::NoResponse));
    assert!(matches!(rig.redirects().last(), Some((_, moved, Document::Connect)) if *moved == caller()));
    let mut asked = Rig::merging();
    asked.operator(1, 1, LegStatus::Completed);
    assert_eq!(asked.ask(Question::CallerDone { attempt: 1, bridged: None, ended: false }), Document::Connect);
    assert_eq!(asked.attempts().last(), Some(&AttemptState::NoResponse));
}

#[test]
fn the_caller_who_leaves_before_the_dial_is_answered_is_remembered() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    rig.caller_leg(LegStatus::Completed);
    assert!(!rig.session.is_over());
    rig.dialled(1);
    assert_eq!(rig.hung_up(&leg(1)), 1, "as soon as it has a name");
    let gone = rig.answered(1, 1);
    assert_eq!(gone, Document::Goodbye(Goodbye::CallerGone));
}

#[test]
fn a_dial_without_an_answer_is_looked_for_and_never_repeated() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    let id = rig.dials()[0].0;
    rig.result(id, ActionResult::Unknown);
    assert_eq!(rig.dials().len(), 1);
    let find = rig.last_id(|effect| matches!(effect, CarrierEffect::FindDialled(Some(_))));
    rig.result(find, ActionResult::Dialled(leg(4)));
    assert!(matches!(rig.answered(1, 4), Document::Gate { .. }), "adopted");
}

#[test]
fn a_dial_that_made_nothing_gives_way_to_the_next_and_its_late_ring_is_ended() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    let id = rig.dials()[0].0;
    rig.result(id, ActionResult::Unknown);
    let find = rig.last_id(|effect| matches!(effect, CarrierEffect::FindDialled(Some(_))));
    rig.result(find, ActionResult::Gone);
    assert_eq!(rig.dials().len(), 2);
    rig.operator(1, 8, LegStatus::Ringing);
    assert_eq!(rig.hung_up(&leg(8)), 1);
}

#[test]
fn nobody_answers_within_the_total_time() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    let began = rig.now;
    while rig.states().last() != Some(&EscalationState::Callback) {
        assert!(rig.now.since(began) < Duration::from_secs(120), "a final answer");
        rig.pass(500);
        if rig.dials().len() == 2 && rig.hung_up(&leg(1)) == 1 && rig.count(|e| matches!(e, Effect::Carrier(..))) < 5 {
            rig.dialled(2);
        }
    }
    assert!(rig.said(Prompt::StillRinging) || rig.said(Prompt::Ringing));
    assert!(rig.hung_up(&leg(1)) == 1 && rig.hung_up(&leg(2)) == 1, "no phone rings on");
}

#[test]
fn the_operator_who_leaves_first_brings_the_caller_back_to_the_assistant() {
    let mut rig = Rig::talking();
    rig.operator(1, 1, LegStatus::Completed);
    assert_eq!(rig.ask(Question::CallerDone { attempt: 1, bridged: None, ended: false }), Document::Connect);
    assert_eq!(rig.states().last(), Some(&EscalationState::Returned));
    rig.attach();
    rig.model(ModelInput::Opened);
    rig.model(ModelInput::Ready);
    assert!(rig.notes().iter().any(|note| note.contains("is back with you")));
    assert!(rig.creates().iter().all(|(_, kind)| !matches!(kind, RespondKind::Say(_))), "no second greeting");
    rig.pass(2_000);
    assert!(rig.said(Prompt::BackWithAssistant));
}

#[test]
fn the_caller_is_fetched_when_nobody_asks_about_them() {
    let mut rig = Rig::talking();
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(2_500);
    assert!(matches!(rig.redirects().last(), Some((_, moved, Document::Connect)) if *moved == caller()));
}

#[test]
fn the_operator_who_accepts_and_leaves_at_once_costs_the_caller_nothing() {
    let mut rig = Rig::briefed();
    rig.key(1, 1, 2, Some('1'));
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(5_000);
    assert!(rig.redirects().is_empty(), "the caller was never moved");
    assert_eq!(rig.dials().len(), 2, "the next one is rung");
}

#[test]
fn a_merge_that_nobody_reports_is_looked_at() {
    let mut rig = Rig::merging();
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Done);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    rig.pass(10_500);
    let operator = rig.last_id(|effect| matches!(effect, CarrierEffect::LookUp(seen) if *seen == leg(1)));
    rig.result(operator, ActionResult::Status(LegStatus::InProgress));
    let caller = rig.last_id(|effect| matches!(effect, CarrierEffect::LookUp(seen) if *seen == caller()));
    rig.result(caller, ActionResult::Status(LegStatus::InProgress));
    assert_eq!(rig.states().last(), Some(&EscalationState::Bridged));
}

#[test]
fn a_caller_who_was_gone_when_moved_leaves_no_operator_in_the_room() {
    let mut rig = Rig::merging();
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Gone);
    assert_eq!(rig.hung_up(&leg(1)), 1);
    let look = rig.last_id(|effect| matches!(effect, CarrierEffect::LookUp(seen) if *seen == caller()));
    rig.result(look, ActionResult::Gone);
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(1_000);
    assert_eq!(rig.outcome(), Some((Outcome::CallerHungUp, Reason::CarrierStatus)));
}
