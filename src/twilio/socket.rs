//! An attached media socket: events for the call's task, a sink for its writer, and a close that is always said.
//!
//! Both halves share one WebSocket. The task that axum runs for the socket waits until the call has let go of both
//! halves and then finishes the close handshake, so the peer learns a code even if the call's task has panicked.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::task::AtomicWaker;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;

use crate::ports::link::{Events, LinkError, Texts};
use crate::ports::media::MediaEvent;
use crate::twilio::wire::{self, Incoming};
use crate::types::StreamId;

/// Messages that are no events (pings) handled in one poll; then other tasks get their turn.
const QUIET_MESSAGES_PER_POLL: usize = 32;

/// Pings and pongs within `PINGS_SPAN`; more are a flood.
const PINGS_MAX: u32 = 100;
const PINGS_SPAN: Duration = Duration::from_secs(1);

/// How long the peer may take to answer our close.
const CLOSE_WAIT: Duration = Duration::from_millis(500);

/// Why we close a socket, with the code that the peer is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closing {
    pub code: u16,
    pub why: &'static str,
}

impl Closing {
    pub const NORMAL: Self = Self { code: 1000, why: "" };

    /// The peer does not speak the protocol.
    pub const fn protocol(why: &'static str) -> Self {
        Self { code: 1002, why }
    }

    /// The peer speaks it, but may not have what it asks for.
    pub const fn policy(why: &'static str) -> Self {
        Self { code: 1008, why }
    }

    fn message(self) -> Message {
        Message::Close(Some(CloseFrame { code: self.code, reason: self.why.into() }))
    }
}

/// What a failed read means: the peer broke the WebSocket protocol, or (nothing) the connection is just gone.
pub(super) fn violation(error: axum::Error) -> Option<Closing> {
    use tungstenite::Error;
    use tungstenite::error::ProtocolError;

    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => Some(Closing { code: 1009, why: "message too long" }),
        Some(Error::Utf8(_)) => Some(Closing { code: 1007, why: "not UTF-8" }),
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => None,
        Some(Error::Protocol(_)) => Some(Closing::protocol("broken frame")),
        _ => None,
    }
}

/// Says goodbye and waits a moment for the answer; an unread byte would turn our close into a reset.
pub(super) async fn close(mut socket: WebSocket, closing: Closing) {
    let handshake = async {
        if socket.send(closing.message()).await.is_ok() {
            finish(&mut socket).await;
        }
    };
    let _ = tokio::time::timeout(CLOSE_WAIT, handshake).await;
}

