//! Tests of `http`: the router alone, over in-memory fakes of the ports.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise, its helpers too")]

mod access;
mod calls;
mod control;
mod fakes;
mod health;
mod orgs;
mod outbound;
mod realtime;
mod refusals;
mod sessions;
mod transfers;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use switchboard::http::ApiState;
use switchboard::types::CallId;
use tower::ServiceExt;
use uuid::Uuid;

use fakes::Fakes;

/// The key that every world knows.
const KEY: &str = "sb_test-key-of-the-desk";

/// Longer than any answer in these tests.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The API over its fakes.
struct World {
    fakes: Fakes,
    router: Router,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl World {
    fn new() -> Self {
        Self::over(Fakes::new(KEY))
    }

    fn over(fakes: Fakes) -> Self {
        let router = switchboard::http::router(fakes.state());
        Self { fakes, router }
    }

    /// A world in which requests are given up soon.
    fn impatient() -> Self {
        let fakes = Fakes::new(KEY);
        let router = switchboard::http::router(ApiState { request_limit: Duration::from_millis(50), ..fakes.state() });
        Self { fakes, router }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// With the key.
    async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// With the key, as JSON.
    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.write(Method::POST, path, body).await
    }

    async fn write(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = request(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

/// The id of the call with this number.
fn call(number: u128) -> CallId {
    CallId(Uuid::from_u128(number))
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts that this is a whole problem document and returns it.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> Value {
        let document = self.json();
        assert_eq!((self.status.as_u16(), document["code"].as_str()), (status, Some(code)), "{document}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(document["status"], status);
        assert_eq!(document["type"], format!("/api/docs/problems/{}", code.replace('_', "-")));
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        assert!(!document["title"].as_str().unwrap().is_empty());
        assert!(!document["detail"].as_str().unwrap().is_empty());
        document
    }
}

fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header("authorization", format!("Bearer {KEY}"))
}
