//! A door that records, a server on a loopback port, and a signer that is not the gateway's own.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use switchboard::dialling::{Destination, DialPolicy, DialRequest, Permitted};
use switchboard::ports::carrier::Script;
use switchboard::ports::door::{
    Answer, AttachError, Claim, CommandError, Door, LiveCall, OutboundError, OutboundOrder, Refusal, Ring,
};
use switchboard::ports::media::MediaLink;
use switchboard::session::document::Document;
use switchboard::session::input::{CarrierInput, LegStatus, Question, StaffInput};
use switchboard::twilio::{TwilioSettings, TwilioState, router};
use switchboard::types::org::{EscalationSettings, OutboundSettings};
use switchboard::types::{AttemptId, CallId, LegId, Secret, StreamId, Urgency};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

pub(crate) const BASE: &str = "https://gw.test";
pub(crate) const TOKEN: &str = "12345678901234567890123456789012";
pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const LEG: &str = "CA0123456789abcdef0123456789abcdef";
pub(crate) const OTHER_LEG: &str = "CA00000000000000000000000000000002";
pub(crate) const STREAM: &str = "MZ0123456789abcdef0123456789abcdef";
pub(crate) const OTHER_STREAM: &str = "MZ00000000000000000000000000000002";
pub(crate) const TICKET: &str = "00112233445566778899aabbccddeeff";

/// One that no call has.
pub(crate) const UNKNOWN_TICKET: &str = "ffffffffffffffffffffffffffffffff";

/// Nothing in these tests takes longer unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the door was asked, in words that compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// Leg, caller's number, dialled number.
    Ring(String, Option<String>, Option<String>),
    Claim(String, String),
    Attach(String),
    AfterStream(String),
    /// Another question about a caller's leg.
    Ask(String, Question),
    AskCall(CallId, Question),
    /// The news as `Debug` writes them, since they do not compare.
    TellCall(CallId, String),
    PartyStatus(CallId, String, LegStatus, Option<u32>),
    OperatorStatus(AttemptId, String, LegStatus, Option<u32>),
    LegStatus(String, LegStatus, Option<u32>),
    StreamEnded(String, String),
    GaveUp(String),
}

/// How the door behaves when it is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    Normal,
    /// Every call is over by the time a stream is attached.
    Over,
    Panics,
    NeverAnswers,
    /// Answers nothing until then, and what was asked before is not answered later.
    StandsStill(Instant),
}

pub(crate) struct FakeDoor {
    pub(crate) mood: Mood,
    asked: Mutex<Vec<Asked>>,
    answers: Mutex<VecDeque<Answer>>,
    next: Mutex<VecDeque<(Document, Option<Secret>)>>,
    next_of_own_legs: Mutex<VecDeque<Script>>,
    /// One use each, as the real ones.
    tickets: Mutex<Vec<(String, String)>>,
    links: mpsc::UnboundedSender<MediaLink>,
}

