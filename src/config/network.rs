//! How the outside is reached: directly, or through a proxy.

use crate::config::reader::Reader;
use crate::net::Proxy;

/// The proxy of REST and of the model's connection. Holds a secret, so it cannot be printed.
#[derive(Clone)]
pub struct Network {
    pub proxy: Option<Proxy>,
    /// What is reached directly all the same; see `net::Proxies::new`.
    pub no_proxy: String,
}

impl Network {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        // Everything that leaves this machine is encrypted, so the proxy for that counts; whoever names only the other
        // one has a network with a proxy, too.
        let [https, http] = ["HTTPS_PROXY", "HTTP_PROXY"]
            .map(|name| reader.parse(name, |text| text.parse::<Proxy>().map_err(|error| error.to_string())));
        Self { proxy: https.or(http), no_proxy: reader.text("NO_PROXY").unwrap_or_default().to_owned() }
    }
}
