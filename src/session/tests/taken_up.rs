//! Calls that an earlier process left, and calls that we place.

use std::time::Duration;

use super::rig::Rig;
use crate::session::CallSession;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{CarrierEffect, Effect, ModelEffect, Record};
use crate::session::fact::{AttemptFact, EscalationFact};
use crate::session::input::{ActionResult, CarrierInput, Input, LegStatus, ModelInput, Question, StaffInput};
use crate::session::policy::{CallFacts, Past, PastAttempt, PastEscalation, People, Policy, Reachable};
use crate::types::prompt::Sentence;
use crate::types::{
    AnsweredBy, AttemptState, CallId, Cause, Direction, EscalationState, LegId, Mono, Mulaw, Now, OpenHours, Outcome,
    Phase, Prompt, Prompts, Reason, Speaker, TransferMode, Urgency, Wall,
};

fn leg(n: u32) -> LegId {
    format!("CA{n:032x}").parse().unwrap()
}

fn facts(direction: Direction) -> CallFacts {
    let sentence = |prompt: &Prompt| Sentence {
        text: prompt.as_str().into(),
        audio: Mulaw::new(bytes::Bytes::from(vec![1; 8000])),
    };
    let prompts = Prompts::new(Prompt::ALL.iter().map(sentence).collect()).unwrap();
    let plain = CallFacts::inbound(CallId(uuid::Uuid::nil()), "demo".parse().unwrap(), leg(0), prompts);
    let ring = Duration::from_secs(20);
    let doctor = Reachable { id: "doctor".parse().unwrap(), name: "".into(), ring, hours: OpenHours::Always };
    let leg = (direction == Direction::Inbound).then(|| leg(0));
    let people = People { targets: vec![doctor].into(), ..People::nobody() };
    CallFacts { leg, direction, people, carrier_rest: true, machine_message: "Please call us.".into(), ..plain }
}

fn past(open: Option<PastEscalation>) -> Past {
    Past {
        next_record: 40,
        next_line: 3,
        phase: Phase::Intake,
        lines: vec![(Speaker::Assistant, "Hello.".to_owned()), (Speaker::Caller, "It hurts.".to_owned())],
        intake: None,
        escalations: u32::from(open.is_some()),
        attempts: u32::from(open.is_some()),
        callbacks: 0,
        voicemails: 0,
        leaving_message: false,
        urgent_callback: false,
        unserved: None,
        earlier: Vec::new(),
        open,
    }
}

fn open(state: EscalationState, attempt: AttemptState, operator: Option<LegId>) -> Option<PastEscalation> {
    let (cause, urgency) = (Cause::Safety, Urgency::Emergency);
    let fact = EscalationFact { no: 1, cause, urgency, reason: "pain".to_owned(), summary: String::new() };
    let target = "doctor".parse().unwrap();
    let tried = AttemptFact { no: 1, escalation: 1, target, mode: TransferMode::Warm };
    Some(PastEscalation {
        fact,
        state,
        only: None,
        attempts: vec![PastAttempt { fact: tried, state: attempt, leg: operator }],
    })
}

/// A call that is taken up after ten minutes.
fn taken_up(open: Option<PastEscalation>) -> Rig {
    let mut log = Vec::new();
    let now = Now { mono: Mono(600_000_000), wall: Wall(0) };
    let session = CallSession::resume(now, facts(Direction::Inbound), Policy::default(), past(open), &mut log);
    Rig::of(session, now.mono, log)
}

fn placed() -> Rig {
    let mut log = Vec::new();
    let session = CallSession::new(Now::default(), facts(Direction::Outbound), Policy::default(), &mut log);
    Rig::of(session, Mono(0), log)
}

fn carrier(rig: &Rig, wanted: impl Fn(&CarrierEffect) -> bool) -> Option<crate::session::effect::ActionId> {
    rig.log.iter().rev().find_map(|effect| match effect {
        Effect::Carrier(id, asked) if wanted(asked) => Some(*id),
        _ => None,
    })
}

fn last_state(rig: &Rig) -> Option<EscalationState> {
    let to = |record: &Record| match record {
        Record::EscalationMove(moved) => Some(moved.to),
        _ => None,
    };
    rig.records().filter_map(to).last()
}

