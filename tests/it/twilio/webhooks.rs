//! Webhooks over real sockets: who is answered, with what, and who is not.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use switchboard::ports::door::{Answer, Refusal};
use switchboard::session::document::Document;
use switchboard::session::input::{LegStatus, Question};
use switchboard::types::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::*;

const POSTS: [&str; 18] = [
    "/twilio/voice",
    "/twilio/after-stream",
    "/twilio/status",
    "/twilio/stream-status",
    "/twilio/fallback",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/answer",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/key/1",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/operator-done",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/caller-done",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/leg",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/conference",
    "/twilio/transfers/00000000-0000-0000-0000-000000000000-1/amd",
    "/twilio/voicemail/00000000-0000-0000-0000-000000000000/done",
    "/twilio/voicemail/00000000-0000-0000-0000-000000000000/recording",
    "/twilio/outbound/00000000-0000-0000-0000-000000000000",
    "/twilio/outbound/00000000-0000-0000-0000-000000000000/status",
    "/twilio/outbound/00000000-0000-0000-0000-000000000000/amd",
    "/twilio/voice/again/1",
];

const IDS: [(&str, &str); 2] = [("AccountSid", ACCOUNT), ("CallSid", LEG)];

pub(super) fn connect() -> Answer {
    Answer::Connect { ticket: Secret::new(TICKET) }
}

