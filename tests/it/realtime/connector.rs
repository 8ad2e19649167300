//! The connector against a small WebSocket server on loopback.

use std::future::Future;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use switchboard::assistant;
use switchboard::net::{Net, tls_config};
use switchboard::ports::model::{ModelCommand, ModelConnector, ModelEvent, ModelLink};
use switchboard::realtime::{RealtimeConnector, RealtimeSettings};
use switchboard::session::input::{LostCause, ModelInput};
use switchboard::types::Secret;
use switchboard::types::org::AudioFormat;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::demo_setup;
use crate::support::nobody::Nobody;

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    (listener, url)
}

fn connector(url: String, log_dir: Option<std::path::PathBuf>) -> RealtimeConnector {
    let settings =
        RealtimeSettings { url, api_key: Some(Secret::new("sk-test")), log_dir, parse_tool: assistant::tools::parse };
    RealtimeConnector::new(settings, Net::direct(tls_config())).unwrap()
}

/// Runs the server's side and ours together; neither may take for ever.
async fn together<A, B>(server: impl Future<Output = A>, client: impl Future<Output = B>) -> (A, B) {
    tokio::time::timeout(PATIENCE, async { tokio::join!(server, client) }).await.expect("done in time")
}

#[expect(clippy::result_large_err, reason = "the handshake callback's type is given")]
async fn accept(listener: &TcpListener) -> (WebSocketStream<TcpStream>, Request) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut seen = None;
    let socket = accept_hdr_async(stream, |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        seen = Some(request.clone());
        Ok(response)
    });
    let socket = socket.await.unwrap();
    (socket, seen.unwrap())
}

async fn collect(link: &mut ModelLink) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(event) = link.events.next().await {
        events.push(format!("{event:?}"));
    }
    events
}