#[test]
fn a_call_that_is_taken_up_goes_on_where_it_was() {
    let mut rig = taken_up(None);
    assert!(matches!(rig.log.first(), Some(Effect::Record(id, _)) if id.0 == 40), "records go on");
    assert_eq!(rig.after_stream(), Document::Connect);
    rig.attach();
    rig.model(ModelInput::Opened);
    rig.model(ModelInput::Ready);
    let recalled = rig.to_model().filter(|effect| matches!(effect, ModelEffect::Recall { .. })).count();
    assert_eq!(recalled, 2);
    assert_eq!(rig.creates().len(), 1, "and the assistant goes on");
}

#[test]
fn a_call_whose_caller_is_gone_ends() {
    let mut rig = taken_up(None);
    rig.feed(Input::Deadline);
    let look = carrier(&rig, |effect| matches!(effect, CarrierEffect::LookUp(_))).expect("asked");
    rig.feed(Input::Action(look, ActionResult::Status(LegStatus::Completed)));
    assert_eq!(rig.endings()[0].outcome, Outcome::CallerHungUp);
}

#[test]
fn a_phone_that_rang_is_ended_and_the_person_is_asked_for_again() {
    let mut rig = taken_up(open(EscalationState::Dialing, AttemptState::Dialing, Some(leg(1))));
    assert!(carrier(&rig, |effect| *effect == CarrierEffect::HangUp(leg(1))).is_some());
    assert_eq!(last_state(&rig), Some(EscalationState::Failed));
    assert_eq!(rig.after_stream(), Document::Connect);
    rig.commits = true;
    rig.attach();
    let dials = |rig: &Rig| rig.count(|effect| matches!(effect, Effect::Carrier(_, CarrierEffect::Dial(_))));
    assert_eq!(dials(&rig), 0, "the same phone still rings");
    let question = Question::OperatorKey { attempt: 1, leg: leg(1), step: 1, key: Some('1') };
    assert_eq!(rig.ask(question), Document::Goodbye(Goodbye::Interrupted), "which is true");
    let ending = carrier(&rig, |effect| *effect == CarrierEffect::HangUp(leg(1))).expect("ended");
    rig.feed(Input::Action(ending, ActionResult::Done));
    assert_eq!(dials(&rig), 1, "for the caller who is back");
    rig.pass(1_000);
    assert!(rig.said(Prompt::Emergency));
}

#[test]
fn an_emergency_whose_caller_does_not_come_back_leaves_a_task() {
    let tasks = |rig: &Rig| rig.records().filter(|record| matches!(record, Record::Callback(_))).count();
    let mut rig = taken_up(open(EscalationState::Dialing, AttemptState::Dialing, Some(leg(1))));
    assert_eq!(tasks(&rig), 0, "the person is asked for again");
    rig.feed(Input::Carrier(CarrierInput::Leg(LegStatus::Completed)));
    assert_eq!(tasks(&rig), 1);
    // The same after a second restart, when the escalation is closed already.
    let fact = open(EscalationState::Failed, AttemptState::Lost, None).unwrap().fact;
    let mut log = Vec::new();
    let now = Now { mono: Mono(600_000_000), wall: Wall(0) };
    let past = Past { unserved: Some(fact), escalations: 1, attempts: 1, ..past(None) };
    let session = CallSession::resume(now, facts(Direction::Inbound), Policy::default(), past, &mut log);
    let mut rig = Rig::of(session, now.mono, log);
    rig.feed(Input::Carrier(CarrierInput::Leg(LegStatus::Completed)));
    assert_eq!(tasks(&rig), 1);
}

