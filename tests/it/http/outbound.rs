//! Calls that staff have placed.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use switchboard::ports::door::OutboundError;
use switchboard::ports::store::CallRow;
use switchboard::types::Wall;

use super::fakes::call_row;
use super::{Answer, World, request};

const PATH: &str = "/api/call/start";

/// The organization places calls and has a number.
fn world() -> World {
    let world = World::new();
    let config = json!({ "outbound": { "enabled": true }, "escalation": { "allow": ["+1202"] } });
    world.fakes.store.orgs.lock().unwrap().get_mut("demo").unwrap().config = config.to_string();
    let numbers = vec!["+12025550100".parse().unwrap(), "+12025550101".parse().unwrap()];
    world.fakes.store.numbers.lock().unwrap().insert("demo".into(), numbers);
    world
}

fn order() -> Value {
    let consent = json!({ "basis": "asked for a reminder", "at": "2026-11-22T11:00:00+01:00", "by": "front desk" });
    json!({ "org_id": "demo", "to": "+12025550177", "consent": consent })
}

fn keyed(key: &str, body: &Value) -> Request<Body> {
    let request = request(Method::POST, PATH).header("content-type", "application/json");
    request.header("idempotency-key", key).body(Body::from(body.to_string())).unwrap()
}

impl World {
    async fn start(&self, key: &str, body: &Value) -> Answer {
        self.send(keyed(key, body)).await
    }

    fn pass(&self, secs: i64) {
        self.fakes.clock.0.fetch_add(secs * 1_000_000, Ordering::Relaxed);
    }

    fn placed(&self) -> usize {
        self.fakes.door.placed.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_call_is_placed_with_consent_and_from_the_organizations_own_number() {
    let world = world();
    let answer = world.start("k-1", &order()).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["status"], "in_progress");
    let placed = world.fakes.door.placed.lock().unwrap();
    let order = &placed[0];
    assert_eq!(body["call_id"], order.call.to_string());
    assert_eq!((order.org.id.as_str(), order.to.e164()), ("demo", "+12025550177"));
    assert_eq!(order.from.e164(), "+12025550100");
    assert_eq!((order.consent.basis.as_str(), order.consent.by.as_str()), ("asked for a reminder", "front desk"));
    assert_eq!(order.consent.at, Wall(1_795_341_600_000_000));
}

#[tokio::test]
async fn the_same_key_rings_once_and_gives_the_same_answer() {
    let world = world();
    let first = world.start("k-1", &order()).await;
    // The same words in another order.
    let again = format!(
        r#"{{ "consent": {}, "to": "+12025550177",  "org_id": "demo" }}"#,
        json!({ "by": "front desk", "at": "2026-11-22T10:00:00Z", "basis": "asked for a reminder" })
    );
    let again = world.start("k-1", &serde_json::from_str(&again).unwrap()).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_eq!(world.placed(), 1);
    assert_ne!(world.start("k-2", &order()).await.json()["call_id"], first.json()["call_id"]);
    assert_eq!(world.placed(), 2);
}

#[tokio::test]
async fn the_same_key_for_something_else_is_refused() {
    let world = world();
    world.start("k-1", &order()).await;
    let mut other = order();
    other["to"] = json!("+12025550178");
    world.start("k-1", &other).await.problem(422, "idempotency_mismatch");
    assert_eq!(world.placed(), 1);
}

#[tokio::test]
async fn two_requests_at_once_ring_one_phone() {
    let world = world();
    let order = order();
    let (first, second) = tokio::join!(world.start("k-1", &order), world.start("k-1", &order));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let late = if first.status == 409 { &first } else { &second };
    late.problem(409, "idempotency_running");
    assert_eq!(world.placed(), 1);
}

#[tokio::test]
async fn a_refused_call_gives_its_key_back() {
    let world = world();
    for (refusal, status, code) in [
        (OutboundError::Disabled, 403, "outbound_disabled"),
        (OutboundError::NotAllowed, 403, "number_not_allowed"),
        (OutboundError::TooMany, 429, "rate_limited"),
        (OutboundError::NoCarrier, 503, "not_configured"),
        (OutboundError::Busy, 503, "busy"),
    ] {
        *world.fakes.door.refusal.lock().unwrap() = Some(refusal);
        let answer = world.start("k-1", &order()).await;
        answer.problem(status, code);
        assert_eq!(answer.header("retry-after").is_some(), status != 403, "{code}");
        assert!(world.fakes.transfers.keys.lock().unwrap().is_empty(), "{code}");
    }
    *world.fakes.door.refusal.lock().unwrap() = None;
    assert_eq!(world.start("k-1", &order()).await.status, 200);
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_does_not_ring_twice() {
    let world = world();
    world.fakes.transfers.forgetful.store(true, Ordering::Relaxed);
    assert_eq!(world.start("k-1", &order()).await.status, 200);
    world.start("k-1", &order()).await.problem(409, "idempotency_running");
    assert_eq!(world.placed(), 1);
}

/// The process that had the key is gone, or could not say what it did.
#[tokio::test]
async fn an_abandoned_key_is_answered_with_the_call_that_it_made() {
    let world = world();
    world.fakes.transfers.forgetful.store(true, Ordering::Relaxed);
    let first = world.start("k-1", &order()).await.json();
    world.fakes.transfers.forgetful.store(false, Ordering::Relaxed);
    let made = world.fakes.door.placed.lock().unwrap()[0].call;
    world.fakes.store.add_call(CallRow { id: made, ..call_row(1, "demo") });
    world.start("k-1", &order()).await.problem(409, "idempotency_running");
    world.pass(59);
    world.start("k-1", &order()).await.problem(409, "idempotency_running");
    world.pass(1);
    let mut other = order();
    other["to"] = json!("+12025550178");
    world.start("k-1", &other).await.problem(422, "idempotency_mismatch");
    let again = world.start("k-1", &order()).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, first.clone()));
    world.fakes.store.calls.lock().unwrap().clear();
    assert_eq!(world.start("k-1", &order()).await.json(), first, "the answer is kept");
    assert_eq!(world.placed(), 1, "nobody's phone rings again");
}

