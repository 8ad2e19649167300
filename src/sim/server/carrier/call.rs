//! The task of one call: feeds the machine with what happens, and does what it wants.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::sim::carrier::company::{CallReport, CompanyCall, CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId};
use crate::sim::carrier::rest::{RestAnswer, RestRequest};
use crate::sim::server::carrier::{Shared, socket};

/// What happens to a call.
pub(super) enum Event {
    Webhook(WebhookId, Result<WebAnswer, WebFailure>),
    Opened(SocketNo),
    Refused(SocketNo, Option<u16>),
    Text(SocketNo, String),
    Binary(SocketNo),
    Closed(SocketNo),
    Rest(RestRequest, oneshot::Sender<RestAnswer>),
    HangUp,
}

/// What a call wants of a socket.
pub(super) enum ToSocket {
    Text(String),
    Close(u16),
    Reset,
}

pub(super) struct CallTask {
    shared: Arc<Shared>,
    call: CompanyCall,
    events: mpsc::Sender<Event>,
    inbox: mpsc::Receiver<Event>,
    sockets: BTreeMap<SocketNo, mpsc::Sender<ToSocket>>,
    out: Vec<CompanyOut>,
}

impl CallTask {
    pub(super) fn new(
        shared: Arc<Shared>,
        call: CompanyCall,
        events: mpsc::Sender<Event>,
        inbox: mpsc::Receiver<Event>,
    ) -> Self {
        Self { shared, call, events, inbox, sockets: BTreeMap::new(), out: Vec::new() }
    }

    /// Runs the call to its end and reports.
    pub(super) async fn run(mut self, reporter: oneshot::Sender<CallReport>) {
        self.call.start(self.shared.now(), &mut self.out);
        self.perform();
        while !self.call.is_over() {
            let now = self.shared.now();
            let wake = self.call.next_deadline().map(|at| tokio::time::sleep(at.since(now)));
            let wake = async {
                match wake {
                    Some(sleep) => sleep.await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = wake => {
                    let now = self.shared.now();
                    self.call.advance(now, &mut self.out);
                }
                Some(event) = self.inbox.recv() => self.take(event),
            }
            self.perform();
        }
        self.inbox.close();
        while let Ok(event) = self.inbox.try_recv() {
            self.take(event);
        }
        let report = self.call.take_report();
        // Sockets that are closing do so by themselves: their tasks go on until they are done.
        self.shared.retire(self.call);
        // The handle may have been dropped: nobody wants to know.
        let _ = reporter.send(report);
    }

    fn take(&mut self, event: Event) {
        let now = self.shared.now();
        let out = &mut self.out;
        match event {
            Event::Webhook(id, Ok(answer)) => self.call.webhook_answered(now, id, answer, out),
            Event::Webhook(id, Err(failure)) => self.call.webhook_failed(now, id, failure, out),
            Event::Opened(no) => self.call.stream_opened(now, no, out),
            Event::Refused(no, status) => self.call.stream_refused(now, no, status, out),
            Event::Text(no, text) => self.call.stream_text(now, no, &text, out),
            Event::Binary(no) => self.call.stream_binary(now, no),
            Event::Closed(no) => {
                self.sockets.remove(&no);
                self.call.stream_closed(now, no, out);
            }
            Event::Rest(request, reply) => {
                // The client may have gone away.
                let _ = reply.send(self.call.rest(now, &request, out));
            }
            Event::HangUp => self.call.hang_up(now, out),
        }
    }

    fn perform(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        for item in out.drain(..) {
            match item {
                CompanyOut::Webhook { id, url, pairs } => {
                    let (shared, events) = (self.shared.clone(), self.events.clone());
                    self.shared.tasks.spawn(async move {
                        let answer = shared.poster.post(&url, &pairs).await;
                        // A call that is over listens no more.
                        let _ = events.send(Event::Webhook(id, answer)).await;
                    });
                }
                CompanyOut::OpenStream { socket, url } => {
                    let (sender, outbox) = mpsc::channel(SOCKET_TEXTS_MAX);
                    self.sockets.insert(socket, sender);
                    let (shared, events) = (self.shared.clone(), self.events.clone());
                    self.shared.tasks.spawn(async move {
                        let carried = socket::run(&shared.poster, socket, &url, events, outbox);
                        shared.stop.run_until_cancelled(carried).await;
                    });
                }
                CompanyOut::StreamText { socket, text } => self.send(socket, ToSocket::Text(text)),
                CompanyOut::CloseStream { socket, code } => {
                    self.send(socket, ToSocket::Close(code));
                    self.sockets.remove(&socket);
                }
                CompanyOut::ResetStream { socket } => {
                    self.send(socket, ToSocket::Reset);
                    self.sockets.remove(&socket);
                }
                CompanyOut::CallOver => {}
            }
        }
        self.out = out;
    }

    /// A gateway that reads too slowly loses the caller's sound, as it does with the real company.
    fn send(&mut self, socket: SocketNo, item: ToSocket) {
        let Some(sender) = self.sockets.get(&socket) else { return };
        if matches!(sender.try_send(item), Err(mpsc::error::TrySendError::Full(_))) {
            tracing::warn!("the gateway reads too slowly; caller audio is thrown away");
        }
    }
}

/// Texts waiting to be written to one socket: ten seconds of a call.
const SOCKET_TEXTS_MAX: usize = 512;
