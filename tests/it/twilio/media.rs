//! The media socket over a real connection: from the signed upgrade to the last event.

use futures_util::{SinkExt, StreamExt};
use switchboard::ports::media::{MediaCommand, MediaEvent, MediaLink};
use switchboard::session::effect::MarkId;
use switchboard::types::Mulaw;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::support::*;

/// Twilio's end of a media socket.
pub(crate) struct Phone {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Phone {
    /// Upgrades with this signature, or tells the status of the refusal.
    pub(crate) async fn upgrade(server: &Server, target: &str, signature: Option<&str>) -> Result<Self, u16> {
        let mut request = format!("ws://{}{target}", server.address).into_client_request().unwrap();
        if let Some(signature) = signature {
            request.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
        }
        let stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Upgrades as Twilio does.
    pub(crate) async fn connect(server: &Server) -> Self {
        let path = format!("/twilio/media/{TICKET}");
        let signature = sign(TOKEN, &format!("wss://gw.test{path}"), &[]);
        Self::upgrade(server, &path, Some(&signature)).await.expect("the upgrade is accepted")
    }

    /// Upgrades, starts with a ticket that the door has sold, and gives the link that the call got.
    pub(crate) async fn attached(server: &mut Server) -> (Self, MediaLink) {
        server.door().sell(TICKET, LEG);
        let mut phone = Self::connect(server).await;
        phone.say(CONNECTED).await;
        phone.say(&start(TICKET)).await;
        let link = server.link().await;
        (phone, link)
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message that is not a pong.
    pub(crate) async fn hear(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a message in time")
    }

    /// The code with which the gateway closes; 1006 if it just goes away.
    pub(crate) async fn close_code(&mut self) -> u16 {
        self.close().await.0
    }

    /// The same with the reason that comes with it.
    pub(crate) async fn close(&mut self) -> (u16, String) {
        loop {
            match self.hear().await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (1006, String::new()),
            }
        }
    }
}

pub(crate) const CONNECTED: &str = include_str!("../../../fixtures/twilio/connected.json");

/// The captured start with this ticket.
pub(crate) fn start(ticket: &str) -> String {
    include_str!("../../../fixtures/twilio/start.json").replace(TICKET, ticket)
}

pub(crate) fn media(stream: &str) -> String {
    include_str!("../../../fixtures/twilio/media.json").replace(STREAM, stream)
}

pub(crate) async fn event(link: &mut MediaLink) -> Option<MediaEvent> {
    tokio::time::timeout(PATIENCE, link.events.next()).await.expect("an event in time")
}

#[tokio::test]
async fn a_stream_is_claimed_with_its_ticket_and_handed_to_its_call() {
    let mut server = Server::normal().await;
    let (_phone, link) = Phone::attached(&mut server).await;
    assert_eq!(link.stream.as_str(), STREAM);
    assert_eq!(server.door().asked(), [Asked::Claim(TICKET.to_owned(), LEG.to_owned()), Asked::Attach(LEG.to_owned())]);
    assert_eq!(server.house.state.waiting_sockets(), 0, "the seat is free again");
}

#[tokio::test]
async fn what_the_phone_says_becomes_events() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    phone.say(&media(STREAM)).await;
    let frame = event(&mut link).await;
    let Some(MediaEvent::Frame { chunk, timestamp_ms, audio }) = frame else {
        panic!("not a frame: {frame:?}");
    };
    assert_eq!((chunk, timestamp_ms, audio.len()), (Some(1), Some(57), 160));
    phone.say(include_str!("../../../fixtures/twilio/dtmf.json")).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Digit('1'))));
    phone.say(include_str!("../../../fixtures/twilio/mark.json")).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Mark(MarkId(7)))));
    phone.say(include_str!("../../../fixtures/twilio/stop.json")).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Stopped)));
    phone.socket.close(None).await.unwrap();
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Dropped)));
    assert!(event(&mut link).await.is_none(), "nothing comes after the last event");
}

