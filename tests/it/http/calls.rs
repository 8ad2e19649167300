//! The call list, one call, and ending a call.

use serde_json::json;
use switchboard::ports::store::CallDetail;
use switchboard::session::effect::Consent;
use switchboard::types::CallId;
use uuid::Uuid;

use super::World;
use super::fakes::{STARTED, call_row, finished_call};

fn id(number: u128) -> String {
    CallId(Uuid::from_u128(number)).to_string()
}

#[tokio::test]
async fn an_empty_list_has_the_seeds_shape() {
    let answer = World::new().get("/api/calls").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "calls": [], "total": 0 })));
}

#[tokio::test]
async fn the_list_shows_newest_first_with_all_fields() {
    let world = World::new();
    world.fakes.store.calls.lock().unwrap().push(finished_call());
    world.fakes.store.add_call(call_row(1, "demo"));
    let expected = json!({
        "calls": [
            {
                "id": id(1), "org_id": "demo", "started_at": "2026-11-22T10:41:01.250Z", "ended_at": null,
                "status": "in_progress", "escalated": false, "caller": null, "number": "+15550100", "call_sid": null,
                "duration_s": null, "outcome": null, "reason": null, "phase": "intake",
                "direction": "inbound", "channel": "phone",
            },
            {
                "id": id(0), "org_id": "demo", "started_at": "2026-11-22T10:41:00.250Z",
                "ended_at": "2026-11-22T10:41:41.850Z", "status": "completed", "escalated": false,
                "caller": "+15550142", "number": "+15550100", "call_sid": format!("CA{:032x}", 7), "duration_s": 42,
                "outcome": "completed", "reason": "assistant_ended", "phase": "completed",
                "direction": "inbound", "channel": "phone",
            },
        ],
        "total": 2,
    });
    for path in ["/api/calls", "/api/call"] {
        assert_eq!(world.get(path).await.json(), expected, "{path}");
    }
}

#[tokio::test]
async fn the_list_is_narrowed_and_paged() {
    let world = World::new();
    (0..120).for_each(|number| world.fakes.store.add_call(call_row(number, "demo")));
    (200..203).for_each(|number| world.fakes.store.add_call(call_row(number, "other")));
    for (query, first, count, total) in [
        ("", 202, 50, 123),
        ("?limit=100", 202, 100, 123),
        ("?limit=1&offset=3", 119, 1, 123),
        ("?org_id=demo&limit=7", 119, 7, 120),
        ("?org_id=other&offset=1", 201, 2, 3),
    ] {
        let body = world.get(&format!("/api/calls{query}")).await.json();
        let calls = body["calls"].as_array().unwrap();
        assert_eq!((calls.len(), &body["total"]), (count, &json!(total)), "{query}");
        assert_eq!(calls[0]["id"], id(first), "{query}");
    }
    let beyond = world.get("/api/calls?org_id=nobody").await.json();
    assert_eq!(beyond, json!({ "calls": [], "total": 0 }));
}

#[tokio::test]
async fn parameters_out_of_range_are_named() {
    let world = World::new();
    for (query, names) in [
        ("limit=0", vec!["limit"]),
        ("limit=101", vec!["limit"]),
        ("limit=ten", vec!["limit"]),
        ("limit=", vec!["limit"]),
        ("offset=-1", vec!["offset"]),
        ("offset=4294967296", vec!["offset"]),
        ("limit=-1&offset=x", vec!["limit", "offset"]),
    ] {
        let problem = world.get(&format!("/api/calls?{query}")).await.problem(422, "validation_failed");
        let named: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["parameter"]).collect();
        assert_eq!(named, names, "{query}");
    }
    for query in ["org_id=", "org_id=Demo", "org_id=a%20b", "org_id=a%00b"] {
        let problem = world.get(&format!("/api/calls?{query}")).await.problem(400, "invalid_id");
        assert_eq!(problem["errors"][0]["parameter"], "org_id", "{query}");
    }
}

