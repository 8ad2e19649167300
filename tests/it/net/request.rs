//! One request on a connection of its own: a dead connection takes nothing else with it.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use switchboard::net::{Answer, Missed, Net, NotConnected, Request, tls_config};
use switchboard::types::Wall;

use super::ground::*;
use crate::support::nobody::Nobody;

const PATIENCE: Duration = Duration::from_secs(60);
const BYTES_MAX: usize = 1000;

fn request(base: &str) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic x"));
    Request { method: Method::POST, url: format!("{base}/a?b=c").parse().unwrap(), headers, body: Bytes::from("d=e") }
}

async fn ask(server: &Server, wait: Duration) -> Result<Answer, Missed> {
    Net::direct(tls_config()).send(request(&format!("http://{}", server.addr)), wait, BYTES_MAX).await
}

#[tokio::test]
async fn a_connection_that_never_answers_stops_its_own_request_only() {
    let ok = Reply::Text("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let server = Server::that_says([Reply::Silence, ok.clone(), Reply::Silence, ok]).await;
    for _ in 0..2 {
        let missed = ask(&server, Duration::from_millis(500)).await;
        assert!(matches!(missed, Err(Missed::TimedOut)), "{missed:?}");
        assert_eq!(ask(&server, PATIENCE).await.unwrap().status, StatusCode::OK);
    }
    assert_eq!(server.heads().len(), 4, "each on a new connection, and none twice");
}

#[tokio::test]
async fn a_request_says_where_it_goes_and_what_is_needed_and_no_more() {
    let answer = "HTTP/1.1 201 Created\r\nDate: Sun, 22 Nov 2026 21:00:01 GMT\r\ncontent-length: 2\r\n\r\nhi";
    let server = Server::that_says([Reply::Text(answer)]).await;
    let answer = ask(&server, PATIENCE).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::CREATED, &b"hi"[..]));
    assert_eq!(answer.date, Some(Wall(1_795_381_201_000_000)));
    let [head] = <[String; 1]>::try_from(server.heads()).unwrap();
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "POST /a?b=c HTTP/1.1",
            "accept: application/json",
            "authorization: Basic x",
            "connection: close",
            "content-length: 3",
            &format!("host: {}", server.addr),
            concat!("user-agent: switchboard/", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart_by_what_may_have_been_done() {
    let too_long = "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n";
    let cut = "HTTP/1.1 503 Busy\r\ncontent-length: 10\r\n\r\nhalf";
    for (reply, expected) in [
        (Reply::Close, "broken"),
        (Reply::Text("nonsense\r\n\r\n"), "broken"),
        (Reply::Text(cut), "unusable"),
        (Reply::Text(too_long), "unusable"),
    ] {
        let server = Server::that_says([reply]).await;
        let missed = ask(&server, PATIENCE).await.unwrap_err();
        assert_eq!(missed.label(), expected, "{missed}");
    }
    let net = Net::direct(tls_config());
    let refused = net.send(request(&format!("http://{}", Nobody::new().addr())), PATIENCE, BYTES_MAX).await;
    assert!(matches!(refused, Err(Missed::Unsent(NotConnected::Route(_)))), "{refused:?}");
}
