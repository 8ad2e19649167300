//! What we ask of Twilio by REST: end a leg, look at a leg.
//!
//! Both may be repeated without harm, so time-outs and server errors are tried again. Creating a call may not be
//! (Twilio documents that a repeat can ring a second phone); it must not be added to `send` without thinking of that.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;

use crate::ports::carrier::{Carrier, CarrierError, DialOrder, FoundLeg, Script};
use crate::session::input::LegStatus;
use crate::twilio::TwilioSettings;
use crate::twilio::callback::leg_status;
use crate::types::{AccountId, LegId, PhoneNumber, RoomId, Secret, Wall};

const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// One try, from the first byte out to the last byte in.
const TOTAL_WAIT: Duration = Duration::from_secs(5);

/// "Too many requests" means that nothing was done.
const LIMITED_TRIES_MAX: u32 = 5;
/// After a time-out or a server error nobody knows whether it was done.
const UNKNOWN_TRIES_MAX: u32 = 3;
/// Wait before the second try; doubles each time, give or take a tenth.
const BACKOFF: Duration = Duration::from_millis(100);

/// Largest answer that is read; Twilio's are about two kilobytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Twilio's codes for a leg that does not exist (any more) and one that is not in progress.
const CODES_GONE: [u32; 2] = [20404, 21220];

/// Twilio's REST interface for one account.
pub struct TwilioRest {
    client: Client,
    base_url: String,
    access: Option<Access>,
}

/// Who we are: the account is in the path, the credentials may be an API key's.
struct Access {
    account: AccountId,
    user: String,
    secret: Secret,
}

/// What an answer means for the next step.
enum Attempt {
    Done(Vec<u8>),
    Failed(CarrierError),
    /// Not processed; ask again later.
    Limited,
    /// Perhaps processed.
    Unknown,
}

impl TwilioRest {
    /// A client with our time limits that follows no redirect (it would carry credentials elsewhere).
    ///
    /// reqwest is built without a TLS provider of its own: one must be installed as rustls' default beforehand.
    pub fn client() -> reqwest::Result<Client> {
        Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WAIT)
            .timeout(TOTAL_WAIT)
            .build()
    }

    /// `client` should be one made by `Self::client`: its time limits are the only ones.
    pub fn new(client: Client, settings: &TwilioSettings) -> Self {
        let base_url = settings.api_base_url.trim_end_matches('/').to_owned();
        Self { client, base_url, access: Access::from_settings(settings) }
    }

    fn url(&self, access: &Access, leg: &LegId) -> String {
        format!("{}/2010-04-01/Accounts/{}/Calls/{leg}.json", self.base_url, access.account)
    }

    /// Sends a request that may be repeated, until it has an answer or the tries are used up.
    async fn send(&self, method: Method, leg: &LegId, form: &[(&str, &str)]) -> Result<Vec<u8>, CarrierError> {
        let access = self.access.as_ref().ok_or(CarrierError::NotConfigured)?;
        let (mut limited, mut unknown) = (0, 0);
        loop {
            match self.attempt(access, method.clone(), leg, form).await {
                Attempt::Done(body) => return Ok(body),
                Attempt::Failed(error) => return Err(error),
                Attempt::Limited => limited += 1,
                Attempt::Unknown => unknown += 1,
            }
            if limited >= LIMITED_TRIES_MAX {
                return Err(CarrierError::Limited);
            }
            if unknown >= UNKNOWN_TRIES_MAX {
                return Err(CarrierError::Unknown);
            }
            let tried = limited + unknown;
            metrics::counter!("switchboard_carrier_retries_total").increment(1);
            tokio::time::sleep(backoff(tried)).await;
        }
    }

    async fn attempt(&self, access: &Access, method: Method, leg: &LegId, form: &[(&str, &str)]) -> Attempt {
        let mut request = self.client.request(method, self.url(access, leg));
        request = request.basic_auth(&access.user, Some(access.secret.expose()));
        if !form.is_empty() {
            request = request.form(form);
        }
        let Ok(response) = request.send().await else {
            return Attempt::Unknown;
        };
        let status = response.status();
        let Some(body) = read(response).await else {
            return Attempt::Unknown;
        };
        judge(status, body)
    }
}

/// The wait before try number `tried + 1`.
fn backoff(tried: u32) -> Duration {
    BACKOFF.saturating_mul(1 << (tried - 1).min(8)).mul_f64(0.9 + 0.2 * fastrand::f64())
}

/// The whole body, unless it is too long or breaks off.
async fn read(mut response: reqwest::Response) -> Option<Vec<u8>> {
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > ANSWER_BYTES_MAX) {
        return None;
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

fn judge(status: StatusCode, body: Vec<u8>) -> Attempt {
    if status.is_success() {
        return Attempt::Done(body);
    }
    if status.is_server_error() {
        return Attempt::Unknown;
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Attempt::Limited;
    }
    // A 404 that is not in Twilio's words comes from something in between and says nothing about the leg.
    let code = serde_json::from_slice::<Problem>(&body).ok().and_then(|problem| problem.code);
    Attempt::Failed(match code {
        _ if status == StatusCode::UNAUTHORIZED => CarrierError::Unauthorized,
        Some(code) if CODES_GONE.contains(&code) => CarrierError::Gone,
        code => CarrierError::Refused(code),
    })
}

impl Access {
    fn from_settings(settings: &TwilioSettings) -> Option<Self> {
        let account = settings.account.clone()?;
        if let Some((user, secret)) = &settings.api_key {
            return Some(Self { account, user: user.clone(), secret: secret.clone() });
        }
        let secret = settings.tokens.first()?.clone();
        Some(Self { user: account.to_string(), account, secret })
    }
}

#[async_trait]
impl Carrier for TwilioRest {
    fn is_configured(&self) -> bool {
        self.access.is_some()
    }

    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError> {
        match self.send(Method::POST, leg, &[("Status", "completed")]).await {
            // Somebody was faster: what we wanted is so.
            Ok(_) | Err(CarrierError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn status(&self, leg: &LegId) -> Result<LegStatus, CarrierError> {
        let body = self.send(Method::GET, leg, &[]).await?;
        let call: Option<Call> = serde_json::from_slice(&body).ok();
        call.and_then(|call| leg_status(&call.status)).ok_or(CarrierError::Unknown)
    }

    async fn dial(&self, _order: &DialOrder) -> Result<LegId, CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn find(&self, _to: &PhoneNumber, _from: &PhoneNumber, _since: Wall) -> Result<Vec<FoundLeg>, CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn redirect(&self, _leg: &LegId, _script: &Script) -> Result<(), CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn end_room(&self, _room: &RoomId) -> Result<(), CarrierError> {
        Err(CarrierError::NotConfigured)
    }
}

/// The part of a call resource that we use.
#[derive(Deserialize)]
struct Call {
    status: String,
}

/// Twilio's error document.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: Option<u32>,
}
