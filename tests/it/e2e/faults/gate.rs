//! What stands before somebody's server: it leads there, or misbehaves as servers and the nets before them do.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Pass,
    /// Every request, also on connections that are open, is answered 401.
    Refuse,
    /// The same for new connections; those that are open go on.
    RefuseNew,
    /// Connections live and nothing ever answers there.
    Swallow,
}

/// Goes when it is dropped.
pub(super) struct Gate {
    addr: SocketAddr,
    mode: watch::Sender<Mode>,
    inner: watch::Sender<Option<SocketAddr>>,
    _accepting: JoinSet<()>,
}

impl Gate {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (mode, its_mode) = watch::channel(Mode::Pass);
        let (inner, its_inner) = watch::channel(None);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, its_mode.clone(), its_inner.clone()));
            }
        });
        Self { addr, mode, inner, _accepting: accepting }
    }

    /// With a name that can be looked up.
    pub(super) fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://localhost:{}{path}", self.addr.port())
    }

    /// `base`: `http://127.0.0.1:PORT` and perhaps a path.
    pub(super) fn lead_to(&self, base: &str) {
        let host = base.split("//").nth(1).unwrap().split('/').next().unwrap();
        self.inner.send_replace(Some(host.replace("localhost", "127.0.0.1").parse().unwrap()));
    }

    pub(super) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn serve(mut outer: TcpStream, mut mode: watch::Receiver<Mode>, mut inner: watch::Receiver<Option<SocketAddr>>) {
    outer.set_nodelay(true).unwrap();
    let began_in = *mode.borrow_and_update();
    if matches!(began_in, Mode::Refuse | Mode::RefuseNew) {
        refuse(outer).await;
        return;
    }
    if began_in == Mode::Swallow {
        swallow(outer).await;
        return;
    }
    let Ok(addr) = inner.wait_for(Option::is_some).await.map(|addr| addr.unwrap()) else { return };
    let Ok(mut server) = TcpStream::connect(addr).await else { return };
    server.set_nodelay(true).unwrap();
    tokio::select! {
        // Either end may break it off.
        _ = copy_bidirectional(&mut outer, &mut server) => return,
        changed = mode.wait_for(|mode| matches!(mode, Mode::Refuse | Mode::Swallow)) => {
            let Ok(changed) = changed.map(|mode| *mode) else { return };
            if changed == Mode::Refuse {
                // An idle connection is closed, and the next one learns it.
                return;
            }
        }
    }
    swallow(outer).await;
}

/// Reads for ever.
async fn swallow(mut stream: TcpStream) {
    let mut buffer = vec![0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

/// Reads one request, whole, and answers it.
async fn refuse(mut stream: TcpStream) {
    let (mut request, mut buffer) = (Vec::new(), vec![0; 4096]);
    while !is_whole(&request) {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let body = r#"{"code":20003,"message":"Authenticate","status":401}"#;
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // The other end may be gone.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}
