//! The races of a transfer, each as a world of its own: who goes when, and what is left of it.
//!
//! Every world is also judged by the invariants of random transfers.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use switchboard::session::effect::{Event, Record};
use switchboard::session::input::StaffInput;
use switchboard::sim::carrier::company::Beat;
use switchboard::sim::carrier::person::{Habits, Keys, Leave, Person};
use switchboard::sim::model::Part;
use switchboard::sim::world::{History, Interlude, World, WorldPlan};
use switchboard::types::{AttemptState, EscalationState, Mono, Outcome, Urgency};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Staff ask for a person after three seconds.
fn asked_for(persons: Vec<Person>) -> WorldPlan {
    let mut plan = WorldPlan::calm_transfer(1, Vec::new());
    let escalate = StaffInput::Escalate { target: None, urgency: Urgency::Medium, reason: "wants a person".to_owned() };
    let transfer = plan.transfer.take().unwrap().with_targets(persons);
    let interludes = vec![(secs(3), Interlude::Staff(escalate))];
    plan.transfer = Some(switchboard::sim::world::TransferPlan { interludes, ..transfer });
    plan.policy.call_max = secs(60);
    // What follows the transfer is of no interest.
    plan.policy.escalations_max = 1;
    plan
}

/// Answers after a second; each key two seconds after it is asked for.
fn willing() -> Person {
    Person::pressing(&["1", "1"])
}

/// Answers after so long and presses nothing.
fn slow(after: u64) -> Person {
    Person::answering(secs(after))
}

fn run(plan: WorldPlan) -> History {
    let history = World::new(plan).run();
    assert_eq!(history.findings, [], "{:#?}", history.records);
    history
}

fn escalations(history: &History) -> Vec<EscalationState> {
    let mut states = Vec::new();
    for (_, record) in &history.records {
        match record {
            Record::Escalation(_) => states.push(EscalationState::Requested),
            Record::EscalationMove(change) => states[change.no as usize - 1] = change.to,
            _ => {}
        }
    }
    states
}

fn attempts(history: &History) -> Vec<AttemptState> {
    let mut states = Vec::new();
    for (_, record) in &history.records {
        match record {
            Record::Attempt(_) => states.push(AttemptState::Intended),
            Record::AttemptMove(change) => states[change.no as usize - 1] = change.to,
            _ => {}
        }
    }
    states
}

/// When something happened on a leg for the first time.
fn when(history: &History, leg: usize, beat: &Beat) -> Mono {
    let report = history.exchange.as_ref().unwrap();
    report.legs[leg].story.iter().find(|moment| moment.beat == *beat).expect("it happened").at
}

fn bridges(history: &History) -> usize {
    history.exchange.as_ref().unwrap().bridges.len()
}

fn after(at: Mono, offset_ms: i64) -> Duration {
    Duration::from_micros((at.0 as i64 + offset_ms * 1000).max(0) as u64)
}

#[test]
fn two_who_want_to_talk_do() {
    let mut plan = asked_for(vec![willing().leaving(Leave::Talking(secs(5)))]);
    plan.company.hang_up_after = Some(secs(40));
    let history = run(plan);
    assert_eq!(escalations(&history), [EscalationState::Returned]);
    assert_eq!(attempts(&history), [AttemptState::Done]);
    assert_eq!(bridges(&history), 1);
    assert_eq!(history.ending.unwrap().outcome, Outcome::CallerHungUp);
}

#[test]
fn the_caller_leaves_while_a_phone_rings() {
    let mut plan = asked_for(vec![slow(20)]);
    plan.company.hang_up_after = Some(millis(6000));
    let history = run(plan);
    assert_eq!(escalations(&history), [EscalationState::CallerGone]);
    assert_eq!(attempts(&history), [AttemptState::CallerGone]);
}

#[test]
fn the_caller_leaves_before_the_dial_is_answered() {
    let mut plan = asked_for(vec![slow(20)]);
    plan.company.hang_up_after = Some(millis(4000));
    plan.transfer.as_mut().unwrap().knobs.rest.delay.latency = secs(3);
    let history = run(plan);
    assert_eq!(attempts(&history), [AttemptState::CallerGone]);
    let report = history.exchange.unwrap();
    assert!(report.legs[1].ended.unwrap().at < Mono(9_000_000), "{:?}", report.legs[1].ended);
}

#[test]
fn the_caller_leaves_while_the_operator_is_briefed() {
    let talker = Person { habits: Habits { keys: vec![key(1, "1")], leaves: Vec::new() }, ..slow(1) };
    let history = run(asked_for(vec![talker.clone()]));
    let briefed = when(&history, 1, &Beat::Pressed('1'));
    for offset in [0, 1, 50, 500, 3000] {
        let mut plan = asked_for(vec![talker.clone()]);
        plan.company.hang_up_after = Some(after(briefed, offset));
        let history = run(plan);
        assert_eq!(escalations(&history), [EscalationState::CallerGone], "{offset} ms");
    }
}

