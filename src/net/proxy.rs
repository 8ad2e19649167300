//! Proxies: whether a connection goes through one, and how a tunnel is asked for.
//!
//! Both kinds of connections that leave the machine are encrypted, so the one verb that a proxy must know is `CONNECT`;
//! it sees where they go and nothing of what they carry. This machine is never reached through a proxy.

use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::net::{NotConnected, Place};
use crate::types::Secret;

/// Which connections go through which proxy. None, by default.
#[derive(Clone, Default)]
pub struct Proxies {
    proxy: Option<Proxy>,
    direct: Vec<Exempt>,
}

/// An HTTP proxy, reached in plain text.
#[derive(Clone)]
pub struct Proxy {
    host: String,
    port: u16,
    /// As the header wants it.
    login: Option<Secret>,
}

/// Not an address of a proxy that we can use. Says nothing of what was given: it may hold a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadProxy {
    #[error("must be an HTTP proxy such as http://proxy.example.com:3128")]
    Shape,
    #[error("must begin with http://: proxies of other kinds are not supported")]
    Kind,
}

/// One element of `NO_PROXY`.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Exempt {
    Everything,
    /// The name itself and all below it; perhaps at one port only.
    Name(String, Option<u16>),
    Network(IpAddr, u8),
}

impl Proxies {
    /// `no_proxy`: names (with all names below them), addresses and networks that are reached directly, comma
    /// separated; `*` for all. An element that is none of these is a name that never fits.
    pub fn new(proxy: Proxy, no_proxy: &str) -> Self {
        let direct =
            no_proxy.split([',', ' ']).map(str::trim).filter(|text| !text.is_empty()).map(Exempt::of).collect();
        Self { proxy: Some(proxy), direct }
    }

    /// The proxy of a place, if there is one.
    pub fn of(&self, place: &Place) -> Option<&Proxy> {
        let is_direct = place.is_loopback() || self.direct.iter().any(|exempt| exempt.fits(place));
        self.proxy.as_ref().filter(|_| !is_direct)
    }
}

impl Proxy {
    pub fn host(&self) -> &str {
        &self.host
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Makes a fresh connection to the proxy one to the place.
    pub(super) async fn tunnel(&self, tcp: &mut TcpStream, place: &Place) -> Result<(), NotConnected> {
        let authority = place.authority();
        let login =
            self.login.as_ref().map_or(String::new(), |login| format!("Proxy-Authorization: {}\r\n", login.expose()));
        let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{login}\r\n");
        tcp.write_all(request.as_bytes()).await.map_err(NotConnected::Route)?;
        let mut head = Vec::with_capacity(512);
        while !head.ends_with(b"\r\n\r\n") {
            // One by one: what follows the head belongs to the place.
            let byte = tcp.read_u8().await.map_err(NotConnected::Route)?;
            head.push(byte);
            if head.len() > HEAD_BYTES_MAX {
                return Err(NotConnected::ProxyWords);
            }
        }
        match status(&head) {
            Some(200..=299) => Ok(()),
            Some(status) => Err(NotConnected::Proxy(status)),
            None => Err(NotConnected::ProxyWords),
        }
    }
}

/// `HTTP/1.1 200 ...`.
fn status(head: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(head.split(|byte| *byte == b'\r').next()?).ok()?;
    let (version, rest) = line.split_once(' ')?;
    let code = rest.get(..3)?;
    version.starts_with("HTTP/1.").then(|| code.parse().ok()).flatten()
}

impl FromStr for Proxy {
    type Err = BadProxy;

    /// `http://user:password@host:port`, where scheme, login and port may be missing.
    fn from_str(text: &str) -> Result<Self, BadProxy> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(BadProxy::Kind),
            None => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, rest),
        };
        let place = Place::parse(&format!("http://{address}/")).ok_or(BadProxy::Shape)?;
        if address.contains(['/', '?', '#']) {
            return Err(BadProxy::Shape);
        }
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let plain = [unescape(user), unescape(password)].join(&b':');
            Secret::new(format!("Basic {}", STANDARD.encode(plain)))
        });
        Ok(Self { host: place.host().to_owned(), port: place.port(), login })
    }
}

impl Exempt {
    fn of(text: &str) -> Self {
        if text == "*" {
            return Self::Everything;
        }
        if let Some((address, bits)) = text.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse(), bits.parse())
        {
            return Self::Network(address, bits);
        }
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Self::Network(address, 128);
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.parse().ok()),
            _ => (text, None),
        };
        Self::Name(name.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase(), port)
    }

    fn fits(&self, place: &Place) -> bool {
        match self {
            Self::Everything => true,
            Self::Name(name, port) => {
                let below = place.host().strip_suffix(name.as_str());
                port.is_none_or(|port| port == place.port())
                    && below.is_some_and(|front| front.is_empty() || front.ends_with('.'))
            }
            Self::Network(network, bits) => {
                place.host().parse().is_ok_and(|address: IpAddr| prefix(*network, *bits) == prefix(address, *bits))
            }
        }
    }
}

/// The family and the first bits of an address.
fn prefix(address: IpAddr, bits: u8) -> (bool, u128) {
    let (all, width) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    (address.is_ipv4(), all.checked_shr(width - u32::from(bits).min(width)).unwrap_or(0))
}

/// Takes `%40` and the like apart; what is no such thing stays as it is.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    bytes
}

/// A proxy's answer is a few lines.
const HEAD_BYTES_MAX: usize = 8 * 1024;

#[cfg(test)]
mod tests;
