//! What we ask of Twilio by REST: create, find, move and end legs, and end rooms.
//!
//! A caller waits for every one of these requests, and a leg that nobody knows of rings and is billed: so each has a
//! time limit, and only what is safe to repeat is repeated (`request::Repeat`).

pub mod breaker;
pub(crate) mod request;
mod watch;
pub(crate) mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use form_urlencoded::Serializer;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Uri};
use tokio::time::Instant;

use crate::net::{Answer, Missed, Net, Request};
use crate::ports::carrier::{Carrier, CarrierError, DialOrder, FoundLeg, Script};
use crate::session::input::LegStatus;
use crate::telemetry::Troubles;
use crate::twilio::TwilioSettings;
use crate::twilio::callback::leg_status;
use crate::twilio::origin::{BadOrigin, Origin};
use crate::twilio::twiml::Documents;
use crate::types::{AccountId, LegId, PhoneNumber, RoomId, Secret, Wall};
use breaker::Breaker;
pub use watch::Clock;

use request::{Order, Repeat, Tried, judge};
use watch::Watch;
use wire::{Call, Calls, Conferences, LIVE_ROOMS, PAGE_SIZE, creation, rooms_query};

/// One try, from the first byte out to the last byte in; a create with everything that belongs to it.
const TOTAL_WAIT: Duration = Duration::from_secs(5);
/// One try while the breaker is open: a caller depends on it, but nobody should wait long for what fails anyway.
const DOUBTFUL_WAIT: Duration = Duration::from_secs(2);

/// "Too many requests" means that nothing was done.
const LIMITED_TRIES_MAX: u32 = 5;
/// After a time-out or a server error nobody knows whether it was done.
const UNKNOWN_TRIES_MAX: u32 = 3;
/// Wait before the second try; doubles each time, give or take a tenth.
const BACKOFF: Duration = Duration::from_millis(100);

/// Twilio takes a document in a request only if it is shorter than this.
const TWIML_CHARS_MAX: usize = 4000;

/// Twilio's REST interface for one account.
pub struct TwilioRest {
    net: Net,
    base_url: String,
    access: Option<Access>,
    documents: Documents,
    breaker: Mutex<Breaker>,
    total_wait: Duration,
    watch: Watch,
}

/// Who we are: the account is in the path, the credentials may be an API key's.
struct Access {
    account: AccountId,
    user: String,
    secret: Secret,
}

/// What one try gave.
struct Exchanged {
    tried: Tried,
    status: Option<u16>,
    code: Option<u32>,
    date: Option<Wall>,
    /// Why there is no usable answer, if there is none.
    why: &'static str,
}

impl TwilioRest {
    /// Fails only if the public base URL is none: the legs that we create ask there what to do.
    pub fn new(net: Net, settings: &TwilioSettings) -> Result<Self, BadOrigin> {
        Ok(Self {
            net,
            base_url: settings.api_base_url.trim_end_matches('/').to_owned(),
            access: Access::from_settings(settings),
            documents: Documents::new(&Origin::parse(&settings.public_base_url)?),
            breaker: Mutex::new(Breaker::new()),
            total_wait: TOTAL_WAIT,
            watch: Watch::new(Troubles::detached(), None),
        })
    }

    /// With another limit than 5 s for a try.
    #[must_use]
    pub const fn with_total_wait(mut self, total_wait: Duration) -> Self {
        self.total_wait = total_wait;
        self
    }

    /// Tells what is wrong with the carrier there, and compares its clock with this one.
    #[must_use]
    pub fn watched(mut self, troubles: Troubles, clock: Clock) -> Self {
        self.watch = Watch::new(troubles, Some(clock));
        self
    }

    /// Asks for nothing in particular, to learn whether the carrier is there and takes our credentials: the list of
    /// calls, which every key that can dial may read, as not every key may read the account. False: it is not well.
    pub async fn probe(&self) -> bool {
        let order = Order::list("/Calls.json".to_owned(), vec![("PageSize", "1".to_owned())]);
        match self.send(&order).await {
            Err(CarrierError::Unknown | CarrierError::Unreachable) => {
                self.watch.is_away();
                false
            }
            Err(CarrierError::Unauthorized(_)) => false,
            // Without credentials there is nothing to look at.
            Ok(_) | Err(_) => true,
        }
    }

