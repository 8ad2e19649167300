//! What stands before a gateway that is being started again: it holds connections until somebody opens.
//!
//! A proxy does so in a real house. Without one the phone company finds nobody, and ends calls that it asks about.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

/// For this long somebody is waited for.
const HOLD: Duration = Duration::from_secs(8);

const KNOCK_EVERY: Duration = Duration::from_millis(20);

/// Goes when it is dropped.
pub(crate) struct Doorstep {
    pub(crate) addr: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Doorstep {
    pub(crate) async fn start(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(pass(stream, gateway));
            }
        });
        Self { addr, _accepting: accepting }
    }
}

async fn pass(mut stream: TcpStream, gateway: SocketAddr) {
    let (patience, mut knock) = (Instant::now() + HOLD, interval(KNOCK_EVERY));
    let mut inner = loop {
        match TcpStream::connect(gateway).await {
            Ok(inner) => break inner,
            Err(_) if Instant::now() < patience => knock.tick().await,
            Err(_) => return,
        };
    };
    for socket in [&stream, &inner] {
        socket.set_nodelay(true).unwrap();
    }
    // Either end may break it off.
    let _ = copy_bidirectional(&mut stream, &mut inner).await;
}
