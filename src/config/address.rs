//! URLs and hosts: what may be plain text and what must be encrypted.
//!
//! Parsed by the same parser that makes the requests later, so that both agree about which host is meant.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

/// Whether a URL's host is this machine. Names other than `localhost` count as elsewhere: they need a resolver.
fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        None => false,
        Some("localhost") => true,
        Some(host) => {
            host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}

/// Refuses what has no place in a configured endpoint. Neither message quotes the URL: it may hold a password.
fn parse(text: &str, encrypted: &str, plain: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment".into());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("has no host".into());
    }
    match url.scheme() {
        scheme if scheme == encrypted => Ok(url),
        scheme if scheme == plain && is_loopback(&url) => Ok(url),
        scheme if scheme == plain => Err(format!("{plain}:// is accepted for loopback hosts only; use {encrypted}://")),
        _ => Err(format!("must begin with {encrypted}:// ({plain}:// for loopback hosts)")),
    }
}

/// The origin that the carrier calls: scheme, host, port; no path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicUrl {
    https: bool,
    /// Host, and the port if it is not the scheme's own.
    authority: String,
    loopback: bool,
}

impl PublicUrl {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = parse(text, "https", "http")?;
        if url.path() != "/" {
            return Err("must be an origin without a path".into());
        }
        let host = url.host_str().ok_or("has no host")?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { https: url.scheme() == "https", authority, loopback: is_loopback(&url) })
    }

    /// What a gateway without a public name is called: by the address that it listens on.
    pub fn of(bind: SocketAddr) -> Self {
        // Port 80 is http's own, which the parser of the peer leaves out.
        let authority = match (bind.port(), bind) {
            (80, SocketAddr::V4(v4)) => v4.ip().to_string(),
            (80, SocketAddr::V6(v6)) => format!("[{}]", v6.ip()),
            _ => bind.to_string(),
        };
        Self { https: false, authority, loopback: bind.ip().is_loopback() }
    }

    /// For webhooks: `https://gw.example.com`, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.authority)
    }

    /// For streams: `wss://gw.example.com`.
    pub fn ws_origin(&self) -> String {
        format!("{}://{}", if self.https { "wss" } else { "ws" }, self.authority)
    }

    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

/// An endpoint of somebody else, without a slash at the end, so that a path can be appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// `https`, or `http` for loopback hosts.
    pub(super) fn http(text: &str) -> Result<Self, String> {
        parse(text, "https", "http").map(Self::from)
    }

    /// `wss`, or `ws` for loopback hosts.
    pub(super) fn websocket(text: &str) -> Result<Self, String> {
        parse(text, "wss", "ws").map(Self::from)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Url> for BaseUrl {
    fn from(url: Url) -> Self {
        Self(url.as_str().trim_end_matches('/').to_owned())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