#[tokio::test]
async fn a_conversation_passes_both_ways_and_is_recorded() {
    let (listener, url) = listen().await;
    let dir = std::env::temp_dir().join(format!("switchboard-log-{}", uuid::Uuid::new_v4().simple()));
    let connector = connector(url, Some(dir.clone()));
    let setup = demo_setup(AudioFormat::Pcmu);
    let server = async {
        let (mut socket, request) = accept(&listener).await;
        assert_eq!(request.uri(), "/v1/realtime?model=gpt-realtime-2.1");
        assert_eq!(request.headers()["authorization"], "Bearer sk-test");
        assert_eq!(request.headers()["openai-safety-identifier"], "0123456789abcdef");
        assert!(!request.headers().contains_key("sec-websocket-extensions"), "no compression");
        socket.send(Message::text(r#"{"type":"session.created","session":{}}"#)).await.unwrap();
        socket.send(Message::Ping(vec![1].into())).await.unwrap();
        let mut texts = Vec::new();
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(text) => texts.push(text.to_string()),
                Message::Pong(payload) => assert_eq!(payload.as_ref(), [1]),
                _ => {}
            }
            if texts.len() == 2 {
                break;
            }
        }
        socket.send(Message::binary(vec![0_u8; 8])).await.unwrap();
        let close = CloseFrame { code: 1001.into(), reason: "going away".into() };
        socket.close(Some(close)).await.unwrap();
        texts
    };
    let client = async {
        let mut link = connector.connect(&setup).await.unwrap_or_else(|cause| panic!("{cause:?}"));
        let first = link.events.next().await.unwrap();
        assert!(matches!(first, ModelEvent::Input(ModelInput::Opened)));
        for command in [ModelCommand::Configure { plain: false }, ModelCommand::Append(vec![0xFF; 160].into())] {
            let text = link.encode.encode(&command);
            link.texts.send(text).await.unwrap();
        }
        collect(&mut link).await
    };
    let (texts, events) = together(server, client).await;
    assert!(texts[0].starts_with(r#"{"type":"session.update","event_id":"cfg1""#));
    assert!(texts[1].starts_with(r#"{"type":"input_audio_buffer.append","event_id":"a1""#));
    assert_eq!(events, ["Ignored", "Input(Lost(Broken))"]);

    assert!(connector.flush_log());
    let log = std::fs::read_to_string(dir.join(format!("{}.jsonl", setup.call))).unwrap();
    let kinds: Vec<_> = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| {
            format!("{} {}", record["direction"].as_str().unwrap(), record["event"]["type"].as_str().unwrap())
        })
        .collect();
    assert_eq!(kinds, ["server session.created", "client session.update", "client input_audio_buffer.append"]);
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn closing_the_sink_closes_the_socket() {
    let (listener, url) = listen().await;
    let connector = connector(url, None);
    let server = async {
        let (mut socket, _) = accept(&listener).await;
        let mut closed = false;
        while let Some(Ok(message)) = socket.next().await {
            closed |= matches!(message, Message::Close(_));
        }
        closed
    };
    let client = async {
        let mut link =
            connector.connect(&demo_setup(AudioFormat::Pcm)).await.unwrap_or_else(|cause| panic!("{cause:?}"));
        link.texts.close().await.unwrap();
        collect(&mut link).await
    };
    let (closed, events) = together(server, client).await;
    assert!(closed);
    assert_eq!(events, ["Input(Lost(Broken))"]);
}

/// How a link ends when the server does `ending` after the upgrade.
async fn end_of(ending: impl AsyncFnOnce(WebSocketStream<TcpStream>)) -> Vec<String> {
    let (listener, url) = listen().await;
    let connector = connector(url, None);
    let server = async {
        let (socket, _) = accept(&listener).await;
        ending(socket).await;
    };
    let client = async {
        let mut link =
            connector.connect(&demo_setup(AudioFormat::Pcm)).await.unwrap_or_else(|cause| panic!("{cause:?}"));
        collect(&mut link).await
    };
    together(server, client).await.1
}

#[tokio::test]
async fn a_socket_that_breaks_is_lost_once() {
    assert_eq!(end_of(async |socket| drop(socket)).await, ["Input(Lost(Broken))"]);
}

#[tokio::test]
async fn a_key_that_is_refused_after_the_upgrade_is_refused() {
    for (code, cause) in [(3000, "Refused"), (4000, "Refused"), (1011, "Broken")] {
        let events = end_of(async |mut socket| {
            let error = r#"{"type":"error","error":{"type":"x","code":"invalid_api_key","message":"no"}}"#;
            socket.send(Message::text(error)).await.unwrap();
            socket.close(Some(CloseFrame { code: code.into(), reason: "r".into() })).await.unwrap();
        });
        let events = events.await;
        assert_eq!(events.len(), 2);
        assert!(events[0].contains("Fatal"), "{events:?}");
        assert_eq!(events[1], format!("Input(Lost({cause}))"));
    }
}

#[tokio::test]
async fn nothing_follows_an_expired_session() {
    let events = end_of(async |mut socket| {
        for text in [
            r#"{"type":"error","error":{"type":"x","code":"session_expired","message":"60 minutes"}}"#,
            r#"{"type":"session.updated","session":{}}"#,
        ] {
            socket.send(Message::text(text)).await.unwrap();
        }
    });
    let events = events.await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1], "Input(Lost(Broken))");
}

#[tokio::test]
async fn a_message_beyond_the_limit_breaks_the_link_and_one_below_does_not() {
    let events = end_of(async |mut socket| {
        let audio = |bytes: usize| {
            let delta = "AAEC".repeat(bytes / 4);
            format!(r#"{{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"{delta}"}}"#)
        };
        socket.send(Message::text(audio(1_900_000))).await.unwrap();
        // The peer may hang up while this is still being written.
        let _ = socket.send(Message::text(audio(2_200_000))).await;
    });
    let events = events.await;
    assert_eq!(events.len(), 2);
    assert!(events[0].starts_with("Audio"));
    assert_eq!(events[1], "Input(Lost(Broken))");
}

#[tokio::test]
async fn an_answer_that_is_no_upgrade_tells_refusal_from_trouble() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for (status, cause) in [("401 Unauthorized", LostCause::Refused), ("503 Busy", LostCause::Unreachable)] {
        let (listener, url) = listen().await;
        let connector = connector(url, None);
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            // To its end, however it is cut: what is unread would turn our close into a reset.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.unwrap();
        };
        let setup = demo_setup(AudioFormat::Pcm);
        let (_, result) = together(server, connector.connect(&setup)).await;
        assert_eq!(result.err(), Some(cause), "{status}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable() {
    let nobody = Nobody::new();
    let setup = demo_setup(AudioFormat::Pcm);
    let connector = connector(format!("ws://{}/v1/realtime", nobody.addr()), None);
    let result = tokio::time::timeout(PATIENCE, connector.connect(&setup)).await.unwrap();
    assert_eq!(result.err(), Some(LostCause::Unreachable));
}
