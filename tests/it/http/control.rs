//! What staff do to live calls.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use switchboard::ports::door::CommandError;
use switchboard::session::input::{Ignored, StaffInput};
use switchboard::types::Urgency;

use super::fakes::{call_row, finished_call};
use super::{World, call, request};

const VERBS: [&str; 5] = ["escalate", "take-over", "return", "say", "hangup"];

/// A body that each verb takes.
fn body(verb: &str) -> Value {
    match verb {
        "take-over" => json!({ "target_id": "doctor" }),
        "say" => json!({ "text": "One moment, please." }),
        _ => json!({}),
    }
}

fn path(number: u128, verb: &str) -> String {
    format!("/api/calls/{}/{verb}", call(number))
}

/// Call 5 is live, call 0 is over; the organization has a doctor.
fn world() -> World {
    let world = World::new();
    let targets = json!([{ "id": "doctor", "name": "the doctor", "number": "+12025550143" }]);
    let config = json!({ "escalation": { "targets": targets } });
    world.fakes.store.orgs.lock().unwrap().get_mut("demo").unwrap().config = config.to_string();
    world.fakes.store.calls.lock().unwrap().push(finished_call());
    world.fakes.store.add_call(call_row(5, "demo"));
    world.fakes.door.live.lock().unwrap().push(call(5));
    world
}

impl World {
    /// The only command that was given, and that it was for call 5.
    #[track_caller]
    fn command(&self) -> StaffInput {
        let mut commands = self.fakes.door.commands.lock().unwrap();
        assert_eq!(commands.len(), 1, "{commands:?}");
        let (id, command) = commands.pop().unwrap();
        assert_eq!(id, call(5));
        command
    }
}

#[tokio::test]
async fn commands_are_accepted_under_both_names() {
    for verb in VERBS {
        for base in ["calls", "call"] {
            let world = world();
            let answer = world.post(&format!("/api/{base}/{}/{verb}", call(5)), &body(verb)).await;
            assert_eq!(answer.status, 202, "{verb}");
            assert_eq!(answer.json(), json!({ "call_id": call(5).to_string(), "status": "accepted" }), "{verb}");
            assert_eq!(world.fakes.door.commands.lock().unwrap().len(), 1, "{verb}");
        }
    }
}