#[test]
fn the_key_and_the_callers_hang_up_come_together() {
    let calm = run(asked_for(vec![willing().leaving(Leave::Talking(secs(3)))]));
    let accepted = Mono(when(&calm, 0, &Beat::Redirected).0 - 2_500_000);
    for offset in (-400..=400).step_by(20) {
        let mut plan = asked_for(vec![willing()]);
        plan.company.hang_up_after = Some(after(accepted, offset));
        let history = run(plan);
        assert_eq!(escalations(&history), [EscalationState::CallerGone], "{offset} ms");
        assert_eq!(attempts(&history), [AttemptState::CallerGone], "{offset} ms");
        assert_eq!(bridges(&history), 0, "{offset} ms");
    }
}

#[test]
fn the_caller_leaves_on_the_way_to_the_room() {
    let calm = run(asked_for(vec![willing().leaving(Leave::Talking(secs(3)))]));
    let moved = when(&calm, 0, &Beat::Redirected);
    for offset in -30..=30 {
        let mut plan = asked_for(vec![willing()]);
        plan.company.hang_up_after = Some(after(moved, offset));
        let history = run(plan);
        assert!(escalations(&history)[0].is_final(), "{offset} ms");
    }
}

#[test]
fn the_operator_leaves_while_ringing_or_briefed() {
    let cases = [
        (Person::busy(), AttemptState::Busy),
        (Person::failing(), AttemptState::Failed),
        (Person::never(), AttemptState::NoAnswer),
        (willing().leaving(Leave::Gather(0, millis(500))), AttemptState::NoResponse),
        (willing().leaving(Leave::Gather(1, millis(500))), AttemptState::NoResponse),
        (Person::machine(), AttemptState::NoResponse),
        (Person::pressing(&["7", "2"]), AttemptState::Declined),
        (Person::pressing(&["7", "3"]), AttemptState::CallsBack),
        (Person::pressing(&["7", "5"]), AttemptState::ToVoicemail),
    ];
    for (person, expected) in cases {
        let what = format!("{person:?}");
        let history = run(asked_for(vec![person]));
        assert_eq!(attempts(&history), [expected], "{what}");
        assert_eq!(bridges(&history), 0, "{what}");
    }
}

#[test]
fn the_next_one_is_tried_when_the_first_does_not_want() {
    let history =
        run(asked_for(vec![Person::busy(), Person::pressing(&["7", "2"]), willing().leaving(Leave::Talking(secs(2)))]));
    assert_eq!(attempts(&history), [AttemptState::Busy, AttemptState::Declined, AttemptState::Done]);
    assert_eq!(bridges(&history), 1);
}

#[test]
fn the_operator_accepts_and_leaves_before_the_caller_comes() {
    for offset in (0..4000).step_by(100) {
        let history = run(asked_for(vec![willing().leaving(Leave::Pressed(1, millis(offset)))]));
        assert!(escalations(&history)[0].is_final(), "{offset} ms");
        assert_eq!(escalations(&history).len(), 1, "{offset} ms");
    }
}

#[test]
fn the_caller_leaves_first() {
    let mut plan = asked_for(vec![willing()]);
    plan.transfer.as_mut().unwrap().habits = Habits { keys: Vec::new(), leaves: vec![Leave::Talking(secs(5))] };
    let history = run(plan);
    assert_eq!(escalations(&history), [EscalationState::Transferred]);
    assert_eq!(history.ending.unwrap().outcome, Outcome::Transferred);
}

#[test]
fn both_leave_at_once() {
    for offset in [-20, -1, 0, 1, 20] {
        let leaves = |offset: i64| Leave::Talking(Duration::from_millis((5000 + offset) as u64));
        let mut plan = asked_for(vec![willing().leaving(leaves(offset))]);
        plan.transfer.as_mut().unwrap().habits = Habits { keys: Vec::new(), leaves: vec![leaves(0)] };
        let history = run(plan);
        assert!(escalations(&history)[0].is_final(), "{offset} ms");
    }
}

#[test]
fn lost_callbacks_are_made_up_for() {
    for person in [Person::never(), Person::busy(), willing().leaving(Leave::Talking(secs(4))), Person::machine()] {
        let what = format!("{person:?}");
        let mut plan = asked_for(vec![person]);
        for knobs in [&mut plan.company, &mut plan.transfer.as_mut().unwrap().knobs] {
            knobs.lose_callbacks = 1000;
            knobs.lose_final = true;
        }
        plan.company.hang_up_after = Some(secs(70));
        let history = run(plan);
        assert!(escalations(&history)[0].is_final(), "{what}");
    }
}

#[test]
fn doubled_and_late_callbacks_change_nothing() {
    for latency in [millis(30), secs(4), secs(20)] {
        // Long enough for a look at the legs, should no word come before the end.
        let mut plan = asked_for(vec![willing().leaving(Leave::Talking(secs(15)))]);
        for knobs in [&mut plan.company, &mut plan.transfer.as_mut().unwrap().knobs] {
            knobs.duplicate_callbacks = 1000;
            knobs.callback.latency = latency;
            knobs.callback.jitter = latency;
        }
        plan.company.hang_up_after = Some(secs(60));
        let history = run(plan);
        assert_eq!(attempts(&history), [AttemptState::Done], "{latency:?}");
        assert_eq!(escalations(&history), [EscalationState::Returned], "{latency:?}");
    }
}