#[tokio::test]
async fn a_signed_call_is_connected_to_its_stream() {
    let server = Server::normal().await;
    server.door().will_answer(connect());
    let response = server.post("/twilio/voice", &ringing()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/xml");
    let length: usize = response.headers()[CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
    let body = response.text().await.unwrap();
    assert_eq!(body.len(), length);
    assert!(body.contains(r#"<Stream url="wss://gw.test/twilio/media/"#), "{body}");
    assert!(body.contains(&format!(r#"<Parameter name="ticket" value="{TICKET}"/>"#)), "{body}");
    let ring = Asked::Ring(LEG.to_owned(), Some("+15550142000".to_owned()), Some("+15550100000".to_owned()));
    assert_eq!(server.door().asked(), [ring]);
}

#[tokio::test]
async fn a_call_that_is_not_taken_hears_why() {
    let server = Server::normal().await;
    let refuse = |refusal, language: Option<&str>| {
        let (language, emergency) = (language.map(Into::into), "".into());
        Answer::Refuse { refusal, language, emergency }
    };
    for (answer, words) in [
        (refuse(Refusal::Busy, None), "all our lines are busy"),
        (refuse(Refusal::Busy, Some("es")), "líneas están ocupadas"),
        (refuse(Refusal::Busy, Some("de")), "all our lines are busy"),
        (refuse(Refusal::UnknownNumber, None), "not in service"),
        (refuse(Refusal::Draining, Some("en-GB")), r#"language="en-GB">We are sorry, we cannot take your call"#),
        (Answer::HangUp, "<Hangup/>"),
    ] {
        server.door().will_answer(answer);
        let body = server.post("/twilio/voice", &ringing()).await.text().await.unwrap();
        assert!(body.contains(words) && !body.contains("<Connect"), "{body}");
    }
}

/// The answer names the next path; the last one has no next.
#[tokio::test]
async fn a_caller_whose_number_is_nobodys_yet_is_asked_about_again_and_not_for_ever() {
    let server = Server::normal().await;
    let mut path = "/twilio/voice".to_owned();
    for asked in 1..=5 {
        server.door().will_answer(Answer::AskAgain);
        let body = server.post(&path, &ringing()).await.text().await.unwrap();
        path = format!("/twilio/voice/again/{asked}");
        assert!(body.contains("Please hold."), "{body}");
        assert!(body.contains(&format!(r#"<Redirect method="POST">{BASE}{path}</Redirect>"#)), "{body}");
    }
    for last in [path.as_str(), "/twilio/voice/again/4294967295", "/twilio/voice/again/none"] {
        server.door().will_answer(Answer::AskAgain);
        let body = server.post(last, &ringing()).await.text().await.unwrap();
        assert!(body.contains("something went wrong") && !body.contains("<Redirect"), "{body}");
    }
    server.door().will_answer(connect());
    let body = server.post(&path, &ringing()).await.text().await.unwrap();
    assert!(body.contains("<Connect"), "{body}");
}

#[tokio::test]
async fn a_forged_request_changes_nothing() {
    let server = Server::normal().await;
    let pairs = ringing();
    for path in POSTS {
        let good = sign(TOKEN, &format!("{BASE}{path}"), &pairs);
        for forged in [
            sign("another token", &format!("{BASE}{path}"), &pairs),
            sign(TOKEN, &format!("http://gw.test{path}"), &pairs),
            sign(TOKEN, &server.url(path), &pairs),
            sign(TOKEN, &format!("{BASE}{path}"), &pairs[1..]),
            good.to_lowercase(),
            String::new(),
        ] {
            let response = server.post_signed(path, &pairs, &forged).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        }
        let unsigned = client().post(server.url(path)).form(&pairs).send().await.unwrap();
        assert_eq!(unsigned.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn headers_that_name_a_host_are_never_read() {
    let server = Server::normal().await;
    let pairs = ringing();
    let send = |signature: String| {
        client()
            .post(server.url("/twilio/voice"))
            .header("Host", "evil.test")
            .header("X-Forwarded-Host", "evil.test")
            .header("X-Forwarded-Proto", "http")
            .header("Forwarded", "host=evil.test;proto=http")
            .header("X-Twilio-Signature", signature)
            .form(&pairs)
            .send()
    };
    let for_evil = send(sign(TOKEN, "http://evil.test/twilio/voice", &pairs)).await.unwrap();
    assert_eq!(for_evil.status(), StatusCode::FORBIDDEN);
    let for_us = send(sign(TOKEN, "https://gw.test/twilio/voice", &pairs)).await.unwrap();
    assert_eq!(for_us.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_query_takes_part_as_it_was_written() {
    let server = Server::normal().await;
    let path = "/twilio/voice?b=%2f&a=x+y&b=";
    assert_eq!(server.post(path, &ringing()).await.status(), StatusCode::OK);
    let normalised = sign(TOKEN, "https://gw.test/twilio/voice?b=%2F&a=x+y&b=", &ringing());
    assert_eq!(server.post_signed(path, &ringing(), &normalised).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_token_every_route_is_unavailable() {
    let mut settings = settings();
    settings.tokens.clear();
    let server = Server::start(&settings, Mood::Normal).await;
    for path in POSTS {
        assert_eq!(server.post(path, &ringing()).await.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    let media = client().get(server.url("/twilio/media/1")).send().await.unwrap();
    assert_eq!(media.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn with_checking_off_nobody_needs_a_signature() {
    let mut settings = settings();
    settings.tokens.clear();
    settings.validate = false;
    let server = Server::start(&settings, Mood::Normal).await;
    server.door().will_answer(connect());
    let response = client().post(server.url("/twilio/voice")).form(&ringing()).send().await.unwrap();
    assert!(response.text().await.unwrap().contains("<Connect"));
}

#[tokio::test]
async fn only_forms_are_taken() {
    let server = Server::normal().await;
    for path in POSTS {
        for kind in [Some("application/json"), Some("multipart/form-data; boundary=x"), Some("text/plain"), None] {
            let mut request = client().post(server.url(path)).body("{}");
            if let Some(kind) = kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            let status = request.send().await.unwrap().status();
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} {kind:?}");
        }
        assert_eq!(client().get(server.url(path)).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(client().put(server.url(path)).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    let posted = client().post(server.url("/twilio/media/1")).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);

    let signature = sign(TOKEN, &format!("{BASE}/twilio/voice"), &ringing());
    let with_charset = client()
        .post(server.url("/twilio/voice"))
        .header("X-Twilio-Signature", signature)
        .form(&ringing())
        .header(CONTENT_TYPE, "Application/X-WWW-Form-Urlencoded; charset=UTF-8");
    assert_eq!(with_charset.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_contradicts_itself_is_refused_even_if_signed() {
    let server = Server::normal().await;
    let ours = ringing();
    for (name, other) in
        [("CallSid", OTHER_LEG), ("AccountSid", "AC00000000000000000000000000000002"), ("From", "+1"), ("To", "+1")]
    {
        for at in [0, ours.len()] {
            let mut pairs = ours.clone();
            pairs.insert(at, (name, other));
            assert_eq!(server.post("/twilio/voice", &pairs).await.status(), StatusCode::FORBIDDEN, "{name}");
        }
    }
    let digits = [ours.clone(), vec![("Digits", "1"), ("Digits", "2")]].concat();
    assert_eq!(server.post("/twilio/voice", &digits).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(server.door().asked(), []);

    let twice = [ours, vec![("CallSid", LEG), ("New", "1"), ("New", "2")]].concat();
    assert_eq!(server.post("/twilio/voice", &twice).await.status(), StatusCode::OK, "equal values say the same");
}

#[tokio::test]
async fn another_account_is_refused_and_any_is_taken_if_none_is_configured() {
    let server = Server::normal().await;
    let with = |account: Option<&'static str>| {
        let rest = ringing().into_iter().filter(|(name, _)| *name != "AccountSid");
        account.map(|account| ("AccountSid", account)).into_iter().chain(rest).collect::<Vec<_>>()
    };
    let other = Some("AC00000000000000000000000000000002");
    assert_eq!(server.post("/twilio/voice", &with(other)).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(server.post("/twilio/voice", &with(None)).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(server.post("/twilio/voice", &with(Some("AC1"))).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(server.door().asked(), []);

    let mut open = settings();
    open.account = None;
    let open = Server::start(&open, Mood::Normal).await;
    assert_eq!(open.post("/twilio/voice", &with(other)).await.status(), StatusCode::OK);
    assert_eq!(open.post("/twilio/voice", &with(None)).await.status(), StatusCode::OK);
    assert_eq!(open.post("/twilio/voice", &with(Some("AC1"))).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn malformed_ids_stop_at_the_door() {
    let server = Server::normal().await;
    for path in POSTS {
        for leg in
            ["", "CA1", "ca0123456789abcdef0123456789abcdef", "../../etc/passwd", "CA0123456789ABCDEF0123456789ABCDEF"]
        {
            let pairs = [("AccountSid", ACCOUNT), ("CallSid", leg), ("CallStatus", "ringing"), ("StreamSid", STREAM)];
            assert_eq!(server.post(path, &pairs).await.status(), StatusCode::BAD_REQUEST, "{path} {leg}");
        }
    }
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn after_a_stream_the_caller_is_told_what_comes_next() {
    let server = Server::normal().await;
    server.door().will_follow(Document::Connect, Some("fresh"));
    server.door().will_follow(Document::Apologise, None);
    server.door().will_follow(Document::HangUp, None);
    let mut bodies = Vec::new();
    for _ in 0..3 {
        bodies.push(server.post("/twilio/after-stream", &IDS).await.text().await.unwrap());
    }
    assert!(bodies[0].contains(r#"value="fresh""#), "{}", bodies[0]);
    assert!(bodies[1].contains("something went wrong"), "{}", bodies[1]);
    assert!(bodies[2].contains("<Hangup/>") && !bodies[2].contains("<Say"), "{}", bodies[2]);
    assert_eq!(server.door().asked(), vec![Asked::AfterStream(LEG.to_owned()); 3]);
}

#[tokio::test]
async fn callbacks_are_passed_on_as_they_come() {
    let server = Server::normal().await;
    for (word, sequence) in [("completed", "3"), ("ringing", "1"), ("completed", "3"), ("levitating", "4")] {
        let pairs = [IDS[0], IDS[1], ("CallStatus", word), ("SequenceNumber", sequence)];
        assert_eq!(server.post("/twilio/status", &pairs).await.status(), StatusCode::NO_CONTENT);
    }
    let pairs = [IDS[0], IDS[1], ("CallStatus", "busy")];
    assert_eq!(server.post("/twilio/status", &pairs).await.status(), StatusCode::NO_CONTENT);
    for event in ["stream-started", "stream-error", "stream-stopped"] {
        let pairs = [IDS[0], IDS[1], ("StreamSid", STREAM), ("StreamEvent", event)];
        assert_eq!(server.post("/twilio/stream-status", &pairs).await.status(), StatusCode::NO_CONTENT);
    }
    let ended = Asked::StreamEnded(LEG.to_owned(), STREAM.to_owned());
    assert_eq!(
        server.door().asked(),
        [
            Asked::LegStatus(LEG.to_owned(), LegStatus::Completed, Some(3)),
            Asked::LegStatus(LEG.to_owned(), LegStatus::Ringing, Some(1)),
            Asked::LegStatus(LEG.to_owned(), LegStatus::Completed, Some(3)),
            Asked::LegStatus(LEG.to_owned(), LegStatus::Busy, None),
            ended.clone(),
            ended,
        ]
    );
}

#[tokio::test]
async fn the_fallback_asks_the_call_what_else_there_is() {
    let server = Server::normal().await;
    server.door().will_follow(Document::Connect, Some("fresh"));
    let pairs = [IDS[0], IDS[1], ("ErrorCode", "11200"), ("ErrorUrl", "https://gw.test/twilio/after-stream")];
    let body = server.post("/twilio/fallback", &pairs).await.text().await.unwrap();
    assert!(body.contains(r#"value="fresh""#), "{body}");
    assert_eq!(server.door().asked(), [Asked::Ask(LEG.to_owned(), Question::Fallback)]);
}

#[tokio::test]
async fn a_panic_behind_the_door_becomes_an_apology() {
    let server = Server::start(&settings(), Mood::Panics).await;
    let asking = [
        "/answer",
        "/key/1",
        "/operator-done",
        "/caller-done",
        "/done",
        "/outbound/00000000-0000-0000-0000-000000000000",
    ];
    let asked = |path: &&&str| asking.iter().any(|end| path.ends_with(end));
    let of_people = POSTS.iter().filter(asked).copied();
    for path in ["/twilio/voice", "/twilio/after-stream", "/twilio/fallback"].into_iter().chain(of_people) {
        let response = server.post(path, &ringing()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(response.text().await.unwrap().contains("something went wrong"), "{path}");
    }
    let status = server.post("/twilio/status", &ringing()).await;
    assert_eq!(status.status(), StatusCode::INTERNAL_SERVER_ERROR, "no caller hears this one");
    assert_eq!(server.post("/twilio/voice", &ringing()).await.status(), StatusCode::OK, "the next one is served");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read() {
    let server = Server::normal().await;
    let long = "x".repeat(64 * 1024);
    let pairs = [ringing(), vec![("Long", long.as_str())]].concat();
    assert_eq!(server.post("/twilio/voice", &pairs).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let server = Server::normal().await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /twilio/voice HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 1000\r\n\
                X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\nCallSid=";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = tokio::time::timeout(PATIENCE, socket.read(&mut answer)).await.expect("an answer in time").unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn garbage_is_refused_and_the_next_caller_is_served() {
    let server = Server::normal().await;
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..50 {
        let length = random.usize(1..2000);
        let garbage: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        let request = client()
            .post(server.url("/twilio/voice"))
            .header("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(garbage.clone());
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(&garbage).await.unwrap();
    }
    assert_eq!(server.door().asked(), []);
    assert_eq!(server.post("/twilio/voice", &ringing()).await.status(), StatusCode::OK);
}