impl FakeDoor {
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn will_answer(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn will_follow(&self, next: Document, ticket: Option<&str>) {
        self.next.lock().unwrap().push_back((next, ticket.map(Secret::new)));
    }

    /// The next answer to a question about an operator's leg or an outbound party's.
    pub(crate) fn will_tell_own_leg(&self, script: Script) {
        self.next_of_own_legs.lock().unwrap().push_back(script);
    }

    pub(crate) fn sell(&self, ticket: &str, leg: &str) {
        self.tickets.lock().unwrap().push((ticket.to_owned(), leg.to_owned()));
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap().push(asked);
        assert!(self.mood != Mood::Panics, "planted");
    }

    async fn hang(&self) {
        let waits = match self.mood {
            Mood::NeverAnswers => true,
            Mood::StandsStill(until) => Instant::now() < until,
            Mood::Normal | Mood::Over | Mood::Panics => false,
        };
        if waits {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Door for FakeDoor {
    async fn ring(&self, ring: Ring) -> Answer {
        let caller = ring.caller.number().map(|number| number.e164().to_owned());
        self.note(Asked::Ring(ring.leg.to_string(), caller, ring.dialled.map(|number| number.e164().to_owned())));
        self.hang().await;
        self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Refuse {
            refusal: Refusal::Busy,
            language: None,
            emergency: "".into(),
        })
    }

    /// Every ticket of these tests but one, sold or not: what a used one gets at `claim` is tested, too.
    fn knows_ticket(&self, ticket: &str) -> bool {
        ticket != UNKNOWN_TICKET
    }

    fn claim(&self, ticket: &str, leg: &LegId) -> Result<Claim, AttachError> {
        self.note(Asked::Claim(ticket.to_owned(), leg.to_string()));
        let mut tickets = self.tickets.lock().unwrap();
        let at = tickets.iter().position(|(t, l)| t == ticket && l == leg.as_str()).ok_or(AttachError::Ticket)?;
        tickets.remove(at);
        Ok(Claim { call: CallId(uuid::Uuid::nil()), leg: leg.clone() })
    }

    fn attach(&self, claim: Claim, link: MediaLink) -> Result<(), AttachError> {
        self.note(Asked::Attach(claim.leg.to_string()));
        if self.mood == Mood::Over {
            return Err(AttachError::Over);
        }
        self.links.send(link).map_err(|_| AttachError::Over)
    }

    async fn ask(&self, leg: &LegId, question: Question) -> Option<Script> {
        self.note(match question {
            Question::AfterStream => Asked::AfterStream(leg.to_string()),
            other => Asked::Ask(leg.to_string(), other),
        });
        self.hang().await;
        let (document, ticket) = self.next.lock().unwrap().pop_front().unwrap_or((Document::HangUp, None));
        Some(script(document, ticket))
    }

    async fn ask_call(&self, call: CallId, question: Question) -> Option<Script> {
        self.note(Asked::AskCall(call, question));
        self.hang().await;
        Some(self.next_of_own_legs.lock().unwrap().pop_front().unwrap_or_else(|| script(Document::HangUp, None)))
    }

    fn tell_call(&self, call: CallId, input: CarrierInput) {
        self.note(Asked::TellCall(call, format!("{input:?}")));
    }

    fn operator_status(&self, attempt: AttemptId, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        self.note(Asked::OperatorStatus(attempt, leg.to_string(), status, sequence));
    }

    fn party_status(&self, call: CallId, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        self.note(Asked::PartyStatus(call, leg.to_string(), status, sequence));
    }

    fn leg_status(&self, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        self.note(Asked::LegStatus(leg.to_string(), status, sequence));
    }

    fn stream_ended(&self, leg: &LegId, stream: &StreamId) {
        self.note(Asked::StreamEnded(leg.to_string(), stream.to_string()));
    }

    fn gave_up(&self, leg: &LegId) {
        self.note(Asked::GaveUp(leg.to_string()));
    }

    async fn place(&self, _: OutboundOrder) -> Result<(), OutboundError> {
        Err(OutboundError::NoCarrier)
    }

    async fn command(&self, _: CallId, _: StaffInput) -> Result<(), CommandError> {
        Err(CommandError::NotLive)
    }

    fn live(&self) -> Vec<LiveCall> {
        Vec::new()
    }

    fn is_draining(&self) -> bool {
        false
    }
}

pub(crate) fn settings() -> TwilioSettings {
    let mut settings = TwilioSettings::new(BASE);
    settings.tokens = vec![Secret::new(TOKEN)];
    settings.account = Some(ACCOUNT.parse().unwrap());
    settings
}

/// Routes without a socket, with the door behind them.
pub(crate) struct House {
    pub(crate) door: Arc<FakeDoor>,
    pub(crate) state: TwilioState,
    pub(crate) links: mpsc::UnboundedReceiver<MediaLink>,
}

impl House {
    pub(crate) fn new(settings: &TwilioSettings, mood: Mood) -> Self {
        let (sender, links) = mpsc::unbounded_channel();
        let door = Arc::new(FakeDoor {
            mood,
            asked: Mutex::default(),
            answers: Mutex::default(),
            next: Mutex::default(),
            next_of_own_legs: Mutex::default(),
            tickets: Mutex::default(),
            links: sender,
        });
        let state = TwilioState::new(Arc::clone(&door) as Arc<dyn Door>, settings).unwrap();
        Self { door, state, links }
    }

    pub(crate) fn router(&self) -> Router {
        router(self.state.clone())
    }

    /// A signed webhook, without a socket: status and document.
    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> (StatusCode, String) {
        let signature = sign(TOKEN, &format!("{BASE}{path}"), pairs);
        let request = client().post(format!("{BASE}{path}")).header("X-Twilio-Signature", signature).form(pairs);
        let (parts, body) = axum::http::Request::try_from(request.build().unwrap()).unwrap().into_parts();
        let body = Body::from(body.as_bytes().unwrap().to_vec());
        let response = self.router().oneshot(axum::http::Request::from_parts(parts, body)).await.unwrap();
        let status = response.status();
        let document = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(document.to_vec()).unwrap())
    }
}

/// The same on a loopback port; the server ends with this value.
pub(crate) struct Server {
    pub(crate) house: House,
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(settings: &TwilioSettings, mood: Mood) -> Self {
        let house = House::new(settings, mood);
        let (address, tasks) = serve(house.router()).await;
        Self { house, address, _tasks: tasks }
    }

    pub(crate) async fn normal() -> Self {
        Self::start(&settings(), Mood::Normal).await
    }

    pub(crate) fn door(&self) -> &FakeDoor {
        &self.house.door
    }

    /// The next link that the door was given.
    pub(crate) async fn link(&mut self) -> MediaLink {
        tokio::time::timeout(PATIENCE, self.house.links.recv()).await.expect("a link in time").expect("a link")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A signed webhook.
    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> reqwest::Response {
        let signature = sign(TOKEN, &format!("{BASE}{path}"), pairs);
        self.post_signed(path, pairs, &signature).await
    }

    pub(crate) async fn post_signed(&self, path: &str, pairs: &[(&str, &str)], signature: &str) -> reqwest::Response {
        let request = client().post(self.url(path)).header("X-Twilio-Signature", signature).form(pairs);
        request.send().await.expect("an answer")
    }
}

/// Serves a router on a free loopback port.
pub(crate) async fn serve(router: Router) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, tasks)
}

pub(crate) fn client() -> reqwest::Client {
    // The first of the tests installs the provider; the others find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Twilio's signature, from its documentation.
pub(crate) fn sign(token: &str, url: &str, pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let text = sorted.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    sign_bytes(token, text.as_bytes())
}

/// The same of what is signed, put together.
pub(crate) fn sign_bytes(token: &str, text: &[u8]) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The parameters of an ordinary incoming call.
pub(crate) fn ringing() -> Vec<(&'static str, &'static str)> {
    vec![
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", LEG),
        ("CallStatus", "ringing"),
        ("Called", "+15550100000"),
        ("Caller", "+15550142000"),
        ("CallerCity", ""),
        ("Direction", "inbound"),
        ("From", "+15550142000"),
        ("To", "+15550100000"),
    ]
}

/// A document with what it needs.
pub(crate) fn script(document: Document, ticket: Option<Secret>) -> Script {
    Script {
        call: CallId(uuid::Uuid::nil()),
        document,
        org_name: "Riverside Clinic".into(),
        language: "en".into(),
        emergency: "".into(),
        ticket,
        cold: None,
    }
}

/// A number that the choke point lets through.
pub(crate) fn permitted(number: &str) -> Permitted {
    let escalation = EscalationSettings { allow: vec!["+1".to_owned()], ..EscalationSettings::default() };
    let outbound = OutboundSettings { enabled: true, ..OutboundSettings::default() };
    let request = DialRequest {
        org: &"demo".parse().unwrap(),
        escalation: &escalation,
        outbound: &outbound,
        call: "00000000-0000-0000-0000-00000000002a".parse().unwrap(),
        to: Destination::Number(&number.parse().unwrap()),
        urgency: Urgency::Low,
        caller: None,
        shown: None,
        is_ours: &|_| false,
        at_us: 0,
    };
    DialPolicy::default().permit(&request).unwrap()
}