#[tokio::test]
async fn what_the_call_says_reaches_the_phone_word_for_word() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    for command in
        [MediaCommand::Frame(Mulaw::from_static(&[0xff, 0x7f])), MediaCommand::Mark(MarkId(3)), MediaCommand::Clear]
    {
        let text = link.encode.encode(&command);
        link.texts.send(text).await.unwrap();
    }
    for expected in [
        format!(r#"{{"event":"media","streamSid":"{STREAM}","media":{{"payload":"/38="}}}}"#),
        format!(r#"{{"event":"mark","streamSid":"{STREAM}","mark":{{"name":"m3"}}}}"#),
        format!(r#"{{"event":"clear","streamSid":"{STREAM}"}}"#),
    ] {
        assert_eq!(phone.hear().await.unwrap().unwrap(), Message::text(expected));
    }
}

#[tokio::test]
async fn both_halves_work_at_once_in_tasks_of_their_own() {
    const FRAMES: u64 = 2000;
    let mut server = Server::normal().await;
    let (phone, link) = Phone::attached(&mut server).await;
    let MediaLink { mut events, mut texts, mut encode, .. } = link;
    let (mut up, mut down) = phone.socket.split();
    let talks = async {
        for number in 0..FRAMES {
            up.send(Message::text(media(STREAM).replace(r#""chunk":"1""#, &format!(r#""chunk":"{number}""#))))
                .await
                .unwrap();
        }
    };
    let listens = async {
        for number in 0..FRAMES {
            let text = down.next().await.unwrap().unwrap().into_text().unwrap();
            assert!(text.as_str().contains(&format!(r#""m{number}""#)), "{number}: {text}");
        }
    };
    let reads = async {
        for number in 0..FRAMES {
            let read = events.next().await;
            assert!(
                matches!(read, Some(MediaEvent::Frame { chunk, .. }) if chunk == Some(number)),
                "{number}: {read:?}"
            );
        }
    };
    let writes = async {
        for number in 0..FRAMES {
            let text = encode.encode(&MediaCommand::Mark(MarkId(number as u32)));
            texts.send(text).await.unwrap();
        }
    };
    let all = async { tokio::join!(talks, listens, reads, writes) };
    tokio::time::timeout(PATIENCE, all).await.expect("no half waits for another for ever");
}

#[tokio::test]
async fn the_upgrade_must_be_signed_for_our_socket_and_this_ticket() {
    let server = Server::normal().await;
    let path = format!("/twilio/media/{TICKET}");
    let url = format!("wss://gw.test{path}");
    for signed in [url.clone(), format!("{url}/"), format!("wss://gw.test:443{path}")] {
        let signature = sign(TOKEN, &signed, &[]);
        assert!(Phone::upgrade(&server, &path, Some(&signature)).await.is_ok(), "{signed}");
    }
    for signed in [
        format!("https://gw.test{path}"),
        format!("ws://gw.test{path}"),
        "wss://gw.test/twilio/other".to_owned(),
        "wss://gw.test/twilio/media".to_owned(),
        format!("wss://gw.test/twilio/media/{UNKNOWN_TICKET}"),
    ] {
        let signature = sign(TOKEN, &signed, &[]);
        assert_eq!(Phone::upgrade(&server, &path, Some(&signature)).await.err(), Some(403), "{signed}");
    }
    let forged = sign("another token", &url, &[]);
    assert_eq!(Phone::upgrade(&server, &path, Some(&forged)).await.err(), Some(403));
    assert_eq!(Phone::upgrade(&server, &path, None).await.err(), Some(403));
    let with_query = sign(TOKEN, &format!("{url}?ticket=1"), &[]);
    assert_eq!(Phone::upgrade(&server, &format!("{path}?ticket=1"), Some(&with_query)).await.err(), Some(403));
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn an_upgrade_whose_ticket_opens_nothing_takes_no_seat() {
    let server = Server::normal().await;
    let path = format!("/twilio/media/{UNKNOWN_TICKET}");
    let signature = sign(TOKEN, &format!("wss://gw.test{path}"), &[]);
    for _ in 0..300 {
        assert_eq!(Phone::upgrade(&server, &path, Some(&signature)).await.err(), Some(403));
        assert_eq!(server.house.state.waiting_sockets(), 0);
    }
    let bare = sign(TOKEN, "wss://gw.test/twilio/media", &[]);
    assert_eq!(Phone::upgrade(&server, "/twilio/media", Some(&bare)).await.err(), Some(404), "no socket without one");
}

#[tokio::test]
async fn a_signed_request_that_is_no_upgrade_is_refused() {
    let server = Server::normal().await;
    let path = format!("/twilio/media/{TICKET}");
    let signature = sign(TOKEN, &format!("wss://gw.test{path}"), &[]);
    let request = client().get(server.url(&path)).header("X-Twilio-Signature", signature);
    let status = request.send().await.unwrap().status();
    assert!(status.is_client_error(), "{status}");
    assert_eq!(server.house.state.waiting_sockets(), 0);
}

#[tokio::test]
async fn closing_the_sink_closes_the_socket_and_ends_the_events() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    link.texts.close().await.unwrap();
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Dropped)), "even before the phone has answered");
    assert!(event(&mut link).await.is_none());
    assert_eq!(phone.close_code().await, 1000);
    assert!(link.texts.send("late".to_owned()).await.is_err());
}

#[tokio::test]
async fn letting_go_of_the_link_closes_the_socket() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    link.texts.send(r#"{"last":"words"}"#.to_owned()).await.unwrap();
    drop(link);
    assert_eq!(phone.hear().await.unwrap().unwrap(), Message::text(r#"{"last":"words"}"#));
    assert_eq!(phone.close_code().await, 1000);
}

#[tokio::test]
async fn a_connection_that_breaks_is_dropped() {
    let mut server = Server::normal().await;
    let (phone, mut link) = Phone::attached(&mut server).await;
    drop(phone);
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Dropped)));
    assert!(event(&mut link).await.is_none());
}

#[tokio::test]
async fn pings_are_answered_and_are_no_events() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    for number in 0..90u8 {
        phone.socket.send(Message::Ping(vec![number].into())).await.unwrap();
    }
    phone.say(&media(STREAM)).await;
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Frame { .. })));
    assert!(matches!(phone.hear().await, Some(Ok(Message::Pong(_)))));
}

#[tokio::test]
async fn what_cannot_be_used_is_ignored_and_the_stream_goes_on() {
    let mut server = Server::normal().await;
    let (mut phone, mut link) = Phone::attached(&mut server).await;
    let odd = [
        r#"{"event":"hologram","hologram":{"x":[1,2,3]}}"#.to_owned(),
        r#"{"event":"media","media":{"payload":"%%%"}}"#.to_owned(),
        r#"{"event":"mark","mark":{"name":"not ours"}}"#.to_owned(),
        r#"{"event":"media","media":null,"streamSid":null}"#.to_owned(),
        CONNECTED.to_owned(),
    ];
    for text in &odd {
        phone.say(text).await;
    }
    phone.say(&media(STREAM)).await;
    for text in &odd {
        assert!(matches!(event(&mut link).await, Some(MediaEvent::Ignored)), "{text}");
    }
    assert!(matches!(event(&mut link).await, Some(MediaEvent::Frame { .. })));
}