#[tokio::test]
async fn one_call_shows_everything_that_is_known() {
    let world = World::new();
    world.fakes.store.calls.lock().unwrap().push(finished_call());
    let body = world.get(&format!("/api/calls/{}", id(0))).await.json();
    assert_eq!(body["outcome"], "completed");
    let line = json!({
        "seq": 1, "speaker": "agent", "text": "How can I help you?", "timestamp": "2026-11-22T10:41:01.250Z",
        "start_ms": 1000, "end_ms": 3000, "heard_ms": 1200, "total_ms": 2000, "origin": "speech",
    });
    assert_eq!(body["transcripts"][0], line);
    assert_eq!(
        (&body["transcripts"][1]["speaker"], &body["transcripts"][1]["heard_ms"]),
        (&json!("user"), &json!(null))
    );
    let intake = json!({
        "structured_json": { "caller_name": "Maria Lopez" }, "urgency_level": "low", "completed": true,
    });
    assert_eq!(body["intake"], intake);
    let event = json!({ "no": 3, "at": "2026-11-22T10:41:00.250Z", "kind": "phase", "detail": { "to": "intake" } });
    assert_eq!(body["timeline"], json!([event]));
    assert_eq!(body["usage"]["text_cached"], 64);
    assert_eq!(body["cost"], json!({ "micro_usd": 7206, "currency": "USD" }));
    let attempt = json!({
        "no": 1, "target_id": "doctor", "mode": "warm", "state": "no_answer", "reason": null, "code": null,
        "call_sid": format!("CA{:032x}", 9), "intended_at": "2026-11-22T10:41:00.250Z", "changed_at": "2026-11-22T10:41:20.250Z",
    });
    let escalation = json!({
        "no": 1, "state": "callback", "cause": "caller_asked", "urgency": "high", "reason": "wants the doctor",
        "summary": "Maria Lopez, about her prescription.", "requested_at": "2026-11-22T10:41:00.250Z",
        "changed_at": "2026-11-22T10:41:20.250Z", "attempts": [attempt],
    });
    assert_eq!(body["escalations"], json!([escalation]));
    let voicemail = json!({ "no": 1, "recording_sid": "RE0", "duration_s": 12, "at": "2026-11-22T10:41:00.250Z" });
    assert_eq!(body["voicemails"], json!([voicemail]));
    assert_eq!(world.get(&format!("/api/call/{}", id(0))).await.json(), body);
}

#[tokio::test]
async fn an_outbound_call_shows_the_consent_that_it_rests_on_and_others_show_null() {
    let world = World::new();
    let consent = Consent { basis: "asked for a reminder".into(), at: STARTED, by: "front desk".into() };
    world.fakes.store.calls.lock().unwrap().push(CallDetail { consent: Some(consent), ..finished_call() });
    world.fakes.store.add_call(call_row(1, "demo"));
    let body = world.get(&format!("/api/calls/{}", id(0))).await.json();
    let shown = json!({ "basis": "asked for a reminder", "at": "2026-11-22T10:41:00.250Z", "by": "front desk" });
    assert_eq!(body["consent"], shown);
    let other = world.get(&format!("/api/calls/{}", id(1))).await.json();
    assert_eq!(other.get("consent"), Some(&json!(null)));
}

#[tokio::test]
async fn a_call_without_an_intake_says_null() {
    let world = World::new();
    world.fakes.store.add_call(call_row(1, "demo"));
    let body = world.get(&format!("/api/calls/{}", id(1))).await.json();
    assert_eq!((&body["intake"], &body["transcripts"]), (&json!(null), &json!([])));
}

#[tokio::test]
async fn a_call_that_does_not_or_cannot_exist_is_not_found() {
    let world = World::new();
    for path in [id(9), "nope".into(), "00000000".into(), "%ff".into(), "a%2Fb".into(), "x".repeat(3_000)] {
        world.get(&format!("/api/calls/{path}")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_live_call_is_ended_and_ending_it_again_is_fine() {
    let world = World::new();
    for path in ["/api/call/end", "/api/calls/end"] {
        let call = call_row(5, "demo");
        world.fakes.door.live.lock().unwrap().push(call.id);
        world.fakes.store.add_call(call);
        let first = world.post(path, &json!({ "call_id": id(5) })).await;
        assert_eq!((first.status.as_u16(), &first.json()["success"]), (200, &json!(true)));
        assert!(world.fakes.door.live.lock().unwrap().is_empty());
        let again = world.post(path, &json!({ "call_id": id(5) })).await;
        assert_eq!(again.json(), json!({ "success": true, "message": "The call is already over." }));
    }
}

#[tokio::test]
async fn ending_needs_the_id_of_a_known_call() {
    let world = World::new();
    for (body, status, code) in [
        (json!({ "call_id": id(9) }), 404, "not_found"),
        (json!({ "call_id": "nope" }), 404, "not_found"),
        (json!({}), 400, "missing_field"),
        (json!({ "call_id": null }), 400, "missing_field"),
        (json!({ "call_id": 7 }), 422, "validation_failed"),
    ] {
        let problem = world.post("/api/call/end", &body).await.problem(status, code);
        if status != 404 {
            assert_eq!(problem["errors"][0]["pointer"], "/call_id", "{body}");
        }
    }
}
