//! The simulated model over real sockets.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use switchboard::sim::model::{BadKey, FakeModel, ModelKnobs, ModelScript, Pace, Refusal, ResponseFault};
use switchboard::sim::server::model::ModelServer;
use switchboard::types::Mono;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::conformance::assert_conforms;
use super::talk::{script, speech};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

#[expect(clippy::disallowed_methods, reason = "the test owns this clock")]
async fn serve(knobs: ModelKnobs, echo: bool, record: Option<std::path::PathBuf>) -> ModelServer {
    let begin = Instant::now();
    let clock = Arc::new(move || Mono(begin.elapsed().as_micros() as u64));
    let factory = Arc::new(move |number| {
        let script = if echo { ModelScript::echo() } else { script(vec![speech("assistant-of-course")]) };
        FakeModel::new(number, script, knobs.clone())
    });
    ModelServer::start(clock, factory, record).await.unwrap()
}

async fn connect(server: &ModelServer, query: &str) -> Result<Socket, Error> {
    let mut request = format!("{}{query}", server.url()).into_client_request().unwrap();
    request.headers_mut().insert("authorization", "Bearer sk-test".parse().unwrap());
    connect_async(request).await.map(|(socket, _)| socket)
}

/// The next event of this type; anything else is skipped.
async fn wait_for(socket: &mut Socket, kind: &str) -> Value {
    let wait = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                let event: Value = serde_json::from_str(&text).unwrap();
                if event["type"] == kind {
                    return event;
                }
            }
        }
        panic!("the socket closed before {kind}")
    };
    tokio::time::timeout(PATIENCE, wait).await.expect(kind)
}

async fn send(socket: &mut Socket, event: Value) {
    socket.send(Message::text(event.to_string())).await.unwrap();
}

fn update() -> Value {
    json!({"type": "session.update", "event_id": "cfg", "session": {"type": "realtime", "audio": {
        "input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcmu"}},
    }}})
}

#[tokio::test]
async fn a_connection_is_greeted_configured_answered_and_recorded() {
    let folder = std::env::temp_dir().join(format!("switchboard-sim-model-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let knobs = ModelKnobs { pace: Pace::Burst, ..ModelKnobs::default() };
    let server = serve(knobs, false, Some(folder.clone())).await;
    let mut socket = connect(&server, "?model=gpt-realtime-2.1").await.unwrap();
    wait_for(&mut socket, "session.created").await;
    send(&mut socket, update()).await;
    wait_for(&mut socket, "session.updated").await;
    send(&mut socket, json!({"type": "response.create", "event_id": "ask"})).await;
    let done = wait_for(&mut socket, "response.done").await;
    assert_eq!(done["response"]["status"], "completed");
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    server.stop().await;
    assert_eq!(server.ledgers()[0].responses.len(), 1);
    let recording = std::fs::read_to_string(folder.join("model-0.jsonl")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(recording.contains("client") && recording.contains("server"));
    assert_conforms(&recording);
}

#[tokio::test]
async fn the_echo_loses_no_frame() {
    let server = serve(ModelKnobs::default(), true, None).await;
    let mut socket = connect(&server, "?model=m").await.unwrap();
    wait_for(&mut socket, "session.created").await;
    send(&mut socket, update()).await;
    wait_for(&mut socket, "session.updated").await;
    let frame = |n: usize| format!("{n:04}{}", "A".repeat(212));
    for n in 0..200 {
        send(&mut socket, json!({"type": "input_audio_buffer.append", "audio": frame(n)})).await;
    }
    for n in 0..200 {
        assert_eq!(wait_for(&mut socket, "response.output_audio.delta").await["delta"], frame(n));
    }
}

#[tokio::test]
async fn refusals_are_http_answers() {
    let knobs = |refuse| ModelKnobs { refuse: Some(Refusal::Status(refuse)), ..ModelKnobs::default() };
    let bad_key = ModelKnobs { key: Some("another".into()), bad_key: BadKey::Http, ..ModelKnobs::default() };
    for (knobs, status) in [(knobs(503), 503), (knobs(429), 429), (bad_key, 401)] {
        let server = serve(knobs, false, None).await;
        let Err(Error::Http(response)) = connect(&server, "?model=m").await else { panic!("no HTTP refusal") };
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn the_list_of_models_is_for_whoever_has_the_key_and_takes_no_session() {
    let status = async |server: &ModelServer, key: &str| {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let asked = client.get(format!("{}/models", server.rest_base())).bearer_auth(key).send();
        asked.await.map(|answer| answer.status().as_u16()).ok()
    };
    let server = serve(ModelKnobs { key: Some("sk-test".into()), ..ModelKnobs::default() }, false, None).await;
    assert_eq!(status(&server, "sk-test").await, Some(200));
    assert_eq!(status(&server, "sk-another").await, Some(401));
    let mut socket = connect(&server, "?model=m").await.unwrap();
    wait_for(&mut socket, "session.created").await;
    server.stop().await;
    assert_eq!(server.ledgers().len(), 1);
    assert_eq!(status(&serve(ModelKnobs::down(), false, None).await, "sk-test").await, None);
}

#[tokio::test]
async fn a_server_that_is_down_breaks_the_connection() {
    let server = serve(ModelKnobs::down(), false, None).await;
    assert!(connect(&server, "?model=m").await.is_err());
}

#[tokio::test]
async fn a_close_carries_its_code_and_a_reset_does_not_come_as_a_close() {
    let server = serve(ModelKnobs::default(), false, None).await;
    let mut socket = connect(&server, "").await.unwrap();
    let mut close = None;
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(frame) = message {
            close = frame;
        }
    }
    let close = close.unwrap();
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4000, "invalid_request_error.missing_model"));

    let knobs = ModelKnobs { on_response: vec![(0, ResponseFault::Reset)], ..ModelKnobs::default() };
    let server = serve(knobs, false, None).await;
    let mut socket = connect(&server, "?model=m").await.unwrap();
    wait_for(&mut socket, "session.created").await;
    send(&mut socket, json!({"type": "response.create"})).await;
    let mut last = None;
    while let Some(message) = socket.next().await {
        last = Some(message);
    }
    assert!(matches!(last, Some(Err(_))), "{last:?}");
}
