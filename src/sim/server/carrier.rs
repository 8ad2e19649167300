//! The phone company over real sockets: signed webhooks, signed media sockets, and its REST interface on loopback.
//!
//! It calls the gateway by its public names (`https://gw.test`) and signs these, while every connection goes to one
//! loopback address in plain text: exactly what a gateway behind a TLS proxy sees.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;
use fastrand::Rng;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::sim::carrier::company::{CallPlan, CallReport, CompanyConfig};
use crate::sim::carrier::exchange::{Exchange, ExchangeConfig, ExchangeReport, LegNo, RoomSummary};
use crate::sim::carrier::person::Person;
use crate::sim::carrier::rest::{Credentials, RestRequest};
use crate::types::{AccountId, LegId, Mono, Wall};

mod board;
mod post;
mod socket;

use board::{Board, Shared};
use post::Poster;

/// The time, passed in: microseconds since some begin, never backwards.
pub type Clock = Arc<dyn Fn() -> Mono + Send + Sync>;

/// A phone company that knows one gateway.
#[derive(Clone)]
pub struct CarrierConfig {
    /// Where every connection to the gateway really goes.
    pub gateway: SocketAddr,
    /// The gateway's public origin, for example `https://gw.test`: what is signed.
    pub public_base: String,
    pub account: AccountId,
    /// Signs webhooks, and is the account's password for REST.
    pub token: String,
    pub clock: Clock,
    /// The wall clock at `Mono::ZERO`.
    pub epoch: Wall,
    /// Ids and faults come from it.
    pub seed: u64,
}

/// A running phone company.
pub struct CarrierServer {
    shared: Arc<Shared>,
    rest: SocketAddr,
}

/// A call under way.
pub struct CallHandle {
    pub leg: LegId,
    /// The same leg's number in `CarrierServer::report`.
    pub no: LegNo,
    shared: Arc<Shared>,
    report: oneshot::Receiver<CallReport>,
}

/// The server was stopped before the call's end.
#[derive(Debug, thiserror::Error)]
#[error("the phone company was stopped")]
pub struct Stopped;

impl CarrierServer {
    /// Listens for REST requests on a loopback port. No faults but those of the calls' own plans.
    pub async fn start(config: CarrierConfig) -> anyhow::Result<Self> {
        Self::start_with(config, |_| {}).await
    }

    /// The same, with an exchange of the caller's choice: faults, numbers of the account.
    pub async fn start_with(
        config: CarrierConfig,
        change: impl FnOnce(&mut ExchangeConfig) + Send,
    ) -> anyhow::Result<Self> {
        // Somebody may have installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let rest = listener.local_addr()?;
        let mut company = CompanyConfig::new(&config.public_base, config.account.clone());
        company.epoch = config.epoch;
        let mut exchange = ExchangeConfig::new(company);
        exchange.credentials = Some(Credentials::of_account(config.account.clone(), &config.token));
        change(&mut exchange);
        let shared = Arc::new(Shared {
            poster: Poster::new(&config)?,
            clock: config.clock.clone(),
            board: Mutex::new(Board::new(Exchange::new(exchange, Rng::with_seed(config.seed)))),
            requests: Mutex::default(),
            wake: Notify::new(),
            changed: Notify::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let router = Router::new().fallback(answer_rest).with_state(shared.clone());
        let stop = shared.stop.clone();
        shared.tasks.spawn(async move {
            let service = router.into_make_service_with_connect_info::<ConnectionNo>();
            let serving = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::warn!(%error, "the phone company's REST interface ended");
            }
        });
        let ticking = shared.clone();
        shared.tasks.spawn(async move { ticking.stop.run_until_cancelled(board::tick(&ticking)).await });
        Ok(Self { shared, rest })
    }

    /// Origin of the REST interface: what the gateway must use instead of the carrier's.
    pub fn rest_base(&self) -> String {
        format!("http://{}", self.rest)
    }

    /// The REST requests so far, and the content type of each; the newest `REQUESTS_MAX` of them.
    pub fn requests(&self) -> Vec<(RestRequest, Option<String>)> {
        lock(&self.shared.requests).iter().cloned().collect()
    }

    /// The same, one JSON object a line, as `check_twilio_rest.py` reads them.
    pub fn requests_jsonl(&self) -> String {
        let line = |(request, content_type): &(RestRequest, Option<String>)| {
            let RestRequest { method, path, authorization, connection: _, body } = request;
            let content_type = content_type.as_deref().filter(|_| !body.is_empty());
            let line = serde_json::json!({
                "method": method, "path": path, "authorization": authorization,
                "content_type": content_type, "body": body,
            });
            format!("{line}\n")
        };
        lock(&self.shared.requests).iter().map(line).collect()
    }

    /// Adds somebody who can be called; see `Exchange::add_person`.
    pub fn add_person(&self, number: &str, person: Person) {
        lock(&self.shared.board).exchange.add_person(number, person);
    }

    /// Dials. The call runs by itself; the handle gives its report.
    pub fn place_call(&self, plan: CallPlan) -> CallHandle {
        let (reporter, report) = oneshot::channel();
        let (no, leg) = self.shared.place(plan, reporter);
        CallHandle { leg, no, shared: self.shared.clone(), report }
    }

    /// Who was connected with whom, every leg's story, every number dialled, so far.
    pub fn report(&self) -> ExchangeReport {
        lock(&self.shared.board).exchange.report()
    }

    /// Takes what is known about a leg that the gateway placed, with its streams and webhooks; ask once.
    pub fn take_leg_report(&self, leg: &LegId) -> Option<CallReport> {
        let exchange = &mut lock(&self.shared.board).exchange;
        exchange.leg_no(leg).and_then(|no| exchange.take_leg_report(no))
    }

    /// Legs that have not ended.
    pub fn live_legs(&self) -> Vec<LegId> {
        lock(&self.shared.board).exchange.live_legs()
    }

    /// Rooms with somebody in them.
    pub fn live_rooms(&self) -> Vec<RoomSummary> {
        lock(&self.shared.board).exchange.live_rooms()
    }

    /// No leg lives and no callback is under way.
    pub fn is_at_rest(&self) -> bool {
        lock(&self.shared.board).exchange.is_at_rest()
    }

    /// Waits until something is so; looks whenever anything has happened.
    pub async fn until(&self, so: impl Fn(&Self) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            // From here on nothing is missed.
            changed.as_mut().enable();
            if so(self) {
                return;
            }
            changed.await;
        }
    }