#[test]
fn a_dial_that_is_done_and_never_answered_rings_once() {
    let mut plan = asked_for(vec![willing().leaving(Leave::Talking(secs(3)))]);
    let rest = &mut plan.transfer.as_mut().unwrap().knobs.rest;
    rest.unanswered = 1000;
    plan.company.hang_up_after = Some(secs(40));
    let history = run(plan);
    assert_eq!(history.exchange.unwrap().dialled.len(), 1);
}

/// Legs' requests are done, and what was done is not told: the caller's redirect among them.
#[test]
fn a_redirect_whose_answer_is_lost_parts_nobody() {
    for (unanswered, done_but_failed) in [(1000, 0), (0, 1000)] {
        for end in [millis(0), millis(700), secs(3)] {
            let mut plan = asked_for(vec![willing().leaving(Leave::Talking(secs(20)))]);
            plan.company.rest.unanswered = unanswered;
            plan.company.rest.done_but_failed = done_but_failed;
            plan.company.callback.latency = end;
            plan.company.hang_up_after = Some(secs(55));
            let history = run(plan);
            let moved = |moment: &&switchboard::sim::carrier::company::Moment| moment.beat == Beat::Redirected;
            let report = history.exchange.as_ref().unwrap();
            let [bridge] = &report.bridges[..] else { panic!("{:?}", report.bridges) };
            let lasted = bridge.to.unwrap().since(bridge.from);
            assert!(lasted >= secs(20), "they talked for {lasted:?} only");
            let before = report.legs[0].story.iter().filter(moved).filter(|moment| moment.at < bridge.to.unwrap());
            assert_eq!(before.count(), 1, "the caller was moved once");
        }
    }
}

/// "Goodbye" - "goodbye": whoever hangs up first, they have talked to the end, unless the assistant was there again.
#[test]
fn the_caller_and_the_operator_hang_up_together() {
    let calm = run(asked_for(vec![willing().leaving(Leave::Talking(secs(8)))]));
    let parted = calm.exchange.as_ref().unwrap().bridges[0].to.unwrap();
    let mut apart = 0;
    for offset in (-400..=800).step_by(20) {
        let mut plan = asked_for(vec![willing().leaving(Leave::Talking(secs(8)))]);
        plan.company.hang_up_after = Some(after(parted, offset));
        let history = run(plan);
        let story = &history.exchange.as_ref().unwrap().legs[0].story;
        let streams = story.iter().filter(|moment| moment.beat == Beat::Streaming).count();
        let expected = if streams == 1 { Outcome::Transferred } else { Outcome::CallerHungUp };
        apart += u32::from(streams == 1 && offset > 0);
        // A stream that has only just been opened is not attached yet.
        let attached =
            history.records.iter().filter(|(_, record)| matches!(record, Record::Event(Event::StreamAttached { .. })));
        let fits = history.ending.as_ref().unwrap().outcome == expected || attached.count() == 1;
        assert!(fits, "{offset} ms: {:?}", history.ending);
    }
    assert!(apart > 0, "the caller was never between the two");
}

#[test]
fn the_gateway_is_killed_at_any_time_of_a_transfer() {
    for tenth in 0..300 {
        let mut plan = asked_for(vec![willing().leaving(Leave::Talking(secs(8)))]);
        let at = millis(tenth * 100 + 37);
        let transfer = plan.transfer.as_mut().unwrap();
        transfer.interludes.push((at, Interlude::Crash));
        transfer.interludes.push((at + secs(2), Interlude::Return));
        plan.company.hang_up_after = Some(secs(45));
        plan.policy.escalations_max = 5;
        let history = run(plan);
        assert!(escalations(&history).iter().all(|state| state.is_final()), "killed at {at:?}");
        assert!(history.ending.is_some(), "killed at {at:?}");
    }
}

#[test]
fn the_assistant_may_not_hang_up_while_a_phone_rings() {
    let call = |name: &str, arguments: &str| Part::Call { name: name.to_owned(), arguments: arguments.to_owned() };
    let escalate = call("escalate_call", r#"{"reason":"wants a person","urgency":"medium","summary":""}"#);
    let end = call("end_call", r#"{"reason":"goodbye"}"#);
    let mut plan = asked_for(vec![slow(12)]);
    let mut base = WorldPlan::calm_transfer(1, vec![vec![escalate], vec![end]]);
    base.policy.escalations_max = 1;
    plan.transfer.as_mut().unwrap().interludes.clear();
    base.transfer = plan.transfer;
    base.greeting = String::new();
    base.company.hang_up_after = Some(secs(25));
    let history = run(base);
    let refused = history.records.iter().any(
        |(_, record)| matches!(record, Record::Event(Event::ToolUsed { name, accepted: false }) if name == "end_call"),
    );
    assert!(refused, "{:#?}", history.records);
    assert_eq!(escalations(&history).len(), 1);
}

fn key(after: u64, digits: &str) -> Keys {
    Keys { after: secs(after), digits: digits.to_owned() }
}
