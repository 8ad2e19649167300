//! One media socket to the gateway: opens it signed, then carries texts both ways until it is over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::sim::server::carrier::board::{Shared, SocketKey, ToSocket};
use crate::sim::server::carrier::post::{Poster, split};

type Socket = WebSocketStream<TcpStream>;

/// Opens the socket and tells the exchange; returns when it is over.
pub(super) async fn run(shared: &Arc<Shared>, key: SocketKey, url: &str, outbox: mpsc::Receiver<ToSocket>) {
    let (leg, no) = key;
    let refused = |status| shared.feed(|exchange, now, out| exchange.stream_refused(now, leg, no, status, out));
    let socket = match tokio::time::timeout(OPEN_WAIT, open(&shared.poster, url)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(status)) => return refused(status),
        Err(_) => return refused(None),
    };
    shared.feed(|exchange, now, out| exchange.stream_opened(now, leg, no, out));
    carry(shared, socket, key, outbox).await;
    shared.socket_closed(key);
}

/// The error is the status that refused the upgrade, if there was one.
async fn open(poster: &Poster, url: &str) -> Result<Socket, Option<u16>> {
    let (host, path) = split(url).ok_or(None)?;
    let mut request = format!("ws://{host}{path}").into_client_request().map_err(|_| None)?;
    let signature = HeaderValue::from_str(&poster.sign(url, &[])).map_err(|_| None)?;
    request.headers_mut().insert("x-twilio-signature", signature);
    let stream = TcpStream::connect(poster.gateway()).await.map_err(|_| None)?;
    stream.set_nodelay(true).map_err(|_| None)?;
    let config = WebSocketConfig::default().read_buffer_size(SOCKET_BUFFER).max_message_size(Some(MESSAGE_MAX));
    match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(Some(response.status().as_u16())),
        Err(_) => Err(None),
    }
}

async fn carry(shared: &Arc<Shared>, mut socket: Socket, key: SocketKey, mut outbox: mpsc::Receiver<ToSocket>) {
    let (leg, no) = key;
    loop {
        tokio::select! {
            command = outbox.recv() => match command {
                Some(ToSocket::Text(text)) => {
                    let sent = tokio::time::timeout(SEND_WAIT, socket.send(Message::text(text))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        return;
                    }
                }
                Some(ToSocket::Close(code)) => return close(socket, code).await,
                Some(ToSocket::Reset) => {
                    // Without lingering, dropping the connection resets it. If that cannot be set, it just closes.
                    let _ = socket2::SockRef::from(socket.get_ref()).set_linger(Some(Duration::ZERO));
                    return;
                }
                None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    shared.feed(|exchange, now, out| exchange.stream_text(now, leg, no, &text, out));
                }
                Some(Ok(Message::Binary(_))) => {
                    shared.feed(|exchange, now, _| exchange.stream_binary(now, leg, no));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// Says close and waits for the other side's.
async fn close(mut socket: Socket, code: u16) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
    let goodbye = async {
        if socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    // A gateway that does not close is left alone.
    let _ = tokio::time::timeout(CLOSE_WAIT, goodbye).await;
}

const OPEN_WAIT: Duration = Duration::from_secs(10);
const SEND_WAIT: Duration = Duration::from_secs(5);
const CLOSE_WAIT: Duration = Duration::from_secs(5);
const SOCKET_BUFFER: usize = 16 * 1024;
const MESSAGE_MAX: usize = 4 * 1024 * 1024;
