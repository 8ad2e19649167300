//! Warm transfers over real sockets: one whole, and the races in which somebody hangs up at the wrong moment.
//!
//! Virtual time finds more of them; these show that sockets, tasks and the database do not add their own.

use std::time::Duration;

use switchboard::ports::store::AttemptRow;
use switchboard::sim::carrier::company::Beat;
use switchboard::sim::carrier::knobs::{Delay, RestKnobs};
use switchboard::sim::carrier::{CallPlan, CompanyKnobs, Keys, Leave, Person, PickUp};
use switchboard::sim::server::carrier::CarrierServer;
use switchboard::types::{AttemptState, EscalationState, Outcome};
use tokio::time::sleep;

use crate::e2e::ward::{Call, Left, Ward, beats, judge_documents, number_of, silent_plan};

/// An operator who answers soon and presses these, one for each question, soon after it began.
fn operator(keys: &[&str]) -> Person {
    let mut person = Person::pressing(keys);
    person.pick_up = PickUp::After(ms(300));
    for Keys { after, .. } in &mut person.habits.keys {
        *after = ms(200);
    }
    person
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn caller_leaving(leave: Leave) -> CallPlan {
    let mut plan = silent_plan();
    plan.habits.leaves.push(leave);
    plan
}

fn no_faults() -> CompanyKnobs {
    CompanyKnobs::default()
}

/// The states of the call's only escalation and of its attempts.
fn states(left: &Left) -> (EscalationState, Vec<AttemptState>) {
    let [escalation] = left.detail.escalations.as_slice() else { panic!("{:?}", left.detail.escalations) };
    (escalation.state, escalation.attempts.iter().map(|AttemptRow { state, .. }| *state).collect())
}

fn outcome(left: &Left) -> Outcome {
    left.detail.call.outcome.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warm_transfer_is_whole_and_leaves_nothing() {
    let company = CompanyKnobs { progress_callbacks: true, ..no_faults() };
    let ward = Ward::open("whole", vec![operator(&["5", "1"])], company).await;
    let call = ward.ring(caller_leaving(Leave::Talking(ms(1000)))).await;
    ward.escalate(&call).await;
    let desk = ward.operator(0).await;
    ward.until("the end of the talk", |report| report.bridges.iter().any(|bridge| bridge.to.is_some())).await;
    ward.until("the end of the operator's leg", |report| report.leg(&desk).unwrap().ended.is_some()).await;
    let leg = call.leg.clone();
    ward.company_until("everybody has gone", CarrierServer::is_at_rest).await;
    let heard = ward.judge_documents(&desk);

    let left = ward.close(call).await;
    judge_documents("whole-caller", &left.caller.webhooks);
    assert_eq!(outcome(&left), Outcome::Transferred);
    assert_eq!(states(&left), (EscalationState::Transferred, vec![AttemptState::Done]));
    assert_eq!(left.exchange.dialled.iter().map(|dialled| dialled.number.as_str()).collect::<Vec<_>>(), [number_of(0)]);
    assert_eq!(left.exchange.bridged(&leg, &desk).len(), 1);
    assert_eq!(left.caller.streams.len(), 1);
    // Nobody learns anything before a key was pressed.
    let about = |log: &&switchboard::sim::carrier::company::WebhookLog| log.body.contains("sounds unwell");
    let told: Vec<_> = heard.iter().filter(about).map(|log| log.url.rsplit('/').nth(1).unwrap().to_owned()).collect();
    assert_eq!(told, ["key"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_when_nobody_is_left_behind() {
    tokio::join!(
        caller_leaves_while_it_rings(),
        caller_leaves_before_the_create_returned(),
        caller_leaves_in_the_briefing(),
        caller_leaves_as_the_operator_accepts(),
        operator_accepts_and_leaves(),
        operator_leaves_as_the_caller_comes(),
        operator_leaves_first(),
        created_and_never_told(),
        callbacks_come_twice_and_in_any_order(),
    );
}

async fn caller_leaves_while_it_rings() {
    let ward = Ward::open("ringing", vec![Person::never()], no_faults()).await;
    let call = ward.ring(silent_plan()).await;
    ward.escalate(&call).await;
    let desk = ward.operator(0).await;
    ward.until("it rings", |report| beats(report, &desk, |beat| *beat == Beat::Ringing) > 0).await;
    call.handle.hang_up();
    gone(ward, call).await;
}

/// The caller has hung up before anybody agreed: no connection, and rows that say so.
async fn gone(ward: Ward, call: Call) {
    let left = ward.close(call).await;
    assert_eq!(outcome(&left), Outcome::CallerHungUp);
    assert_eq!(states(&left), (EscalationState::CallerGone, vec![AttemptState::CallerGone]));
    assert_eq!(left.exchange.dialled.len(), 1);
    assert_eq!(left.exchange.bridges, []);
}

async fn caller_leaves_before_the_create_returned() {
    let rest = RestKnobs { delay: Delay { latency: ms(1500), jitter: ms(0) }, ..RestKnobs::default() };
    let ward = Ward::open("create", vec![Person::never()], CompanyKnobs { rest, ..no_faults() }).await;
    let call = ward.ring(silent_plan()).await;
    ward.escalate(&call).await;
    ward.operator(0).await;
    call.handle.hang_up();
    gone(ward, call).await;
}

async fn caller_leaves_in_the_briefing() {
    let ward = Ward::open("briefing", vec![operator(&["5"])], no_faults()).await;
    let call = ward.ring(silent_plan()).await;
    ward.escalate(&call).await;
    let desk = ward.operator(0).await;
    ward.asked(&desk, 2).await;
    call.handle.hang_up();
    gone(ward, call).await;
}

/// Six calls, each with a hang-up a little earlier or later around the key. On a machine that stops for a while at the
/// wrong moment the two have met before the caller leaves; then that is a whole transfer.
async fn caller_leaves_as_the_operator_accepts() {
    const STEP: Duration = Duration::from_millis(30);
    let mut person = operator(&["5", "1"]);
    person.habits.keys[1].after = STEP * 6;
    let ward = Ward::open("accepts", vec![person], no_faults()).await;
    let mut calls = Vec::new();
    for nth in 0..6 {
        calls.push(ward.ring(CallPlan { from: format!("+1555012{nth:04}"), ..silent_plan() }).await);
    }
    for call in &calls {
        ward.escalate(call).await;
    }
    let racing = calls.iter().enumerate().map(async |(nth, call)| {
        let desk = ward.operator_of(call).await;
        ward.asked(&desk, 2).await;
        sleep(STEP * (nth as u32 + 3)).await;
        call.handle.hang_up();
    });
    futures_util::future::join_all(racing).await;
    for left in ward.close_all(calls).await {
        let (escalation, attempts) = states(&left);
        if left.exchange.bridges.iter().any(|bridge| bridge.legs.contains(&left.caller.leg)) {
            assert_eq!(outcome(&left), Outcome::Transferred);
            assert_eq!((escalation, attempts), (EscalationState::Transferred, vec![AttemptState::Done]));
            continue;
        }
        assert_eq!(outcome(&left), Outcome::CallerHungUp);
        assert_eq!((escalation, attempts.len()), (EscalationState::CallerGone, 1));
        // If the caller's redirect fails before the carrier says why, the operator's end is heard of first.
        assert!(matches!(attempts[0], AttemptState::CallerGone | AttemptState::NoResponse), "{attempts:?}");
    }
}

/// The caller never leaves the assistant.
async fn operator_accepts_and_leaves() {
    // Long before the caller has heard to its end that they are being connected.
    let person = operator(&["5", "1"]).leaving(Leave::Pressed(1, ms(100)));
    let ward = Ward::open("accepted", vec![person], no_faults()).await;
    let call = ward.ring(silent_plan()).await;
    ward.escalate(&call).await;
    let desk = ward.operator(0).await;
    ward.until("the operator has gone", |report| report.leg(&desk).unwrap().ended.is_some()).await;
    ward.settled(&call).await;
    assert_eq!(ward.stage.carrier.live_legs(), std::slice::from_ref(&call.leg), "the caller is still served");
    call.handle.hang_up();
    let left = ward.close(call).await;
    assert_eq!(outcome(&left), Outcome::CallerHungUp);
    assert_eq!(states(&left).1, [AttemptState::NoResponse]);
    assert_eq!(left.caller.streams.len(), 1);
    assert_eq!(left.exchange.bridges, []);
}

/// The operator is gone when the caller comes into the room, or goes just then: the caller comes back.
async fn operator_leaves_as_the_caller_comes() {
    let ward = Ward::open("alone", vec![operator(&["5", "1"])], no_faults()).await;
    let call = ward.ring(silent_plan()).await;
    ward.escalate(&call).await;
    let desk = ward.operator(0).await;
    let is_moved = |(request, _): &(switchboard::sim::carrier::RestRequest, Option<String>)| {
        request.method == "POST" && request.path.contains(call.leg.as_str())
    };
    ward.company_until("the caller is moved", |company| company.requests().iter().any(is_moved)).await;
    ward.stage.carrier.hang_up(&desk);
    back_and_gone(ward, call, false).await;
}

/// The caller is with the assistant again, on a new stream of the same call, and then hangs up.
async fn back_and_gone(ward: Ward, call: Call, talked: bool) {
    let streams = |beat: &Beat| *beat == Beat::Streaming;
    ward.until("the caller is back", |report| beats(report, &call.leg, streams) == 2).await;
    ward.settled(&call).await;
    call.handle.hang_up();
    let (id, leg) = (call.id, call.leg.clone());
    let left = ward.close(call).await;
    assert_eq!((left.detail.call.id, left.detail.call.leg.as_ref()), (id, Some(&leg)));
    assert_eq!(left.caller.streams.len(), 2);
    assert_eq!(outcome(&left), Outcome::CallerHungUp);
    let (escalation, attempts) = states(&left);
    assert_eq!(escalation, EscalationState::Returned);
    if talked {
        assert_eq!(attempts, [AttemptState::Done]);
        assert_eq!(left.exchange.bridges.len(), 1);
    }
}

async fn operator_leaves_first() {
    let person = operator(&["5", "1"]).leaving(Leave::Talking(ms(1000)));
    let ward = Ward::open("first", vec![person], no_faults()).await;
    let call = ward.ring(silent_plan()).await;
    ward.escalate(&call).await;
    back_and_gone(ward, call, true).await;
}

/// A create that was done and whose answer never came: the leg is found and taken, not dialled again.
async fn created_and_never_told() {
    let rest = RestKnobs { lose_created: true, ..RestKnobs::default() };
    let mut person = operator(&["5", "1"]);
    person.pick_up = PickUp::After(ms(9000));
    let ward = Ward::open("untold", vec![person], CompanyKnobs { rest, ..no_faults() }).await;
    let call = ward.ring(caller_leaving(Leave::Talking(ms(1500)))).await;
    ward.escalate(&call).await;
    let left = ward.close(call).await;
    assert_eq!(left.exchange.dialled.len(), 1);
    assert_eq!(outcome(&left), Outcome::Transferred);
    assert_eq!(states(&left), (EscalationState::Transferred, vec![AttemptState::Done]));
}

async fn callbacks_come_twice_and_in_any_order() {
    let company = CompanyKnobs {
        progress_callbacks: true,
        duplicate_callbacks: 1000,
        callback: Delay { latency: ms(10), jitter: ms(1500) },
        repeat_asks: 1000,
        ..no_faults()
    };
    let ward = Ward::open("twice", vec![operator(&["5", "1"])], company.clone()).await;
    // Longer than any callback takes: else nobody could know that they met.
    let plan = caller_leaving(Leave::Talking(ms(4000)));
    let call = ward.ring(CallPlan { company: CompanyKnobs { repeat_voice: true, ..company }, ..plan }).await;
    ward.escalate(&call).await;
    let left = ward.close(call).await;
    assert_eq!(left.exchange.dialled.len(), 1);
    assert_eq!(left.exchange.bridges.len(), 1);
    assert_eq!(outcome(&left), Outcome::Transferred);
    assert_eq!(states(&left), (EscalationState::Transferred, vec![AttemptState::Done]));
    assert_eq!(left.detail.events.iter().filter(|event| event.kind == "ended").count(), 1);
}
