//! One request to Twilio: what it is, how often it may be asked again, and what an answer means.
//!
//! What may be repeated decides whether a second phone rings, so every request has to say it.

use hyper::{Method, StatusCode};

use crate::ports::carrier::CarrierError;
use crate::twilio::rest::wire::Problem;

/// How often a request may be asked again. Whatever Twilio says it did not process (429) always may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repeat {
    /// Asked twice is asked once: GET, `completed`.
    Freely,
    /// Only if no connection was made, and once.
    IfUnsent,
    /// Creates a leg: never, and it does not go out while the breaker is open.
    Never,
}

/// A request below the account's path.
pub(crate) struct Order {
    pub(crate) method: Method,
    /// For example `/Calls.json`; holds ids, never a number, because it is logged.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) form: Vec<(&'static str, String)>,
    pub(crate) repeat: Repeat,
    /// Longest answer that is read.
    pub(crate) bytes_max: usize,
}

/// Longest answer about one thing; Twilio's are about two kilobytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest page of a list: a hundred times as much.
const LIST_BYTES_MAX: usize = 512 * 1024;

impl Order {
    pub(crate) fn get(path: String) -> Self {
        let (query, form) = (Vec::new(), Vec::new());
        Self { method: Method::GET, path, query, form, repeat: Repeat::Freely, bytes_max: ANSWER_BYTES_MAX }
    }

    pub(crate) fn list(path: String, query: Vec<(&'static str, String)>) -> Self {
        Self { query, bytes_max: LIST_BYTES_MAX, ..Self::get(path) }
    }

    pub(crate) fn post(path: String, form: Vec<(&'static str, String)>, repeat: Repeat) -> Self {
        let query = Vec::new();
        Self { method: Method::POST, path, query, form, repeat, bytes_max: ANSWER_BYTES_MAX }
    }
}

/// What came of one try.
#[derive(Debug)]
pub(crate) enum Tried {
    Done(Vec<u8>),
    Refused(CarrierError),
    /// Not processed; ask again later.
    Limited,
    /// Perhaps processed.
    Unknown,
    /// No connection was made.
    Unsent,
}

impl Tried {
    /// For counters and logs.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(CarrierError::Gone) => "gone",
            Self::Refused(_) => "refused",
            Self::Limited => "limited",
            Self::Unknown => "unknown",
            Self::Unsent => "unsent",
        }
    }

    /// Whether the carrier is there at all.
    pub(crate) const fn is_answer(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Refused(_) | Self::Limited)
    }
}

/// Twilio's codes for a leg that does not exist (any more) and one that is not in progress.
const CODES_GONE: [u32; 2] = [20404, 21220];

/// Twilio's codes that speak of credentials or of the account, whatever was asked: not authenticated, the account is
/// closed or suspended.
const CODES_ACCOUNT: [u32; 4] = [10001, 20003, 20005, 30002];

/// What an answer with this status code and body means; for the simulation, which has no HTTP.
pub(crate) fn judge_code(status: u16, body: Vec<u8>) -> Tried {
    StatusCode::from_u16(status).map_or(Tried::Unknown, |status| judge(status, body).0)
}

/// What an answer means, and its error code.
pub(crate) fn judge(status: StatusCode, body: Vec<u8>) -> (Tried, Option<u32>) {
    if status.is_success() {
        return (Tried::Done(body), None);
    }
    // A 404 that is not in Twilio's words comes from something in between and says nothing about the leg.
    let code = serde_json::from_slice::<Problem>(&body).ok().and_then(|problem| problem.code);
    let tried = match code {
        _ if status.is_server_error() => Tried::Unknown,
        _ if status == StatusCode::TOO_MANY_REQUESTS => Tried::Limited,
        code if status == StatusCode::UNAUTHORIZED => Tried::Refused(CarrierError::Unauthorized(code)),
        Some(code) if CODES_ACCOUNT.contains(&code) => Tried::Refused(CarrierError::Unauthorized(Some(code))),
        Some(code) if CODES_GONE.contains(&code) => Tried::Refused(CarrierError::Gone),
        code => Tried::Refused(CarrierError::Refused(code)),
    };
    (tried, code)
}
