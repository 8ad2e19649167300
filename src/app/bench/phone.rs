//! One caller of the load: rings, opens the media stream, talks in numbered frames and hears them come back.
//!
//! The phone company in a box can do far more and costs far more; this one only does what a healthy call needs: signed
//! webhooks, a signed socket, 20 ms of sound every 20 ms, marks returned when their sound has been played.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::HOST;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, Sleep, interval, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use crate::app::SystemClock;
use crate::app::bench::code::{self, Ear, FRAME_BYTES, Tally};
use crate::app::stage::{ACCOUNT, PUBLIC_BASE, TOKEN};
use crate::sim::carrier::sign::signature;
use crate::sim::carrier::twiml::{self, Connect, Verb};
use crate::sim::carrier::wire::{self, FromGateway, Names, Writer};
use crate::types::audio::{BYTES_PER_MS, SILENCE};
use crate::types::org::AudioFormat;

const FRAME: Duration = Duration::from_millis(20);

/// For the last frames to come back.
const TAIL_MAX: Duration = Duration::from_secs(3);

const SOCKET_BUFFER: usize = 8 * 1024;

/// What all callers share.
pub(super) struct Load {
    pub(super) gateway: SocketAddr,
    pub(super) client: reqwest::Client,
    pub(super) clock: SystemClock,
    pub(super) format: AudioFormat,
    /// Number that is dialled.
    pub(super) dialled: String,
    /// Frames sent while this is set are timed.
    pub(super) is_measuring: AtomicBool,
    /// Callers whose first frame has come back.
    pub(super) talking: AtomicU32,
    /// Ends the talking.
    pub(super) enough: CancellationToken,
}

/// What a caller saw.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) tally: Tally,
    /// From handing a frame to the socket until its sound is read from the socket, in microseconds.
    pub(super) latencies_us: Vec<u32>,
    /// How much later than planned frames were sent: the load's own fault.
    pub(super) late_us: Vec<u32>,
    /// Breaches of the carrier's protocol by the gateway.
    pub(super) violations: Vec<String>,
}

type Socket = WebSocketStream<TcpStream>;

/// Plays one call to its end.
pub(super) async fn call(load: Arc<Load>, number: u32) -> anyhow::Result<Seen> {
    let names =
        Names { account: ACCOUNT.to_owned(), call: format!("CA{number:032x}"), stream: format!("MZ{number:032x}") };
    let document = load.post("/twilio/voice", &names, number, "ringing").await?;
    let document = twiml::parse(&document, false).map_err(|error| anyhow!("the voice webhook's answer: {error}"))?;
    let connect = document.verbs.into_iter().find_map(|verb| match verb {
        Verb::Connect(connect) => Some(connect),
        _ => None,
    });
    let Some(connect) = connect else { bail!("the call was not taken") };
    let socket = load.open(&connect.url).await.context("the media socket")?;
    let leg = names.clone();
    let seen = Talk::new(&load, number, names, socket).run(&connect).await?;
    load.post("/twilio/status", &leg, number, "completed").await?;
    Ok(seen)
}

impl Load {
    /// A signed webhook; the answer's body.
    async fn post(&self, path: &str, names: &Names, number: u32, status: &str) -> anyhow::Result<String> {
        let from = format!("+1555{number:07}");
        let pairs = [
            ("AccountSid", names.account.as_str()),
            ("CallSid", &names.call),
            ("CallStatus", status),
            ("Direction", "inbound"),
            ("From", &from),
            ("To", &self.dialled),
            ("SequenceNumber", "0"),
        ];
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let signed = signature(TOKEN, &format!("{PUBLIC_BASE}{path}"), &pairs);
        let host = PUBLIC_BASE.trim_start_matches("https://");
        let request = self.client.post(format!("http://{}{path}", self.gateway)).header(HOST, host);
        let response = request.header("X-Twilio-Signature", signed).form(&pairs).send().await?;
        Ok(response.error_for_status()?.text().await?)
    }

    async fn open(&self, url: &str) -> anyhow::Result<Socket> {
        let plain = url.replacen("wss://", "ws://", 1);
        let mut request = plain.into_client_request()?;
        request.headers_mut().insert("x-twilio-signature", HeaderValue::from_str(&signature(TOKEN, url, &[]))?);
        let stream = TcpStream::connect(self.gateway).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(SOCKET_BUFFER);
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        Ok(socket)
    }
}

/// A call while its stream is open.
struct Talk<'a> {
    load: &'a Load,
    number: u32,
    writer: Writer,
    socket: Socket,
    ear: Ear,
    chunk: u64,
    /// When each frame was sent, in microseconds; 0: not timed.
    sent_at: Vec<u64>,
    /// Frames whose sound has come back.
    back: u32,
    /// When everything received so far is played.
    played_at: u64,
    marks: VecDeque<(u64, String)>,
    seen: Seen,
}