    /// The one whose phone it is puts it down.
    pub fn hang_up(&self, leg: &LegId) {
        let no = lock(&self.shared.board).exchange.leg_no(leg);
        if let Some(no) = no {
            self.shared.feed(|exchange, now, out| exchange.hang_up(now, no, out));
        }
    }

    /// The company's clock.
    pub fn now(&self) -> Mono {
        self.shared.now()
    }

    /// Ends everything at once; calls under way are cut.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        // Whoever waits for a report hears of it.
        lock(&self.shared.board).abandon();
        if tokio::time::timeout(STOP_WAIT, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("the phone company's tasks did not end in time");
        }
    }
}

impl Drop for CarrierServer {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        lock(&self.shared.board).abandon();
    }
}

impl CallHandle {
    /// The caller puts the phone down, whatever the script says.
    pub fn hang_up(&self) {
        self.shared.feed(|exchange, now, out| exchange.hang_up(now, self.no, out));
    }

    /// Waits for the call's end and everything that the company still says about it.
    pub async fn report(self) -> Result<CallReport, Stopped> {
        self.report.await.map_err(|_| Stopped)
    }
}

/// Connections are counted: a port may come back, a connection that was dead does not.
#[derive(Clone, Copy)]
struct ConnectionNo(u64);

impl Connected<IncomingStream<'_, TcpListener>> for ConnectionNo {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

async fn answer_rest(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(ConnectionNo(connection)): ConnectInfo<ConnectionNo>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = RestRequest {
        method: method.to_string(),
        path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        authorization: text(header::AUTHORIZATION),
        connection,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    {
        let mut requests = lock(&shared.requests);
        if requests.len() >= REQUESTS_MAX {
            requests.pop_front();
        }
        requests.push_back((request.clone(), text(header::CONTENT_TYPE)));
    }
    let answer = shared.feed(|exchange, now, out| exchange.rest(now, &request, out));
    let after = if answer.lost || answer.unsent { UNANSWERED } else { answer.after };
    tokio::time::sleep(after).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if answer.body.is_empty() {
        return status.into_response();
    }
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.body).into_response()
}

/// A poisoned lock means that a task panicked; the value is still whole enough for tests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// REST requests that are remembered.
const REQUESTS_MAX: usize = 1000;

const STOP_WAIT: Duration = Duration::from_secs(10);

/// Longer than any client waits.
const UNANSWERED: Duration = Duration::from_secs(60);
