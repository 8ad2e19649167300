//! Our public origin, and the exact URLs that Twilio may have signed.
//!
//! Built from configuration and the raw request target only: a Host or X-Forwarded header is under the sender's control.

/// A public base URL that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the public base URL must look like https://host or http://host:port, without query and fragment")]
pub struct BadOrigin;

/// The origin that Twilio calls, taken apart once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    secure: bool,
    host: String,
    port: Option<u16>,
    /// Empty, or `/something` without a slash at its end.
    prefix: String,
}

impl Origin {
    /// Reads `http(s)://host[:port][/prefix]`.
    pub fn parse(text: &str) -> Result<Self, BadOrigin> {
        let (secure, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(BadOrigin),
        };
        if rest.contains(['?', '#', '@', ' ']) {
            return Err(BadOrigin);
        }
        let (authority, prefix) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(BadOrigin);
        }
        Ok(Self { secure, host: host.to_owned(), port, prefix: prefix.trim_end_matches('/').to_owned() })
    }

    /// `http(s)` URL of a path that begins with a slash.
    pub fn http(&self, path: &str) -> String {
        self.url(if self.secure { "https" } else { "http" }, self.port, path)
    }

    /// `ws(s)` URL of a path that begins with a slash.
    pub fn socket(&self, path: &str) -> String {
        self.url(if self.secure { "wss" } else { "ws" }, self.port, path)
    }

    /// Every spelling of the webhook URL that may have been signed. `target` is the raw path and query.
    pub fn signed_http(&self, target: &str) -> Vec<String> {
        let scheme = if self.secure { "https" } else { "http" };
        self.ports().map(|port| self.url(scheme, port, target)).collect()
    }

    /// The same for the media socket's upgrade, which is sometimes signed with a slash at the end.
    pub fn signed_socket(&self, target: &str) -> Vec<String> {
        let scheme = if self.secure { "wss" } else { "ws" };
        let plain: Vec<String> = self.ports().map(|port| self.url(scheme, port, target)).collect();
        let slashed = plain.iter().map(|url| format!("{url}/")).collect::<Vec<_>>();
        [plain, slashed].concat()
    }

    /// The configured port; if that is the scheme's default or absent, both spellings.
    fn ports(&self) -> impl Iterator<Item = Option<u16>> {
        let default = if self.secure { 443 } else { 80 };
        let is_default = self.port.is_none_or(|port| port == default);
        let list = if is_default { [Some(None), Some(Some(default))] } else { [Some(self.port), None] };
        list.into_iter().flatten()
    }

    fn url(&self, scheme: &str, port: Option<u16>, target: &str) -> String {
        let Self { host, prefix, .. } = self;
        match port {
            Some(port) => format!("{scheme}://{host}:{port}{prefix}{target}"),
            None => format!("{scheme}://{host}{prefix}{target}"),
        }
    }
}

/// Splits `host:port`; an IPv6 host is in brackets.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), BadOrigin> {
    let colon = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|at| bracket + at),
        None => authority.find(':'),
    };
    let Some(colon) = colon else {
        return Ok((authority, None));
    };
    let port = authority[colon + 1..].parse().map_err(|_| BadOrigin)?;
    Ok((&authority[..colon], Some(port)))
}

#[cfg(test)]
mod tests;
