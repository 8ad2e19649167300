//! From an upgraded socket to its call: wait for `start`, take the ticket, hand the link over.
//!
//! Until the ticket is taken the peer has proved nothing but a signature that may be a replay, so everything here is
//! bounded: the wait, the messages, and (`waiting`) the number of sockets.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};

use crate::ports::door::AttachError;
use crate::ports::media::{MediaEvent, MediaLink};
use crate::twilio::routes::TwilioState;
use crate::twilio::socket::{self, Closing};
use crate::twilio::twiml::TICKET;
use crate::twilio::waiting::Seat;
use crate::twilio::wire::{self, Incoming, MediaEncoder, Start};

/// From the upgrade to `start`.
pub const START_WAIT: Duration = Duration::from_secs(5);

/// Messages before `start`; Twilio sends one.
const MESSAGES_BEFORE_START_MAX: usize = 16;

/// Why a socket does not become a stream.
enum NoStream {
    /// The peer left before it said anything.
    Gone,
    Refused(Closing),
}

impl From<Closing> for NoStream {
    fn from(closing: Closing) -> Self {
        Self::Refused(closing)
    }
}

/// Runs until the socket is closed. axum gives every upgraded socket a task of its own; this is it.
/// `ticket` is the one in the socket's path.
pub(super) async fn serve(mut socket: WebSocket, seat: Seat, ticket: String, state: TwilioState) {
    match introduce(&mut socket, seat).await {
        Ok(start) => hand_over(socket, start, &ticket, &state).await,
        Err(NoStream::Gone) => count("gone"),
        Err(NoStream::Refused(closing)) => refuse(socket, closing, &state).await,
    }
}

/// Waits for `start`, but not longer than `START_WAIT`, and only while the seat is ours.
async fn introduce(socket: &mut WebSocket, mut seat: Seat) -> Result<Start, NoStream> {
    tokio::select! {
        start = tokio::time::timeout(START_WAIT, read_start(socket)) => {
            start.unwrap_or(Err(Closing::policy("no start").into()))
        }
        () = seat.evicted() => Err(Closing::policy("no start, and others are waiting").into()),
    }
}

async fn read_start(socket: &mut WebSocket) -> Result<Start, NoStream> {
    for _ in 0..MESSAGES_BEFORE_START_MAX {
        let text = match socket.recv().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Binary(_))) => return Err(Closing::protocol("binary message").into()),
            Some(Ok(Message::Close(_))) | None => return Err(NoStream::Gone),
            Some(Err(error)) => return Err(socket::violation(error).map_or(NoStream::Gone, NoStream::Refused)),
        };
        match wire::decode(&text) {
            Incoming::Start(start) => return Ok(*start),
            Incoming::Connected | Incoming::Event { event: MediaEvent::Ignored, .. } => {}
            Incoming::Event { .. } => return Err(Closing::protocol("an event before the start").into()),
            Incoming::Violation(why) => return Err(Closing::protocol(why).into()),
        }
    }
    Err(Closing::protocol("too many messages before the start").into())
}

/// Binds the stream to the call whose ticket it has, and stays until that call lets go of it.
async fn hand_over(socket: WebSocket, start: Start, ticket: &str, state: &TwilioState) {
    if state.account().is_some_and(|account| *account != start.account) {
        return refuse(socket, Closing::policy("another account"), state).await;
    }
    // The path's is signed; the parameter says the same, or somebody has put two streams together.
    if start.parameters.get(TICKET).is_some_and(|parameter| parameter != ticket) {
        return refuse(socket, Closing::policy("two tickets"), state).await;
    }
    let claim = match state.door().claim(ticket, &start.leg) {
        Ok(claim) => claim,
        Err(error) => return refuse(socket, refusal(&error), state).await,
    };
    let (call, stream) = (claim.call, start.stream);
    let (events, texts, remains) = socket::split(socket, stream.clone());
    let encode = Box::new(MediaEncoder::new(stream.clone()));
    let link = MediaLink { stream: stream.clone(), events, texts, encode };
    let closing = match state.door().attach(claim, link) {
        Ok(()) => Closing::NORMAL,
        Err(error) => refusal(&error),
    };
    if closing == Closing::NORMAL {
        tracing::debug!(%call, %stream, "the media stream is attached");
        metrics::counter!("switchboard_media_streams_total").increment(1);
    } else {
        count(closing.why);
    }
    remains.finish(closing).await;
}

const fn refusal(error: &AttachError) -> Closing {
    match error {
        AttachError::Ticket => Closing::policy("the ticket is not valid"),
        AttachError::Over => Closing::policy("the call is over"),
    }
}

async fn refuse(socket: WebSocket, closing: Closing, state: &TwilioState) {
    if let Some(unsaid) = state.may_complain(closing.why) {
        tracing::warn!(code = closing.code, why = closing.why, unsaid, "a media socket was refused");
    }
    count(closing.why);
    socket::close(socket, closing).await;
}

fn count(why: &'static str) {
    metrics::counter!("switchboard_media_sockets_refused_total", "why" => why).increment(1);
}