#[test]
fn whom_staff_chose_is_rung_again_and_nobody_else() {
    let rings = |open: Option<PastEscalation>| {
        let mut log = Vec::new();
        let now = Now { mono: Mono(600_000_000), wall: Wall(0) };
        let plain = facts(Direction::Inbound);
        let doctor = plain.people.targets[0].clone();
        let desk = Reachable { id: "desk".parse().unwrap(), ..doctor.clone() };
        let people = People { targets: vec![doctor, desk].into(), ..plain.people.clone() };
        let facts = CallFacts { people, ..plain };
        let session = CallSession::resume(now, facts, Policy::default(), past(open), &mut log);
        let mut rig = Rig::of(session, now.mono, log);
        rig.after_stream();
        rig.commits = true;
        rig.attach();
        // The old leg's end is waited for, and never comes.
        rig.pass(4_000);
        rig.dialled(8);
        rig.pass(39_000);
        let dialled = |effect: &Effect| match effect {
            Effect::Carrier(_, CarrierEffect::Dial(dial)) => Some(dial.target.as_str().to_owned()),
            _ => None,
        };
        rig.log.iter().filter_map(dialled).collect::<Vec<_>>()
    };
    let left = |only: Option<&str>| {
        let open = open(EscalationState::Dialing, AttemptState::Dialing, Some(leg(1)));
        open.map(|open| PastEscalation { only: only.map(|only| only.parse().unwrap()), ..open })
    };
    assert_eq!(rings(left(None)), ["doctor", "desk"]);
    assert_eq!(rings(left(Some("desk"))), ["desk"]);
    assert_eq!(rings(left(Some("gone"))), ["doctor", "desk"], "the settings have changed since");
}

#[test]
fn a_dial_whose_name_was_never_learned_is_looked_for_and_ended() {
    let mut rig = taken_up(open(EscalationState::Dialing, AttemptState::Dialing, None));
    let find = carrier(&rig, |effect| matches!(effect, CarrierEffect::FindDialled(Some(_)))).expect("looked for");
    rig.feed(Input::Action(find, ActionResult::Dialled(leg(7))));
    assert!(carrier(&rig, |effect| *effect == CarrierEffect::HangUp(leg(7))).is_some());
}

#[test]
fn a_leg_that_outlived_its_attempt_is_ended_and_so_is_the_room() {
    let mut log = Vec::new();
    let now = Now { mono: Mono(600_000_000), wall: Wall(0) };
    let earlier = open(EscalationState::CallerGone, AttemptState::CallerGone, Some(leg(1))).unwrap().attempts;
    let past = Past { escalations: 1, attempts: 1, earlier, ..past(None) };
    let session = CallSession::resume(now, facts(Direction::Inbound), Policy::default(), past, &mut log);
    let rig = Rig::of(session, now.mono, log);
    assert!(carrier(&rig, |effect| *effect == CarrierEffect::HangUp(leg(1))).is_some());
    assert!(carrier(&rig, |effect| *effect == CarrierEffect::EndRoom { escalation: 1 }).is_some());
}

#[test]
fn a_leg_that_is_learned_after_its_attempt_is_written_down_once() {
    let mut rig = taken_up(open(EscalationState::Dialing, AttemptState::Dialing, None));
    let find = carrier(&rig, |effect| matches!(effect, CarrierEffect::FindDialled(Some(_)))).expect("looked for");
    rig.feed(Input::Action(find, ActionResult::Dialled(leg(7))));
    rig.feed(Input::Carrier(CarrierInput::OperatorLeg { attempt: 1, leg: leg(7), status: LegStatus::Ringing }));
    let learned = |record: &&Record| {
        matches!(record, Record::AttemptMove(moved)
            if moved.from == AttemptState::Lost && moved.to == AttemptState::Lost && moved.leg == Some(leg(7)))
    };
    assert_eq!(rig.records().filter(learned).count(), 1);
}

#[test]
fn two_who_talk_are_left_to_talk() {
    let mut rig = taken_up(open(EscalationState::Bridged, AttemptState::Bridged, Some(leg(1))));
    rig.feed(Input::Deadline);
    assert!(carrier(&rig, |effect| matches!(effect, CarrierEffect::HangUp(_))).is_none());
    for wanted in [leg(0), leg(1)] {
        let look = carrier(&rig, |effect| *effect == CarrierEffect::LookUp(wanted.clone())).expect("looked at");
        rig.feed(Input::Action(look, ActionResult::Status(LegStatus::InProgress)));
    }
    assert_eq!(rig.ask(Question::CallerDone { attempt: 1, bridged: None, ended: false }), Document::Connect);
    assert_eq!(last_state(&rig), Some(EscalationState::Returned));
}

#[test]
fn a_caller_on_the_way_to_the_room_still_gets_there() {
    let mut rig = taken_up(open(EscalationState::Merging, AttemptState::Accepted, Some(leg(1))));
    assert!(matches!(rig.after_stream(), Document::Room(_)));
}