/// Reads until the peer is gone.
async fn finish(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

/// Splits an attached socket into what a call needs and what stays behind.
pub(super) fn split(socket: WebSocket, stream: StreamId) -> (Events<MediaEvent>, Texts, Remains) {
    let shared =
        Arc::new(Shared { socket: Mutex::new(socket), closing: AtomicBool::new(false), reader: AtomicWaker::new() });
    let (alive, released) = mpsc::channel(1);
    let reader =
        Reader { shared: Arc::clone(&shared), stream, over: false, pings: Pings::default(), _alive: alive.clone() };
    let writer = Writer { shared: Arc::clone(&shared), _alive: alive };
    (Box::pin(reader), Box::pin(writer), Remains { shared, released })
}

/// What stays with the socket's own task while a call has the halves.
pub(super) struct Remains {
    shared: Arc<Shared>,
    /// Closed when both halves are dropped; nothing is ever sent.
    released: mpsc::Receiver<()>,
}

impl Remains {
    /// Waits until the call has let go, then closes with `closing`, unless a close was already said.
    pub(super) async fn finish(mut self, closing: Closing) {
        let _ = self.released.recv().await;
        let Some(shared) = Arc::into_inner(self.shared) else {
            return;
        };
        let is_closing = shared.closing.into_inner();
        let mut socket = shared.socket.into_inner().unwrap_or_else(PoisonError::into_inner);
        if is_closing {
            let _ = tokio::time::timeout(CLOSE_WAIT, async {
                let _ = socket.flush().await;
                finish(&mut socket).await;
            })
            .await;
        } else {
            close(socket, closing).await;
        }
    }
}

struct Shared {
    /// Held for the length of one poll, by the call's task or its writer.
    socket: Mutex<WebSocket>,
    /// We have said that we close.
    closing: AtomicBool,
    /// Woken when the writer closes, so that the reader ends too.
    reader: AtomicWaker,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, WebSocket> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a close frame once and pushes it out as far as the connection takes it now.
    fn close(&self, closing: Closing, cx: &mut Context<'_>) -> Poll<()> {
        let mut socket = self.lock();
        if !self.closing.swap(true, Ordering::AcqRel) {
            // A socket that takes no close frame is broken, which is closed enough.
            let _ = socket.start_send_unpin(closing.message());
            self.reader.wake();
        }
        socket.poll_flush_unpin(cx).map(|_| ())
    }
}

/// The events of one stream. The last one is `Dropped` or `Violation`.
struct Reader {
    // Dropped before `_alive`, so that who waits for `released` is the only owner.
    shared: Arc<Shared>,
    stream: StreamId,
    over: bool,
    pings: Pings,
    _alive: mpsc::Sender<()>,
}

impl Reader {
    fn read(&self, text: &str) -> Result<MediaEvent, Closing> {
        match wire::decode(text) {
            Incoming::Event { stream: Some(stream), .. } if stream != self.stream.as_str() => {
                Err(Closing::policy("another stream"))
            }
            Incoming::Event { event, .. } => {
                if matches!(event, MediaEvent::Ignored) {
                    metrics::counter!("switchboard_media_messages_ignored_total").increment(1);
                }
                Ok(event)
            }
            Incoming::Connected => Ok(MediaEvent::Ignored),
            Incoming::Start(_) => Err(Closing::policy("a second start")),
            Incoming::Violation(why) => Err(Closing::protocol(why)),
        }
    }

    /// Closes at once, whatever the call does with the news.
    fn violate(&mut self, closing: Closing, cx: &mut Context<'_>) -> MediaEvent {
        tracing::warn!(stream = %self.stream, code = closing.code, why = closing.why, "the media stream broke its protocol");
        metrics::counter!("switchboard_media_violations_total", "why" => closing.why).increment(1);
        self.over = true;
        let _ = self.shared.close(closing, cx);
        MediaEvent::Violation
    }

    fn drop_out(&mut self) -> MediaEvent {
        self.over = true;
        MediaEvent::Dropped
    }
}

impl Stream for Reader {
    type Item = MediaEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<MediaEvent>> {
        if self.over {
            return Poll::Ready(None);
        }
        self.shared.reader.register(cx.waker());
        for _ in 0..QUIET_MESSAGES_PER_POLL {
            if self.shared.closing.load(Ordering::Acquire) {
                return Poll::Ready(Some(self.drop_out()));
            }
            let message = ready!(self.shared.lock().poll_next_unpin(cx));
            let event = match message {
                Some(Ok(Message::Text(text))) => match self.read(&text) {
                    Ok(event) => event,
                    Err(closing) => self.violate(closing, cx),
                },
                Some(Ok(Message::Binary(_))) => self.violate(Closing::protocol("binary message"), cx),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) if self.pings.admit(Instant::now()) => continue,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => self.violate(Closing::protocol("too many pings"), cx),
                Some(Ok(Message::Close(_))) | None => self.drop_out(),
                Some(Err(error)) => match violation(error) {
                    Some(closing) => self.violate(closing, cx),
                    None => self.drop_out(),
                },
            };
            return Poll::Ready(Some(event));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// How many pings and pongs came within a second. Each ping has an answer, which nobody waits for.
#[derive(Default)]
struct Pings {
    /// When the second began; `None`: none came yet.
    began: Option<Instant>,
    count: u32,
}

impl Pings {
    fn admit(&mut self, now: Instant) -> bool {
        let began = *self.began.get_or_insert(now);
        if now.saturating_duration_since(began) >= PINGS_SPAN {
            (self.began, self.count) = (Some(now), 0);
        }
        self.count += 1;
        self.count <= PINGS_MAX
    }
}

/// Text messages out. To close it is to close the socket.
struct Writer {
    shared: Arc<Shared>,
    _alive: mpsc::Sender<()>,
}

impl Sink<String> for Writer {
    type Error = LinkError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        self.shared.lock().poll_ready_unpin(cx).map_err(|_| LinkError)
    }

    fn start_send(self: Pin<&mut Self>, text: String) -> Result<(), LinkError> {
        self.shared.lock().start_send_unpin(Message::Text(text.into())).map_err(|_| LinkError)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        self.shared.lock().poll_flush_unpin(cx).map_err(|_| LinkError)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        self.shared.close(Closing::NORMAL, cx).map(Ok)
    }
}
