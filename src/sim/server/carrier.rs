//! The phone company over real sockets: signed webhooks, signed media sockets, and its REST interface on loopback.
//!
//! It calls the gateway by its public names (`https://gw.test`) and signs these, while every connection goes to one
//! loopback address in plain text: exactly what a gateway behind a TLS proxy sees.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use fastrand::Rng;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::sim::carrier::company::{CallPlan, CallReport, CompanyCall, CompanyConfig};
use crate::sim::carrier::rest::{self, Credentials, RestAnswer, RestRequest};
use crate::types::{AccountId, LegId, Mono, Wall};

mod call;
mod post;
mod socket;

use call::{CallTask, Event};
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
    events: mpsc::Sender<Event>,
    report: oneshot::Receiver<CallReport>,
}

/// The call's task is gone: the server was stopped.
#[derive(Debug, thiserror::Error)]
#[error("the phone company was stopped")]
pub struct Stopped;

impl CarrierServer {
    /// Listens for REST requests on a loopback port.
    pub async fn start(config: CarrierConfig) -> anyhow::Result<Self> {
        // Somebody may have installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let rest = listener.local_addr()?;
        let mut company = CompanyConfig::new(&config.public_base, config.account.clone());
        company.epoch = config.epoch;
        let shared = Arc::new(Shared {
            poster: Poster::new(&config)?,
            credentials: Credentials::of_account(config.account.clone(), &config.token),
            company: Arc::new(company),
            clock: config.clock.clone(),
            rng: Mutex::new(Rng::with_seed(config.seed)),
            calls: Mutex::default(),
            requests: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let router = Router::new().fallback(answer_rest).with_state(shared.clone());
        let stop = shared.stop.clone();
        shared.tasks.spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::warn!(%error, "the phone company's REST interface ended");
            }
        });
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

    /// Dials. The call runs by itself; the handle gives its report.
    pub fn place_call(&self, plan: CallPlan) -> CallHandle {
        let shared = &self.shared;
        let rng = lock(&shared.rng).fork();
        let call = CompanyCall::new(shared.company.clone(), plan, rng);
        let leg = call.leg().clone();
        let (events, inbox) = mpsc::channel(EVENTS_MAX);
        let (reporter, report) = oneshot::channel();
        lock(&shared.calls).live.insert(leg.clone(), events.clone());
        let task = CallTask::new(shared.clone(), call, events.clone(), inbox);
        let stop = shared.stop.clone();
        shared.tasks.spawn(async move {
            // Stopping drops the task, and with it the reporter: the handle hears of it.
            stop.run_until_cancelled(task.run(reporter)).await;
        });
        CallHandle { leg, events, report }
    }

    /// Ends everything at once; calls under way are cut.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(STOP_WAIT, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("the phone company's tasks did not end in time");
        }
    }
}

impl Drop for CarrierServer {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl CallHandle {
    /// The caller puts the phone down, whatever the script says.
    pub async fn hang_up(&self) {
        // A call that is over needs no hanging up.
        let _ = self.events.send(Event::HangUp).await;
    }

    /// Waits for the call's end and everything that the company still says about it.
    pub async fn report(self) -> Result<CallReport, Stopped> {
        self.report.await.map_err(|_| Stopped)
    }
}

/// What the server's tasks share.
struct Shared {
    company: Arc<CompanyConfig>,
    credentials: Credentials,
    poster: Poster,
    clock: Clock,
    rng: Mutex<Rng>,
    calls: Mutex<Calls>,
    requests: Mutex<VecDeque<(RestRequest, Option<String>)>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Calls by name. Ended ones are kept a while, because the gateway may ask about them.
#[derive(Default)]
struct Calls {
    live: BTreeMap<LegId, mpsc::Sender<Event>>,
    ended: VecDeque<CompanyCall>,
}

impl Shared {
    fn now(&self) -> Mono {
        (self.clock)()
    }

    fn retire(&self, call: CompanyCall) {
        let mut calls = lock(&self.calls);
        calls.live.remove(call.leg());
        if calls.ended.len() >= ENDED_MAX {
            calls.ended.pop_front();
        }
        calls.ended.push_back(call);
    }

    async fn answer(&self, request: RestRequest) -> RestAnswer {
        let leg = match rest::route(&self.credentials, &request) {
            Ok(leg) => leg,
            Err(refusal) => return refusal,
        };
        let live = lock(&self.calls).live.get(&leg).cloned();
        if let Some(events) = live {
            let (reply, answer) = oneshot::channel();
            let sent = events.send(Event::Rest(request.clone(), reply)).await;
            if let (Ok(()), Ok(answer)) = (sent, answer.await) {
                return answer;
            }
        }
        let mut calls = lock(&self.calls);
        match calls.ended.iter_mut().find(|call| *call.leg() == leg) {
            // A call that is over wants nothing done any more.
            Some(call) => call.rest((self.clock)(), &request, &mut Vec::new()),
            None => RestAnswer::not_found(&request.path),
        }
    }
}

async fn answer_rest(
    State(shared): State<Arc<Shared>>,
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
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    {
        let mut requests = lock(&shared.requests);
        if requests.len() >= REQUESTS_MAX {
            requests.pop_front();
        }
        requests.push_back((request.clone(), text(header::CONTENT_TYPE)));
    }
    let answer = shared.answer(request).await;
    let after = if answer.lost { UNANSWERED } else { answer.after };
    tokio::time::sleep(after).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.body).into_response()
}

/// A poisoned lock means that a task panicked; the value is still whole enough for tests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Events waiting for one call's task.
const EVENTS_MAX: usize = 1024;

/// Ended calls that REST still knows.
const ENDED_MAX: usize = 1000;

/// REST requests that are remembered.
const REQUESTS_MAX: usize = 1000;

const STOP_WAIT: Duration = Duration::from_secs(10);

/// Longer than any client waits.
const UNANSWERED: Duration = Duration::from_secs(60);
