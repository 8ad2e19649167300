//! The carrier's settings: whose webhooks are believed, and how we speak to its REST interface.

use crate::config::BaseUrl;
use crate::config::reader::Reader;
use crate::types::{AccountId, Secret};

/// One in use and one on its way in or out.
const AUTH_TOKENS_MAX: usize = 2;

/// A key for SharedKey signatures.
#[derive(Clone)]
pub struct SharedKey {
    pub id: String,
    pub secret: Secret,
}

/// Credentials for REST that can be revoked on their own.
#[derive(Clone)]
pub struct ApiKey {
    pub sid: String,
    pub secret: Secret,
}

#[derive(Clone)]
pub struct Telephony {
    pub account: Option<AccountId>,
    /// At most two; any of them signs webhooks, the first is used for REST. Empty: no webhook can be checked.
    pub auth_tokens: Vec<Secret>,
    /// False only where nobody else can reach the gateway.
    pub validate: bool,
    pub shared_keys: Vec<SharedKey>,
    pub api_key: Option<ApiKey>,
    pub api_base: BaseUrl,
}

impl Telephony {
    /// `loopback`: only this machine can reach the gateway.
    pub(super) fn read(reader: &mut Reader<'_>, loopback: bool) -> Self {
        let account = reader.parse("TWILIO_ACCOUNT_SID", |text| {
            text.parse().map_err(|_| "is not an account SID (AC and 32 lower-case hex digits)".to_owned())
        });
        let auth_tokens = reader.parse("TWILIO_AUTH_TOKEN", parse_tokens).unwrap_or_default();
        let validate = reader.choice("TWILIO_VALIDATE", &[("on", true), ("off", false)]);
        if !validate && !loopback {
            reader.fault("TWILIO_VALIDATE", "off is refused unless BIND and PUBLIC_BASE_URL are loopback");
        }
        let shared_keys = reader.parse("TWILIO_SHARED_KEYS", parse_shared_keys).unwrap_or_default();
        let api_key = read_api_key(reader);
        if api_key.is_some() && account.is_none() && reader.text("TWILIO_ACCOUNT_SID").is_none() {
            reader.fault("TWILIO_ACCOUNT_SID", "must be set, because TWILIO_API_KEY_SID is");
        }
        let api_base = reader.parse("TWILIO_API_BASE_URL", BaseUrl::http);
        // A fault was noted if there is none; the default can always be parsed.
        let api_base = api_base.or_else(|| BaseUrl::http("https://api.twilio.com").ok()).expect("a valid default");
        Self { account, auth_tokens, validate, shared_keys, api_key, api_base }
    }
}

/// Splits at commas; an empty element is a slip that must not silently weaken anything.
fn elements(text: &str) -> Result<Vec<&str>, String> {
    let elements: Vec<&str> = text.split(',').map(str::trim).collect();
    if elements.iter().any(|element| element.is_empty()) {
        return Err("has an empty element; remove the comma or fill the gap".into());
    }
    Ok(elements)
}

fn parse_tokens(text: &str) -> Result<Vec<Secret>, String> {
    let tokens = elements(text)?;
    if tokens.len() > AUTH_TOKENS_MAX {
        return Err(format!("holds more than {AUTH_TOKENS_MAX} tokens"));
    }
    Ok(tokens.into_iter().map(Secret::new).collect())
}

fn parse_shared_keys(text: &str) -> Result<Vec<SharedKey>, String> {
    let mut keys: Vec<SharedKey> = Vec::new();
    for element in elements(text)? {
        let (id, secret) = element.split_once(':').ok_or("has an element that is not id:secret")?;
        if id.is_empty() || secret.is_empty() {
            return Err("has an element with an empty id or secret".into());
        }
        if keys.iter().any(|key| key.id == id) {
            return Err(format!("names the id `{id}` twice"));
        }
        keys.push(SharedKey { id: id.to_owned(), secret: Secret::new(secret) });
    }
    Ok(keys)
}

fn read_api_key(reader: &mut Reader<'_>) -> Option<ApiKey> {
    match (reader.text("TWILIO_API_KEY_SID"), reader.secret("TWILIO_API_KEY_SECRET")) {
        (Some(sid), Some(secret)) => Some(ApiKey { sid: sid.to_owned(), secret }),
        (Some(_), None) => {
            reader.fault("TWILIO_API_KEY_SECRET", "must be set, because TWILIO_API_KEY_SID is");
            None
        }
        (None, Some(_)) => {
            reader.fault("TWILIO_API_KEY_SID", "must be set, because TWILIO_API_KEY_SECRET is");
            None
        }
        (None, None) => None,
    }
}
