//! Who may ask for a person, and what the caller gets when there is none.

use std::time::Duration;

use super::*;
use crate::safety::Language;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{ModelEffect, Record, ToolAnswer};
use crate::session::input::{
    ActionResult, CarrierInput, DetachCause, Input, IntakeData, LegStatus, LostCause, MediaInput, ModelInput, Question,
    StaffInput, ToolRequest,
};
use crate::session::tests::rig::{Rig, Setup};
use crate::types::{Caller, EscalationState, Fallback, Outcome, Prompt, Reason, Urgency};

#[test]
fn a_second_request_joins_the_first() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.staff_escalate(Urgency::Emergency);
    assert_eq!(rig.dials().len(), 1);
    rig.pass(3_000);
    assert!(rig.said(Prompt::Emergency), "the more urgent counts");
}

#[test]
fn the_row_says_the_most_serious_urgency_that_joined_and_only_that() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    for (urgency, reason) in
        [(Urgency::High, "a fever"), (Urgency::Medium, "a bill"), (Urgency::Emergency, "chest pain")]
    {
        let reason = reason.to_owned();
        rig.feed(Input::Staff(StaffInput::Escalate { target: None, urgency, reason }));
    }
    let raised = rig.records().filter_map(|record| match record {
        Record::EscalationRaised(raised) => {
            Some((raised.urgency, raised.reason.as_str(), raised.reason_before.as_str()))
        }
        _ => None,
    });
    let expected = [(Urgency::High, "a fever", "asked by staff"), (Urgency::Emergency, "chest pain", "a fever")];
    assert_eq!(raised.collect::<Vec<_>>(), expected);
}

#[test]
fn the_assistants_tool_is_answered_at_once_and_its_end_call_refused_meanwhile() {
    let mut rig = on_air();
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r1");
    let reason = "chest pain".to_owned();
    rig.tool("r1", "c1", ToolRequest::EscalateCall { reason, urgency: Urgency::High, summary: "it hurts".to_owned() });
    rig.ends_call("r1", "c2");
    rig.done("r1");
    let answers = rig.to_model().filter_map(|effect| match effect {
        ModelEffect::ToolReply { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    let answers = answers.collect::<Vec<_>>();
    assert_eq!(answers[0], ToolAnswer::Ringing);
    assert!(matches!(answers[1], ToolAnswer::Refused(_)));
    assert_eq!(rig.dials().len(), 1);
}

#[test]
fn key_zero_asks_for_a_person() {
    let mut rig = on_air();
    rig.feed(Input::Media(MediaInput::Digit('0')));
    rig.pass(2_500);
    assert_eq!(rig.dials().len(), 1);
    rig.pass(2_000);
    assert!(rig.said(Prompt::Ringing));
}

/// A call that has asked for a person as often as it may; nobody was there.
fn asked_too_often() -> Rig {
    let mut rig = Rig::on_air(Setup { rest: false, ..setup(Fallback::Assistant) });
    for _ in 0..5 {
        rig.staff_escalate(Urgency::Low);
    }
    rig.says("r1", "i1", 500, "Nobody is free.");
    rig.pass(4_000);
    rig.heard.clear();
    rig
}

fn is_told(rig: &Rig) -> bool {
    rig.notes().iter().any(|note| note.starts_with("The caller wants a person again."))
}

#[test]
fn key_zero_is_answered_also_when_nobody_is_rung_any_more() {
    let mut rig = asked_too_often();
    let creates = rig.creates().len();
    rig.feed(Input::Media(MediaInput::Digit('0')));
    rig.pass(3_500);
    assert!(rig.said(Prompt::NobodyFree) && is_told(&rig));
    assert_eq!((rig.creates().len(), rig.dials().len()), (creates + 1, 0), "and the assistant goes on");
}

#[test]
fn a_spoken_wish_for_a_person_is_answered_also_when_nobody_is_rung_any_more() {
    let mut rig = asked_too_often();
    rig.caller_starts("u1");
    rig.pass(1_500);
    rig.caller_stops("u1");
    rig.caller_said("u1", "I want to speak to a real person.");
    rig.pass(2_000);
    assert!(rig.said(Prompt::NobodyFree) && is_told(&rig));
    let mut rig = asked_too_often();
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 500, "I will connect you to a person.");
    rig.done("r2");
    rig.pass(2_000);
    assert!(!is_told(&rig), "the assistant's own words are not the caller's");
}

#[test]
fn a_message_is_recorded_and_ends_the_call() {
    let mut rig = Rig::on_air(setup(Fallback::Voicemail));
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.operator(1, 1, LegStatus::NoAnswer);
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::NoAnswer);
    assert!(matches!(rig.redirects().last(), Some((_, _, Document::Voicemail { .. }))));
    let done = Question::VoicemailDone { recording: "RE1".to_owned(), duration: Duration::from_secs(4) };
    assert_eq!(rig.ask(done), Document::HangUp);
    rig.caller_leg(LegStatus::Completed);
    rig.pass(1_000);
    assert_eq!(rig.outcome(), Some((Outcome::Voicemail, Reason::MessageLeft)));
    assert_eq!(rig.records().filter(|record| matches!(record, Record::Voicemail(_))).count(), 1);
}

#[test]
fn a_caller_who_hangs_up_after_speaking_has_left_a_message() {
    let mut rig = Rig::on_air(setup(Fallback::Voicemail));
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.key(1, 1, 1, None);
    rig.operator(1, 1, LegStatus::NoAnswer);
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::NoAnswer);
    rig.caller_leg(LegStatus::Completed);
    assert_eq!(rig.outcome(), None, "the recording may still come");
    let (recording, duration) = ("RE1".to_owned(), Duration::from_secs(4));
    rig.feed(Input::Carrier(CarrierInput::Recorded { recording, duration }));
    rig.pass(1_000);
    assert_eq!(rig.outcome(), Some((Outcome::Voicemail, Reason::MessageLeft)));
}

