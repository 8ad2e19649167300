//! An organization's settings.

use serde_json::{Value, json};

use super::World;

const PATH: &str = "/api/org/config/demo";

#[tokio::test]
async fn settings_are_shown_in_the_seeds_shape() {
    let expected = json!({
        "id": "demo", "name": "Riverside Clinic", "business_hours": { "mon": "8-18" },
        "after_hours_policy": "Take a message.", "services_offered": null, "escalation_phone": "+15550100",
        "config": { "greeting": "Hello." },
    });
    assert_eq!(World::new().get(PATH).await.json(), expected);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let world = World::new();
    let before = world.get(PATH).await.json();
    let changes =
        json!({ "services_offered": ["vaccination", "blood test"], "name": null, "business_hours": "8 to 6" });
    let answer = world.post(PATH, &changes).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["success"]), (200, &json!(true)));
    let mut expected = before;
    expected["services_offered"] = changes["services_offered"].clone();
    expected["business_hours"] = json!("8 to 6");
    assert_eq!(world.get(PATH).await.json(), expected);
}

#[tokio::test]
async fn what_was_read_can_be_sent_back() {
    let world = World::new();
    let before = world.get(PATH).await.json();
    assert_eq!(world.post(PATH, &before).await.status, 200);
    assert_eq!(world.get(PATH).await.json(), before);
}

#[tokio::test]
async fn faulty_fields_are_all_named_and_nothing_is_stored() {
    let world = World::new();
    let before = world.get(PATH).await.json();
    let changes = json!({
        "after_hours_policy": "changed", "name": 7, "config": [], "colour/shade": 1, "id": "other",
        "escalation_phone": "+1\u{0}",
    });
    let problem = world.post(PATH, &changes).await.problem(422, "validation_failed");
    let mut named: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    named.sort_unstable();
    let expected = [
        ("/colour~1shade", "unknown_field"),
        ("/config", "wrong_type"),
        ("/escalation_phone", "invalid"),
        ("/id", "read_only"),
        ("/name", "wrong_type"),
    ];
    assert_eq!(named, expected);
    assert_eq!(world.get(PATH).await.json(), before);
}

#[tokio::test]
async fn settings_are_checked_as_a_whole_before_they_are_stored() {
    let world = World::new();
    let before = world.get(PATH).await.json();
    let problem = world.post(PATH, &json!({ "name": "  " })).await.problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    assert_eq!(world.get(PATH).await.json(), before);
}

#[tokio::test]
async fn an_organization_that_does_not_or_cannot_exist_is_not_found() {
    let world = World::new();
    for id in ["nobody", "Demo", "a%20b", "%00", "%ff"] {
        let path = format!("/api/org/config/{id}");
        world.get(&path).await.problem(404, "not_found");
        world.post(&path, &json!({ "name": "New" })).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn updates_at_once_do_not_undo_each_other() {
    let world = World::new();
    let (name, policy): (Value, Value) = (json!({ "name": "New" }), json!({ "after_hours_policy": "Changed" }));
    let (first, second) = tokio::join!(world.post(PATH, &name), world.post(PATH, &policy));
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    let body = world.get(PATH).await.json();
    assert_eq!((&body["name"], &body["after_hours_policy"]), (&json!("New"), &json!("Changed")));
}
