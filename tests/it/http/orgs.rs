//! An organization's settings.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::fakes::OURS;
use super::{World, request};

const PATH: &str = "/api/org/config/demo";

#[tokio::test]
async fn settings_are_shown_in_the_seeds_shape() {
    let expected = json!({
        "id": "demo", "name": "Riverside Clinic", "business_hours": { "mon": "8-18" },
        "after_hours_policy": "Take a message.", "services_offered": null, "escalation_phone": "+12025550100",
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

/// A configuration with a target, as somebody wrote it.
async fn with_target(world: &World) {
    let target = json!({ "id": "doctor", "number": "+12025550121", "ring_secs": 25 });
    let config =
        json!({ "escalation": { "targets": [target], "fallback": "voicemail" }, "safety": { "human": ["vet"] } });
    assert_eq!(world.post(PATH, &json!({ "config": config })).await.status, 200);
}

#[tokio::test]
async fn a_greeting_that_is_changed_leaves_the_targets_alone() {
    let world = World::new();
    with_target(&world).await;
    let before = world.get(PATH).await.json();
    let answer = world.post(PATH, &json!({ "config": { "greeting": "Good day." } })).await;
    let mut expected = before;
    expected["config"]["greeting"] = json!("Good day.");
    assert_eq!(world.get(PATH).await.json(), expected);
    let target = json!({ "id": "doctor", "name": "doctor", "number": "+12025550121", "ring_secs": 25 });
    assert_eq!(answer.json()["targets"], json!([target]));
}

#[tokio::test]
async fn null_removes_a_key_of_the_configuration_and_lists_are_replaced() {
    let world = World::new();
    with_target(&world).await;
    let patch = json!({
        "greeting": null, "safety": null,
        "escalation": { "fallback": null, "targets": [{ "id": "desk", "number": "+12025550122" }] },
    });
    assert_eq!(world.post(PATH, &json!({ "config": patch })).await.status, 200);
    let expected = json!({ "escalation": { "targets": [{ "id": "desk", "number": "+12025550122" }] } });
    assert_eq!(world.get(PATH).await.json()["config"], expected);
}

#[tokio::test]
async fn a_mistyped_key_is_refused_at_every_level_and_nothing_is_stored() {
    let world = World::new();
    let before = world.get(PATH).await.json();
    for (config, pointer, meant) in [
        (json!({ "greetng": "Hi" }), "/config/greetng", "greeting"),
        (json!({ "escalation": { "targts": [] } }), "/config/escalation/targts", "targets"),
        (
            json!({ "escalation": { "targets": [{ "id": "a", "number": "+12025550121", "ring_sec": 9 }] } }),
            "/config/escalation/targets/0/ring_sec",
            "ring_secs",
        ),
        (json!({ "intake_fields": [{ "name": "a", "typ": "text" }] }), "/config/intake_fields/0/typ", "type"),
    ] {
        let problem = world.post(PATH, &json!({ "config": config })).await.problem(422, "validation_failed");
        let error = &problem["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some("unknown_field")),
            "{error}"
        );
        assert!(error["detail"].as_str().unwrap().contains(&format!("Did you mean \"{meant}\"?")), "{error}");
    }
    assert_eq!(world.get(PATH).await.json(), before);
}

#[tokio::test]
async fn numbers_are_stored_in_e164_and_those_that_never_ring_are_refused_with_the_reason() {
    let world = World::new();
    let target = |number: &str| json!({ "config": { "escalation": { "targets": [{ "id": "a", "number": number }] } } });
    let phone = |number: &str| json!({ "escalation_phone": number });
    assert_eq!(world.post(PATH, &target("+1 (202) 555-0121")).await.status, 200);
    assert_eq!(world.post(PATH, &phone(" +1 202-555-0142 ")).await.status, 200);
    let stored = world.get(PATH).await.json();
    assert_eq!(stored["config"]["escalation"]["targets"][0]["number"], "+12025550121");
    assert_eq!(stored["escalation_phone"], "+12025550142");
    let at = "/config/escalation/targets/0/number";
    for (body, pointer, part) in [
        (target("+19005551234"), at, "never dialled"),
        (target("+881612345678"), at, "never dialled"),
        (target("+447012345678"), at, "never dialled"),
        (target("911"), at, "Short and emergency"),
        (target(OURS), "/config/escalation/targets", "answers itself"),
        (phone("911"), "/escalation_phone", "Short and emergency"),
        (phone("(202) 555-0177"), "/escalation_phone", "country's code"),
        (phone("+1-900-555-1234"), "/escalation_phone", "never dialled"),
    ] {
        let problem = world.post(PATH, &body).await.problem(422, "validation_failed");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{error}");
        assert!(error["detail"].as_str().unwrap().contains(part), "{error}");
    }
    assert_eq!(world.get(PATH).await.json(), stored);
}

#[tokio::test]
async fn what_is_allowed_and_hardly_meant_is_a_warning() {
    let world = World::new();
    let body = json!({ "escalation_phone": "", "config": { "outbound": { "enabled": true } } });
    let answer = world.post(PATH, &body).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["targets"]), (200, &json!([])));
    let pointers: Vec<_> = answer.json()["warnings"].as_array().unwrap().iter().map(|w| w["pointer"].clone()).collect();
    for pointer in ["/config/escalation/targets", "/config/escalation/allow", "/config/disclosure"] {
        assert!(pointers.contains(&json!(pointer)), "{pointers:?}");
    }
}

#[tokio::test]
async fn who_read_an_older_version_does_not_undo_what_came_after() {
    let world = World::new();
    let tag = world.get(PATH).await.headers["etag"].clone();
    let update = async |name: &str, tag: &str| {
        let request = request(Method::POST, PATH).header("content-type", "application/json").header("if-match", tag);
        world.send(request.body(Body::from(json!({ "name": name }).to_string())).unwrap()).await
    };
    let first = update("First", tag.to_str().unwrap()).await;
    assert_eq!(first.status, 200);
    update("Second", tag.to_str().unwrap()).await.problem(412, "changed_meanwhile");
    let fresh = world.get(PATH).await;
    assert_eq!((&fresh.json()["name"], &fresh.headers["etag"]), (&json!("First"), &first.headers["etag"]));
    assert_eq!(update("Third", &format!("\"other\", {}", fresh.headers["etag"].to_str().unwrap())).await.status, 200);
    assert_eq!(update("Fourth", "*").await.status, 200);
    update("Fifth", "W/\"weak\"").await.problem(412, "changed_meanwhile");
}
