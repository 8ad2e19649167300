//! The phone company over real sockets, against a small gateway of the test's own.

#![expect(clippy::unwrap_used, reason = "tests, and their helpers")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use switchboard::sim::caller::ToneCoded;
use switchboard::sim::caller::code::Code;
use switchboard::sim::carrier::company::EndedBy;
use switchboard::sim::carrier::sign::signature;
use switchboard::sim::carrier::{CallPlan, Keys, Person};
use switchboard::sim::server::carrier::{CarrierConfig, CarrierServer, Clock};
use switchboard::types::{Mono, Wall};
use tokio::net::TcpListener;

use crate::support::nobody::Nobody;

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "12345678901234567890123456789012";

const CONNECT: &str = r#"<Response><Connect action="https://gw.test/twilio/after-stream"><Stream url="wss://gw.test/twilio/media" statusCallback="https://gw.test/twilio/stream-status"/></Connect></Response>"#;

const GATE: &str = r#"<Response><Gather action="https://gw.test/twilio/gate" numDigits="1"><Say>Press a key.</Say></Gather><Hangup/></Response>"#;

const ROOM: &str = r#"<Response><Dial action="https://gw.test/twilio/left"><Conference endConferenceOnExit="true" waitUrl="https://gw.test/twilio/hold" waitMethod="GET" statusCallback="https://gw.test/twilio/room" statusCallbackEvent="start end join leave">room-1</Conference></Dial></Response>"#;

/// Requests that were not signed as they should be.
#[derive(Clone, Default)]
struct Gateway {
    unsigned: Arc<Mutex<Vec<String>>>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    fn check(&self, headers: &HeaderMap, url: String, pairs: &[(String, String)]) {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let given = headers.get("x-twilio-signature").and_then(|given| given.to_str().ok());
        if given != Some(signature(TOKEN, &url, pairs).as_str()) || host != Some("gw.test") {
            self.unsigned.lock().unwrap().push(url.clone());
        }
        self.paths.lock().unwrap().push(url);
    }

    /// Something whose path begins so was asked for.
    fn asked(&self, path: &str) -> bool {
        let path = format!("https://gw.test/twilio/{path}");
        self.paths.lock().unwrap().iter().any(|asked| asked.starts_with(&path))
    }
}

async fn webhook(
    State(gateway): State<Gateway>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    // A GET is signed by its URL alone.
    let pairs = if method == Method::GET { Vec::new() } else { pairs };
    gateway.check(&headers, format!("https://gw.test{uri}"), &pairs);
    let body = match uri.path() {
        "/twilio/voice" => CONNECT,
        "/twilio/answer" => GATE,
        "/twilio/gate" => ROOM,
        "/twilio/hold" => "<Response><Play loop=\"0\">https://gw.test/hold.mp3</Play></Response>",
        _ => "<Response><Hangup/></Response>",
    };
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

async fn media(State(gateway): State<Gateway>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    gateway.check(&headers, "wss://gw.test/twilio/media".to_owned(), &[]);
    upgrade.on_upgrade(echo)
}

/// Sends the caller's own frames back.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        if event["event"] != "media" {
            continue;
        }
        let (stream, payload) = (&event["streamSid"], &event["media"]["payload"]);
        let reply = serde_json::json!({"event": "media", "streamSid": stream, "media": {"payload": payload}});
        if socket.send(Message::text(reply.to_string())).await.is_err() {
            return;
        }
    }
}

