//! The HTTP server: one accept loop, HTTP/1.1 with upgrades, limits on everything.
//!
//! Written on hyper itself because the framework's own loop has no time limit for a request's head.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// From the first byte of a request's head to its last; also the longest idle time between two requests.
const HEAD_WAIT: Duration = Duration::from_secs(10);

/// Longest head of a request.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Sockets at once; more wait in the kernel.
const CONNECTIONS_MAX: usize = 8192;

/// Out of file descriptors, most likely: not a reason to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Sound that waits in the kernel can no longer be taken back when the caller interrupts: 64 KiB is a good ten seconds
/// on the wire, and the core keeps far less outstanding.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// A running server.
pub(super) struct Server {
    addr: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A listening socket for `addr`.
pub(super) async fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr).await
}

impl Server {
    pub(super) fn start(listener: TcpListener, router: Router) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let loops = tasks.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(accept(listener, router, stop.clone(), loops)));
        Ok(Self { addr, stop, tasks })
    }

    pub(super) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no more connections and lets requests under way finish, for `limit` at most.
    pub(super) async fn stop(&self, limit: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::debug!(left = self.tasks.len(), "some requests did not end in time");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, router: Router, stop: CancellationToken, tasks: TaskTracker) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (router, stop) = (router.clone(), stop.clone());
        tasks.spawn(async move {
            serve(stream, peer, router, stop).await;
            drop(place);
        });
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // A connection without these is slower, not wrong.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
