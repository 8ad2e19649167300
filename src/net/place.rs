//! Where a connection goes: host, port, and whether it is encrypted.

use std::net::IpAddr;

use hyper::Uri;
use rustls::pki_types::ServerName;

/// The end of a connection, whatever is in between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Lower case; an IPv6 address has no brackets.
    host: String,
    port: u16,
    encrypted: bool,
}

impl Place {
    /// Of an `http`, `https`, `ws` or `wss` URL.
    pub fn parse(url: &str) -> Option<Self> {
        Self::of(&url.parse().ok()?)
    }

    pub fn of(uri: &Uri) -> Option<Self> {
        let encrypted = match uri.scheme_str()? {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return None,
        };
        let after_host = uri.authority()?.as_str().rsplit([']', '@']).next()?;
        if after_host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_err()) {
            return None;
        }
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        (!host.is_empty()).then_some(Self { host, port, encrypted })
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// This machine, by what it is called; no name server is asked.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => self.host == "localhost" || self.host.ends_with(".localhost"),
        }
    }

    /// `host:port`, as `CONNECT` wants it.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    pub(super) fn server_name(&self) -> Option<ServerName<'static>> {
        ServerName::try_from(self.host.clone()).ok()
    }
}