    /// Sends a request as often as it may be, until it has an answer.
    async fn send(&self, order: &Order) -> Result<Vec<u8>, CarrierError> {
        let access = self.access.as_ref().ok_or(CarrierError::NotConfigured)?;
        let began = Instant::now();
        if order.repeat == Repeat::Never && !self.breaker().admits(began) {
            metrics::counter!("switchboard_carrier_breaker_refused_total").increment(1);
            return Err(CarrierError::Unreachable);
        }
        let (mut limited, mut failed) = (0, 0);
        loop {
            let wait = self.wait(order, began);
            let (tried, was_answered) = self.attempt(access, order, wait).await;
            let error = match tried {
                Tried::Done(body) => return Ok(body),
                Tried::Refused(error) => return Err(error),
                Tried::Limited => {
                    limited += 1;
                    CarrierError::Limited
                }
                Tried::Unknown => {
                    failed += 1;
                    CarrierError::Unknown
                }
                Tried::Unsent => {
                    failed += 1;
                    CarrierError::Unreachable
                }
            };
            let may_repeat = match (&error, order.repeat) {
                (CarrierError::Limited, _) => limited < LIMITED_TRIES_MAX,
                (_, Repeat::Freely) => failed < UNKNOWN_TRIES_MAX,
                (CarrierError::Unreachable, Repeat::IfUnsent) => failed < 2,
                (_, _) => false,
            };
            let pause = backoff(limited + failed);
            let too_late = order.repeat == Repeat::Never && began.elapsed() + pause >= self.total_wait;
            if !may_repeat || too_late {
                // A server's own failure may concern this request only; silence concerns all.
                if !was_answered {
                    self.watch.is_away();
                }
                return Err(error);
            }
            metrics::counter!("switchboard_carrier_retries_total").increment(1);
            tokio::time::sleep(pause).await;
        }
    }

    /// How long the next try may take.
    fn wait(&self, order: &Order, began: Instant) -> Duration {
        if order.repeat == Repeat::Never {
            return self.total_wait.saturating_sub(began.elapsed());
        }
        if self.breaker().is_open() { self.total_wait.min(DOUBTFUL_WAIT) } else { self.total_wait }
    }

    /// One try, logged without its numbers, texts and secrets, and told to the breaker; and whether anything answered.
    async fn attempt(&self, access: &Access, order: &Order, wait: Duration) -> (Tried, bool) {
        let began = Instant::now();
        let Exchanged { tried, status, code, date, why } = self.exchange(access, order, wait).await;
        let millis = began.elapsed().as_millis() as u64;
        let (method, path, outcome) = (&order.method, &order.path, tried.label());
        tracing::debug!(%method, path, status, code, outcome, why, millis, "asked the carrier");
        self.watch.saw(&tried, date, why);
        metrics::counter!("switchboard_carrier_requests_total", "outcome" => outcome).increment(1);
        let mut breaker = self.breaker();
        if tried.is_answer() {
            breaker.succeeded();
        } else if breaker.failed(Instant::now()) {
            drop(breaker);
            metrics::counter!("switchboard_carrier_breaker_opened_total").increment(1);
            self.watch.is_away();
            tracing::warn!("the carrier's REST interface does not answer: no legs are created for a while");
        }
        (tried, status.is_some())
    }

    async fn exchange(&self, access: &Access, order: &Order, wait: Duration) -> Exchanged {
        let nothing = |tried, why| Exchanged { tried, status: None, code: None, date: None, why };
        let Some(request) = self.request(access, order) else {
            return nothing(Tried::Unsent, "url");
        };
        match self.net.send(request, wait, order.bytes_max).await {
            Ok(Answer { status, body, date }) => {
                let (tried, code) = judge(status, body);
                Exchanged { tried, status: Some(status.as_u16()), code, date, why: "server_error" }
            }
            Err(missed @ Missed::Unsent(_)) => nothing(Tried::Unsent, missed.label()),
            Err(missed) => nothing(Tried::Unknown, missed.label()),
        }
    }