#[tokio::test]
async fn a_call_that_is_over_is_a_conflict_and_an_unknown_one_is_not_found() {
    let world = world();
    for verb in VERBS {
        world.post(&path(0, verb), &body(verb)).await.problem(409, "call_not_live");
        world.post(&path(9, verb), &body(verb)).await.problem(404, "not_found");
        world.post(&format!("/api/calls/nope/{verb}"), &body(verb)).await.problem(404, "not_found");
    }
    assert!(world.fakes.door.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_escalation_says_why_and_how_urgent_or_nothing() {
    let world = world();
    world.post(&path(5, "escalate"), &json!({ "reason": " sounds unwell ", "urgency": "emergency" })).await;
    let StaffInput::Escalate { target: None, urgency: Urgency::Emergency, reason } = world.command() else {
        panic!("another command");
    };
    assert_eq!(reason, "sounds unwell");
    let bare = request(Method::POST, &path(5, "escalate")).body(Body::empty()).unwrap();
    assert_eq!(world.send(bare).await.status, 202);
    let StaffInput::Escalate { target: None, urgency: Urgency::Medium, reason } = world.command() else {
        panic!("another command");
    };
    assert_eq!(reason, "staff asked for a person");
}

#[tokio::test]
async fn a_take_over_names_a_target() {
    let world = world();
    world.post(&path(5, "take-over"), &json!({ "target_id": "doctor" })).await;
    let StaffInput::Escalate { target: Some(target), .. } = world.command() else { panic!("another command") };
    assert_eq!(target.as_str(), "doctor");
    for target in ["+12025550143", "doctor; +1900", "../doctor", "DOCTOR"] {
        let problem = world.post(&path(5, "take-over"), &json!({ "target_id": target })).await;
        assert_eq!(problem.problem(422, "validation_failed")["errors"][0]["pointer"], "/target_id", "{target}");
    }
    assert!(world.fakes.door.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_call_itself_says_why_it_does_not_do_what_it_is_told() {
    let world = world();
    let objects = async |error: CommandError, verb: &str| {
        *world.fakes.door.objects.lock().unwrap() = Some(error);
        world.post(&path(5, verb), &body(verb)).await
    };
    let unknown = objects(CommandError::Ignored(Ignored::UnknownTarget), "take-over").await;
    let unknown = unknown.problem(422, "validation_failed");
    assert_eq!(
        (&unknown["errors"][0]["pointer"], &unknown["errors"][0]["code"]),
        (&json!("/target_id"), &json!("unknown_target"))
    );
    for why in Ignored::ALL.iter().filter(|why| **why != Ignored::UnknownTarget) {
        for verb in VERBS {
            objects(CommandError::Ignored(*why), verb).await.problem(409, "not_possible_now");
        }
    }
    for verb in VERBS {
        let busy = objects(CommandError::Busy, verb).await;
        assert!(busy.headers.contains_key("retry-after"), "{verb}");
        busy.problem(503, "busy");
    }
    let end = world.post("/api/call/end", &json!({ "call_id": call(5).to_string() })).await;
    end.problem(503, "busy");
    assert!(world.fakes.door.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_body_brings_a_number_or_anything_else_that_is_not_asked_for() {
    let world = world();
    for verb in VERBS {
        for field in ["to", "number", "phone", "url", "org_id", "target"] {
            let mut body = body(verb);
            body[field] = json!("+19005550100");
            let problem = world.post(&path(5, verb), &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{verb}");
            assert_eq!(problem["errors"][0]["code"], "unknown_field", "{verb}");
        }
    }
    assert!(world.fakes.door.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn values_out_of_shape_are_named() {
    let world = world();
    for (verb, body, pointer) in [
        ("escalate", json!({ "urgency": "panic" }), "/urgency"),
        ("escalate", json!({ "urgency": 3 }), "/urgency"),
        ("escalate", json!({ "reason": "x".repeat(201) }), "/reason"),
        ("escalate", json!({ "reason": "two\nlines" }), "/reason"),
        ("escalate", json!({ "reason": ["no"] }), "/reason"),
        ("take-over", json!({}), "/target_id"),
        ("take-over", json!({ "target_id": null }), "/target_id"),
        ("take-over", json!({ "target_id": 1 }), "/target_id"),
        ("say", json!({}), "/text"),
        ("say", json!({ "text": "" }), "/text"),
        ("say", json!({ "text": " \t" }), "/text"),
        ("say", json!({ "text": "x".repeat(501) }), "/text"),
        ("say", json!({ "text": "bell\u{7}" }), "/text"),
        ("say", json!({ "text": "nul\u{0}" }), "/text"),
        ("say", json!({ "text": { "ssml": "<speak/>" } }), "/text"),
    ] {
        let problem = world.post(&path(5, verb), &body).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{verb} {body}");
    }
    assert!(world.fakes.door.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_said_is_said_exactly() {
    let world = world();
    let text = "x".repeat(500);
    for text in ["Doctor Patel is on the way.", text.as_str(), "Señora López, un momento."] {
        world.post(&path(5, "say"), &json!({ "text": text })).await;
        let StaffInput::Say(said) = world.command() else { panic!("another command") };
        assert_eq!(said, text);
    }
}

#[tokio::test]
async fn giving_back_and_hanging_up_need_no_body() {
    let world = world();
    for (verb, expected) in [("return", "Return"), ("hangup", "End")] {
        let bare = request(Method::POST, &path(5, verb)).body(Body::empty()).unwrap();
        assert_eq!(world.send(bare).await.status, 202, "{verb}");
        assert_eq!(format!("{:?}", world.command()), expected);
    }
    world.post(&path(5, "hangup"), &json!({})).await.problem(409, "call_not_live");
}

#[tokio::test]
async fn a_database_that_is_away_does_not_keep_staff_from_commanding_a_live_call() {
    let world = world();
    world.fakes.store.down.store(true, Ordering::Relaxed);
    for verb in ["escalate", "take-over", "return", "say"] {
        assert_eq!(world.post(&path(5, verb), &body(verb)).await.status, 202, "{verb}");
    }
    assert_eq!(world.post(&path(5, "hangup"), &json!({})).await.status, 202);
    world.post(&path(9, "hangup"), &json!({})).await.problem(503, "storage_unavailable");
}
