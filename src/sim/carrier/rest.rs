//! The company's REST interface: who may ask, for what, and the form of answers.
//!
//! Pure: `route` finds what a request is about; the exchange answers it, or the leg that it names.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::types::{AccountId, LegId};

/// A request as it comes in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestRequest {
    pub method: String,
    /// With its query, without an origin.
    pub path: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// Which connection it came over.
    pub connection: u64,
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
    /// It never came: there was no connection, and the client knows it.
    pub unsent: bool,
}

impl RestAnswer {
    pub const fn new(status: u16, body: String) -> Self {
        Self { status, body, after: Duration::ZERO, lost: false, unsent: false }
    }

    /// None, to a request that was not even taken.
    pub(crate) const fn never(unsent: bool) -> Self {
        Self { status: 0, body: String::new(), after: Duration::ZERO, lost: !unsent, unsent }
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

/// What a request is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    Calls,
    Call(LegId),
    Conferences,
    Conference(String),
    Participants(String),
    /// A room, and a call's name or a participant's label.
    Participant(String, String),
}

/// Whether the request comes from somebody who may ask; else the answer that refuses it.
pub fn admit(credentials: &Credentials, request: &RestRequest) -> Result<(), RestAnswer> {
    if credentials.admit(request.authorization.as_deref()) { Ok(()) } else { Err(unauthorized()) }
}

/// What a request to this account is about, or the answer that refuses it.
pub fn route(account: &AccountId, request: &RestRequest) -> Result<Target, RestAnswer> {
    let path = request.path.split('?').next().unwrap_or_default();
    let not_found = || RestAnswer::not_found(path);
    let rest = path.strip_prefix("/2010-04-01/Accounts/").ok_or_else(not_found)?;
    let (asked, rest) = rest.split_once('/').ok_or_else(not_found)?;
    if asked != account.as_str() {
        return Err(unauthorized());
    }
    let rest = rest.strip_suffix(".json").ok_or_else(not_found)?;
    let parts: Vec<String> = rest.split('/').map(unescape).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (target, methods): (Target, &[&str]) = match parts.as_slice() {
        ["Calls"] => (Target::Calls, &["GET", "POST"]),
        ["Calls", leg] => (Target::Call(leg.parse().map_err(|_| not_found())?), &["GET", "POST"]),
        ["Conferences"] => (Target::Conferences, &["GET"]),
        ["Conferences", room] => (Target::Conference((*room).to_owned()), &["GET", "POST"]),
        ["Conferences", room, "Participants"] => (Target::Participants((*room).to_owned()), &["GET", "POST"]),
        ["Conferences", room, "Participants", who] => {
            (Target::Participant((*room).to_owned(), (*who).to_owned()), &["GET", "POST", "DELETE"])
        }
        _ => return Err(not_found()),
    };
    if methods.contains(&request.method.as_str()) {
        Ok(target)
    } else {
        Err(RestAnswer::error(405, 20004, "Method not allowed"))
    }
}

fn unauthorized() -> RestAnswer {
    RestAnswer::error(401, 20003, "Authenticate")
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
    pub parent: Option<&'a LegId>,
    pub answered_by: Option<&'a str>,
    /// RFC 2822.
    pub created: String,
    pub started: Option<String>,
    pub ended: Option<String>,
    pub duration_secs: Option<u64>,
}

impl Resource<'_> {
    /// The resource as the company writes it; all its fields are there.
    pub fn value(&self) -> Value {
        let uri = format!("/2010-04-01/Accounts/{}/Calls/{}", self.account, self.leg);
        json!({
            "sid": self.leg.as_str(),
            "account_sid": self.account.as_str(),
            "parent_call_sid": self.parent.map(LegId::as_str),
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
            "answered_by": self.answered_by,
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