/// A caller whose number is known, or is not, is asked to leave a message.
fn at_the_voicemail(caller: Caller) -> Rig {
    let mut rig = Rig::on_air(Setup { caller, ..setup(Fallback::Voicemail) });
    rig.staff_escalate(Urgency::High);
    rig.dialled(1);
    rig.operator(1, 1, LegStatus::NoAnswer);
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::NoAnswer);
    let id = rig.redirects().last().expect("to the voicemail").0;
    rig.result(id, ActionResult::Done);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    rig
}

fn known() -> Caller {
    Caller::Number("+12025550177".parse().unwrap())
}

fn callbacks(rig: &Rig) -> Vec<(Option<u32>, Urgency, String)> {
    let callback = |record: &Record| match record {
        Record::Callback(fact) => Some((fact.escalation, fact.urgency, fact.reason.clone())),
        _ => None,
    };
    rig.records().filter_map(callback).collect()
}

fn said_nothing() -> Question {
    Question::VoicemailDone { recording: String::new(), duration: Duration::ZERO }
}

#[test]
fn who_leaves_no_message_is_called_back_and_hears_so() {
    let mut rig = at_the_voicemail(known());
    assert_eq!(rig.ask(said_nothing()), Document::Goodbye(Goodbye::WillCallBack));
    rig.caller_leg(LegStatus::Completed);
    rig.pass(60_000);
    assert_eq!(callbacks(&rig), [(Some(1), Urgency::High, "asked by staff".to_owned())]);
    assert_eq!(rig.outcome(), Some((Outcome::Callback, Reason::CallbackPromised)));
}

#[test]
fn who_hangs_up_before_the_tone_is_called_back() {
    let mut rig = at_the_voicemail(known());
    rig.caller_leg(LegStatus::Completed);
    assert!(callbacks(&rig).is_empty(), "the recording may still come");
    rig.pass(60_000);
    assert_eq!((callbacks(&rig).len(), rig.outcome()), (1, Some((Outcome::CallerHungUp, Reason::CarrierStatus))));
}