#[tokio::test]
async fn an_abandoned_key_whose_call_was_never_made_is_free_once_that_is_certain() {
    let world = world();
    world.fakes.transfers.forgetful.store(true, Ordering::Relaxed);
    *world.fakes.door.refusal.lock().unwrap() = Some(OutboundError::Busy);
    world.start("k-1", &order()).await.problem(503, "busy");
    world.fakes.transfers.forgetful.store(false, Ordering::Relaxed);
    *world.fakes.door.refusal.lock().unwrap() = None;
    world.pass(60);
    world.fakes.journal.unhealthy.store(true, Ordering::Relaxed);
    world.start("k-1", &order()).await.problem(409, "idempotency_running");
    assert_eq!(world.placed(), 0, "its call may be in the spool");
    world.fakes.journal.unhealthy.store(false, Ordering::Relaxed);
    let order = order();
    let (one, two) = tokio::join!(world.start("k-1", &order), world.start("k-1", &order));
    assert!(one.status == 200 || two.status == 200);
    assert_eq!(world.placed(), 1);
}

#[tokio::test]
async fn an_organization_that_places_no_calls_or_has_no_number_is_told_so() {
    let world = world();
    world.fakes.store.numbers.lock().unwrap().clear();
    world.start("k-1", &order()).await.problem(409, "no_number");
    for config in [json!({}), json!({ "outbound": { "enabled": false } })] {
        world.fakes.store.orgs.lock().unwrap().get_mut("demo").unwrap().config = config.to_string();
        world.start("k-1", &order()).await.problem(403, "outbound_disabled");
    }
    let mut other = order();
    other["org_id"] = json!("nobody");
    world.start("k-1", &other).await.problem(404, "not_found");
    other["org_id"] = json!("No Body");
    world.start("k-1", &other).await.problem(404, "not_found");
    assert_eq!(world.placed(), 0);
    assert!(world.fakes.transfers.keys.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_number_and_a_key_the_organization_must_be_known_too() {
    let world = world();
    for path in [PATH, "/api/calls/start"] {
        world.post(path, &json!({ "org_id": "nobody" })).await.problem(404, "not_found");
        world.post(path, &json!({})).await.problem(400, "missing_field");
    }
}

#[tokio::test]
async fn nobody_is_called_without_a_whole_order() {
    let world = world();
    let with = |pointer: &str, value: Value| {
        let mut order = order();
        *order.pointer_mut(pointer).unwrap() = value;
        order
    };
    for (body, pointer) in [
        (with("/to", json!("12025550177")), "/to"),
        (with("/to", json!("+1 202 555 0177")), "/to"),
        (with("/to", json!("911")), "/to"),
        (with("/to", json!("sip:a@example.com")), "/to"),
        (with("/to", json!(12_025_550_177_u64)), "/to"),
        (with("/to", json!("")), "/to"),
        (with("/consent", json!(null)), "/consent"),
        (with("/consent", json!(true)), "/consent"),
        (with("/consent/basis", json!(null)), "/consent/basis"),
        (with("/consent/basis", json!("  ")), "/consent/basis"),
        (with("/consent/basis", json!("x".repeat(201))), "/consent/basis"),
        (with("/consent/by", json!("a\u{7}")), "/consent/by"),
        (with("/consent/by", json!([])), "/consent/by"),
        (with("/consent/at", json!("yesterday")), "/consent/at"),
        (with("/consent/at", json!("2026-11-22")), "/consent/at"),
        (with("/consent/at", json!("2026-11-22T10:00:00")), "/consent/at"),
        // The clock of these tests is at 11:41:00.250.
        (with("/consent/at", json!("2026-11-22T11:46:01Z")), "/consent/at"),
    ] {
        let problem = world.start("k-1", &body).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    for (place, name) in [("", "from"), ("", "url"), ("/consent", "to")] {
        let mut body = order();
        body.pointer_mut(place).unwrap()[name] = json!("+19005550100");
        let problem = world.start("k-1", &body).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("{place}/{name}"));
    }
    assert_eq!(world.placed(), 0);
    assert!(world.fakes.transfers.keys.lock().unwrap().is_empty());
    assert_eq!(world.start("k-1", &with("/consent/at", json!("2026-11-22T11:46:00Z"))).await.status, 200);
}

#[tokio::test]
async fn a_key_is_needed_and_has_a_shape() {
    let world = world();
    world.post(PATH, &order()).await.problem(400, "idempotency_key_required");
    for key in ["", "two words", &"x".repeat(256)] {
        world.start(key, &order()).await.problem(400, "idempotency_key_required");
    }
    let mut twice = keyed("k-1", &order());
    twice.headers_mut().append("idempotency-key", "k-2".parse().unwrap());
    world.send(twice).await.problem(400, "idempotency_key_required");
    assert_eq!(world.placed(), 0);
    assert_eq!(world.start(&"x".repeat(255), &order()).await.status, 200);
}

#[tokio::test]
async fn without_a_database_nobody_is_called() {
    let world = world();
    world.fakes.transfers.down.store(true, Ordering::Relaxed);
    world.start("k-1", &order()).await.problem(503, "storage_unavailable");
    world.fakes.transfers.down.store(false, Ordering::Relaxed);
    world.fakes.store.down.store(true, Ordering::Relaxed);
    world.start("k-1", &order()).await.problem(503, "storage_unavailable");
    assert_eq!(world.placed(), 0);
}