    /// `None`: `TWILIO_API_BASE_URL` is no URL, which the settings do not let pass.
    fn request(&self, access: &Access, order: &Order) -> Option<Request> {
        let mut url = format!("{}/2010-04-01/Accounts/{}{}", self.base_url, access.account, order.path);
        if !order.query.is_empty() {
            url.push('?');
            url.push_str(&encoded(&order.query));
        }
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, access.header()?);
        if !order.form.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        let body = Bytes::from(encoded(&order.form));
        Some(Request { method: order.method.clone(), url: url.parse::<Uri>().ok()?, headers, body })
    }

    /// The carrier's names of the rooms with this name and state.
    async fn rooms(&self, name: &str, status: &str) -> Result<Vec<String>, CarrierError> {
        let body = self.send(&Order::list("/Conferences.json".to_owned(), rooms_query(name, status))).await?;
        let page: Conferences = serde_json::from_slice(&body).map_err(|_| CarrierError::Unknown)?;
        Ok(page.live(name))
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `application/x-www-form-urlencoded`.
fn encoded(pairs: &[(&'static str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The wait before try number `tried + 1`.
fn backoff(tried: u32) -> Duration {
    BACKOFF.saturating_mul(1 << (tried - 1).min(8)).mul_f64(0.9 + 0.2 * fastrand::f64())
}

/// Gone is what we wanted.
fn gone_is_done(result: Result<Vec<u8>, CarrierError>) -> Result<(), CarrierError> {
    match result {
        Ok(_) | Err(CarrierError::Gone) => Ok(()),
        Err(error) => Err(error),
    }
}

impl Access {
    fn from_settings(settings: &TwilioSettings) -> Option<Self> {
        let account = settings.account.clone()?;
        if let Some((user, secret)) = &settings.api_key {
            return Some(Self { account, user: user.clone(), secret: secret.clone() });
        }
        let secret = settings.tokens.first()?.clone();
        Some(Self { user: account.to_string(), account, secret })
    }

    fn header(&self) -> Option<HeaderValue> {
        let plain = format!("{}:{}", self.user, self.secret.expose());
        let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(plain))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[async_trait]
impl Carrier for TwilioRest {
    fn is_configured(&self) -> bool {
        self.access.is_some()
    }

    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError> {
        gone_is_done(self.send(&Order::post(call_path(leg), completed(), Repeat::Freely)).await)
    }

    async fn status(&self, leg: &LegId) -> Result<LegStatus, CarrierError> {
        let body = self.send(&Order::get(call_path(leg))).await?;
        let call: Option<Call> = serde_json::from_slice(&body).ok();
        call.and_then(|call| leg_status(&call.status)).ok_or(CarrierError::Unknown)
    }

    async fn dial(&self, order: &DialOrder) -> Result<LegId, CarrierError> {
        let form = creation(order, &self.documents);
        let body = self.send(&Order::post("/Calls.json".to_owned(), form, Repeat::Never)).await?;
        let call: Option<Call> = serde_json::from_slice(&body).ok();
        call.and_then(|call| call.sid.parse().ok()).ok_or(CarrierError::Unknown)
    }

    async fn find(&self, to: &PhoneNumber, from: &PhoneNumber, since: Wall) -> Result<Vec<FoundLeg>, CarrierError> {
        // Not `StartTime>`: it counts days, and a leg that still waits for its turn has no start yet.
        let query =
            vec![("To", to.e164().to_owned()), ("From", from.e164().to_owned()), ("PageSize", PAGE_SIZE.to_owned())];
        let body = self.send(&Order::list("/Calls.json".to_owned(), query)).await?;
        let page: Calls = serde_json::from_slice(&body).map_err(|_| CarrierError::Unknown)?;
        // The answer has told what time it is there.
        let since = self.watch.theirs(since);
        Ok(page.calls.iter().filter_map(|call| call.created_since(since)).collect())
    }

    async fn redirect(&self, leg: &LegId, script: &Script) -> Result<(), CarrierError> {
        let document = self.documents.write(script);
        if document.chars().count() >= TWIML_CHARS_MAX {
            tracing::error!(%leg, "a document is too long for a request");
            return Err(CarrierError::Refused(None));
        }
        // A second one would begin the document again, so an unknown outcome stays unknown.
        let order = Order::post(call_path(leg), vec![("Twiml", document)], Repeat::IfUnsent);
        self.send(&order).await.map(drop)
    }

    async fn end_room(&self, room: &RoomId) -> Result<(), CarrierError> {
        let (name, mut found, mut result) = (room.to_string(), Vec::new(), Ok(()));
        for status in LIVE_ROOMS {
            match self.rooms(&name, status).await {
                Ok(sids) => found.extend(sids.into_iter().filter(|sid| !found.contains(sid)).collect::<Vec<_>>()),
                Err(error) => result = result.and(Err(error)),
            }
        }
        for sid in found {
            let order = Order::post(format!("/Conferences/{sid}.json"), completed(), Repeat::Freely);
            result = result.and(gone_is_done(self.send(&order).await));
        }
        result
    }
}

fn call_path(leg: &LegId) -> String {
    format!("/Calls/{leg}.json")
}

fn completed() -> Vec<(&'static str, String)> {
    vec![("Status", "completed".to_owned())]
}
