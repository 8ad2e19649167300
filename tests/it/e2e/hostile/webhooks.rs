//! Webhooks as nobody should make them: each is refused with a status that says why.

use crate::e2e::knock::{FORM, Knocker, Pairs, form, leg, ringing, sign};

const ROUTES: [&str; 5] =
    ["/twilio/voice", "/twilio/after-stream", "/twilio/fallback", "/twilio/status", "/twilio/stream-status"];

pub(super) async fn abuse(knocker: &Knocker) {
    let all = ROUTES.map(|route| one_route(knocker, route));
    let [a, b, c, d, e] = all;
    tokio::join!(a, b, c, d, e, replayed(knocker), random_bytes(knocker));
}

async fn one_route(knocker: &Knocker, route: &str) {
    let pairs = ringing(&leg(0xA0));
    let (signed, right) = (sign(route, &pairs), form(&pairs).into_bytes());
    let post = async |kind: &str, signed: &str, body: Vec<u8>| knocker.post(route, kind, signed, body).await.0;

    for method in ["GET", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        assert_eq!(knocker.method(method, route).await, 405, "{method} {route}");
    }
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "\u{1}", ""] {
        let status = knocker.raw(&request(route, kind, &signed, &right)).await;
        assert!([400, 415].contains(&status), "{kind:?} {route}: {status}");
    }
    assert_eq!(post(FORM, "", right.clone()).await, 403, "without a signature");
    assert_eq!(post(FORM, &"A".repeat(6000), right.clone()).await, 403, "a long signature");
    for body in [&b""[..], b"%", b"%zz=%u1234", b"\xff\xfe=\x00", b"CallSid=%FF%FE", &[b'&'; 60_000], &[b'='; 60_000]] {
        assert_eq!(post(FORM, &signed, body.to_vec()).await, 403, "{route}");
    }
    assert_eq!(post(FORM, &signed, vec![b'a'; 65 * 1024]).await, 413, "{route}");
    // Ten megabytes, announced or not: nobody reads them.
    let mut huge = request(route, FORM, &signed, &[]);
    let text = String::from_utf8(huge).unwrap().replace("Content-Length: 0", "Content-Length: 10485760");
    huge = [text.into_bytes(), vec![b'a'; 10 << 20]].concat();
    let status = knocker.raw(&huge).await;
    assert!([413, 0].contains(&status), "{route}: {status}");
    let head = String::from_utf8(request(route, FORM, &signed, &[])).unwrap();
    let chunked = head.replace("Content-Length: 0", "Transfer-Encoding: chunked");
    let endless = [chunked.into_bytes(), b"8000\r\n".to_vec(), vec![b'a'; 0x8000], b"\r\n".to_vec()].concat();
    let endless = [endless, [b"8000\r\n".to_vec(), vec![b'a'; 0x8000], b"\r\n".to_vec()].concat().repeat(20)].concat();
    let status = knocker.raw(&endless).await;
    assert!([413, 0].contains(&status), "{route}: {status}");

    // Right in everything but its ids.
    for (name, value) in [("CallSid", "CA1"), ("CallSid", "../../etc/passwd"), ("AccountSid", "AC1")] {
        let wrong: Pairs = pairs.iter().filter(|(known, _)| known != name).cloned().collect();
        let wrong = [wrong, vec![(name.to_owned(), value.to_owned())]].concat();
        assert_eq!(knocker.webhook(route, &wrong).await.0, 400, "{name}={value} {route}");
    }
    let twice = [pairs.clone(), vec![("CallSid".to_owned(), leg(0xA1))]].concat();
    assert_eq!(knocker.webhook(route, &twice).await.0, 403, "{route}");
    let mut other = pairs.clone();
    other[0].1 = "AC99999999999999999999999999999999".to_owned();
    assert_eq!(knocker.webhook(route, &other).await.0, 403, "another account's {route}");

    // A body that does not come.
    let slow = head.replace("Content-Length: 0", "Content-Length: 500") + "CallSid=";
    let status = knocker.raw(slow.as_bytes()).await;
    assert_eq!(status, 408, "{route}");
}

/// The same request again and again is one call, and no call any more when that is over.
async fn replayed(knocker: &Knocker) {
    let pairs = ringing(&leg(0xB0));
    let (status, first) = knocker.webhook("/twilio/voice", &pairs).await;
    assert!(status == 200 && first.contains("ticket"), "{status} {first}");
    for _ in 0..10 {
        assert_eq!(knocker.webhook("/twilio/voice", &pairs).await, (200, first.clone()));
    }
    let over: Pairs = pairs
        .iter()
        .cloned()
        .map(|(name, value)| if name == "CallStatus" { (name, "completed".to_owned()) } else { (name, value) })
        .collect();
    assert_eq!(knocker.webhook("/twilio/status", &over).await.0, 204);
    let mut again = first;
    let ending = async {
        while again.contains("ticket") {
            again = knocker.webhook("/twilio/voice", &pairs).await.1;
        }
    };
    assert!(tokio::time::timeout(crate::e2e::ground::PATIENCE, ending).await.is_ok());
    assert!(again.contains("<Hangup"), "{again}");
}

/// What is no HTTP at all is not answered, or with 400.
async fn random_bytes(knocker: &Knocker) {
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..50 {
        let length = rng.usize(1..2000);
        let mut garbage: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(length).collect();
        garbage.extend_from_slice(b"\r\n\r\n");
        let status = knocker.raw(&garbage).await;
        assert!([400, 0].contains(&status), "{status}");
    }
    let long = [b"GET / HTTP/1.1\r\nHost: gw.test\r\nX: ".to_vec(), vec![b'a'; 2 << 20]].concat();
    let status = knocker.raw(&long).await;
    assert!([431, 400, 0].contains(&status), "{status}");
}

fn request(route: &str, kind: &str, signed: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {route} HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         X-Twilio-Signature: {signed}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
