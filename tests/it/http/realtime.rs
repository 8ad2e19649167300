//! Secrets with which browsers talk with the model.

use serde_json::json;
use switchboard::ports::mint::MintError;

use super::World;

const PATH: &str = "/api/realtime/session";

#[tokio::test]
async fn a_secret_comes_with_the_configuration_in_the_seeds_shape() {
    let world = World::new();
    let answer = world.post(PATH, &json!({ "org_id": "demo" })).await;
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")));
    assert!(body["client_secret"].as_str().unwrap().starts_with("ek_"), "{body}");
    assert_eq!((&body["session_id"], &body["expires_at"]), (&json!("sess_7"), &json!(1_795_344_660)));
    let config = json!({ "type": "realtime", "instructions": "Speak for Riverside Clinic." });
    assert_eq!((&body["session_config"], &body["model"]), (&config, &json!("gpt-realtime-2.1")));
}

#[tokio::test]
async fn every_session_has_a_name_of_its_own() {
    let world = World::new();
    *world.fakes.mint.nameless.lock().unwrap() = true;
    let first = world.post(PATH, &json!({ "org_id": "demo" })).await.json();
    let second = world.post(PATH, &json!({ "org_id": "demo" })).await.json();
    assert!(first["session_id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok(), "{first}");
    assert_ne!(first["session_id"], second["session_id"]);
}

#[tokio::test]
async fn an_organization_must_be_named_and_known() {
    let world = World::new();
    for (body, status, code) in [
        (json!({}), 400, "missing_field"),
        (json!({ "org_id": 7 }), 422, "validation_failed"),
        (json!({ "org_id": "nobody" }), 404, "not_found"),
        (json!({ "org_id": "No Body" }), 404, "not_found"),
    ] {
        world.post(PATH, &body).await.problem(status, code);
    }
}

#[tokio::test]
async fn what_the_provider_refuses_is_a_502_in_our_words() {
    let world = World::new();
    for (refusal, code) in [
        (MintError::Refused, "model_refused"),
        (MintError::Limited, "model_busy"),
        (MintError::Unavailable, "model_unavailable"),
    ] {
        *world.fakes.mint.refusal.lock().unwrap() = Some(refusal);
        world.post(PATH, &json!({ "org_id": "demo" })).await.problem(502, code);
    }
}