async fn start() -> (Gateway, CarrierServer) {
    let gateway = Gateway::default();
    let router = Router::new()
        .route("/twilio/media", any(media))
        .route("/twilio/{*rest}", any(webhook))
        .with_state(gateway.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test's own gateway, dropped with its runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    (gateway, company(address).await)
}

async fn company(gateway: SocketAddr) -> CarrierServer {
    #[expect(clippy::disallowed_methods, reason = "the test is the composition root here")]
    let began = Instant::now();
    let clock: Clock = Arc::new(move || Mono(began.elapsed().as_micros() as u64));
    CarrierServer::start(CarrierConfig {
        gateway,
        public_base: "https://gw.test".to_owned(),
        account: ACCOUNT.parse().unwrap(),
        token: TOKEN.to_owned(),
        clock,
        epoch: Wall(1_793_491_200_000_000),
        seed: 1,
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_over_real_sockets_and_come_back_whole() {
    let (gateway, company) = start().await;
    let calls: Vec<_> = (0..10)
        .map(|call| {
            let code = if call % 2 == 0 { Code::Bytes } else { Code::Tones };
            let caller = ToneCoded::new(code, call, 40, PATIENCE);
            company.place_call(CallPlan::new(Box::new(caller)))
        })
        .collect();
    for call in calls {
        let report = call.report().await.unwrap();
        assert_eq!(report.violations, []);
        let code = report.code.unwrap();
        assert!(code.is_clean() && code.sent == 40, "{code:?}");
        assert_eq!(report.ended.unwrap().by, EndedBy::Caller);
        // Frames left in step with the clock and not before it: 40 of them and half a second to settle.
        let lasted = report.ended.unwrap().at.since(report.answered_at.unwrap());
        assert!(lasted >= Duration::from_millis(1280), "{lasted:?}");
    }
    assert_eq!(*gateway.unsigned.lock().unwrap(), Vec::<String>::new());
    assert_eq!(gateway.paths.lock().unwrap().len(), 10 * 5);
    company.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_interface_ends_a_call_and_remembers_it() {
    let (_gateway, company) = start().await;
    let caller = ToneCoded::new(Code::Bytes, 1, 10_000, PATIENCE);
    let call = company.place_call(CallPlan::new(Box::new(caller)));
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Calls/{}.json", company.rest_base(), call.leg);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = |token: &str| client.post(&url).basic_auth(ACCOUNT, Some(token)).body("Status=completed");
    assert_eq!(request("wrong").send().await.unwrap().status(), 401);
    assert_eq!(request(TOKEN).send().await.unwrap().status(), 200);
    let report = call.report().await.unwrap();
    assert_eq!(report.ended.unwrap().by, EndedBy::Rest);
    let answer = client.get(&url).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["status"], "completed");
    assert_eq!(request(TOKEN).send().await.unwrap().status(), 400);
    company.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_can_be_made_to_hang_up() {
    let (_gateway, company) = start().await;
    let caller = ToneCoded::new(Code::Bytes, 1, 10_000, PATIENCE);
    let call = company.place_call(CallPlan::new(Box::new(caller)));
    call.hang_up();
    assert_eq!(call.report().await.unwrap().ended.unwrap().by, EndedBy::Caller);
    company.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_at_the_other_end_is_a_broken_call() {
    let nobody = Nobody::new();
    let company = company(nobody.addr()).await;
    let caller = ToneCoded::new(Code::Bytes, 1, 50, PATIENCE);
    let report = company.place_call(CallPlan::new(Box::new(caller))).report().await.unwrap();
    assert_eq!(report.ended.unwrap().by, EndedBy::Broken);
    company.stop().await;
}

/// Waits for something that the company must come to.
async fn until(what: &str, company: &CarrierServer, so: impl Fn(&CarrierServer) -> bool) {
    let came = tokio::time::timeout(PATIENCE, company.until(so)).await;
    assert!(came.is_ok(), "never came: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_called_decides_and_meets_the_caller_in_a_room() {
    let (gateway, company) = start().await;
    let mut person = Person::pressing(&["1"]);
    person.habits.keys[0] = Keys { after: Duration::from_millis(100), digits: "1".to_owned() };
    company.add_person("+15550107777", person);
    let caller = ToneCoded::new(Code::Bytes, 1, 10_000, PATIENCE);
    let call = company.place_call(CallPlan::new(Box::new(caller)));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = |path: String, form: Vec<(&'static str, String)>| {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/{path}", company.rest_base());
        client.post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(&form).send()
    };
    let form = [("To", "+15550107777"), ("From", "+15550100199"), ("Url", "https://gw.test/twilio/answer")];
    let form = form.map(|(name, value)| (name, value.to_owned())).to_vec();
    assert_eq!(post("Calls.json".to_owned(), form).await.unwrap().status(), 201);
    until("the operator in the room", &company, |company| !company.live_rooms().is_empty()).await;
    // The two requests are under way side by side; the caller must not come before the sound was asked for.
    until("the sound of the wait", &company, |_| gateway.asked("hold?AccountSid=")).await;
    let moved = post(format!("Calls/{}.json", call.leg), vec![("Twiml", ROOM.to_owned())]).await.unwrap();
    assert_eq!(moved.status(), 200);
    until("the connection", &company, |company| !company.report().bridges.is_empty()).await;
    call.hang_up();
    let report = call.report().await.unwrap();
    assert_eq!(report.violations, []);
    until("the end of everything", &company, CarrierServer::is_at_rest).await;
    assert!(company.live_legs().is_empty() && company.live_rooms().is_empty());
    assert_eq!(*gateway.unsigned.lock().unwrap(), Vec::<String>::new());
    let paths = gateway.paths.lock().unwrap().clone();
    for path in ["answer", "gate", "room", "left"] {
        assert!(paths.contains(&format!("https://gw.test/twilio/{path}")), "{path}: {paths:?}");
    }
    let lines = company.requests_jsonl();
    assert_eq!(lines.lines().count(), 2);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["method"], &first["content_type"]),
        (&"POST".into(), &"application/x-www-form-urlencoded".into())
    );
    company.stop().await;
}