#[test]
fn who_leaves_a_message_or_no_number_is_not_called_back() {
    let mut rig = at_the_voicemail(known());
    let (recording, duration) = ("RE1".to_owned(), Duration::from_secs(4));
    assert_eq!(rig.ask(Question::VoicemailDone { recording, duration }), Document::HangUp);
    rig.pass(60_000);
    assert!(callbacks(&rig).is_empty());
    let mut rig = at_the_voicemail(Caller::Withheld);
    assert_eq!(rig.ask(said_nothing()), Document::Goodbye(Goodbye::NobodyFree));
    rig.caller_leg(LegStatus::Completed);
    rig.pass(60_000);
    assert!(callbacks(&rig).is_empty());
    assert!(rig.session.is_over());
}

#[test]
fn without_requests_or_targets_the_fallback_comes_at_once() {
    let mut rig = Rig::on_air(Setup { rest: false, ..setup(Fallback::Callback) });
    rig.staff_escalate(Urgency::Medium);
    assert_eq!(rig.states(), [EscalationState::Callback]);
    let mut rig = Rig::on_air(Setup { greeting: "", ..Setup::default() });
    rig.staff_escalate(Urgency::Emergency);
    rig.pass(20_000);
    assert!(rig.said(Prompt::Emergency) && rig.said(Prompt::EmergencyNobody));
}

#[test]
fn the_longest_call_stands_still_while_a_person_is_asked_for() {
    let mut rig = Rig::talking();
    rig.pass(1_400_000);
    assert!(!rig.session.is_over(), "past the longest call");
    assert!(rig.endings().is_empty());
}

#[test]
fn staff_call_the_attempt_off() {
    let mut rig = on_air();
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    rig.feed(Input::Staff(StaffInput::Return));
    assert_eq!(rig.hung_up(&leg(1)), 1);
    assert_eq!(rig.states().last(), Some(&EscalationState::Canceled));
}

#[test]
fn with_the_model_gone_the_callers_own_leg_dials_one_after_the_other() {
    let mut rig = on_air();
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    assert!(rig.said(Prompt::Ringing));
    assert!(matches!(rig.redirects().last(), Some((_, _, Document::Cold { attempt: 1, .. }))));
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Done);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    rig.operator(1, 1, LegStatus::NoAnswer);
    let next = rig.ask(Question::CallerDone { attempt: 1, bridged: Some(false), ended: false });
    assert!(matches!(next, Document::Cold { attempt: 2, .. }));
    assert_eq!(rig.ask(Question::CallerDone { attempt: 1, bridged: Some(false), ended: false }), next, "asked again");
    assert!(matches!(rig.answered(2, 2), Document::Gate { .. }));
    assert!(matches!(rig.key(2, 2, 1, Some('1')), Document::Briefing { .. }));
    assert_eq!(rig.key(2, 2, 2, Some('1')), Document::Proceed);
    assert_eq!(rig.ask(Question::CallerDone { attempt: 2, bridged: Some(true), ended: false }), Document::HangUp);
    rig.operator(2, 2, LegStatus::Completed);
    rig.pass(1_000);
    assert_eq!(rig.outcome(), Some((Outcome::Transferred, Reason::OperatorTalk)));
}

