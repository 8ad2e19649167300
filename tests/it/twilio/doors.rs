//! Strangers at the doors: what they cost before they are sent away, and callers whose particulars are no plain text.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use switchboard::twilio::TwilioSettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::support::*;
use super::webhooks::connect;

/// The head of a voice webhook whose body never comes, and the status that answers it.
async fn without_body(server: &Server, headers: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /twilio/voice HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\nContent-Length: 60000\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_request_that_cannot_be_signed_is_refused_before_its_body_is_read() {
    let server = Server::normal().await;
    let good = sign(TOKEN, "https://gw.test/twilio/voice", &ringing());
    let shared = "X-Twilio-Webhooks-Signature-Settings: key=k,algorithm=HMAC_SHA256\r\n";
    for headers in [
        String::new(),
        "X-Twilio-Signature: \r\n".to_owned(),
        "X-Twilio-Signature: nonsense\r\n".to_owned(),
        format!("X-Twilio-Signature: {}\r\n", "A".repeat(28)),
        format!("X-Twilio-Signature: {}=\r\n", "!".repeat(27)),
        format!("X-Twilio-Signature: {good}\r\nX-Twilio-Signature: {good}\r\n"),
        format!("X-Twilio-Signature: {good}\r\n{shared}"),
    ] {
        assert_eq!(without_body(&server, &headers).await, "403", "{headers}");
    }
    assert_eq!(without_body(&server, &format!("X-Twilio-Signature: {good}\r\n")).await, "408", "this one may be");
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn without_a_token_no_body_is_read() {
    let server = Server::start(&TwilioSettings::new(BASE), Mood::Normal).await;
    assert_eq!(without_body(&server, "").await, "503");
}

#[tokio::test]
async fn a_form_of_too_many_parameters_is_refused_even_if_signed() {
    let server = Server::normal().await;
    let many = |count: usize| {
        let mut pairs = ringing();
        pairs.resize(count, ("Extra", "1"));
        pairs
    };
    server.door().will_answer(connect());
    assert_eq!(server.post("/twilio/voice", &many(256)).await.status(), 200);
    assert_eq!(server.post("/twilio/voice", &many(257)).await.status(), 400);
}

/// The signature is over the bytes that came, whatever they are: latin-1 here.
#[tokio::test]
async fn a_name_that_is_no_utf_8_does_not_cost_the_call() {
    let server = Server::normal().await;
    let pairs = ringing();
    let mut sorted: Vec<(&[u8], &[u8])> =
        pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    sorted.push((b"CallerName", b"Jos\xe9"));
    sorted.sort_unstable();
    let text = sorted
        .iter()
        .fold(b"https://gw.test/twilio/voice".to_vec(), |text, (name, value)| [&text, *name, value].concat());
    let body = reqwest::Url::parse_with_params("https://gw.test", &pairs).unwrap();
    let body = format!("{}&CallerName=Jos%E9", body.query().unwrap());
    let send = |signature: String| {
        client()
            .post(server.url("/twilio/voice"))
            .header("X-Twilio-Signature", signature)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.clone())
            .send()
    };
    server.door().will_answer(connect());
    let answer = send(sign_bytes(TOKEN, &text)).await.unwrap();
    assert!(answer.text().await.unwrap().contains("<Connect"));
    let other = [text.as_slice(), b"x"].concat();
    assert_eq!(send(sign_bytes(TOKEN, &other)).await.unwrap().status(), 403);
}

#[tokio::test]
async fn the_hold_sound_is_had_once_for_each_connection() {
    let server = Server::normal().await;
    let sound = client().get(server.url("/twilio/hold.wav")).send().await.unwrap();
    assert_eq!(sound.headers()["connection"], "close");
    assert_eq!(sound.status(), 200);
}

/// What is written to the log while this is kept, on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_mismatch_is_written_down_once_a_second_with_the_url_that_was_hashed() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _kept = tracing::subscriber::set_default(subscriber);
    let house = House::new(&settings(), Mood::Normal);
    let knock = async |path: &str| {
        let request = axum::http::Request::post(format!("{BASE}{path}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("X-Twilio-Signature", sign(TOKEN, "https://elsewhere.test", &[]));
        let request = request.body(axum::body::Body::from("CallSid=1")).unwrap();
        house.router().oneshot(request).await.unwrap().status().as_u16()
    };
    let long = format!("/twilio/transfers/{}/answer?secret=1", "a".repeat(30_000));
    for _ in 0..300 {
        assert_eq!(knock(&long).await, 403);
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].len() < 600 && !lines[0].contains("secret"), "{}", lines[0]);
    let shown = format!("https://gw.test/twilio/transfers/{}...", "a".repeat(100 - "/twilio/transfers/".len()));
    assert!(lines[0].contains(&shown) && lines[0].contains("/twilio/transfers/{attempt}/answer"), "{}", lines[0]);

    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(knock("/twilio/voice").await, 403);
    let lines = log.lines();
    assert!(lines[1].contains(r#"hashed="https://gw.test/twilio/voice" unsaid=299"#), "{}", lines[1]);
    assert_eq!(lines.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_line_shows_a_streams_ticket() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _kept = tracing::subscriber::set_default(subscriber);
    let house = House::new(&settings(), Mood::Normal);
    for ticket in [TICKET, UNKNOWN_TICKET] {
        for signed in ["wss://elsewhere.test".to_owned(), format!("wss://gw.test/twilio/media/{UNKNOWN_TICKET}")] {
            let request = axum::http::Request::get(format!("{BASE}/twilio/media/{ticket}"))
                .header("X-Twilio-Signature", sign(TOKEN, &signed, &[]));
            let request = request.body(axum::body::Body::empty()).unwrap();
            assert_eq!(house.router().oneshot(request).await.unwrap().status().as_u16(), 403);
        }
    }
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains(r#"hashed="wss://gw.test/twilio/media/***""#)), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(r#"why="ticket""#)), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains(TICKET) && !line.contains(UNKNOWN_TICKET)), "{lines:?}");
}
