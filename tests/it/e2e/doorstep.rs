//! What stands before a gateway that is being started again: it holds connections until somebody opens.
//!
//! A proxy does so in a real house. Without one the phone company finds nobody, and ends calls that it asks about.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Closed at first. Goes when it is dropped.
pub(crate) struct Doorstep {
    pub(crate) addr: SocketAddr,
    open: watch::Sender<bool>,
    _accepting: JoinSet<()>,
}

impl Doorstep {
    pub(crate) async fn start(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (open, is_open) = watch::channel(false);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(pass(stream, gateway, is_open.clone()));
            }
        });
        Self { addr, open, _accepting: accepting }
    }

    /// Lets everybody in who waits, or nobody any more.
    pub(crate) fn set_open(&self, is_open: bool) {
        self.open.send_replace(is_open);
    }
}

/// Whoever comes waits as long as they like: the phone company for fifteen seconds.
async fn pass(mut stream: TcpStream, gateway: SocketAddr, mut is_open: watch::Receiver<bool>) {
    if is_open.wait_for(|is_open| *is_open).await.is_err() {
        return;
    }
    // The gateway may be killed just now.
    let Ok(mut inner) = TcpStream::connect(gateway).await else { return };
    for socket in [&stream, &inner] {
        socket.set_nodelay(true).unwrap();
    }
    // Either end may break it off.
    let _ = copy_bidirectional(&mut stream, &mut inner).await;
}
