//! The model's key is looked at from the start: a wrong one is seen before a caller meets it.

use serde_json::{Value, json};
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::sim::model::{ModelKnobs, Refusal};

use crate::e2e::ground::{Folder, PATIENCE, eventually};
use crate::e2e::outside::patient_model;

/// What readiness says in the end, with a model of this kind.
async fn readiness(knobs: ModelKnobs, until: Value) {
    let folder = Folder::new("key-watch");
    let options = StageOptions { knobs, ..StageOptions::new(folder.path(), patient_model()) };
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
