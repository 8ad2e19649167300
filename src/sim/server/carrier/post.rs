//! Signed form POSTs to the gateway's public URLs, over plain connections to its loopback address.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HOST, USER_AGENT};
use reqwest::redirect::Policy;

use crate::sim::carrier::company::{WebAnswer, WebFailure};
use crate::sim::carrier::sign::signature;
use crate::sim::server::carrier::CarrierConfig;

/// Makes webhooks.
pub(super) struct Poster {
    client: reqwest::Client,
    gateway: SocketAddr,
    token: String,
}

impl Poster {
    pub(super) fn new(config: &CarrierConfig) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .build()?;
        Ok(Self { client, gateway: config.gateway, token: config.token.clone() })
    }

    /// Where the gateway really is.
    pub(super) const fn gateway(&self) -> SocketAddr {
        self.gateway
    }

    /// The signature of a request to this public URL.
    pub(super) fn sign(&self, url: &str, pairs: &[(String, String)]) -> String {
        signature(&self.token, url, pairs)
    }

    pub(super) async fn post(&self, url: &str, pairs: &[(String, String)]) -> Result<WebAnswer, WebFailure> {
        let (_, path) = split(url).ok_or(WebFailure::Refused)?;
        self.send(self.client.post(self.at(path)).form(pairs), url, pairs).await
    }

    /// The parameters are in the URL's query.
    pub(super) async fn get(&self, url: &str) -> Result<WebAnswer, WebFailure> {
        let (_, path) = split(url).ok_or(WebFailure::Refused)?;
        self.send(self.client.get(self.at(path)), url, &[]).await
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.gateway)
    }

    async fn send(
        &self,
        request: RequestBuilder,
        url: &str,
        pairs: &[(String, String)],
    ) -> Result<WebAnswer, WebFailure> {
        let (host, _) = split(url).ok_or(WebFailure::Refused)?;
        let request = request
            .header(HOST, host)
            .header(USER_AGENT, "TwilioProxy/1.1")
            .header("X-Twilio-Signature", self.sign(url, pairs));
        let failure = |error: reqwest::Error| if error.is_connect() { WebFailure::Refused } else { WebFailure::Broken };
        let response = request.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = response.text().await.map_err(failure)?;
        Ok(WebAnswer { status, content_type, body })
    }
}

/// Host and path (with query, without fragment) of a URL.
pub(super) fn split(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split('#').next()?;
    match rest.find('/') {
        Some(at) => Some(rest.split_at(at)),
        None => Some((rest, "/")),
    }
}
