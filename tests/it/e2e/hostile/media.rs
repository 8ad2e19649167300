//! Media sockets as no phone company uses them: before a stream begins, and in the middle of one.

use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::e2e::knock::{CONNECTED, Knocker, Socket, close_code, leg, start};

/// Longer than any message may be.
const TOO_LONG: usize = 40 * 1024;

pub(super) async fn abuse(knocker: &Knocker) {
    assert_eq!(knocker.media_signed("0", "").await.err(), Some(403));
    assert_eq!(knocker.media_signed("0", "bm9uc2Vuc2U=").await.err(), Some(403));
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(knocker.method(method, "/twilio/media/0").await, 405);
    }
    assert_eq!(knocker.media_of("0").await.err(), Some(403), "a ticket that nobody has");
    tokio::join!(strangers(knocker), silent(knocker), streams(knocker));
}

/// One way to misbehave, and the codes that may answer it. A close that comes while the peer still writes may be lost
/// in a reset (1006).
struct Abuse {
    about: &'static str,
    messages: Vec<Message>,
    raw: Vec<u8>,
    codes: &'static [u16],
}

fn say(about: &'static str, messages: Vec<Message>, codes: &'static [u16]) -> Abuse {
    Abuse { about, messages, raw: Vec::new(), codes }
}

fn abuses() -> Vec<Abuse> {
    let piece = |kind, text: &[u8]| Message::Frame(Frame::message(text.to_vec(), OpCode::Data(kind), false));
    let mut endless = vec![piece(Data::Text, b"{")];
    endless.extend((0..200).map(|_| piece(Data::Continue, &[b' '; 1000])));
    let raw =
        |about, raw: &[u8]| Abuse { about, messages: Vec::new(), raw: raw.to_vec(), codes: &[1002, 1007, 1009, 1006] };
    vec![
        say("no JSON", vec![Message::text("hello")], &[1002]),
        say("half a JSON", vec![Message::text("{\"event\":")], &[1002]),
        say("deep", vec![Message::text("[".repeat(20_000))], &[1002]),
        say("binary", vec![Message::binary(vec![0xFF; 160])], &[1002]),
        say("too long", vec![Message::text("x".repeat(TOO_LONG))], &[1009, 1006]),
        say("too long, binary", vec![Message::binary(vec![0; 4 << 20])], &[1009, 1002, 1006]),
        say("never-ending", endless, &[1009, 1002, 1006]),
        raw("unmasked", b"\x81\x02{}"),
        raw("unknown opcode", b"\x83\x80\0\0\0\0"),
        raw("not UTF-8", b"\x81\x81\0\0\0\0\xff"),
        raw("a fragmented ping", b"\x09\x80\0\0\0\0"),
        raw("a length beyond reason", b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"),
    ]
}

/// Does it; the gateway may hang up on the way.
async fn misbehave(mut socket: Socket, abuse: Abuse) {
    for message in abuse.messages {
        if socket.feed(message).await.is_err() {
            break;
        }
    }
    let _ = socket.flush().await;
    let _ = socket.get_mut().write_all(&abuse.raw).await;
    let code = close_code(&mut socket).await;
    assert!(abuse.codes.contains(&code), "{}: {code}", abuse.about);
}

/// Those who have no call.
async fn strangers(knocker: &Knocker) {
    for abuse in abuses() {
        misbehave(knocker.media().await, abuse).await;
    }
    for (text, expected) in [
        (start(&leg(0xC0), "00000000000000000000000000000000"), 1008),
        (start("CA1", "0"), 1002),
        (start(&leg(0xC0), "0").replace("audio/x-mulaw", "audio/x-l16"), 1002),
        (include_str!("../../../../fixtures/twilio/stop.json").to_owned(), 1002),
    ] {
        let mut socket = knocker.media().await;
        socket.send(Message::text(CONNECTED)).await.unwrap();
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(close_code(&mut socket).await, expected);
    }
}

/// Those who say nothing, those who ping a little, and those who do nothing else.
async fn silent(knocker: &Knocker) {
    let pinging = async |pings| {
        let mut socket = knocker.media().await;
        for _ in 0..pings {
            socket.feed(Message::Ping(vec![0; 100].into())).await.unwrap();
        }
        // It may be closed already.
        let _ = socket.flush().await;
        close_code(&mut socket).await
    };
    let (silent, quiet, loud) = tokio::join!(pinging(0), pinging(10), pinging(100));
    assert_eq!((silent, quiet), (1008, 1008));
    assert!([1002, 1006].contains(&loud), "{loud}");
}

/// Those who have a call, and then go wrong.
async fn streams(knocker: &Knocker) {
    for (number, abuse) in (0xD0..).zip(abuses()) {
        misbehave(knocker.attached(&leg(number)).await, abuse).await;
    }
}
