//! A server that should be the model and is not: for calls of one organization; those of others go to the real one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Calls that meet it; each of them tries more than one connection.
pub(super) const EVILS: u32 = 8;

/// Ways to be no model.
const WAYS: u32 = 9;

/// As long as the gateway takes any of it.
const GARBAGE_MAX: usize = 2000;

/// In front of the model.
pub(super) struct Front {
    addr: SocketAddr,
    met: Arc<AtomicU32>,
    _accepting: JoinSet<()>,
}

impl Front {
    pub(super) async fn start(model: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let met = Arc::new(AtomicU32::new(0));
        let (count, mut accepting) = (met.clone(), JoinSet::new());
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, model, count.clone()));
            }
        });
        Self { addr, met, _accepting: accepting }
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}/v1/realtime", self.addr)
    }

    /// Every way was used.
    pub(super) fn all_met(&self) {
        let met = self.met.load(Ordering::Relaxed);
        assert!(met >= WAYS, "only {met} connections");
    }
}

async fn serve(mut stream: TcpStream, model: SocketAddr, met: Arc<AtomicU32>) {
    let mut head = [0; 512];
    let read = stream.peek(&mut head).await.unwrap_or(0);
    if !String::from_utf8_lossy(&head[..read]).contains("model=evil") {
        let mut upstream = TcpStream::connect(model).await.unwrap();
        for socket in [&stream, &upstream] {
            socket.set_nodelay(true).unwrap();
        }
        // Either end may break it off.
        let _ = copy_bidirectional(&mut stream, &mut upstream).await;
        return;
    }
    let way = met.fetch_add(1, Ordering::Relaxed) % WAYS;
    // It goes on until the gateway has had enough.
    let _ = misbehave(stream, way).await;
}

async fn misbehave(mut stream: TcpStream, way: u32) -> anyhow::Result<()> {
    match way {
        0 => {
            stream.write_all(&[0xFF; 100_000]).await?;
            return listen(stream).await;
        }
        // Never answers.
        1 => return listen(stream).await,
        2 => {
            stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n").await?;
            for number in 0..100_000 {
                stream.write_all(format!("X-{number}: {number}\r\n").as_bytes()).await?;
            }
            return listen(stream).await;
        }
        _ => {}
    }
    let mut socket = accept_async(stream).await?;
    let created = r#"{"type":"session.created","event_id":"e","session":{"type":"realtime","object":"realtime.session","id":"s"}}"#;
    match way {
        3 => {
            for _ in 0..GARBAGE_MAX {
                socket.send(Message::binary(vec![0xA5; 1000])).await?;
            }
        }
        4 => socket.send(Message::text("x".repeat(20 << 20))).await?,
        5 => {
            socket.send(Message::text(created)).await?;
            for text in ["null", "[]", "{}", "{\"type\":7}", "{\"type\":\"session.updated\"", "\u{0}", "1e999"] {
                for _ in 0..GARBAGE_MAX {
                    socket.feed(Message::text(text)).await?;
                }
            }
            socket.send(Message::text("[".repeat(100_000))).await?;
        }
        6 => {
            let piece = |kind| Message::Frame(Frame::message(vec![b' '; 10_000], OpCode::Data(kind), false));
            socket.send(piece(Data::Text)).await?;
            for _ in 0..GARBAGE_MAX {
                socket.send(piece(Data::Continue)).await?;
            }
        }
        7 => socket.get_mut().write_all(b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0").await?,
        // Says that all is well, and then things about items that nobody knows, and audio that is none.
        _ => {
            socket.send(Message::text(created)).await?;
            let updated = created.replace("created", "updated");
            socket.send(Message::text(updated)).await?;
            for kind in ["response.output_audio.delta", "response.done", "input_audio_buffer.speech_started", "error"] {
                let event =
                    format!(r#"{{"type":"{kind}","item_id":"?","response_id":"?","delta":"%%%","audio_start_ms":-1}}"#);
                for _ in 0..GARBAGE_MAX {
                    socket.feed(Message::text(event.as_str())).await?;
                }
            }
            socket.flush().await?;
            tokio::time::timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = socket.next().await {} })
                .await
                .ok();
            socket.get_mut().write_all(b"\x83\x00").await?;
        }
    }
    while let Some(Ok(_)) = socket.next().await {}
    Ok(())
}

/// Takes what comes until the other side has gone.
async fn listen(mut stream: TcpStream) -> anyhow::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
