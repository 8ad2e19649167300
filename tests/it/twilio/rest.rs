//! REST requests against a scripted Twilio on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchboard::ports::carrier::{Carrier, CarrierError};
use switchboard::session::input::LegStatus;
use switchboard::twilio::{TwilioRest, TwilioSettings};
use switchboard::types::{LegId, Secret};
use tokio::task::JoinSet;

use super::support::*;
use crate::support::conformance;

/// What the fake says next.
#[derive(Clone)]
enum Says {
    Json(u16, String),
    Redirect,
    Nothing,
    Endless,
}

fn error(status: u16, code: u32) -> Says {
    Says::Json(status, format!(r#"{{"code":{code},"message":"no","more_info":"","status":{status}}}"#))
}

fn call(status: &str) -> Says {
    Says::Json(200, format!(r#"{{"sid":"{LEG}","status":"{status}","new_field":null}}"#))
}

/// Records requests in the form that `check_twilio_rest.py` reads.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Says>>,
    requests: Mutex<Vec<serde_json::Value>>,
}

async fn answer(
    State(script): State<Arc<Script>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    script.requests.lock().unwrap().push(serde_json::json!({
        "method": method.as_str(),
        "path": uri.path_and_query().unwrap().as_str(),
        "authorization": header("authorization"),
        "content_type": header("content-type"),
        "body": String::from_utf8(body.to_vec()).unwrap(),
    }));
    let says = script.answers.lock().unwrap().pop_front().expect("the script has an answer");
    match says {
        Says::Json(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Says::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("Location", "/elsewhere")]).into_response(),
        Says::Nothing => std::future::pending().await,
        Says::Endless => "x".repeat(1024 * 1024).into_response(),
    }
}

struct Twilio {
    script: Arc<Script>,
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Twilio {
    async fn that_says(answers: impl IntoIterator<Item = Says>) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), ..Script::default() });
        let (address, tasks) = serve(Router::new().fallback(answer).with_state(Arc::clone(&script))).await;
        Self { script, address, _tasks: tasks }
    }

    fn settings(&self) -> TwilioSettings {
        let mut settings = settings();
        settings.api_base_url = format!("http://{}/", self.address);
        settings
    }

    /// A client with shorter time limits than in production and the same rules otherwise.
    fn rest(&self, settings: &TwilioSettings) -> TwilioRest {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        TwilioRest::new(client, settings)
    }

    async fn hang_up(&self) -> Result<(), CarrierError> {
        self.rest(&self.settings()).hang_up(&leg()).await
    }

    async fn status(&self) -> Result<LegStatus, CarrierError> {
        self.rest(&self.settings()).status(&leg()).await
    }

    fn requests(&self) -> Vec<serde_json::Value> {
        self.script.requests.lock().unwrap().clone()
    }
}

fn leg() -> LegId {
    LEG.parse().unwrap()
}

fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

#[tokio::test]
async fn hanging_up_completes_the_leg() {
    let twilio = Twilio::that_says([call("completed")]).await;
    assert_eq!(twilio.hang_up().await, Ok(()));
    assert_eq!(
        twilio.requests(),
        [serde_json::json!({
            "method": "POST",
            "path": format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json"),
            "authorization": basic(ACCOUNT, TOKEN),
            "content_type": "application/x-www-form-urlencoded",
            "body": "Status=completed",
        })]
    );
}

#[tokio::test]
async fn a_look_up_gives_the_status() {
    for (word, status) in [("in-progress", LegStatus::InProgress), ("no-answer", LegStatus::NoAnswer)] {
        let twilio = Twilio::that_says([call(word)]).await;
        assert_eq!(twilio.status().await, Ok(status));
        assert_eq!(twilio.requests()[0]["method"], "GET");
    }
    for nonsense in [call("levitating"), Says::Json(200, "<html>".to_owned())] {
        assert_eq!(Twilio::that_says([nonsense]).await.status().await, Err(CarrierError::Unknown));
    }
}

#[tokio::test]
async fn a_leg_that_is_gone_is_hung_up_already() {
    for (status, code) in [(404, 20404), (400, 21220)] {
        assert_eq!(Twilio::that_says([error(status, code)]).await.hang_up().await, Ok(()));
        assert_eq!(Twilio::that_says([error(status, code)]).await.status().await, Err(CarrierError::Gone));
    }
    let not_twilio = Says::Json(404, "no such page".to_owned());
    assert_eq!(Twilio::that_says([not_twilio]).await.hang_up().await, Err(CarrierError::Refused(None)));
}

