//! Health routes and counters.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;
use switchboard::config::CorsOrigins;
use switchboard::http::ApiState;
use switchboard::telemetry::Trouble;

use super::fakes::Fakes;
use super::{KEY, World};

fn from_peer(path: &str, peer: &str) -> Request<Body> {
    let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

#[tokio::test]
async fn health_is_open_and_says_a_state_only() {
    let world = World::new();
    for (path, state) in [("/livez", "ok"), ("/readyz", "ready"), ("/health", "healthy")] {
        let answer = world.send(from_peer(path, "203.0.113.7:4000")).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": state })), "{path}");
    }
}

#[tokio::test]
async fn readiness_follows_draining_and_room() {
    let world = World::new();
    let (door, journal) = (&world.fakes.door, &world.fakes.journal);
    for (draining, full, unhealthy, status, state) in [
        (false, false, true, 200, "degraded"),
        (false, true, true, 503, "full"),
        (true, false, false, 503, "draining"),
        (true, true, true, 503, "draining"),
        (false, false, false, 200, "ready"),
    ] {
        door.draining.store(draining, Ordering::Relaxed);
        journal.full.store(full, Ordering::Relaxed);
        journal.unhealthy.store(unhealthy, Ordering::Relaxed);
        let answer = world.get("/readyz").await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "status": state })));
        assert_eq!(world.get("/livez").await.status, 200);
        assert_eq!(world.get("/health").await.status, 200);
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_installation_is_named() {
    let world = World::new();
    world.fakes.troubles.raise(Trouble::CarrierRefused, "401");
    for (path, state) in [("/readyz", "degraded"), ("/health", "degraded")] {
        let answer = world.get(path).await;
        let expected = json!({ "status": state, "causes": ["carrier_refused"] });
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    }
    world.fakes.troubles.clear(Trouble::CarrierRefused);
    assert_eq!(world.get("/readyz").await.json(), json!({ "status": "ready" }));
}

#[tokio::test]
async fn health_does_not_need_the_database() {
    let world = World::new();
    world.fakes.store.stuck.store(true, Ordering::Relaxed);
    world.fakes.store.keys_down.store(true, Ordering::Relaxed);
    for path in ["/livez", "/readyz", "/health"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn counters_are_for_this_machine_or_for_a_key() {
    let world = World::new();
    for (peer, status) in [
        ("127.0.0.1:9", 200),
        ("[::1]:9", 200),
        ("[::ffff:127.0.0.1]:9", 200),
        ("203.0.113.7:9", 401),
        ("10.0.0.1:9", 401),
    ] {
        assert_eq!(world.send(from_peer("/metrics", peer)).await.status, status, "{peer}");
    }
    let unknown = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
    world.send(unknown).await.problem(401, "unauthenticated");
    let mut remote = from_peer("/metrics", "203.0.113.7:9");
    remote.headers_mut().insert("authorization", format!("Bearer {KEY}").parse().unwrap());
    let answer = world.send(remote).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
}

#[tokio::test]
async fn counters_are_not_for_whoever_is_behind_a_proxy() {
    let world = World::new();
    let headers = [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"), ("via", "1.1 proxy")];
    for ((name, value), peer) in headers.into_iter().zip(["203.0.113.7:9", "127.0.0.1:9", "127.0.0.1:9"]) {
        let mut request = from_peer("/metrics", peer);
        request.headers_mut().insert(name, value.parse().unwrap());
        world.send(request).await.problem(401, "unauthenticated");
    }
    let mut request = from_peer("/metrics", "127.0.0.1:9");
    request.headers_mut().insert("x-forwarded-for", "203.0.113.7".parse().unwrap());
    world.send(request).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn no_page_reads_counters_whatever_origins_may_use_the_api() {
    let fakes = Fakes::new(KEY);
    let router = switchboard::http::router(ApiState { cors: CorsOrigins::Any, ..fakes.state() });
    let world = World { fakes, router };
    for (path, allowed) in [("/api/calls", Some("*")), ("/readyz", Some("*")), ("/metrics", None)] {
        let mut request = from_peer(path, "127.0.0.1:9");
        request.headers_mut().insert("origin", "https://anywhere.example.com".parse().unwrap());
        let answer = world.send(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{path}");
    }
    let preflight = Request::builder().method("OPTIONS").uri("/metrics").header("origin", "https://x.example.com");
    let preflight = preflight.header("access-control-request-method", "GET").body(Body::empty()).unwrap();
    world.send(preflight).await.problem(405, "method_not_allowed");
}
