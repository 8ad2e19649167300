//! Connections to the outside: a name becomes addresses, addresses become a socket, perhaps through a proxy and under TLS.
//!
//! Every connection of the carrier's REST and of the model goes through `Net`, so that no such part can fail in one of
//! them and be forgotten in the other. Nothing here is kept but what names mean: see `request` for why.
//!
//! ```text
//! Place -> proxies? -> names (remembered) -> race (several addresses) -> CONNECT (through a proxy) -> TLS -> Stream
//! ```

mod names;
mod place;
mod proxy;
mod race;
mod request;
mod stream;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use names::{Lookup, SystemLookup};
pub use place::Place;
pub use proxy::{BadProxy, Proxies, Proxy};
pub use request::{Answer, Missed, Request};
pub use stream::{Stream, tls_config};

use names::Names;

/// Makes connections. Clones share what is known about names.
#[derive(Clone)]
pub struct Net(Arc<Inner>);

struct Inner {
    tls: Arc<rustls::ClientConfig>,
    proxies: Proxies,
    names: Names,
}

/// Why there is no connection: nothing was sent to the place that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    #[error("no address is known for the name")]
    Name,
    #[error("nothing answers at any address: {0}")]
    Route(#[source] io::Error),
    #[error("the proxy refuses ({0})")]
    Proxy(u16),
    #[error("the proxy cannot be understood")]
    ProxyWords,
    #[error("TLS fails: {0}")]
    Tls(#[source] io::Error),
    #[error("no connection in time")]
    TimedOut,
}

impl NotConnected {
    /// A closed word, for counters and causes.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Route(_) => "no_route",
            Self::Proxy(_) | Self::ProxyWords => "proxy",
            Self::Tls(_) => "tls",
            Self::TimedOut => "time_out",
        }
    }
}

impl Net {
    pub fn new(tls: Arc<rustls::ClientConfig>, proxies: Proxies, lookup: Arc<dyn Lookup>) -> Self {
        Self(Arc::new(Inner { tls, proxies, names: Names::new(lookup) }))
    }

    /// With the machine's names and no proxy.
    pub fn direct(tls: Arc<rustls::ClientConfig>) -> Self {
        Self::new(tls, Proxies::default(), Arc::new(SystemLookup))
    }

    /// A new connection, within `CONNECT_WAIT` in all.
    pub async fn connect(&self, place: &Place) -> Result<Stream, NotConnected> {
        let connected = match timeout(CONNECT_WAIT, self.open(place)).await {
            Ok(connected) => connected,
            Err(_) => Err(NotConnected::TimedOut),
        };
        if let Err(error) = &connected {
            metrics::counter!("switchboard_connections_failed_total", "why" => error.label()).increment(1);
        }
        connected
    }

    /// Asks for the addresses of a place before somebody waits for them; gives up after a while. False: there was no
    /// answer.
    pub async fn warm(&self, place: &Place) -> bool {
        let host = self.0.proxies.of(place).map_or(place.host(), Proxy::host);
        if host.parse::<IpAddr>().is_ok() {
            return true;
        }
        timeout(WARM_WAIT, self.0.names.asked(host)).await.is_ok_and(|addresses| !addresses.is_empty())
    }

    async fn open(&self, place: &Place) -> Result<Stream, NotConnected> {
        let proxy = self.0.proxies.of(place);
        let (host, port) = proxy.map_or((place.host(), place.port()), |proxy| (proxy.host(), proxy.port()));
        let (address, mut tcp) = self.reach(host, port).await?;
        // Many small writes, each of which somebody waits for.
        let _ = tcp.set_nodelay(true);
        let made = async {
            if let Some(proxy) = proxy {
                proxy.tunnel(&mut tcp, place).await?;
            }
            if !place.is_encrypted() {
                return Ok(Stream::Plain(tcp));
            }
            let name = place.server_name().ok_or(NotConnected::Name)?;
            let tls = TlsConnector::from(self.0.tls.clone()).connect(name, tcp).await.map_err(NotConnected::Tls)?;
            Ok(Stream::Tls(Box::new(tls)))
        };
        let made = made.await;
        if made.is_ok() {
            self.0.names.worked(host, address.ip());
        }
        made
    }

    /// A socket to one of the addresses of a host.
    async fn reach(&self, host: &str, port: u16) -> Result<(SocketAddr, TcpStream), NotConnected> {
        let at = move |addresses: Vec<IpAddr>| addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        let (first, is_remembered): (Vec<SocketAddr>, bool) = match host.parse::<IpAddr>() {
            Ok(ip) => (at(vec![ip]), false),
            Err(_) => {
                let known = self.0.names.known(host).await;
                (at(known.addresses), known.is_remembered)
            }
        };
        if first.is_empty() {
            return Err(NotConnected::Name);
        }
        // What is remembered may be wrong by now: if nobody answers there, the name is asked for again.
        let more = async { if is_remembered { at(self.0.names.asked(host).await) } else { Vec::new() } };
        race::race(first, more, TcpStream::connect).await.map_err(NotConnected::Route)
    }
}

/// From the name to the end of the TLS handshake. Beyond this a caller is better served by trying again.
pub const CONNECT_WAIT: Duration = Duration::from_secs(2);

/// A name server that is asked in vain first costs the system's resolver five seconds before it asks the next.
const WARM_WAIT: Duration = Duration::from_secs(15);
