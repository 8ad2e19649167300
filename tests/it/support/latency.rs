//! A way to a server that takes its time: every byte arrives later, in both directions, as over a long line.
//!
//! Nothing is held back for want of room: what is on its way does not slow down what comes behind it.

#![expect(clippy::unwrap_used, reason = "tests, and their helpers")]

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Goes when it is dropped.
pub(crate) struct LongLine {
    pub(crate) addr: SocketAddr,
    _accepting: JoinSet<()>,
}

impl LongLine {
    /// A line to `server` whose round trip takes at least this long.
    pub(crate) async fn to(server: SocketAddr, round_trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(server).await else { continue };
                for socket in [&near, &far] {
                    socket.set_nodelay(true).unwrap();
                }
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                connections.spawn(later(near_in, far_out, round_trip / 2));
                connections.spawn(later(far_in, near_out, round_trip / 2));
            }
        });
        Self { addr, _accepting: accepting }
    }

    /// A database's URL, by this way.
    pub(crate) fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("@").unwrap();
        let (_, database) = rest.split_once('/').unwrap();
        format!("{scheme}@{}/{database}", self.addr)
    }
}

async fn later(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, by: Duration) {
    let (send, mut on_its_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let deliver = async move {
        while let Some((at, bytes)) = on_its_way.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let take = async move {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            if send.send((Instant::now() + by, bytes[..count].to_vec())).is_err() {
                return;
            }
        }
    };
    tokio::join!(take, deliver);
}
