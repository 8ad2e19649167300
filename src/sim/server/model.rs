//! The simulated model behind a real socket: a loopback WebSocket server, one `FakeModel` for each connection.
//!
//! It adds nothing to the machine but sockets and real time, so that what is seen here was seen in virtual time too.

mod secrets;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::sim::model::recording::{self, Direction};
use crate::sim::model::{FakeModel, Ledger, ModelOut, Refusal};
use crate::sim::server::model::secrets::Wish;
use crate::types::Mono;

/// The longest upgrade, the longest write and the longest wait for the client's close.
const HANDSHAKE_SECS_MAX: u64 = 10;
const WRITE_SECS_MAX: u64 = 10;
const CLOSE_SECS_MAX: u64 = 2;
/// Where the real server listens, too.
const PATH: &str = "/v1/realtime";

/// Tells the time; passed in, because the one clock lives in `app`.
pub type Clock = Arc<dyn Fn() -> Mono + Send + Sync>;

/// Makes the machine for a connection, numbered from 0: its seed, script and knobs.
pub type Factory = Arc<dyn Fn(u64) -> FakeModel + Send + Sync>;

/// A running server. Dropping it ends every connection.
#[derive(Debug)]
pub struct ModelServer {
    addr: SocketAddr,
    ledgers: Arc<Mutex<Vec<(u64, Ledger)>>>,
    tracker: TaskTracker,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl ModelServer {
    /// Listens on a free loopback port. `record`: a folder that gets `model-<number>.jsonl` for each connection.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(clock: Clock, factory: Factory, record: Option<PathBuf>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let ledgers = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { clock, factory, record, ledgers: Arc::clone(&ledgers), stop: stop.clone() };
        tracker.spawn(accept(listener, shared, tracker.clone()));
        Ok(Self { addr, ledgers, tracker, _guard: stop.clone().drop_guard(), stop })
    }

    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// For `OPENAI_REALTIME_URL`.
    pub fn url(&self) -> String {
        format!("ws://{}{PATH}", self.addr)
    }

    /// For `OPENAI_BASE_URL`: it makes secrets for browsers.
    pub fn rest_base(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// What each connection that has ended saw, by number.
    pub fn ledgers(&self) -> Vec<Ledger> {
        let mut ledgers = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ledgers.sort_by_key(|(number, _)| *number);
        ledgers.into_iter().map(|(_, ledger)| ledger).collect()
    }

    /// Ends every connection and waits until all are gone; recordings are complete then.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

#[derive(Clone)]
struct Shared {
    clock: Clock,
    factory: Factory,
    record: Option<PathBuf>,
    ledgers: Arc<Mutex<Vec<(u64, Ledger)>>>,
    stop: CancellationToken,
}

async fn accept(listener: TcpListener, shared: Shared, tracker: TaskTracker) {
    let sessions = Arc::new(AtomicU64::new(0));
    loop {
        let stream = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = stream else { continue };
        let (shared, sessions) = (shared.clone(), Arc::clone(&sessions));
        tracker.spawn(async move { welcome(stream, &shared, &sessions).await });
    }
}

/// Only what can be a session gets a number: looks at the key, of which nobody knows how many come, get none.
async fn welcome(stream: TcpStream, shared: &Shared, sessions: &AtomicU64) {
    let stop = shared.stop.clone();
    let wish = tokio::select! {
        () = stop.cancelled() => return,
        wish = timeout(Duration::from_secs(HANDSHAKE_SECS_MAX), secrets::wish(&stream)) => wish,
    };
    let served = match wish {
        Ok(Wish::List) => {
            let mut model = (shared.factory)(sessions.load(Ordering::Relaxed));
            if model.knobs().refuse == Some(Refusal::Connection) {
                reset(&stream)
            } else {
                secrets::serve(stream, &mut model, &shared.clock).await
            }
        }
        Ok(wish @ (Wish::Socket | Wish::Secret)) => {
            let number = sessions.fetch_add(1, Ordering::Relaxed);
            let mut connection = Connection { number, model: (shared.factory)(number), recording: None };
            let served = tokio::select! {
                () = stop.cancelled() => Ok(()),
                served = connection.serve(stream, wish, shared) => served,
            };
            connection.end(shared).await;
            served
        }
        Err(_) => return,
    };
    if let Err(problem) = served {
        tracing::debug!(%problem, "a connection to the simulated model broke");
    }
}

/// One connection.
struct Connection {
    number: u64,
    model: FakeModel,
    recording: Option<BufWriter<File>>,
}

/// What the upgrade request said.
#[derive(Default)]
struct Asked {
    model: Option<String>,
    authorization: Option<String>,
    beta: bool,
}

impl Connection {
    async fn serve(&mut self, stream: TcpStream, wish: Wish, shared: &Shared) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        if self.model.knobs().refuse == Some(Refusal::Connection) {
            return reset(&stream);
        }
        tokio::time::sleep(self.model.knobs().connect_delay).await;
        if wish == Wish::Secret {
            return secrets::serve(stream, &mut self.model, &shared.clock).await;
        }
        if let Some(dir) = &shared.record {
            let file = File::create(dir.join(format!("model-{}.jsonl", self.number))).await?;
            self.recording = Some(BufWriter::new(file));
        }
        let mut asked = Asked::default();
        let model = &self.model;
        #[expect(clippy::result_large_err, reason = "the WebSocket library's own type")]
        let upgrade = |request: &Request, response: Response| {
            let status = asked.read(request, model);
            status.map_or(Ok(response), |status| Err(refusal(status)))
        };
        let handshake = tokio_tungstenite::accept_hdr_async(stream, upgrade);
        let mut socket = timeout(Duration::from_secs(HANDSHAKE_SECS_MAX), handshake).await??;
        let (model, authorization) = (asked.model.as_deref(), asked.authorization.as_deref());
        self.model.open((shared.clock)(), model, authorization, asked.beta);
        self.run(&mut socket, &shared.clock).await
    }

    async fn run(&mut self, socket: &mut WebSocketStream<TcpStream>, clock: &Clock) -> anyhow::Result<()> {
        while self.write(socket).await? {
            let wake = self.model.next_wake().map(|at| at.since(clock()));
            let message = tokio::select! {
                message = socket.next() => message,
                // Without a wake the socket alone is waited for; the machine has its own end.
                () = tokio::time::sleep(wake.unwrap_or(Duration::MAX)) => {
                    self.model.advance(clock());
                    continue;
                }
            };
            match message {
                Some(Ok(Message::Text(text))) => {
                    self.record(Direction::Client, &text).await?;
                    self.model.receive(clock(), &text);
                }
                // The protocol has no binary frames; pings are answered by the library.
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Err(problem)) => return Err(problem.into()),
            }
        }
        Ok(())
    }