impl<'a> Talk<'a> {
    fn new(load: &'a Load, number: u32, names: Names, socket: Socket) -> Self {
        Self {
            load,
            number,
            writer: Writer::new(names, false),
            socket,
            ear: Ear::new(number, load.format),
            chunk: 0,
            sent_at: Vec::new(),
            back: 0,
            played_at: 0,
            marks: VecDeque::new(),
            seen: Seen::default(),
        }
    }

    async fn run(mut self, connect: &Connect) -> anyhow::Result<Seen> {
        let Names { account, call, .. } = self.writer.names().clone();
        self.socket.feed(Message::text(Writer::connected())).await?;
        let start = self.writer.start(&connect.parameters, &account, &call);
        self.socket.send(Message::text(start)).await?;
        let mut ticks = interval(FRAME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut tail: Option<Pin<Box<Sleep>>> = None;
        loop {
            tokio::select! {
                planned = ticks.tick() => {
                    if tail.is_none() && self.load.enough.is_cancelled() {
                        tail = Some(Box::pin(sleep(TAIL_MAX)));
                    }
                    self.say(tail.is_none(), planned).await?;
                }
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text),
                    Some(Ok(Message::Close(_))) | None => bail!("the gateway closed the stream"),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                },
                () = wait(&mut tail) => break,
            }
            if tail.is_some() && self.ear.tally.returned == self.ear.tally.sent {
                break;
            }
        }
        let stop = self.writer.stop();
        self.socket.feed(Message::text(stop)).await?;
        // What a gateway does with the rest of a call that is over is not measured.
        let _ = tokio::time::timeout(TAIL_MAX, self.socket.close(None)).await;
        self.seen.tally = self.ear.tally;
        if !self.ear.tally.is_clean() {
            let (number, first) = (self.number, self.ear.first_missing);
            self.seen.violations.push(format!("call {number}: {:?}, first missing frame: {first:?}", self.ear.tally));
        }
        Ok(self.seen)
    }

    /// One frame, numbered or silent, and the marks that are due.
    async fn say(&mut self, numbered: bool, planned: Instant) -> anyhow::Result<()> {
        let now = self.load.clock.mono().0;
        let is_measuring = self.load.is_measuring.load(Ordering::Relaxed);
        let frame = if numbered {
            let frame = code::frame(self.number, self.ear.tally.sent as u32);
            self.ear.tally.sent += 1;
            self.sent_at.push(if is_measuring { now } else { 0 });
            frame
        } else {
            [SILENCE; FRAME_BYTES]
        };
        if is_measuring {
            self.seen.late_us.push(planned.elapsed().as_micros() as u32);
        }
        // By the count, not by the clock: the carrier stamps the sound, and a load that is late has left nothing out.
        let timestamp_ms = self.chunk * FRAME.as_millis() as u64;
        self.chunk += 1;
        let text = self.writer.media(self.chunk, timestamp_ms, &frame);
        self.socket.feed(Message::text(text)).await?;
        while self.marks.front().is_some_and(|(due, _)| *due <= now)
            && let Some((_, name)) = self.marks.pop_front()
        {
            let mark = self.writer.mark(&name);
            self.socket.feed(Message::text(mark)).await?;
        }
        self.socket.flush().await?;
        Ok(())
    }

    fn hear(&mut self, text: &str) {
        let now = self.load.clock.mono().0;
        match wire::read(text, &self.writer.names().stream) {
            Ok(FromGateway::Media(audio)) => {
                let lasts_us = audio.len() as u64 * 1000 / BYTES_PER_MS as u64;
                self.played_at = self.played_at.max(now) + lasts_us;
                let back = self.ear.push(&audio);
                if self.back == 0 && back > 0 {
                    self.load.talking.fetch_add(1, Ordering::Relaxed);
                }
                let first = self.back as usize;
                for sent_at in self.sent_at.iter().take(back as usize).skip(first).filter(|at| **at > 0) {
                    self.seen.latencies_us.push(now.saturating_sub(*sent_at) as u32);
                }
                self.back = self.back.max(back);
            }
            Ok(FromGateway::Mark(name)) => self.marks.push_back((self.played_at, name)),
            Ok(FromGateway::Clear) => self.seen.violations.push("a clear, though nobody interrupts".to_owned()),
            Err((code, what)) => self.seen.violations.push(format!("{code}: {what}")),
        }
    }
}

async fn wait(timer: &mut Option<Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => std::future::pending().await,
    }
}
