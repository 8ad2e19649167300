//! Who gets in: bearer keys, the first key, CORS.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use switchboard::auth::FirstKey;
use switchboard::http::ensure_admin_key;
use switchboard::types::Secret;

use super::fakes::Fakes;
use super::{KEY, World, request};

const GUARDED: [(&str, &str); 17] = [
    ("GET", "/api/calls"),
    ("GET", "/api/call"),
    ("GET", "/api/calls/00000000-0000-0000-0000-000000000000"),
    ("POST", "/api/call/end"),
    ("POST", "/api/calls/end"),
    ("POST", "/api/call/start"),
    ("POST", "/api/calls/00000000-0000-0000-0000-000000000000/escalate"),
    ("POST", "/api/calls/00000000-0000-0000-0000-000000000000/take-over"),
    ("POST", "/api/calls/00000000-0000-0000-0000-000000000000/say"),
    ("POST", "/api/calls/00000000-0000-0000-0000-000000000000/hangup"),
    ("GET", "/api/escalations"),
    ("GET", "/api/callbacks"),
    ("PATCH", "/api/callbacks/00000000-0000-0000-0000-000000000000/1"),
    ("GET", "/api/org/config/demo"),
    ("POST", "/api/org/config/demo"),
    ("GET", "/api/what-is-not-there"),
    ("DELETE", "/api/calls"),
];

#[tokio::test]
async fn nothing_under_api_answers_without_a_key() {
    let world = World::new();
    for (method, path) in GUARDED {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{method} {path}");
    }
}

#[tokio::test]
async fn only_the_right_key_in_the_right_form_gets_in() {
    let world = World::new();
    let cases = [
        (format!("Bearer {KEY}"), 200),
        (format!("bearer {KEY}"), 200),
        (format!("Bearer  {KEY}"), 200),
        (format!("Bearer {KEY}x"), 401),
        (format!("Bearer {}", &KEY[..KEY.len() - 1]), 401),
        (format!("Basic {KEY}"), 401),
        (KEY.to_owned(), 401),
        ("Bearer".to_owned(), 401),
        ("Bearer ".to_owned(), 401),
        (format!("Bearer {}", "k".repeat(5_000)), 401),
    ];
    for (header, status) in cases {
        let request = Request::builder().uri("/api/calls").header("authorization", &header);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{header}");
    }
}

#[tokio::test]
async fn two_authorization_headers_are_none() {
    let world = World::new();
    let request = request(Method::GET, "/api/calls").header("authorization", "Bearer other");
    world.send(request.body(Body::empty()).unwrap()).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn keys_that_cannot_be_looked_up_are_not_called_wrong() {
    let world = World::new();
    world.fakes.store.keys_down.store(true, Ordering::Relaxed);
    world.get("/api/calls").await.problem(503, "storage_unavailable");
}

#[tokio::test]
async fn a_first_start_makes_a_key_that_works_and_a_second_start_keeps_it() {
    let fakes = Fakes::new(KEY);
    fakes.store.keys.lock().unwrap().clear();
    let FirstKey::Made(key) = ensure_admin_key(fakes.store.as_ref(), None).await.unwrap() else {
        panic!("no key was made");
    };
    assert!(matches!(ensure_admin_key(fakes.store.as_ref(), None).await.unwrap(), FirstKey::Kept));
    let world = World::over(fakes);
    let header = format!("Bearer {}", key.expose());
    let request = Request::builder().uri("/api/calls").header("authorization", header);
    assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.status, 200);
    let stored: Vec<String> = world.fakes.store.keys.lock().unwrap().keys().cloned().collect();
    assert!(stored.iter().all(|hash| !hash.contains(key.expose())), "the key itself is stored");
}

#[tokio::test]
async fn a_configured_key_takes_the_place_of_the_one_before_and_leaves_other_names_alone() {
    let fakes = Fakes::new(KEY);
    for key in ["0123456789abcdef", "fedcba9876543210", "fedcba9876543210"] {
        let first = ensure_admin_key(fakes.store.as_ref(), Some(&Secret::new(key))).await.unwrap();
        assert!(matches!(first, FirstKey::Configured(_)));
    }
    let world = World::over(fakes);
    for (key, status) in [("0123456789abcdef", 401), ("fedcba9876543210", 200), (KEY, 200)] {
        let request = Request::builder().uri("/api/calls").header("authorization", format!("Bearer {key}"));
        assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.status, status, "{key}");
    }
}

#[tokio::test]
async fn a_listed_origin_may_ask_before_it_has_a_key() {
    let world = World::new();
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/api/calls")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .body(Body::empty())
            .unwrap()
    };
    let answer = world.send(preflight("https://desk.example.com")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://desk.example.com"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("authorization"));
    let answer = world.send(preflight("https://evil.example.com")).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn refusals_can_be_read_by_a_listed_origin() {
    let world = World::new();
    let request = Request::builder().uri("/api/calls").header("origin", "https://desk.example.com");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    answer.problem(401, "unauthenticated");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://desk.example.com"));
}

/// A request with this key, from this peer, which forwards for others perhaps.
fn tried(key: &str, peer: &str, forwarded_for: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri("/api/calls").header("authorization", format!("Bearer {key}"));
    if let Some(list) = forwarded_for {
        request = request.header("x-forwarded-for", list);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer.parse::<IpAddr>().unwrap(), 4000))));
    request
}

#[tokio::test]
async fn who_tries_wrong_keys_waits_and_nobody_else_does() {
    let world = World::new();
    for n in 0..10 {
        world.send(tried(&format!("guess-{n}"), "203.0.113.7", None)).await.problem(401, "unauthenticated");
    }
    for key in ["guess-11", KEY] {
        let answer = world.send(tried(key, "203.0.113.7", None)).await;
        answer.problem(429, "too_many_wrong_keys");
        assert_eq!(answer.header("retry-after"), Some("6"), "{key}");
    }
    assert_eq!(world.send(tried(KEY, "203.0.113.8", None)).await.status, 200);
    world.fakes.clock.0.fetch_add(6_000_000, Ordering::Relaxed);
    assert_eq!(world.send(tried(KEY, "203.0.113.7", None)).await.status, 200, "after the wait the right key gets in");
    let bare = Request::builder().uri("/api/calls").body(Body::empty()).unwrap();
    world.send(bare).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn behind_a_proxy_senders_are_told_apart_by_what_the_proxy_says() {
    let world = World::new();
    for n in 0..20 {
        // What stands left of the proxy's own word is the sender's invention.
        world.send(tried("guess", "127.0.0.1", Some(&format!("198.51.100.{n}, 203.0.113.7")))).await;
    }
    let held_off = world.send(tried(KEY, "127.0.0.1", Some("203.0.113.7"))).await;
    held_off.problem(429, "too_many_wrong_keys");
    assert_eq!(world.send(tried(KEY, "127.0.0.1", Some("203.0.113.8"))).await.status, 200);
    assert_eq!(world.send(tried(KEY, "127.0.0.1", None)).await.status, 200);
    let invented = world.send(tried(KEY, "203.0.113.9", Some("203.0.113.7"))).await;
    assert_eq!(invented.status, 200, "who is no proxy is known by their own address");
}
