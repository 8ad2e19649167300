//! The media socket and peers that break its rules: each is refused with a code, and the next call is served.

use futures_util::SinkExt;
use switchboard::ports::media::MediaEvent;
use switchboard::twilio::attach::START_WAIT;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::media::{CONNECTED, Phone, event, media, start};
use super::support::*;

/// What a socket hears that has waited in vain. Whoever is refused for another reason is refused at once.
const TOO_LATE: &str = "no start";

/// Says these texts on a new socket and returns the code with which it is closed.
async fn refused(server: &Server, texts: &[&str]) -> u16 {
    let mut phone = Phone::connect(server).await;
    for text in texts {
        phone.say(text).await;
    }
    let (code, why) = phone.close().await;
    assert_ne!(why, TOO_LATE, "{texts:?}");
    code
}

#[tokio::test]
async fn a_start_without_the_right_ticket_is_a_policy_violation() {
    let server = Server::normal().await;
    server.door().sell(TICKET, OTHER_LEG);
    assert_eq!(refused(&server, &[CONNECTED, &start("unknown")]).await, 1008, "another than in the path");
    assert_eq!(server.door().asked(), [], "with two tickets nobody is asked");
    assert_eq!(refused(&server, &[CONNECTED, &start(TICKET)]).await, 1008, "of another call");
    let bare = start(TICKET).replace(r#""ticket""#, r#""other""#);
    assert_eq!(refused(&server, &[CONNECTED, &bare]).await, 1008, "the path's alone, of another call");
    assert_eq!(server.door().asked().len(), 2);
}

#[tokio::test]
async fn a_ticket_works_once() {
    let mut server = Server::normal().await;
    let (_phone, _link) = Phone::attached(&mut server).await;
    assert_eq!(refused(&server, &[CONNECTED, &start(TICKET)]).await, 1008);
}

#[tokio::test]
async fn a_stream_of_another_account_is_refused_before_its_ticket_is_looked_at() {
    let server = Server::normal().await;
    server.door().sell(TICKET, LEG);
    let other = start(TICKET).replace(ACCOUNT, "AC00000000000000000000000000000002");
    assert_eq!(refused(&server, &[CONNECTED, &other]).await, 1008);
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn a_stream_for_a_call_that_is_over_is_refused() {
    let server = Server::start(&settings(), Mood::Over).await;
    server.door().sell(TICKET, LEG);
    assert_eq!(refused(&server, &[CONNECTED, &start(TICKET)]).await, 1008);
}

#[tokio::test]
async fn whatever_comes_before_the_start_must_be_no_event() {
    let server = Server::normal().await;
    let stop = include_str!("../../../fixtures/twilio/stop.json");
    for texts in [
        vec![CONNECTED, &media(STREAM)],
        vec![stop],
        vec!["hello"],
        vec!["[1,2,3]"],
        vec!["{"],
        vec![r#"{"event":"start"}"#],
        vec![&start(TICKET).replace("audio/x-mulaw", "audio/x-l16")],
        vec![&start(TICKET).replace("8000", "16000")],
        vec![&start(TICKET).replace(LEG, "CA1")],
        vec![CONNECTED; 17],
    ] {
        assert_eq!(refused(&server, &texts).await, 1002, "{texts:?}");
    }
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn a_broken_rule_after_the_start_is_the_last_event_and_closes_the_socket() {
    for (broken, code) in [
        (Message::text(start(TICKET)), 1008),
        (Message::text(media(OTHER_STREAM)), 1008),
        (Message::text("hello"), 1002),
        (Message::text("{} {}"), 1002),
        (Message::binary(vec![0; 160]), 1002),
    ] {
        let mut server = Server::normal().await;
        let (mut phone, mut link) = Phone::attached(&mut server).await;
        phone.socket.send(broken.clone()).await.unwrap();
        phone.say(&media(STREAM)).await;
        assert!(matches!(event(&mut link).await, Some(MediaEvent::Violation)), "{broken:?}");
        assert!(event(&mut link).await.is_none(), "{broken:?}");
        // The call still holds its link: the close does not depend on it.
        assert_eq!(phone.close_code().await, code, "{broken:?}");
        assert!(link.texts.send("late".to_owned()).await.is_err());
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_stream() {
    let long = format!(r#"{{"event":"media","media":{{"payload":"{}"}}}}"#, "/".repeat(33 * 1024));
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    // The gateway stops reading, so this may well fail on the way.
    let _ = phone.socket.send(Message::text(&long)).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Violation)));
    // Unread bytes turn the close frame into a reset when it comes too late.
    assert!([1009, 1006].contains(&phone.close_code().await));

    let mut early = Phone::connect(&server).await;
    let _ = early.socket.send(Message::text(&long)).await;
    assert!([1009, 1006].contains(&early.close_code().await));

    let fits = format!(r#"{{"event":"media","media":{{"payload":"{}"}}}}"#, "/".repeat(32 * 1024 - 64));
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    phone.say(&fits).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Frame { audio, .. }) if audio.len() == 24_528));
}

#[tokio::test]
async fn a_message_that_never_ends_ends_the_stream() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    let piece = |opcode| Message::Frame(Frame::message(vec![b' '; 1000], OpCode::Data(opcode), false));
    let endless = async {
        let _ = phone.socket.send(piece(Data::Text)).await;
        for _ in 0..1000 {
            if phone.socket.send(piece(Data::Continue)).await.is_err() {
                break;
            }
        }
    };
    let (event, ()) = tokio::join!(event(&mut link), endless);
    assert!(matches!(event, Some(MediaEvent::Violation)), "{event:?}");
}

#[tokio::test]
async fn broken_frames_are_violations() {
    for raw in [
        // A text frame without a mask, as only servers may send it.
        &b"\x81\x02{}"[..],
        // An opcode that does not exist.
        &b"\x83\x80\0\0\0\0"[..],
        // Text that is not UTF-8.
        &b"\x81\x81\0\0\0\0\xff"[..],
        // A fragmented ping.
        &b"\x09\x80\0\0\0\0"[..],
    ] {
        let mut server = Server::normal().await;
        let (mut phone, mut link) = Phone::attached(&mut server).await;
        phone.socket.get_mut().write_all(raw).await.unwrap();
        assert!(matches!(event(&mut link).await, Some(MediaEvent::Violation)), "{raw:?}");
    }
}

#[tokio::test]
async fn a_flood_of_pings_ends_the_stream() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    let flood = async {
        // Many at once, because a hundred within a second must be too many on any machine.
        for _ in 0..20_000 {
            if phone.socket.feed(Message::Ping(vec![0; 125].into())).await.is_err() {
                break;
            }
        }
        let _ = phone.socket.flush().await;
    };
    let (event, ()) = tokio::join!(event(&mut link), flood);
    assert!(matches!(event, Some(MediaEvent::Violation)), "{event:?}");
    assert!([1002, 1006].contains(&phone.close_code().await));
}

