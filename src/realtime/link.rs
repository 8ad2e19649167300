//! An open connection's two halves, as the port wants them: a stream of typed events and a sink of texts.
//!
//! Decoding happens in the task that polls, so a message is never handed from task to task.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use metrics::counter;
use tokio::time::{Instant, Sleep, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::net;
use crate::ports::link::LinkError;
use crate::ports::model::{ModelEvent, ModelLink, ModelSetup, ParseTool};
use crate::realtime::{Decoder, Direction, Encoder, Tap};
use crate::session::input::{LostCause, ModelInput};

pub(super) type Socket = WebSocketStream<net::Stream>;

/// The link of an open socket. Every message passes the tap, if there is one.
pub(super) fn link(socket: Socket, setup: ModelSetup, parse_tool: ParseTool, tap: Option<Tap>) -> ModelLink {
    let (sink, stream) = socket.split();
    let pinged = Arc::new(AtomicBool::new(false));
    ModelLink {
        events: Box::pin(LinkEvents {
            stream,
            decoder: Decoder::new(parse_tool),
            queue: VecDeque::new(),
            ended: false,
            tap: tap.clone(),
            pinged: Arc::clone(&pinged),
            patience: Box::pin(sleep(SILENCE_MAX)),
            suspect: false,
        }),
        texts: Box::pin(LinkTexts { sink, tap, pinged, next_ping: Instant::now() + PING_EVERY }),
        encode: Box::new(Encoder::new(setup)),
    }
}

/// The read half: decodes where it is polled and ends after `Lost`.
struct LinkEvents {
    stream: SplitStream<Socket>,
    decoder: Decoder,
    queue: VecDeque<ModelEvent>,
    ended: bool,
    tap: Option<Tap>,
    /// A ping was sent since the last message.
    pinged: Arc<AtomicBool>,
    /// Ends when nothing was received for long.
    patience: Pin<Box<Sleep>>,
    /// It ended once, with a ping under way; the second time counts.
    suspect: bool,
}

impl LinkEvents {
    fn receive(&mut self, message: Option<Result<Message, SocketError>>) {
        self.pinged.store(false, Ordering::Relaxed);
        self.suspect = false;
        self.patience.as_mut().reset(Instant::now() + SILENCE_MAX);
        match message {
            Some(Ok(Message::Text(text))) => {
                if let Some(tap) = &self.tap {
                    tap(Direction::Server, &text);
                }
                self.decoder.decode(&text, &mut self.queue);
            }
            Some(Ok(Message::Binary(_))) => {
                counter!("switchboard_realtime_malformed_total").increment(1);
                self.queue.push_back(ModelEvent::Ignored);
            }
            // The socket answers pings by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(frame))) => self.lose(closed(frame.as_ref())),
            Some(Err(error)) => {
                tracing::debug!(%error, "the model's connection broke");
                self.lose(LostCause::Broken);
            }
            None => self.lose(LostCause::Broken),
        }
    }

    fn lose(&mut self, cause: LostCause) {
        self.queue.push_back(ModelEvent::Input(ModelInput::Lost(cause)));
    }
}

impl Stream for LinkEvents {
    type Item = ModelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ModelEvent>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            if let Some(event) = self.queue.pop_front() {
                self.ended = matches!(event, ModelEvent::Input(ModelInput::Lost(_)));
                return Poll::Ready(Some(event));
            }
            match self.stream.poll_next_unpin(cx) {
                Poll::Ready(message) => self.receive(message),
                Poll::Pending => {
                    ready!(self.patience.as_mut().poll(cx));
                    if !self.pinged.load(Ordering::Relaxed) {
                        self.patience.as_mut().reset(Instant::now() + SILENCE_MAX);
                    } else if !std::mem::replace(&mut self.suspect, true) {
                        // The ping may have left just now.
                        self.patience.as_mut().reset(Instant::now() + PONG_WAIT);
                    } else {
                        tracing::debug!("the model's server answers no ping");
                        self.lose(LostCause::Broken);
                    }
                }
            }
        }
    }
}

/// The write half. Its user flushes after each message or batch. It pings the server between texts, so that a
/// half-open connection is found.
struct LinkTexts {
    sink: SplitSink<Socket, Message>,
    tap: Option<Tap>,
    pinged: Arc<AtomicBool>,
    next_ping: Instant,
}

impl Sink<String> for LinkTexts {
    type Error = LinkError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        ready!(self.sink.poll_ready_unpin(cx)).map_err(|_| LinkError)?;
        let now = Instant::now();
        if now < self.next_ping {
            return Poll::Ready(Ok(()));
        }
        self.next_ping = now + PING_EVERY;
        self.pinged.store(true, Ordering::Relaxed);
        self.sink.start_send_unpin(Message::Ping(Bytes::new())).map_err(|_| LinkError)?;
        self.sink.poll_ready_unpin(cx).map_err(|_| LinkError)
    }

    fn start_send(mut self: Pin<&mut Self>, text: String) -> Result<(), LinkError> {
        if let Some(tap) = &self.tap {
            tap(Direction::Client, &text);
        }
        self.sink.start_send_unpin(Message::text(text)).map_err(|_| LinkError)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        self.sink.poll_flush_unpin(cx).map_err(|_| LinkError)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        self.sink.poll_close_unpin(cx).map_err(|_| LinkError)
    }
}

/// What a close frame means. The server also refuses by closing after a successful upgrade: a bad key with 3000, a bad
/// request with 4000.
fn closed(frame: Option<&CloseFrame>) -> LostCause {
    let Some(frame) = frame else {
        return LostCause::Broken;
    };
    let code = u16::from(frame.code);
    tracing::debug!(code, reason = frame.reason.as_str(), "the model's server closed the connection");
    if code == 3000 || code == 4000 { LostCause::Refused } else { LostCause::Broken }
}

/// Between pings, while anything is sent at all.
const PING_EVERY: Duration = Duration::from_secs(5);

/// An answer to a ping takes no longer.
const PONG_WAIT: Duration = Duration::from_secs(3);

/// Nothing received for this long, with a ping under way: the connection may be half open.
const SILENCE_MAX: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests;
