//! The company's REST interface for one kind of resource, calls: who may ask, for what, and how it answers.
//!
//! Pure: `route` finds the call that a request is about, `CompanyCall::rest` answers it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::types::{AccountId, LegId};

/// A request as it comes in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestRequest {
    pub method: String,
    /// With its query, without an origin.
    pub path: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    pub body: String,
}

/// An answer: JSON text, or none at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestAnswer {
    pub status: u16,
    pub body: String,
    /// Held back this long.
    pub after: Duration,
    /// Never sent: the client runs into its time limit.
    pub lost: bool,
}

impl RestAnswer {
    pub const fn new(status: u16, body: String) -> Self {
        Self { status, body, after: Duration::ZERO, lost: false }
    }

    /// An error in the company's form.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body = json!({"code": code, "message": message, "more_info": more_info, "status": status});
        Self::new(status, body.to_string())
    }

    pub fn not_found(path: &str) -> Self {
        Self::error(404, 20404, &format!("The requested resource {path} was not found"))
    }
}

/// Who may use the interface: user name and password pairs (account and token, API key and secret).
#[derive(Clone)]
pub struct Credentials {
    pub account: AccountId,
    pub logins: Vec<(String, String)>,
}

impl Credentials {
    /// The account with its own token.
    pub fn of_account(account: AccountId, token: &str) -> Self {
        let logins = vec![(account.to_string(), token.to_owned())];
        Self { account, logins }
    }

    fn admit(&self, authorization: Option<&str>) -> bool {
        let plain = authorization
            .and_then(|header| header.strip_prefix("Basic "))
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(plain) = plain else { return false };
        plain
            .split_once(':')
            .is_some_and(|(user, password)| self.logins.iter().any(|(name, secret)| name == user && secret == password))
    }
}

/// The call that a request is about, or the answer that refuses it.
pub fn route(credentials: &Credentials, request: &RestRequest) -> Result<LegId, RestAnswer> {
    if !credentials.admit(request.authorization.as_deref()) {
        return Err(RestAnswer::error(401, 20003, "Authenticate"));
    }
    let path = request.path.split('?').next().unwrap_or_default();
    let not_found = || RestAnswer::not_found(path);
    let rest = path.strip_prefix("/2010-04-01/Accounts/").ok_or_else(not_found)?;
    let (account, rest) = rest.split_once('/').ok_or_else(not_found)?;
    if account != credentials.account.as_str() {
        return Err(RestAnswer::error(401, 20003, "Authenticate"));
    }
    let leg = rest.strip_prefix("Calls/").and_then(|name| name.strip_suffix(".json")).ok_or_else(not_found)?;
    let leg: LegId = leg.parse().map_err(|_| not_found())?;
    match request.method.as_str() {
        "GET" | "POST" => Ok(leg),
        _ => Err(RestAnswer::error(405, 20004, "Method not allowed")),
    }
}

/// Decodes a form body (`application/x-www-form-urlencoded`).
pub fn form(body: &str) -> Vec<(String, String)> {
    body.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

/// What a call resource shows.
pub struct Resource<'a> {
    pub account: &'a AccountId,
    pub leg: &'a LegId,
    pub from: &'a str,
    pub to: &'a str,
    pub status: &'a str,
    pub direction: &'a str,
    /// RFC 2822.
    pub created: String,
    pub started: Option<String>,
    pub ended: Option<String>,
    pub duration_secs: Option<u64>,
}

impl Resource<'_> {
    /// The resource as the company writes it; all its fields are there.
    pub fn json(&self) -> String {
        let uri = format!("/2010-04-01/Accounts/{}/Calls/{}", self.account, self.leg);
        json!({
            "sid": self.leg.as_str(),
            "account_sid": self.account.as_str(),
            "parent_call_sid": null,
            "from": self.from,
            "from_formatted": self.from,
            "to": self.to,
            "to_formatted": self.to,
            "phone_number_sid": null,
            "status": self.status,
            "direction": self.direction,
            "date_created": self.created,
            "date_updated": self.ended.as_ref().or(self.started.as_ref()).unwrap_or(&self.created),
            "start_time": self.started,
            "end_time": self.ended,
            "duration": self.duration_secs.map(|secs| secs.to_string()),
            "price": null,
            "price_unit": "USD",
            "answered_by": null,
            "api_version": "2010-04-01",
            "forwarded_from": null,
            "group_sid": null,
            "caller_name": null,
            "queue_time": "0",
            "trunk_sid": null,
            "uri": format!("{uri}.json"),
            "subresource_uris": {
                "notifications": format!("{uri}/Notifications.json"),
                "recordings": format!("{uri}/Recordings.json"),
                "streams": format!("{uri}/Streams.json"),
            },
        })
        .to_string()
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
