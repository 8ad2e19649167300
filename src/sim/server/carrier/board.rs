//! What the server's tasks share: the exchange behind one lock, and what it wants done, in order.
//!
//! Whoever has news takes the lock, tells the exchange, and performs what follows before letting go; so nothing
//! overtakes, and there is no task per call that could be forgotten. Nothing waits while the lock is held.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::sim::carrier::company::{CallPlan, CallReport, CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId};
use crate::sim::carrier::exchange::{Exchange, ExchangeOut, LegNo};
use crate::sim::carrier::rest::RestRequest;
use crate::sim::server::carrier::post::Poster;
use crate::sim::server::carrier::{Clock, lock, socket};
use crate::types::{LegId, Mono};

/// A socket of one leg.
pub(super) type SocketKey = (LegNo, SocketNo);

/// What the exchange wants of a socket.
pub(super) enum ToSocket {
    Text(String),
    Close(u16),
    Reset,
}

pub(super) struct Shared {
    pub(super) poster: Poster,
    pub(super) clock: Clock,
    pub(super) board: Mutex<Board>,
    pub(super) requests: Mutex<VecDeque<(RestRequest, Option<String>)>>,
    /// Something has happened: the next deadline may be another one.
    pub(super) wake: Notify,
    /// The same, for those who wait for it.
    pub(super) changed: Notify,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// The exchange, its sockets, and who waits for reports.
pub(super) struct Board {
    pub(super) exchange: Exchange,
    sockets: BTreeMap<SocketKey, mpsc::Sender<ToSocket>>,
    reporters: BTreeMap<LegNo, oneshot::Sender<CallReport>>,
    out: Vec<ExchangeOut>,
}

impl Board {
    pub(super) const fn new(exchange: Exchange) -> Self {
        Self { exchange, sockets: BTreeMap::new(), reporters: BTreeMap::new(), out: Vec::new() }
    }

    /// Nobody hears of a call any more.
    pub(super) fn abandon(&mut self) {
        self.reporters.clear();
        self.sockets.clear();
    }

    /// A gateway that reads too slowly loses the caller's sound, as it does with the real company.
    fn send(&self, key: SocketKey, item: ToSocket) {
        let Some(sender) = self.sockets.get(&key) else { return };
        if matches!(sender.try_send(item), Err(mpsc::error::TrySendError::Full(_))) {
            tracing::warn!("the gateway reads too slowly; caller audio is thrown away");
        }
    }

    fn report(&mut self, leg: LegNo) {
        let Some(reporter) = self.reporters.remove(&leg) else { return };
        if let Some(report) = self.exchange.take_leg_report(leg) {
            // The handle may have been dropped: nobody wants to know.
            let _ = reporter.send(report);
        }
    }
}

impl Shared {
    pub(super) fn now(&self) -> Mono {
        (self.clock)()
    }

    /// Tells the exchange something, and does what follows.
    pub(super) fn feed<T>(self: &Arc<Self>, input: impl FnOnce(&mut Exchange, Mono, &mut Vec<ExchangeOut>) -> T) -> T {
        let mut board = lock(&self.board);
        let mut out = std::mem::take(&mut board.out);
        let result = input(&mut board.exchange, self.now(), &mut out);
        self.perform(&mut board, &mut out);
        board.out = out;
        self.wake.notify_one();
        result
    }

    /// Dials; the reporter gets the report when the call is over.
    pub(super) fn place(self: &Arc<Self>, plan: CallPlan, reporter: oneshot::Sender<CallReport>) -> (LegNo, LegId) {
        let mut board = lock(&self.board);
        let mut out = Vec::new();
        let no = board.exchange.place_call(self.now(), plan, &mut out);
        board.reporters.insert(no, reporter);
        let leg = board.exchange.leg(no).expect("it was just placed").leg().clone();
        self.perform(&mut board, &mut out);
        self.wake.notify_one();
        (no, leg)
    }

    fn perform(self: &Arc<Self>, board: &mut Board, out: &mut Vec<ExchangeOut>) {
        self.changed.notify_waiters();
        for (leg, item) in out.drain(..) {
            match item {
                CompanyOut::Webhook { id, url, pairs } => {
                    let shared = self.clone();
                    self.tasks.spawn(async move {
                        let answer = shared.poster.post(&url, &pairs).await;
                        shared.answered(leg, id, answer);
                    });
                }
                CompanyOut::Fetch { id, url } => {
                    let shared = self.clone();
                    self.tasks.spawn(async move {
                        let answer = shared.poster.get(&url).await;
                        shared.answered(leg, id, answer);
                    });
                }
                CompanyOut::OpenStream { socket, url } => {
                    let (sender, outbox) = mpsc::channel(SOCKET_TEXTS_MAX);
                    board.sockets.insert((leg, socket), sender);
                    let shared = self.clone();
                    self.tasks.spawn(async move {
                        let carried = socket::run(&shared, (leg, socket), &url, outbox);
                        shared.stop.run_until_cancelled(carried).await;
                    });
                }
                CompanyOut::StreamText { socket, text } => board.send((leg, socket), ToSocket::Text(text)),
                CompanyOut::CloseStream { socket, code } => {
                    board.send((leg, socket), ToSocket::Close(code));
                    board.sockets.remove(&(leg, socket));
                }
                CompanyOut::ResetStream { socket } => {
                    board.send((leg, socket), ToSocket::Reset);
                    board.sockets.remove(&(leg, socket));
                }
                CompanyOut::CallOver => board.report(leg),
            }
        }
    }

    fn answered(self: &Arc<Self>, leg: LegNo, id: WebhookId, answer: Result<WebAnswer, WebFailure>) {
        self.feed(|exchange, now, out| match answer {
            Ok(answer) => exchange.webhook_answered(now, leg, id, answer, out),
            Err(failure) => exchange.webhook_failed(now, leg, id, failure, out),
        });
    }

    /// The gateway's side of a socket is over.
    pub(super) fn socket_closed(self: &Arc<Self>, (leg, socket): SocketKey) {
        lock(&self.board).sockets.remove(&(leg, socket));
        self.feed(|exchange, now, out| exchange.stream_closed(now, leg, socket, out));
    }
}

/// Lets time pass, for as long as the server runs.
pub(super) async fn tick(shared: &Arc<Shared>) {
    loop {
        let next = lock(&shared.board).exchange.next_deadline();
        let now = shared.now();
        let due = async {
            match next {
                Some(at) => tokio::time::sleep(at.since(now)).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = due => shared.feed(|exchange, now, out| exchange.advance(now, out)),
            () = shared.wake.notified() => {}
        }
    }
}

/// Texts waiting to be written to one socket: ten seconds of a call.
const SOCKET_TEXTS_MAX: usize = 512;
