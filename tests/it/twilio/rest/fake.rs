//! A Twilio that says what it is told to, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use switchboard::net::{Net, tls_config};
use switchboard::ports::carrier::{Carrier, CarrierError};
use switchboard::session::input::LegStatus;
use switchboard::twilio::{TwilioRest, TwilioSettings};
use switchboard::types::LegId;
use tokio::task::JoinSet;

use crate::twilio::support::*;

/// What the fake says next.
#[derive(Clone)]
pub(super) enum Says {
    Json(u16, String),
    /// Well, with this date and body.
    At(&'static str, String),
    Redirect,
    Nothing,
    Endless,
}

pub(super) fn error(status: u16, code: u32) -> Says {
    Says::Json(status, format!(r#"{{"code":{code},"message":"no","more_info":"","status":{status}}}"#))
}

pub(super) fn call(status: &str) -> Says {
    Says::Json(200, format!(r#"{{"sid":"{LEG}","status":"{status}","new_field":null}}"#))
}

/// Records requests in the form that `check_twilio_rest.py` reads.
#[derive(Default)]
pub(super) struct Script {
    answers: Mutex<VecDeque<Says>>,
    requests: Mutex<Vec<serde_json::Value>>,
}

pub(super) async fn answer(
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
        Says::At(date, body) => ([("Date", date)], body).into_response(),
        Says::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("Location", "/elsewhere")]).into_response(),
        Says::Nothing => std::future::pending().await,
        Says::Endless => "x".repeat(1024 * 1024).into_response(),
    }
}

/// How long an answer that never comes is waited for: much longer than one that comes.
const SILENCE: Duration = Duration::from_secs(2);

pub(super) struct Twilio {
    script: Arc<Script>,
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Twilio {
    pub(super) async fn that_says(answers: impl IntoIterator<Item = Says>) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), ..Script::default() });
        let (address, tasks) = serve(Router::new().fallback(answer).with_state(Arc::clone(&script))).await;
        Self { script, address, _tasks: tasks }
    }

    pub(super) fn settings(&self) -> TwilioSettings {
        let mut settings = settings();
        settings.api_base_url = format!("http://{}/", self.address);
        settings
    }

    /// A client with the rules of production. Only where an answer never comes it waits shorter than there; elsewhere
    /// much longer, so that a busy machine is not taken for a silent Twilio.
    pub(super) fn rest(&self, settings: &TwilioSettings) -> TwilioRest {
        let rest = TwilioRest::new(Net::direct(tls_config()), settings).unwrap();
        let is_silent = self.script.answers.lock().unwrap().iter().any(|says| matches!(says, Says::Nothing));
        rest.with_total_wait(if is_silent { SILENCE } else { PATIENCE })
    }

    pub(super) async fn hang_up(&self) -> Result<(), CarrierError> {
        self.rest(&self.settings()).hang_up(&leg()).await
    }

    pub(super) async fn status(&self) -> Result<LegStatus, CarrierError> {
        self.rest(&self.settings()).status(&leg()).await
    }

    pub(super) fn requests(&self) -> Vec<serde_json::Value> {
        self.script.requests.lock().unwrap().clone()
    }
}

pub(super) fn leg() -> LegId {
    LEG.parse().unwrap()
}
