//! The model's key, and the names of both ends, are looked at from the start: what is wrong is said before a caller
//! meets it.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::sim::model::{ModelKnobs, Refusal};

use crate::e2e::ground::{Folder, PATIENCE, eventually};
use crate::e2e::outside::patient_model;
use crate::net::ground::{Hosts, Says, Shared};

/// What readiness says in the end, with a model of this kind.
async fn readiness(knobs: ModelKnobs, until: Value) {
    readiness_of(|options| options.knobs = knobs, until).await;
}

async fn readiness_of(change: impl FnOnce(&mut StageOptions), until: Value) {
    let folder = Folder::new("key-watch");
    let mut options = StageOptions::new(folder.path(), patient_model());
    change(&mut options);
    let stage = Stage::start(options).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let url = format!("http://{}/readyz", stage.gateway.addr());
    eventually(async || {
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "callers are still served");
        let body: Value = answer.json().await.unwrap();
        if body == until { Ok(()) } else { Err(body) }
    })
    .await;
    assert_eq!(stage.model.ledgers().len(), 0, "a look is no session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_taken_leaves_the_gateway_ready() {
    readiness(ModelKnobs::default(), json!({ "status": "ready" })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_refused_is_said_before_anybody_calls() {
    let knobs = ModelKnobs { key: Some("another".into()), ..ModelKnobs::default() };
    readiness(knobs, json!({ "status": "degraded", "causes": ["model_refused"] })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_down_is_said_before_anybody_calls() {
    for refuse in [Refusal::Connection, Refusal::Status(503)] {
        let knobs = ModelKnobs { refuse: Some(refuse), ..ModelKnobs::default() };
        readiness(knobs, json!({ "status": "degraded", "causes": ["model_unreachable"] })).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_not_known_are_said_before_anybody_calls() {
    let unknown = Hosts::that_say("localhost", Says::Unknown);
    readiness_of(
        |options| options.lookup = Some(Arc::new(Shared(unknown))),
        json!({ "status": "degraded", "causes": ["carrier_unreachable", "model_unreachable", "names"] }),
    )
    .await;
}
