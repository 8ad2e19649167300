//! Requests to a running gateway's Twilio routes, made by hand: right ones, and wrong ones.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use switchboard::app::stage::{ACCOUNT, PUBLIC_BASE};
use switchboard::sim::carrier::sign::signature;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::e2e::ground::PATIENCE;
use crate::e2e::outside::TOKEN;

/// What carriers send.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A media socket.
pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) type Pairs = Vec<(String, String)>;

/// Knocks at one gateway.
#[derive(Clone)]
pub(crate) struct Knocker {
    pub(crate) addr: SocketAddr,
    client: reqwest::Client,
}

/// The parameters of an incoming call on this leg.
pub(crate) fn ringing(leg: &str) -> Pairs {
    let pairs = [
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", leg),
        ("CallStatus", "ringing"),
        ("CallerCity", ""),
        ("Direction", "inbound"),
        ("From", "+15550142000"),
        ("To", "+15550100199"),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A leg's name.
pub(crate) fn leg(number: u32) -> String {
    format!("CA{number:032x}")
}

/// The signature of a request to this target (`/twilio/voice?x=y`).
pub(crate) fn sign(target: &str, pairs: &[(String, String)]) -> String {
    signature(TOKEN, &format!("{PUBLIC_BASE}{target}"), pairs)
}

/// A form in which every byte is escaped, so that any text can be in it.
pub(crate) fn form(pairs: &[(String, String)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

impl Knocker {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { addr, client }
    }

    /// Status and body of a POST.
    pub(crate) async fn post(&self, target: &str, kind: &str, signed: &str, body: Vec<u8>) -> (u16, String) {
        let request = self.client.post(format!("http://{}{target}", self.addr)).header("Content-Type", kind);
        let answer = request.header("X-Twilio-Signature", signed).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The same for a webhook as it should be.
    pub(crate) async fn webhook(&self, target: &str, pairs: &[(String, String)]) -> (u16, String) {
        self.post(target, FORM, &sign(target, pairs), form(pairs).into_bytes()).await
    }

    /// The body of an open page; an error's text if the gateway hangs up.
    pub(crate) async fn get(&self, target: &str) -> String {
        match self.client.get(format!("http://{}{target}", self.addr)).send().await {
            Ok(answer) => answer.text().await.unwrap(),
            Err(error) => error.to_string(),
        }
    }

    /// The status of a request of any method.
    pub(crate) async fn method(&self, method: &str, target: &str) -> u16 {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("http://{}{target}", self.addr));
        request.header("X-Twilio-Signature", sign(target, &[])).send().await.unwrap().status().as_u16()
    }

    /// Writes these bytes, and reads until the gateway closes. The answer's status; 0: closed without an answer.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> u16 {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        // The gateway may well stop reading on the way.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(reading.is_ok(), "the gateway does not hang up");
        let text = String::from_utf8_lossy(&answer);
        text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
    }

    /// Opens the media socket of this ticket with this signature; the error is the status of the refusal.
    pub(crate) async fn media_signed(&self, ticket: &str, signed: &str) -> Result<Socket, u16> {
        let url = format!("ws://{}/twilio/media/{ticket}", self.addr);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("X-Twilio-Signature", signed.parse().unwrap());
        let stream = TcpStream::connect(self.addr).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The same with the right signature.
    pub(crate) async fn media_of(&self, ticket: &str) -> Result<Socket, u16> {
        self.media_signed(ticket, &signature(TOKEN, &format!("wss://gw.test/twilio/media/{ticket}"), &[])).await
    }

    /// Rings, and gives the ticket of the answer; `None`: the call is over.
    pub(crate) async fn ticket(&self, leg: &str) -> Option<String> {
        let (status, document) = self.webhook("/twilio/voice", &ringing(leg)).await;
        assert_eq!(status, 200);
        let (_, after) = document.split_once(r#"name="ticket" value=""#)?;
        after.split('"').next().map(str::to_owned)
    }

    /// A media socket that says nothing yet. One call's ticket serves for all of them while it waits for its stream.
    pub(crate) async fn media(&self) -> Socket {
        for number in 0xE000.. {
            if let Some(ticket) = self.ticket(&leg(number)).await
                && let Ok(socket) = self.media_of(&ticket).await
            {
                return socket;
            }
        }
        unreachable!("there are legs enough")
    }

    /// Rings, and opens the stream that the answer asks for.
    pub(crate) async fn attached(&self, leg: &str) -> Socket {
        let ticket = self.ticket(leg).await.unwrap();
        let mut socket = self.media_of(&ticket).await.unwrap();
        socket.send(Message::text(CONNECTED)).await.unwrap();
        socket.send(Message::text(start(leg, &ticket))).await.unwrap();
        socket
    }
}

/// The first thing that is said on a media socket.
pub(crate) const CONNECTED: &str = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;

/// The second: whose stream it is.
pub(crate) fn start(leg: &str, ticket: &str) -> String {
    let recorded = include_str!("../../../fixtures/twilio/start.json");
    let recorded = recorded.replace("AC0123456789abcdef0123456789abcdef", ACCOUNT);
    let recorded = recorded.replace("CA0123456789abcdef0123456789abcdef", leg);
    recorded.replace("00112233445566778899aabbccddeeff", ticket).trim().to_owned()
}

/// The code with which the gateway closes; 1006: a connection that just ended.
pub(crate) async fn close_code(socket: &mut Socket) -> u16 {
    let reading = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("the gateway closes the socket")
}
