//! The gateway shuts down while a person is being brought in.

use super::*;
use crate::session::document::Goodbye;
use crate::session::effect::Event;
use crate::types::Prompt;

fn excused(rig: &Rig) -> usize {
    let is_it = |(_, leg, document): &(ActionId, LegId, Document)| {
        *leg == super::leg(1) && *document == Document::Goodbye(Goodbye::Interrupted)
    };
    rig.redirects().iter().filter(|redirect| is_it(redirect)).count()
}

#[test]
fn an_emergency_that_rings_goes_on_and_then_waits_in_the_room_for_the_next_process() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    rig.dialled(1);
    rig.feed(Input::Drain);
    rig.pass(7_500);
    assert_eq!((rig.redirects().len(), rig.hung_up(&leg(1)), rig.hang_ups()), (0, 0, 0), "it rings on");
    assert_eq!(rig.sentences(Prompt::Draining), 0);
    rig.pass(1_000);
    assert!(matches!(&rig.redirects()[..], [(_, of, Document::Room(plan))] if *of == caller() && plan.waits));
    assert_eq!(rig.hung_up(&leg(1)), 1, "the next process rings again");
    assert!(rig.has_event(|event| *event == Event::HandedOn));
    rig.pass(60_000);
    assert_eq!((rig.hung_up(&caller()), rig.outcome()), (0, None));
    assert!(!rig.states().iter().any(|state| state.is_final()), "the next process finds it under way");
}

#[test]
fn an_operator_who_accepts_during_the_drain_talks() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Emergency);
    rig.dialled(1);
    rig.feed(Input::Drain);
    rig.answered(1, 1);
    rig.key(1, 1, 1, Some('7'));
    assert!(matches!(rig.key(1, 1, 2, Some('1')), Document::Room(_)));
    rig.pass(20_000);
    assert!(!rig.has_event(|event| *event == Event::HandedOn));
    assert_eq!(rig.hung_up(&caller()), 0);
}

#[test]
fn caller_and_operator_hear_that_the_gateway_shuts_down() {
    let mut rig = Rig::briefed();
    rig.feed(Input::Drain);
    assert_eq!(excused(&rig), 1);
    assert_eq!(rig.hung_up(&leg(1)), 0, "the sentence is heard first");
    rig.pass(900);
    assert!(rig.said(Prompt::Draining));
    rig.pass(1_000);
    assert_eq!(rig.hung_up(&caller()), 1);
    assert_eq!(rig.states().last(), Some(&EscalationState::Canceled));
}

#[test]
fn an_operator_who_cannot_be_told_is_let_go() {
    let mut rig = Rig::briefed();
    rig.feed(Input::Drain);
    let id = rig.redirects().last().unwrap().0;
    rig.result(id, ActionResult::Failed);
    assert_eq!(rig.hung_up(&leg(1)), 1);
}

#[test]
fn an_operator_in_an_emergencys_briefing_hears_why_when_it_is_handed_on() {
    let mut rig = Rig::briefed();
    rig.staff_escalate(Urgency::Emergency);
    rig.feed(Input::Drain);
    assert_eq!(excused(&rig), 0);
    rig.pass(8_500);
    assert_eq!(excused(&rig), 1);
    assert_eq!(rig.hung_up(&caller()), 0);
}

#[test]
fn two_who_are_being_connected_are_left_to_it() {
    for mut rig in [Rig::merging(), Rig::talking()] {
        rig.feed(Input::Drain);
        rig.pass(5_000);
        assert_eq!((rig.hung_up(&caller()), rig.outcome(), rig.sentences(Prompt::Draining)), (0, None, 0));
    }
}
