//! Who sent a request, for limits that count per sender.
//!
//! A proxy's address is everybody's, so its `X-Forwarded-For` is read instead, from the right: what stands further left
//! was written by whoever is behind the first address that is no proxy of ours.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};

use crate::config::{Proxies, subscriber};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that a proxy adds; a request with one of them comes from somewhere else than its connection.
const OF_PROXIES: [HeaderName; 3] =
    [FORWARDED_FOR, HeaderName::from_static("forwarded"), HeaderName::from_static("via")];

/// The sender's address. Whose connection is not known shares one address with all others of that kind.
pub(super) fn sender(request: &Request, proxies: &Proxies) -> IpAddr {
    let Some(peer) = connected(request) else { return IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    let is_proxy = |address: &IpAddr| proxies.contains(*address);
    if !is_proxy(&peer) {
        return subscriber(peer);
    }
    let behind = forwarded_for(request.headers()).into_iter().rev();
    subscriber(behind.take_while(Option::is_some).flatten().find(|address| !is_proxy(address)).unwrap_or(peer))
}

/// The peer is this machine, and speaks for itself. An unknown peer is not.
pub(super) fn is_local(request: &Request) -> bool {
    let is_forwarded = OF_PROXIES.iter().any(|name| request.headers().contains_key(name));
    !is_forwarded && connected(request).is_some_and(|peer| peer.is_loopback())
}

fn connected(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

/// Every entry of the list, `None` for one that is no address.
fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or("?"));
    values.flat_map(|value| value.split(',')).map(|entry| address(entry.trim())).collect()
}

/// With or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let address = bare.or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}
