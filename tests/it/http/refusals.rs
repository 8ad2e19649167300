//! Every other refusal, and what every answer carries.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use axum::routing::post as post_route;
use serde_json::json;
use switchboard::http::BODY_BYTES_MAX;

use super::{World, request};

const ORG: &str = "/api/org/config/demo";

fn post(content_type: &str, body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, ORG).header("content-type", content_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_as_problems() {
    let world = World::new();
    for path in ["/", "/nothing", "/apix", "/api", "/api/", "/api/nothing", "/api/org/config", "/API/calls"] {
        world.get(path).await.problem(404, "not_found");
    }
    for (method, path, allowed) in [
        (Method::DELETE, "/api/calls", "GET,HEAD"),
        (Method::GET, "/api/call/end", "POST"),
        (Method::PUT, ORG, "GET,HEAD,POST"),
        (Method::POST, "/livez", "GET,HEAD"),
    ] {
        let answer = world.send(request(method, path).body(Body::empty()).unwrap()).await;
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_was_read_says_that_the_connection_ends() {
    let world = World::new();
    let json = |method: Method, path: &str, body: &str| {
        request(method, path).header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
    };
    let unread = [json(Method::PUT, ORG, "{}"), json(Method::POST, "/api/nothing", "{}"), post("text/plain", "x")];
    for asked in unread {
        assert_eq!(world.send(asked).await.header("connection"), Some("close"));
    }
    let read = [json(Method::POST, ORG, "{}"), json(Method::POST, ORG, "[]"), json(Method::PUT, ORG, "")];
    for asked in read {
        assert_eq!(world.send(asked).await.header("connection"), None);
    }
}

#[tokio::test]
async fn bodies_must_be_json_by_name() {
    let world = World::new();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""] {
        world.send(post(content_type, "{}")).await.problem(415, "unsupported_media_type");
    }
    let unnamed = request(Method::POST, ORG).body(Body::from("{}")).unwrap();
    world.send(unnamed).await.problem(415, "unsupported_media_type");
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
        assert_eq!(world.send(post(content_type, "{}")).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn bodies_must_be_json_by_nature() {
    let world = World::new();
    let deep = "[".repeat(100_000);
    for body in ["", "{", "{\"name\":}", "name=x", "\u{feff}{}", deep.as_str()] {
        world.send(post("application/json", body.to_owned())).await.problem(400, "invalid_json");
    }
    world.send(post("application/json", vec![b'"', 0xff, b'"'])).await.problem(400, "invalid_json");
    for body in ["[]", "null", "7", "\"text\""] {
        world.send(post("application/json", body)).await.problem(422, "validation_failed");
    }
}

/// Browsers keep half of an astral character as a string and send it as an escape.
#[tokio::test]
async fn half_a_character_does_not_cost_a_body() {
    let world = World::new();
    let body = r#"{"after_hours_policy":"call back \ud83d or \ude00 not"}"#;
    assert_eq!(world.send(post("application/json", body)).await.status, 200);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let world = World::new();
    // It is read, and no organization has such a name.
    let fits = format!("{{\"name\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX - 100));
    world.send(post("application/json", fits)).await.problem(422, "validation_failed");
    let too_long = "x".repeat(BODY_BYTES_MAX + 1);
    world.send(post("application/json", too_long)).await.problem(413, "payload_too_large");
    let chunk = Ok::<_, std::convert::Infallible>(Bytes::from(vec![b' '; 64 * 1024]));
    let endless = Body::from_stream(futures_util::stream::repeat(chunk));
    world.send(post("application/json", endless)).await.problem(413, "payload_too_large");
}

#[tokio::test]
async fn a_database_that_is_away_is_a_503_that_says_when_to_return() {
    let world = World::new();
    world.fakes.store.down.store(true, Ordering::Relaxed);
    for path in ["/api/calls", "/api/calls/00000000-0000-0000-0000-000000000000", ORG] {
        let answer = world.get(path).await;
        answer.problem(503, "storage_unavailable");
        assert_eq!(answer.header("retry-after"), Some("5"), "{path}");
    }
    world.post(ORG, &json!({ "name": "New" })).await.problem(503, "storage_unavailable");
}

#[tokio::test]
async fn an_internal_error_says_nothing_about_the_inside() {
    let world = World::new();
    world.fakes.store.broken.store(true, Ordering::Relaxed);
    let answer = world.get("/api/calls").await;
    answer.problem(500, "internal_error");
    assert!(!String::from_utf8_lossy(&answer.body).contains("internals"));
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let world = World::new();
    let answer = world.post(ORG, &json!({ "name": "panic" })).await;
    answer.problem(500, "internal_error");
    assert!(!String::from_utf8_lossy(&answer.body).contains("bug"));
    assert_eq!(world.post(ORG, &json!({ "name": "fine" })).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_given_up() {
    let world = World::impatient();
    world.fakes.store.stuck.store(true, Ordering::Relaxed);
    world.get("/api/calls").await.problem(503, "timeout");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let world = World::impatient();
    let pending = futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>();
    world.send(post("application/json", Body::from_stream(pending))).await.problem(503, "timeout");
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_common_headers() {
    let world = World::new();
    for path in ["/api/calls", "/livez", "/nothing"] {
        let answer = world.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{path}");
    }
}

#[tokio::test]
async fn a_harmless_request_id_is_echoed_and_another_replaced() {
    let world = World::new();
    let long = "x".repeat(129);
    for (sent, echoed) in
        [("desk-42.a_B", true), ("", false), ("two words", false), ("<script>", false), (long.as_str(), false)]
    {
        let request = request(Method::GET, "/api/calls").header("x-request-id", sent);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("x-request-id") == Some(sent), echoed, "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_router_that_is_merged_keeps_its_own_rules() {
    let World { fakes, router } = World::impatient();
    let own = || async {
        tokio::task::yield_now().await;
        "own"
    };
    let world = World { fakes, router: router.merge(Router::new().route("/twilio/voice", post_route(own))) };
    let open = Request::post("/twilio/voice").body(Body::empty()).unwrap();
    let answer = world.send(open).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, b"own".as_slice()));
    assert_eq!(answer.header("cache-control"), None);
    world.get("/nothing").await.problem(404, "not_found");
    world.get("/api/nothing").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_parameter_that_means_nothing_is_refused_and_the_meant_one_named() {
    let world = World::new();
    for (path, part) in [
        ("/api/calls?status=completed", "this path takes org_id, limit, offset"),
        ("/api/call?limt=5", "Did you mean `limit`?"),
        ("/api/escalations?org_id=demo&stat=open", "takes org_id, limit, offset, open"),
        ("/api/callbacks?open=true", "takes org_id, limit, offset, state"),
        ("/api/org/config/demo?version=2", "takes none"),
    ] {
        let problem = world.get(path).await.problem(400, "unknown_parameter");
        assert!(problem["detail"].as_str().unwrap().contains(part), "{path}: {problem}");
    }
    for path in ["/api/calls?org_id=demo&limit=5&offset=0", "/api/callbacks?state=open", "/api/escalations?open=true"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
    // Without a key nobody learns what there is.
    let bare = Request::get("/api/calls?foo=bar").body(Body::empty()).unwrap();
    assert_eq!(world.send(bare).await.status, 401);
}
