//! What staff's commands come to, and what they hear when they come to nothing.

use super::*;
use crate::session::effect::{Event, RespondKind};
use crate::session::input::{Ignored, LostCause, ModelInput, ResponseEnd, ToolRequest};
use crate::types::Prompt;

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

fn say(text: &str) -> StaffInput {
    StaffInput::Say(text.to_owned())
}

impl Rig {
    fn said_for_staff(&self) -> usize {
        let said = |record: &&Record| matches!(record, Record::Event(Event::StaffSaid));
        self.records().filter(said).count()
    }

    fn ignored(&self) -> Vec<(&'static str, Ignored)> {
        let ignored = |record: &Record| match record {
            Record::Event(Event::CommandIgnored { command, why }) => Some((*command, *why)),
            _ => None,
        };
        self.records().filter_map(ignored).collect()
    }

    /// What the model was last asked to say word for word.
    fn asked_to_say(&self) -> Option<String> {
        match self.creates().last() {
            Some((_, RespondKind::Say(text))) => Some(text.to_string()),
            _ => None,
        }
    }
}

#[test]
fn sentences_of_staff_are_said_one_after_the_other_and_noted_with_their_first_sound() {
    let mut rig = on_air();
    rig.feed(Input::Staff(say("First.")));
    rig.feed(Input::Staff(say("Second.")));
    assert_eq!((rig.asked_to_say().as_deref(), rig.said_for_staff()), (Some("First."), 0));
    rig.says("r1", "i1", 1_000, "First.");
    assert_eq!(rig.asked_to_say().as_deref(), Some("Second."));
    rig.pass(200);
    assert_eq!(rig.said_for_staff(), 1);
    rig.says("r2", "i2", 1_000, "Second.");
    rig.pass(3_000);
    assert_eq!((rig.said_for_staff(), rig.creates().len()), (2, 2));
    assert_eq!(rig.ignored(), []);
}

#[test]
fn a_cough_does_not_lose_what_staff_want_said() {
    let mut rig = on_air();
    rig.feed(Input::Staff(say("The doctor is on the way.")));
    rig.begin("r1");
    rig.caller_starts("u1");
    rig.ended("r1", ResponseEnd::Cancelled);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 500, "Pardon?");
    rig.done("r2");
    assert_eq!((rig.asked_to_say().as_deref(), rig.creates().len()), (Some("The doctor is on the way."), 2));
    rig.says("r3", "i3", 1_000, "The doctor is on the way.");
    rig.pass(3_000);
    assert_eq!((rig.said_for_staff(), rig.creates().len()), (1, 2), "said once");
}

#[test]
fn a_sentence_that_is_interrupted_while_it_sounds_was_said() {
    let mut rig = on_air();
    rig.feed(Input::Staff(say("The doctor is on the way.")));
    rig.begin("r1");
    rig.speak("r1", "i1", 5_000, "The doctor is on the way.");
    rig.pass(1_000);
    rig.caller_starts("u1");
    rig.ended("r1", ResponseEnd::Cancelled);
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 500, "Yes?");
    rig.done("r2");
    rig.pass(2_000);
    assert_eq!((rig.said_for_staff(), rig.creates().len()), (1, 1));
}

#[test]
fn an_assistant_that_does_something_else_every_time_is_not_asked_for_ever() {
    let mut rig = on_air();
    rig.feed(Input::Staff(say("The doctor is on the way.")));
    for no in 0..20 {
        let response = format!("r{no}");
        rig.begin(&response);
        let problem = "no such tool".to_owned();
        rig.tool(&response, &format!("c{no}"), ToolRequest::Invalid { name: "other".to_owned(), problem });
        rig.done(&response);
    }
    let said = rig.creates().into_iter().filter(|(_, kind)| matches!(kind, RespondKind::Say(_))).count();
    assert_eq!((said, rig.ignored()), (5, vec![("say", Ignored::NotSaid)]));
}

#[test]
fn more_sentences_than_may_wait_are_refused() {
    let mut rig = on_air();
    for no in 0..7 {
        rig.feed(Input::Staff(say(&format!("Sentence {no}."))));
    }
    // One is on its way, four wait.
    assert_eq!(rig.ignored(), [("say", Ignored::TooManyWaiting); 2]);
}

#[test]
fn a_sentence_that_cannot_be_said_any_more_is_noted_as_that() {
    let mut rig = Rig::briefed();
    rig.caller_starts("u1");
    rig.feed(Input::Staff(say("We are nearly there.")));
    rig.key(1, 1, 2, Some('1'));
    assert_eq!((rig.ignored(), rig.said_for_staff()), (vec![("say", Ignored::WithPerson)], 0));
    let mut rig = on_air();
    rig.caller_starts("u1");
    rig.feed(Input::Staff(say("We are nearly there.")));
    rig.caller_leg(LegStatus::Completed);
    rig.pass(20_000);
    assert_eq!(rig.ignored(), [("say", Ignored::Ending)]);
    assert!(rig.session.is_over());
}

#[test]
fn commands_that_come_to_nothing_are_on_the_timeline() {
    let mut rig = on_air();
    rig.feed(Input::Staff(StaffInput::Return));
    assert_eq!(rig.ignored(), [("return", Ignored::NothingToEnd)]);
    let mut rig = Rig::talking();
    rig.feed(Input::Staff(say("Hello?")));
    rig.staff_escalate(Urgency::High);
    assert_eq!(rig.ignored(), [("say", Ignored::WithPerson), ("escalate", Ignored::WithPerson)]);
    let mut rig = Rig::new(setup(Fallback::Callback));
    rig.feed(Input::Staff(say("Hello?")));
    assert_eq!(rig.ignored(), [("say", Ignored::NoAssistant)]);
    let mut rig = on_air();
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.feed(Input::Staff(StaffInput::Return));
    rig.feed(Input::Staff(take_over("desk")));
    assert_eq!(rig.ignored(), [("return", Ignored::CallerDials), ("take_over", Ignored::CallerDials)]);
    for _ in 0..100 {
        rig.feed(Input::Staff(StaffInput::Return));
    }
    assert_eq!(rig.ignored().len(), 50, "bounded");
}

#[test]
fn beyond_the_limit_of_requests_staff_are_told_and_an_emergency_is_still_answered() {
    let mut rig = Rig::on_air(Setup { rest: false, ..setup(Fallback::Callback) });
    for _ in 0..5 {
        rig.staff_escalate(Urgency::Low);
    }
    rig.staff_escalate(Urgency::Low);
    assert_eq!(rig.ignored(), [("escalate", Ignored::LimitReached)]);
    let callbacks = |rig: &Rig| rig.records().filter(|record| matches!(record, Record::Callback(_))).count();
    let before = callbacks(&rig);
    rig.staff_escalate(Urgency::Emergency);
    rig.pass(10_000);
    assert_eq!((rig.ignored().len(), callbacks(&rig)), (1, before + 1));
    assert!(rig.said(Prompt::Emergency));
}
