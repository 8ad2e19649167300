//! Redirects one at a time, a caller who is found without a stream, and who left whom.

use super::*;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{CarrierEffect, Effect};
use crate::session::input::{ActionResult, DetachCause, Input, LegStatus, MediaInput, Question};
use crate::session::tests::rig::Rig;
use crate::types::{AttemptState, EscalationState, Outcome, Reason, Urgency};

#[test]
fn a_redirect_waits_for_the_answer_to_the_one_before() {
    let mut rig = Rig::merging();
    let (room, _, document) = rig.redirects()[0].clone();
    assert!(matches!(document, Document::Room(_)));
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(3_000);
    assert_eq!(rig.redirects().len(), 1, "the first is not answered");
    rig.result(room, ActionResult::Done);
    assert!(matches!(rig.redirects()[1..], [(_, _, Document::Connect)]));
    let second = rig.redirects()[1].0;
    rig.result(second, ActionResult::Done);
    rig.attach();
    rig.pass(3_000);
    assert_eq!(rig.redirects().len(), 2);
    assert!(!rig.session.is_over());
}

#[test]
fn a_leg_that_asks_from_the_room_needs_no_second_redirect() {
    let mut rig = Rig::merging();
    let room = rig.redirects()[0].0;
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(2_000);
    assert_eq!(rig.ask(Question::CallerDone { attempt: 1, bridged: None, ended: false }), Document::Connect);
    rig.attach();
    rig.result(room, ActionResult::Done);
    rig.pass(1_000);
    assert_eq!(rig.redirects().len(), 1);
}

#[test]
fn a_leg_that_is_up_without_a_stream_is_fetched_once_before_it_is_hung_up() {
    let mut rig = on_air();
    rig.pass(1_000);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Dropped)));
    let up = |rig: &mut Rig| {
        let look = rig.last_id(|effect| matches!(effect, CarrierEffect::LookUp(_)));
        rig.result(look, ActionResult::Status(LegStatus::InProgress));
    };
    rig.pass(5_100);
    up(&mut rig);
    assert!(matches!(rig.redirects()[..], [(_, _, Document::Connect)]));
    let moved = rig.redirects()[0].0;
    rig.result(moved, ActionResult::Done);
    assert_eq!(rig.hang_ups(), 0);
    for _ in 0..6 {
        rig.pass(5_100);
        up(&mut rig);
    }
    rig.pass(6_000);
    assert_eq!((rig.redirects().len(), rig.hang_ups()), (1, 1));
}

#[test]
fn a_caller_who_is_found_ended_after_a_talk_was_transferred() {
    for by_redirect in [false, true] {
        let mut rig = Rig::talking();
        rig.operator(1, 1, LegStatus::Completed);
        let look = rig.last_id(|effect| matches!(effect, CarrierEffect::LookUp(leg) if *leg == caller()));
        if by_redirect {
            rig.result(look, ActionResult::Failed);
            rig.pass(2_000);
            let (id, _, document) = rig.redirects().last().expect("fetched").clone();
            assert_eq!(document, Document::Connect);
            assert_eq!(rig.states().last(), Some(&EscalationState::Bridged), "nothing is written down before");
            rig.result(id, ActionResult::Gone);
        } else {
            rig.result(look, ActionResult::Status(LegStatus::Completed));
        }
        rig.pass(5_000);
        assert_eq!(rig.outcome(), Some((Outcome::Transferred, Reason::OperatorTalk)), "{by_redirect}");
        assert_eq!(rig.states().last(), Some(&EscalationState::Transferred));
    }
}

#[test]
fn a_question_about_a_caller_who_has_hung_up_ends_the_talk_as_one() {
    let mut rig = Rig::talking();
    let answer = rig.ask(Question::CallerDone { attempt: 1, bridged: None, ended: true });
    assert_eq!(answer, Document::HangUp);
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(5_000);
    assert_eq!(rig.outcome(), Some((Outcome::Transferred, Reason::OperatorTalk)));
}

#[test]
fn a_room_that_ends_under_the_operator_had_the_caller_in_it() {
    let mut rig = Rig::merging();
    let room = rig.redirects()[0].0;
    rig.result(room, ActionResult::Done);
    rig.ask(Question::OperatorDone { attempt: 1, leg: leg(1), parted: true });
    rig.caller_leg(LegStatus::Completed);
    rig.operator(1, 1, LegStatus::Completed);
    rig.pass(5_000);
    assert_eq!(rig.outcome(), Some((Outcome::Transferred, Reason::OperatorTalk)));
    assert_eq!(rig.attempts().last(), Some(&AttemptState::Done));
}

#[test]
fn an_operator_who_hears_the_briefing_is_looked_at() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    rig.answered(1, 1);
    rig.pass(15_100);
    let look = rig.last_id(|effect| *effect == CarrierEffect::LookUp(leg(1)));
    rig.result(look, ActionResult::Status(LegStatus::Completed));
    assert_eq!(rig.dials().len(), 2, "the next one");
    assert_eq!(rig.count(|effect| matches!(effect, Effect::Carrier(_, CarrierEffect::LookUp(_)))), 1);
    assert_eq!(rig.key(1, 1, 1, Some('1')), Document::Goodbye(Goodbye::TooLate));
}
