//! Escalations and callback tasks.

use std::sync::atomic::Ordering;

use axum::http::Method;
use serde_json::json;
use switchboard::types::{CallbackState, EscalationState};

use super::fakes::{callback, escalation};
use super::{World, call};

fn world() -> World {
    let world = World::new();
    *world.fakes.transfers.escalations.lock().unwrap() = vec![
        escalation(1, "demo", EscalationState::Dialing),
        escalation(2, "demo", EscalationState::Returned),
        escalation(3, "other", EscalationState::Requested),
    ];
    // The clock of these tests is at 3600 s.
    *world.fakes.transfers.callbacks.lock().unwrap() =
        vec![callback(1, "demo", 7200), callback(2, "demo", 3599), callback(3, "other", 3600)];
    world
}

#[tokio::test]
async fn escalations_are_listed_with_their_call_and_attempts() {
    let body = world().get("/api/escalations?limit=1").await.json();
    assert_eq!(body["total"], 3);
    let item = &body["escalations"][0];
    assert_eq!((&item["call_id"], &item["org_id"]), (&json!(call(1).to_string()), &json!("demo")));
    assert_eq!((&item["no"], &item["state"], &item["urgency"]), (&json!(1), &json!("dialing"), &json!("high")));
    assert_eq!(item["attempts"][0]["target_id"], "doctor");
    assert!(!item.to_string().contains("+1"), "an operator's number is shown: {item}");
}

#[tokio::test]
async fn lists_are_narrowed_and_paged() {
    let world = world();
    for (path, list, count) in [
        ("/api/escalations", "escalations", 3),
        ("/api/escalations?open=true", "escalations", 2),
        ("/api/escalations?open=1&org_id=demo", "escalations", 1),
        ("/api/escalations?open=false&offset=1", "escalations", 2),
        ("/api/callbacks", "callbacks", 3),
        ("/api/callbacks?org_id=demo", "callbacks", 2),
        ("/api/callbacks?state=open&limit=2", "callbacks", 2),
        ("/api/callbacks?state=done", "callbacks", 0),
    ] {
        let body = world.get(path).await.json();
        assert_eq!(body[list].as_array().unwrap().len(), count, "{path}");
    }
    for (path, parameter) in [
        ("/api/escalations?open=maybe", "open"),
        ("/api/escalations?limit=0", "limit"),
        ("/api/callbacks?state=lost", "state"),
        ("/api/callbacks?state=", "state"),
        ("/api/callbacks?offset=-1", "offset"),
    ] {
        let problem = world.get(path).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{path}");
    }
    world.get("/api/callbacks?org_id=No").await.problem(400, "invalid_id");
}

#[tokio::test]
async fn a_task_is_overdue_from_its_due_time_on_until_it_is_done() {
    let world = world();
    let body = world.get("/api/callbacks").await.json();
    let overdue: Vec<_> = body["callbacks"].as_array().unwrap().iter().map(|task| &task["overdue"]).collect();
    assert_eq!(overdue, [&json!(true), &json!(false), &json!(false)]);
    let expected = json!({
        "call_id": call(2).to_string(), "org_id": "demo", "no": 1, "state": "open", "urgency": "medium",
        "reason": "nobody was reached", "caller": "+15550142", "created_at": "2026-11-22T10:41:00.250Z",
        "due": "2026-11-22T11:40:59.250Z", "overdue": true, "assignee": null, "done_at": null,
    });
    assert_eq!(body["callbacks"][0], expected);
    let done = world.post(&format!("/api/callbacks/{}/1", call(2)), &json!({ "state": "done" })).await.json();
    assert_eq!((&done["overdue"], &done["state"]), (&json!(false), &json!("done")));
    assert_eq!(done["done_at"], "2026-11-22T11:41:00.250Z");
}

#[tokio::test]
async fn a_task_is_given_to_somebody_and_taken_back() {
    let world = world();
    let path = format!("/api/callbacks/{}/1", call(1));
    let body = world.write(Method::PATCH, &path, &json!({ "assignee": " Ana López " })).await.json();
    assert_eq!((&body["assignee"], &body["state"]), (&json!("Ana López"), &json!("open")));
    let body = world.write(Method::PATCH, &path, &json!({ "state": "done" })).await.json();
    assert_eq!((&body["assignee"], &body["state"]), (&json!("Ana López"), &json!("done")));
    let body = world.write(Method::PATCH, &path, &json!({ "state": "open", "assignee": null })).await.json();
    assert_eq!((&body["assignee"], &body["state"]), (&json!(null), &json!("open")));
    assert_eq!(world.fakes.transfers.callbacks.lock().unwrap()[0].state, CallbackState::Open);
}

#[tokio::test]
async fn changes_that_make_no_sense_are_refused() {
    let world = world();
    let path = format!("/api/callbacks/{}/1", call(1));
    for (body, pointer) in [
        (json!({}), ""),
        (json!({ "state": null }), ""),
        (json!({ "state": "lost" }), "/state"),
        (json!({ "assignee": "" }), "/assignee"),
        (json!({ "assignee": "x".repeat(65) }), "/assignee"),
        (json!({ "assignee": "a\nb" }), "/assignee"),
        (json!({ "assignee": 7 }), "/assignee"),
        (json!({ "due": "2030-01-01T00:00:00Z" }), "/due"),
        (json!({ "caller": "+19005550100" }), "/caller"),
    ] {
        let problem = world.write(Method::PATCH, &path, &body).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    for path in [
        format!("/api/callbacks/{}/2", call(1)),
        format!("/api/callbacks/{}/1", call(9)),
        format!("/api/callbacks/{}/one", call(1)),
        "/api/callbacks/nope/1".to_owned(),
    ] {
        world.post(&path, &json!({ "state": "done" })).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_said() {
    let world = world();
    world.fakes.transfers.down.store(true, Ordering::Relaxed);
    world.get("/api/escalations").await.problem(503, "storage_unavailable");
    world.get("/api/callbacks").await.problem(503, "storage_unavailable");
    let path = format!("/api/callbacks/{}/1", call(1));
    world.post(&path, &json!({ "state": "done" })).await.problem(503, "storage_unavailable");
}