#[tokio::test]
async fn a_socket_that_never_starts_is_closed_after_five_seconds() {
    let server = Server::normal().await;
    let opened = Instant::now();
    let mut silent = Phone::connect(&server).await;
    let mut pinging = Phone::connect(&server).await;
    pinging.say(CONNECTED).await;
    let (first, second) = tokio::join!(silent.close(), pinging.close());
    assert_eq!((first, second), ((1008, TOO_LATE.to_owned()), (1008, TOO_LATE.to_owned())));
    assert!(opened.elapsed() >= START_WAIT, "{:?}", opened.elapsed());
    assert_eq!(server.house.state.waiting_sockets(), 0);
}

#[tokio::test]
async fn many_silent_sockets_do_not_keep_a_caller_out() {
    let mut server = Server::normal().await;
    let began = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(Phone::connect(&server).await);
        assert!(server.house.state.waiting_sockets() <= 256);
    }
    let (_phone, link) = Phone::attached(&mut server).await;
    assert_eq!(link.stream.as_str(), STREAM);
    let (code, why) = silent[0].close().await;
    assert_eq!(code, 1008);
    // On a machine that took longer than that to connect them all, the oldest has waited in vain.
    assert!(why == "no start, and others are waiting" || began.elapsed() >= START_WAIT, "{why}");
}

#[tokio::test]
async fn random_bytes_are_refused_and_the_next_call_is_served() {
    let mut server = Server::normal().await;
    let (mut good, mut link) = Phone::attached(&mut server).await;
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..100 {
        let mut phone = Phone::connect(&server).await;
        let length = random.usize(1..500);
        let garbage: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        let tcp = phone.socket.get_mut();
        // The gateway may have hung up before we are done; a reset is as good an end as any other.
        let _ = tcp.write_all(&garbage).await;
        let _ = tcp.shutdown().await;
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, tcp.read_to_end(&mut rest)).await.expect("the gateway hangs up");
    }
    good.say(&media(STREAM)).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Frame { .. })), "the call beside it did not notice");
    let (_phone, link) = Phone::attached(&mut server).await;
    assert_eq!(link.stream.as_str(), STREAM);
}
