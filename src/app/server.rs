//! The HTTP server: one accept loop, HTTP/1.1 with upgrades, limits on everything.
//!
//! Written on hyper itself because the framework's own loop has no time limit for a request's head. Connections have
//! places (`places`), and writes are watched (`watched`).

mod places;
mod watched;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::app::server::places::{Place, PlaceLimits, Places};
use crate::app::server::watched::Watched;
use crate::config::Proxies;
use crate::telemetry::{Trouble, Troubles};

/// From the first byte of a request's head to its last; also the longest idle time between two requests.
const HEAD_WAIT: Duration = Duration::from_secs(10);

/// Longest head of a request.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Sockets at once; more wait in the kernel.
const CONNECTIONS_MAX: usize = 8192;

/// Of one peer that is no proxy, upgraded ones aside.
const PER_PEER_MAX: usize = 256;
/// With few descriptors, one peer has this part of the places.
const PER_PEER_PART: usize = 4;

/// An accept that fails is tried again: out of file descriptors, most likely, and not a reason to spin.
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
    /// `connections` may come in at once.
    pub(super) fn start(
        listener: TcpListener,
        router: Router,
        connections: usize,
        proxies: Proxies,
        troubles: Troubles,
    ) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let all = connections.clamp(1, CONNECTIONS_MAX);
        let per_peer = all.div_ceil(PER_PEER_PART).min(PER_PEER_MAX);
        let places = Places::new(PlaceLimits { all, per_peer, proxies }, troubles.clone());
        let door = Accepting { listener, router, places, troubles, stop: stop.clone(), tasks: tasks.clone() };
        tasks.spawn(stop.clone().run_until_cancelled_owned(door.run()));
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

/// Takes connections, one after the other, while there is a place for them.
struct Accepting {
    listener: TcpListener,
    router: Router,
    places: Arc<Places>,
    troubles: Troubles,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Accepting {
    async fn run(self) {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.failed(&error);
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Some(place) = self.places.take(peer.ip()).await else { continue };
            self.tasks.spawn(serve(stream, peer, place, self.router.clone(), self.stop.clone()));
        }
    }

    fn failed(&self, error: &io::Error) {
        metrics::counter!("switchboard_accept_failures_total").increment(1);
        let errno = error.raw_os_error();
        if [Errno::MFILE, Errno::NFILE].iter().any(|full| errno == Some(full.raw_os_error())) {
            self.troubles.raise(Trouble::Connections, "descriptors");
            self.places.send_one_away();
        } else {
            tracing::debug!(%error, "a connection could not be accepted");
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, place: Place, router: Router, stop: CancellationToken) {
    // A connection without these is slower, not wrong.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES);
    let out = place.conduct().out.clone();
    let place = Arc::new(place);
    let watched = Watched::new(stream, Arc::clone(&place));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, place) = (router.clone(), Arc::clone(&place));
        async move {
            place.conduct().take_turn();
            let response = router.oneshot(request).await;
            if response.as_ref().is_ok_and(|response| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
                place.upgrade();
            }
            place.waits();
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(watched), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = out.cancelled() => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