#[test]
fn with_the_model_gone_and_nobody_there_a_callback_is_promised() {
    let mut rig = on_air();
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    rig.feed(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
    rig.ask(Question::CallerDone { attempt: 1, bridged: Some(false), ended: false });
    let last = rig.ask(Question::CallerDone { attempt: 2, bridged: Some(false), ended: false });
    assert_eq!(last, Document::Goodbye(Goodbye::WillCallBack));
    rig.caller_leg(LegStatus::Completed);
    rig.pass(30_000);
    assert_eq!(rig.outcome(), Some((Outcome::Callback, Reason::CallbackPromised)));
}

#[test]
fn the_briefing_is_one_bounded_line() {
    let mut rig = on_air();
    rig.begin_auto("r1");
    let reason = format!("pain\n\u{7}<Dial>+19005550100</Dial>{}", "x".repeat(900));
    rig.tool("r1", "c1", ToolRequest::EscalateCall { reason, urgency: Urgency::High, summary: "y".repeat(900) });
    rig.done("r1");
    rig.dialled(1);
    rig.answered(1, 1);
    let Document::Briefing { text, .. } = rig.key(1, 1, 1, Some('1')) else { panic!("a briefing") };
    assert!(text.chars().count() <= 600 && !text.chars().any(char::is_control), "{text}");
    assert!(text.contains("The assistant says the reason is: pain") && text.contains("sums up what the caller says"));
}

/// What the operator is told of a call whose caller speaks, and whose assistant files and asks.
fn briefing(language: Language, summary: &str) -> String {
    let mut rig = Rig::on_air(Setup { language, caller: known(), ..setup(Fallback::Callback) });
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r1");
    rig.caller_said("u1", "my bill is wrong");
    let fields = vec![("caller_phone".to_owned(), "555-0142. Switchboard support, press 1 now".to_owned())];
    let intake = IntakeData { json: "{}".to_owned(), fields };
    rig.tool("r1", "c1", ToolRequest::CompleteIntake { intake, urgency: Urgency::Low });
    let reason = "Switchboard support, press 1 now".to_owned();
    rig.tool("r1", "c2", ToolRequest::EscalateCall { reason, urgency: Urgency::High, summary: summary.to_owned() });
    rig.done("r1");
    rig.dialled(1);
    rig.answered(1, 1);
    let Document::Briefing { text, .. } = rig.key(1, 1, 1, Some('1')) else { panic!("a briefing") };
    text.to_string()
}

#[test]
fn whose_words_they_are_is_said_before_them() {
    assert_eq!(
        briefing(Language::English, ""),
        "The caller has not given a name. The assistant says the reason is: Switchboard support, press 1 now. The \
         caller says: my bill is wrong. The caller gave: caller phone: 555-0142. Switchboard support, press 1 now."
    );
    assert_eq!(
        briefing(Language::Spanish, "La factura."),
        "Quien llama no ha dado su nombre. El asistente dice que el motivo es: Switchboard support, press 1 now. El \
         asistente resume lo que dice quien llama: La factura. Quien llama ha indicado: caller phone: 555-0142. \
         Switchboard support, press 1 now."
    );
}

#[test]
fn a_message_that_may_have_begun_does_not_begin_anew_and_who_is_in_the_room_is_asked_out_of_it() {
    let mut rig = Rig::on_air(setup(Fallback::Voicemail));
    rig.staff_escalate(Urgency::Medium);
    rig.dialled(1);
    let room = loop {
        rig.feed(Input::Media(MediaInput::Detached(DetachCause::Dropped)));
        match rig.after_stream() {
            Document::Connect => rig.attach(),
            room => break room,
        }
    };
    assert!(matches!(room, Document::Room(_)), "{room:?}");
    rig.operator(1, 1, LegStatus::NoAnswer);
    rig.dialled(2);
    rig.operator(2, 2, LegStatus::NoAnswer);
    let (id, _, message) = rig.redirects().pop().unwrap();
    assert!(matches!(message, Document::Voicemail { .. }));
    rig.result(id, ActionResult::Failed);
    assert_eq!(rig.redirects().len(), 1);
    assert!(rig.carrier_effects().iter().any(|(_, effect)| *effect == CarrierEffect::EndRoom { escalation: 1 }));
    assert_eq!(rig.ask(Question::CallerDone { attempt: 1, bridged: None, ended: false }), message);
}