    /// Writes all that the machine has to say. False: the connection is over.
    async fn write(&mut self, socket: &mut WebSocketStream<TcpStream>) -> anyhow::Result<bool> {
        let limit = Duration::from_secs(WRITE_SECS_MAX);
        let mut any = false;
        while let Some(out) = self.model.poll() {
            any = true;
            match out {
                ModelOut::Text(text) => {
                    self.record(Direction::Server, &text).await?;
                    timeout(limit, socket.feed(Message::text(text))).await??;
                }
                ModelOut::Binary(bytes) => timeout(limit, socket.feed(Message::binary(bytes))).await??,
                ModelOut::Close { code, reason } => {
                    close(socket, code, reason).await?;
                    return Ok(false);
                }
                ModelOut::Reset => {
                    timeout(limit, socket.flush()).await??;
                    reset(socket.get_ref())?;
                    return Ok(false);
                }
            }
        }
        if any {
            timeout(limit, socket.flush()).await??;
        }
        Ok(true)
    }

    async fn record(&mut self, direction: Direction, text: &str) -> io::Result<()> {
        let Some(file) = &mut self.recording else { return Ok(()) };
        match recording::line(direction, &format!("model-{}", self.number), text) {
            Some(line) => file.write_all(line.as_bytes()).await,
            None => Ok(()),
        }
    }

    async fn end(mut self, shared: &Shared) {
        if let Some(file) = &mut self.recording
            && let Err(problem) = file.flush().await
        {
            tracing::warn!(number = self.number, %problem, "the recording of the simulated model is incomplete");
        }
        let ledger = self.model.ledger().clone();
        shared.ledgers.lock().unwrap_or_else(PoisonError::into_inner).push((self.number, ledger));
    }
}

impl Asked {
    /// Reads the upgrade; `Some` is the status that refuses it.
    fn read(&mut self, request: &Request, model: &FakeModel) -> Option<u16> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        self.authorization = header("authorization");
        self.beta = header("openai-beta").is_some();
        let pairs = request.uri().query().unwrap_or_default().split('&');
        self.model = pairs.filter_map(|pair| pair.strip_prefix("model=")).map(str::to_owned).next();
        if request.uri().path() != PATH {
            return Some(404);
        }
        model.refusal_status(self.authorization.as_deref())
    }
}

fn refusal(status: u16) -> ErrorResponse {
    let mut response =
        ErrorResponse::new(Some(r#"{"error":{"message":"refused","type":"invalid_request_error"}}"#.into()));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

/// Makes the kernel send RST instead of FIN when the socket is dropped.
fn reset(stream: &TcpStream) -> anyhow::Result<()> {
    Ok(socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))?)
}

/// Closes, and reads what the client still sends: unread bytes would turn the close into a reset.
async fn close(socket: &mut WebSocketStream<TcpStream>, code: u16, reason: String) -> anyhow::Result<()> {
    let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
    let limit = Duration::from_secs(CLOSE_SECS_MAX);
    timeout(limit, socket.close(Some(frame))).await??;
    let drained = timeout(limit, async { while let Some(Ok(_)) = socket.next().await {} }).await;
    // A client that does not close its half is left alone.
    drop(drained);
    Ok(())
}
