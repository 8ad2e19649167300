//! The look at the model's key, against a REST interface in a box.

use std::net::Ipv4Addr;

use switchboard::net::{Net, tls_config};
use switchboard::realtime::{KeyProbe, KeyState};
use switchboard::types::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers one request with this status, and gives what was asked.
async fn asked(status: &str) -> (KeyState, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}/v1/", listener.local_addr().unwrap());
    let probe = probe(&base);
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    };
    tokio::join!(probe.look(), answer)
}

fn probe(base: &str) -> KeyProbe {
    KeyProbe::new(Net::direct(tls_config()), base, &Secret::new("sk-of-the-test")).unwrap()
}

#[tokio::test]
async fn a_key_is_known_by_the_answer_to_a_question_that_costs_nothing() {
    for (status, state) in [
        ("200 OK", KeyState::Accepted),
        ("401 Unauthorized", KeyState::Refused),
        ("403 Forbidden", KeyState::Unknown),
        ("404 Not Found", KeyState::Unknown),
        ("429 Too Many Requests", KeyState::Unknown),
        ("503 Service Unavailable", KeyState::Unreachable),
    ] {
        let (found, request) = asked(status).await;
        assert_eq!(found, state, "{status}");
        assert!(request.starts_with("GET /v1/models HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("Bearer sk-of-the-test"));
    }
}

#[tokio::test]
async fn nobody_who_answers_is_no_refusal() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(probe(&base).look().await, KeyState::Unreachable);
}
