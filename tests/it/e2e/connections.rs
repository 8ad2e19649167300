//! Connections that die, names that nobody answers, credentials that are refused: what is left of a transfer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::sim::carrier::knobs::RestKnobs;
use switchboard::sim::carrier::{CompanyKnobs, Keys, Leave, Person, PickUp};
use switchboard::types::{AttemptState, EscalationState, Outcome};

use crate::e2e::ground::{Folder, eventually};
use crate::e2e::outside::patient_model;
use crate::e2e::ward::{Left, Ward, silent_plan};
use crate::net::ground::{Hosts, Says, Shared};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Somebody who answers and takes the call; the caller ends the talk.
fn operator() -> Person {
    let mut person = Person::pressing(&["5", "1"]);
    person.pick_up = PickUp::After(ms(300));
    for Keys { after, .. } in &mut person.habits.keys {
        *after = ms(200);
    }
    person
}

/// One call after the other is put through to the only operator at the first try.
async fn transfers(ward: Ward, calls: usize) -> Vec<Left> {
    let mut all = Vec::new();
    for nth in 0..calls {
        let mut plan = silent_plan();
        plan.habits.leaves.push(Leave::Talking(ms(1000)));
        let call = ward.ring(plan).await;
        ward.escalate(&call).await;
        let operator = ward.operator(nth).await;
        ward.until("a talk", |report| !report.bridged(&call.leg, &operator).is_empty()).await;
        all.push(call);
    }
    let left = ward.close_all(all).await;
    for Left { detail, .. } in &left {
        let [escalation] = detail.escalations.as_slice() else { panic!("{:?}", detail.escalations) };
        let attempts: Vec<_> = escalation.attempts.iter().map(|attempt| attempt.state).collect();
        assert_eq!((escalation.state, attempts), (EscalationState::Transferred, vec![AttemptState::Done]));
        assert_eq!(detail.call.outcome, Some(Outcome::Transferred));
    }
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_never_answers_again_keeps_no_phone_from_ringing() {
    let rest = RestKnobs { answers_per_connection: 1, ..RestKnobs::default() };
    let ward = Ward::open("dead-connections", vec![operator()], CompanyKnobs { rest, ..CompanyKnobs::default() }).await;
    let left = transfers(ward, 2).await;
    assert_eq!(left[0].exchange.dialled.len(), 2, "nobody was rung twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_server_that_hangs_keeps_no_call_from_being_answered_and_no_phone_from_ringing() {
    let hosts = Hosts::that_say("localhost", Says::loopback());
    let (lookup, asked) = (Arc::new(Shared(hosts.clone())), hosts.clone());
    let ward = Ward::open_with("dead-names", vec![operator()], |options| options.lookup = Some(lookup)).await;
    eventually(async || if asked.asked().is_empty() { Err("the first look-up") } else { Ok(()) }).await;
    hosts.say("localhost", Says::Hangs);
    let left = transfers(ward, 1).await;
    assert_eq!(left[0].caller.streams.len(), 1);
}

/// What `/readyz` says is wrong with the carrier. What this machine lacks besides, such as room on its disk, is not
/// looked at.
async fn causes(stage: &Stage) -> Vec<String> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("http://{}/readyz", stage.gateway.addr()));
    let says: Value = request.send().await.unwrap().json().await.unwrap();
    let causes = says["causes"].as_array().cloned().unwrap_or_default();
    let causes = causes.iter().map(|cause| cause.as_str().unwrap().to_owned());
    let causes: Vec<_> = causes.filter(|cause| cause.starts_with("carrier")).collect();
    assert!(causes.is_empty() || says["status"] == "degraded", "{says}");
    causes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_show_before_anybody_calls() {
    let folder = Folder::new("refused");
    let options = StageOptions::new(folder.path(), patient_model())
        .with("TWILIO_API_KEY_SID", format!("SK{}", "0".repeat(32)))
        .with("TWILIO_API_KEY_SECRET", "revoked");
    let stage = Stage::start(options).await.unwrap();
    eventually(async || {
        let causes = causes(&stage).await;
        if causes == ["carrier_refused"] { Ok(()) } else { Err(causes) }
    })
    .await;
    stage.stop(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_are_taken_show_nothing() {
    let folder = Folder::new("taken");
    // Nothing of this machine goes through a proxy.
    let options = StageOptions::new(folder.path(), patient_model()).with("HTTPS_PROXY", "http://127.0.0.1:9");
    let stage = Stage::start(options).await.unwrap();
    eventually(async || if stage.carrier.requests().is_empty() { Err("the probe") } else { Ok(()) }).await;
    assert_eq!(causes(&stage).await, Vec::<String>::new());
    stage.stop(Duration::ZERO).await;
}
