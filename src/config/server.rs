//! The HTTP server's settings: where it listens, what it is called from outside, who may use it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::config::reader::Reader;
use crate::config::{Proxies, PublicUrl};
use crate::types::{OrgId, Secret};

const DRAIN_SECS_MAX: u64 = 3600;

/// A key that guards an API that others can reach.
const ADMIN_KEY_CHARS_MIN: usize = 16;
const ADMIN_KEY_CHARS_MAX: usize = 256;

/// Pages of which origins may call the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CorsOrigins {
    /// For example `https://desk.example.com`. Empty: none.
    List(Vec<String>),
    /// `*`. Bearer keys are not sent by browsers on their own, so this gives nothing away.
    Any,
}

#[derive(Clone)]
pub struct Server {
    pub bind: SocketAddr,
    /// `None`: called by the address that it listens on; see `public_url`.
    public: Option<PublicUrl>,
    pub cors_origins: CorsOrigins,
    pub proxies: Proxies,
    /// How long live calls go on at shutdown.
    pub drain: Duration,
    /// `None`: not said; the store decides (the demo organization on a fresh database).
    pub default_org: Option<OrgId>,
    pub admin_api_key: Option<Secret>,
}

impl Server {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let stand_in = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let bind = reader.parse("BIND", parse_bind).unwrap_or(stand_in);
        let public = reader.parse("PUBLIC_BASE_URL", PublicUrl::parse);
        if reader.text("PUBLIC_BASE_URL").is_none() && !bind.ip().is_loopback() {
            let detail = format!(
                "must be set to the https:// origin that the carrier calls, because BIND ({bind}) is not a loopback address"
            );
            reader.fault("PUBLIC_BASE_URL", detail);
        }
        let cors_origins = reader.parse("CORS_ORIGINS", parse_origins).unwrap_or(CorsOrigins::List(Vec::new()));
        let drain = Duration::from_secs(reader.number("DRAIN_SECS", 0..=DRAIN_SECS_MAX, 0));
        let default_org = reader.parse("DEFAULT_ORG", |text| {
            text.parse().map_err(|_| format!("`{text}` is not an organization id (1 to 64 of a-z 0-9 - _)"))
        });
        let proxies = reader.parse("TRUSTED_PROXIES", Proxies::parse).unwrap_or_default();
        let mut server = Self { bind, public, cors_origins, proxies, drain, default_org, admin_api_key: None };
        let loopback = server.is_loopback();
        server.admin_api_key = reader.parse("ADMIN_API_KEY", |text| parse_admin_key(text, loopback));
        server
    }

    /// Only this machine can reach the gateway, and the gateway says so to the carrier.
    pub fn is_loopback(&self) -> bool {
        self.bind.ip().is_loopback() && self.public.as_ref().is_none_or(PublicUrl::is_loopback)
    }

    /// What the gateway is called from outside. `listening` is the address that it got, which matters for port 0.
    pub fn public_url(&self, listening: SocketAddr) -> PublicUrl {
        self.public.clone().unwrap_or_else(|| PublicUrl::of(listening))
    }
}

/// An address and a port; `localhost` means 127.0.0.1.
fn parse_bind(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| format!("`{text}` is not an address and port such as 127.0.0.1:8080"))
}

fn parse_origins(text: &str) -> Result<CorsOrigins, String> {
    if text == "*" {
        return Ok(CorsOrigins::Any);
    }
    let check = |origin: &str| {
        let origin = origin.trim();
        let url = reqwest::Url::parse(origin).map_err(|_| format!("`{origin}` is not an origin"))?;
        // A browser sends the origin in exactly this form; anything else would never match.
        if !matches!(url.scheme(), "http" | "https") || url.origin().ascii_serialization() != origin {
            return Err(format!("`{origin}` is not an origin such as https://desk.example.com (no path, lower case)"));
        }
        Ok(origin.to_owned())
    };
    text.split(',').map(check).collect::<Result<_, _>>().map(CorsOrigins::List)
}

fn parse_admin_key(text: &str, loopback: bool) -> Result<Secret, String> {
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    if !visible || text.len() > ADMIN_KEY_CHARS_MAX {
        return Err(format!("must be at most {ADMIN_KEY_CHARS_MAX} visible ASCII characters without spaces"));
    }
    if !loopback && text.len() < ADMIN_KEY_CHARS_MIN {
        return Err(format!(
            "needs at least {ADMIN_KEY_CHARS_MIN} characters, because BIND or PUBLIC_BASE_URL is not a loopback address"
        ));
    }
    Ok(Secret::new(text))
}
