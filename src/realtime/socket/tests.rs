//! URLs and headers; the connection itself is tested over loopback in the integration tests.

use super::*;
use crate::net::tls_config;
use crate::session::input::ToolRequest;
use crate::types::CallId;
use crate::types::org::{AudioFormat, TurnDetection};

fn parse_tool(_: &str, _: &str) -> ToolRequest {
    ToolRequest::EndCall { reason: String::new() }
}

fn connector(url: &str) -> Result<RealtimeConnector, ConnectorError> {
    let api_key = Some(Secret::new("sk-test"));
    RealtimeConnector::new(
        RealtimeSettings { url: url.into(), api_key, log_dir: None, parse_tool },
        Net::direct(tls_config()),
    )
}

fn setup(model: &str) -> ModelSetup {
    ModelSetup {
        call: CallId(uuid::Uuid::nil()),
        safety_id: "caller-1".into(),
        model: model.into(),
        transcribe_model: String::new(),
        voice: "marin".into(),
        format: AudioFormat::Pcm,
        instructions: String::new(),
        language: "en".into(),
        turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        tools: Vec::new(),
    }
}

#[test]
fn plain_text_is_for_loopback_only() {
    for url in ["ws://localhost:9000/v1/realtime", "ws://127.0.0.1:9000", "ws://[::1]:9000/", "wss://api.openai.com/v1"]
    {
        assert!(check_url(url).is_ok(), "{url}");
    }
    for url in ["ws://api.openai.com/v1/realtime", "ws://10.0.0.1/", "ws://localhost.example/"] {
        assert_eq!(check_url(url), Err(BadUrl::PlainText), "{url}");
    }
    for url in ["", "api.openai.com", "https://api.openai.com/v1", "wss://", "not a url"] {
        assert_eq!(check_url(url), Err(BadUrl::Shape), "{url}");
    }
    assert!(matches!(connector("ws://example.com/"), Err(ConnectorError::Url(BadUrl::PlainText))));
}

#[test]
fn the_model_becomes_part_of_the_query() {
    assert_eq!(with_model("wss://h/v1", "gpt-realtime-2.1"), "wss://h/v1?model=gpt-realtime-2.1");
    assert_eq!(with_model("wss://h/v1?a=b", "x y&z"), "wss://h/v1?a=b&model=x%20y%26z");
}

#[test]
fn the_request_carries_key_and_caller_and_no_beta_header() {
    let request = connector("wss://api.openai.com/v1/realtime").unwrap().request(&setup("m")).unwrap();
    let headers = request.headers();
    assert_eq!(headers["authorization"], "Bearer sk-test");
    assert!(headers["authorization"].is_sensitive());
    assert_eq!(headers["openai-safety-identifier"], "caller-1");
    assert!(!headers.contains_key("openai-beta"));
    assert_eq!(request.uri(), "wss://api.openai.com/v1/realtime?model=m");
}

#[test]
fn only_refusals_that_will_not_change_are_refusals() {
    let answer = |status: u16| {
        let response = tokio_tungstenite::tungstenite::http::Response::builder().status(status).body(None).unwrap();
        refused_or_unreachable(&SocketError::Http(Box::new(response)))
    };
    for status in [401, 403, 404] {
        assert_eq!(answer(status), LostCause::Refused);
    }
    for status in [400, 429, 500, 503] {
        assert_eq!(answer(status), LostCause::Unreachable);
    }
    assert_eq!(refused_or_unreachable(&SocketError::ConnectionClosed), LostCause::Unreachable);
}
