//! What connections go to: names that mean what they are told to, a server that says what it is told to, a proxy.

#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use switchboard::net::{Lookup, Net, Proxies};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The name that the certificate in `tls` is for. Its key is no secret: it opens nothing but these tests.
pub(crate) const NAME: &str = "api.test";

/// What a name server does about a name.
#[derive(Clone)]
pub(crate) enum Says {
    Addresses(Vec<IpAddr>),
    Unknown,
    /// Never answers.
    Hangs,
}

impl Says {
    pub(crate) fn loopback() -> Self {
        Self::these(&["127.0.0.1"])
    }

    pub(crate) fn these(addresses: &[&str]) -> Self {
        Self::Addresses(addresses.iter().map(|text| text.parse().unwrap()).collect())
    }
}

/// Names, and how often each was asked for. A name that is not there is unknown.
#[derive(Default)]
pub(crate) struct Hosts {
    names: Mutex<BTreeMap<String, Says>>,
    asked: Mutex<Vec<String>>,
}

/// The same, as `Net` wants it.
pub(crate) struct Shared(pub(crate) Arc<Hosts>);

impl Hosts {
    pub(crate) fn that_say(name: &str, says: Says) -> Arc<Self> {
        let hosts = Arc::new(Self::default());
        hosts.say(name, says);
        hosts
    }

    pub(crate) fn say(&self, name: &str, says: Says) {
        self.names.lock().unwrap().insert(name.to_owned(), says);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Lookup for Shared {
    async fn look_up(&self, host: String) -> io::Result<Vec<IpAddr>> {
        self.0.asked.lock().unwrap().push(host.clone());
        let says = self.0.names.lock().unwrap().get(&host).cloned().unwrap_or(Says::Unknown);
        match says {
            Says::Addresses(addresses) => Ok(addresses),
            Says::Unknown => Err(io::Error::other("no such name")),
            Says::Hangs => pending().await,
        }
    }
}

/// Connections with these names and proxies, which trust the certificate of `tls`.
pub(crate) fn net(hosts: &Arc<Hosts>, proxies: Proxies) -> Net {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(include_bytes!("tls/cert.der").as_slice().into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Net::new(Arc::new(config), proxies, Arc::new(Shared(hosts.clone())))
}

/// The server's side of TLS.
pub(crate) fn acceptor() -> TlsAcceptor {
    let cert = include_bytes!("tls/cert.der").as_slice().into();
    let key = rustls::pki_types::PrivateKeyDer::try_from(include_bytes!("tls/key.der").as_slice()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(vec![cert], key).unwrap()).into()
}

pub(crate) async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Reads a message without a body: to its empty line.
pub(crate) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head).unwrap())
}

/// What a connection gets for its request.
#[derive(Clone)]
pub(crate) enum Reply {
    Text(&'static str),
    /// Takes the request, and never says anything.
    Silence,
    /// Takes the request and hangs up.
    Close,
}

/// A server of HTTP that gives each new connection one reply, and remembers the requests.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn that_says(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::on(listen().await, replies, None)
    }

    pub(crate) async fn with_tls(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::on(listen().await, replies, Some(acceptor()))
    }

    pub(crate) fn on(
        listener: TcpListener,
        replies: impl IntoIterator<Item = Reply>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let (addr, heads) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (mut replies, seen) = (replies.into_iter().collect::<VecDeque<_>>(), heads.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (reply, seen, tls) = (replies.pop_front(), seen.clone(), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, reply, &seen).await,
                        // A client that does not trust us leaves in the middle.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, reply, &seen).await,
                            Err(_) => Ok(()),
                        },
                    }
                });
            }
        });
        Self { addr, heads, _tasks: tasks }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    reply: Option<Reply>,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let head = head(&mut stream).await?;
    seen.lock().unwrap().push(head);
    match reply.expect("a reply for each connection") {
        Reply::Text(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        }
        Reply::Silence => pending().await,
        Reply::Close => Ok(()),
    }
}

/// A proxy that knows `CONNECT` and nothing else; every name leads to one loopback port.
pub(crate) struct Tunnels {
    pub(crate) addr: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Tunnels {
    pub(crate) async fn to(target: SocketAddr, answer: &'static str) -> Self {
        let listener = listen().await;
        let (addr, heads) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let seen = heads.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let seen = seen.clone();
                connections.spawn(async move {
                    let asked = head(&mut near).await?;
                    seen.lock().unwrap().push(asked);
                    near.write_all(answer.as_bytes()).await?;
                    if answer.contains(" 200 ") {
                        let mut far = TcpStream::connect(target).await?;
                        copy_bidirectional(&mut near, &mut far).await?;
                    }
                    io::Result::Ok(())
                });
            }
        });
        Self { addr, heads, _tasks: tasks }
    }

    pub(crate) fn proxies(&self, login: &str, no_proxy: &str) -> Proxies {
        Proxies::new(format!("http://{login}{}", self.addr).parse().unwrap(), no_proxy)
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}