#[test]
fn an_outbound_call_is_dialled_after_its_first_record_and_connects_who_answers() {
    let mut rig = placed();
    assert!(carrier(&rig, |_| true).is_none());
    rig.feed(Input::Committed(crate::session::effect::RecordId(0)));
    let dial = carrier(&rig, |effect| matches!(effect, CarrierEffect::DialOut { .. })).expect("dialled");
    rig.feed(Input::Action(dial, ActionResult::Dialled(leg(5))));
    assert!(rig.records().any(|record| *record == Record::Leg(leg(5))));
    assert_eq!(rig.ask(Question::OutboundAnswered { leg: leg(5) }), Document::Connect);
    assert_eq!(rig.ask(Question::OutboundAnswered { leg: leg(5) }), Document::Connect, "asked again");
    assert_eq!(rig.ask(Question::OutboundAnswered { leg: leg(6) }), Document::HangUp);
    rig.attach();
    rig.feed(Input::Carrier(CarrierInput::PickedUp(AnsweredBy::Unknown)));
    assert!(rig.endings().is_empty(), "unknown is a person");
}

#[test]
fn a_machine_gets_the_message_after_its_beep() {
    let mut rig = placed();
    rig.feed(Input::Committed(crate::session::effect::RecordId(0)));
    rig.ask(Question::OutboundAnswered { leg: leg(5) });
    rig.attach();
    rig.feed(Input::Carrier(CarrierInput::PickedUp(AnsweredBy::Machine)));
    rig.feed(Input::Carrier(CarrierInput::PickedUp(AnsweredBy::MachineReady)));
    let moved = carrier(
        &rig,
        |effect| matches!(effect, CarrierEffect::Redirect { document: Document::Message(text), .. } if &**text == "Please call us."),
    );
    rig.feed(Input::Action(moved.expect("moved"), ActionResult::Done));
    rig.feed(Input::Carrier(CarrierInput::Leg(LegStatus::Completed)));
    rig.pass(30_000);
    let ending = rig.endings()[0];
    assert_eq!((ending.outcome, ending.reason), (Outcome::Voicemail, Reason::AnsweringMachine));
}

#[test]
fn who_does_not_pick_up_is_an_outcome() {
    for (status, outcome) in [
        (LegStatus::Busy, Outcome::Busy),
        (LegStatus::NoAnswer, Outcome::NoAnswer),
        (LegStatus::Failed, Outcome::Failed),
    ] {
        let mut rig = placed();
        rig.feed(Input::Committed(crate::session::effect::RecordId(0)));
        let dial = carrier(&rig, |effect| matches!(effect, CarrierEffect::DialOut { .. })).expect("dialled");
        rig.feed(Input::Action(dial, ActionResult::Dialled(leg(5))));
        rig.feed(Input::Carrier(CarrierInput::Leg(status)));
        rig.pass(1_000);
        assert_eq!(rig.endings()[0].outcome, outcome);
    }
}

#[test]
fn a_call_that_staff_end_while_it_is_being_dialled_rings_nobody() {
    let mut rig = placed();
    rig.feed(Input::Committed(crate::session::effect::RecordId(0)));
    let dial = carrier(&rig, |effect| matches!(effect, CarrierEffect::DialOut { .. })).expect("dialled");
    rig.feed(Input::Staff(StaffInput::End));
    assert!(!rig.session.is_over(), "the dial's answer is waited for");
    rig.feed(Input::Action(dial, ActionResult::Dialled(leg(5))));
    assert!(carrier(&rig, |effect| *effect == CarrierEffect::HangUp(leg(5))).is_some());
}

#[test]
fn who_hung_up_at_the_voicemail_during_a_restart_is_not_waited_for() {
    let mut log = Vec::new();
    let now = Now { mono: Mono(600_000_000), wall: Wall(0) };
    let left = Past { leaving_message: true, escalations: 1, ..past(None) };
    let session = CallSession::resume(now, facts(Direction::Inbound), Policy::default(), left, &mut log);
    let mut rig = Rig::of(session, now.mono, log);
    rig.pass(100);
    let look = carrier(&rig, |asked| matches!(asked, CarrierEffect::LookUp(_))).expect("the leg is looked at");
    rig.feed(Input::Action(look, ActionResult::Gone));
    rig.pass(20_000);
    assert_eq!(rig.endings().len(), 1, "the carrier's last word on the recording was waited for");
}