#[tokio::test]
async fn refusals_are_typed_and_not_repeated() {
    for (says, expected) in [
        (error(401, 20003), CarrierError::Unauthorized),
        (error(400, 21218), CarrierError::Refused(Some(21218))),
        (error(403, 20005), CarrierError::Refused(Some(20005))),
        (Says::Redirect, CarrierError::Refused(None)),
    ] {
        let twilio = Twilio::that_says([says]).await;
        assert_eq!(twilio.hang_up().await, Err(expected));
        assert_eq!(twilio.requests().len(), 1);
    }
}

#[tokio::test]
async fn too_many_requests_are_asked_again_five_times_in_all() {
    let twilio = Twilio::that_says([error(429, 20429), error(429, 20429), call("completed")]).await;
    assert_eq!(twilio.hang_up().await, Ok(()));
    assert_eq!(twilio.requests().len(), 3);

    let twilio = Twilio::that_says(vec![error(429, 20429); 5]).await;
    let started = tokio::time::Instant::now();
    assert_eq!(twilio.status().await, Err(CarrierError::Limited));
    assert_eq!(twilio.requests().len(), 5);
    // 100 + 200 + 400 + 800 ms, less a tenth.
    assert!(started.elapsed() >= Duration::from_millis(1350), "{:?}", started.elapsed());
}

#[tokio::test]
async fn server_errors_and_time_outs_are_tried_three_times() {
    let twilio = Twilio::that_says([error(500, 20500), Says::Nothing, call("completed")]).await;
    assert_eq!(twilio.hang_up().await, Ok(()));
    let twilio = Twilio::that_says([error(503, 20503), Says::Nothing, Says::Endless]).await;
    assert_eq!(twilio.status().await, Err(CarrierError::Unknown));
    assert_eq!(twilio.requests().len(), 3);
}

#[tokio::test]
async fn nobody_listening_is_unknown_in_the_end() {
    let twilio = Twilio::that_says([]).await;
    let mut settings = twilio.settings();
    settings.api_base_url = "http://127.0.0.1:9".to_owned();
    assert_eq!(twilio.rest(&settings).hang_up(&leg()).await, Err(CarrierError::Unknown));
}

#[tokio::test]
async fn an_api_key_is_preferred_and_without_credentials_nothing_is_sent() {
    let twilio = Twilio::that_says([call("completed")]).await;
    let key = format!("SK{}", "0".repeat(32));
    let mut settings = twilio.settings();
    settings.api_key = Some((key.clone(), Secret::new("key secret")));
    let rest = twilio.rest(&settings);
    assert!(rest.is_configured());
    rest.hang_up(&leg()).await.unwrap();
    assert_eq!(twilio.requests()[0]["authorization"], basic(&key, "key secret"));

    settings.api_key = None;
    settings.tokens.clear();
    let rest = twilio.rest(&settings);
    assert!(!rest.is_configured());
    assert_eq!(rest.hang_up(&leg()).await, Err(CarrierError::NotConfigured));
    settings.tokens = vec![Secret::new(TOKEN)];
    settings.account = None;
    assert!(!twilio.rest(&settings).is_configured());
    assert_eq!(twilio.requests().len(), 1);
}

#[tokio::test]
async fn our_requests_fit_the_official_api() {
    let twilio = Twilio::that_says([call("completed"), call("completed"), error(401, 20003)]).await;
    twilio.hang_up().await.unwrap();
    twilio.status().await.unwrap();
    let mut settings = twilio.settings();
    settings.api_key = Some((format!("SK{}", "0".repeat(32)), Secret::new("key secret")));
    twilio.rest(&settings).hang_up(&leg()).await.unwrap_err();
    let lines: String = twilio.requests().iter().map(|request| format!("{request}\n")).collect();
    assert_eq!(lines.lines().count(), 3);
    let Some(spec) = conformance::rest_spec() else {
        return;
    };
    let path = conformance::scratch("twilio-requests.jsonl");
    std::fs::write(&path, &lines).unwrap();
    let (spec, path) = (spec.to_str().unwrap(), path.to_str().unwrap());
    if let Some(output) = conformance::run("check_twilio_rest.py", &[spec, path]) {
        conformance::assert_content(&output);
    }
    let wrong = conformance::scratch("twilio-requests-wrong.jsonl");
    std::fs::write(&wrong, lines.replace("Status=completed", "Status=finished")).unwrap();
    if let Some(output) = conformance::run("check_twilio_rest.py", &[spec, wrong.to_str().unwrap()]) {
        assert_eq!(output.status.code(), Some(1), "the checker would notice a mistake");
    }
}
