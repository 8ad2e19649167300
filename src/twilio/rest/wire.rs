//! The parts of Twilio's JSON that we read, and the form of a new call.
//!
//! Everything else in it is ignored: fields are added without notice.

use jiff::fmt::rfc2822;
use serde::Deserialize;

use crate::ports::carrier::{DialOrder, FoundLeg, Purpose};
use crate::twilio::callback::leg_status;
use crate::twilio::paths;
use crate::twilio::twiml::Documents;
use crate::types::Wall;

/// A call resource.
#[derive(Deserialize)]
pub(crate) struct Call {
    pub(crate) sid: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    direction: String,
    /// RFC 2822, whole seconds.
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    start_time: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Calls {
    pub(crate) calls: Vec<Call>,
}

/// Twilio's clock and ours may differ by so much, its times having whole seconds.
const SLACK_MICROS: i64 = 5_000_000;

impl Call {
    /// The leg, if it is one that we created since then. A leg without a readable time counts: better one too many,
    /// which is noticed, than one that nobody looks after.
    pub(crate) fn created_since(&self, since: Wall) -> Option<FoundLeg> {
        let created = self.date_created.as_deref().and_then(micros).or_else(|| micros(self.start_time.as_deref()?));
        let too_old = created.is_some_and(|created| created < since.0.saturating_sub(SLACK_MICROS));
        if self.direction != "outbound-api" || too_old {
            return None;
        }
        Some(FoundLeg { leg: self.sid.parse().ok()?, status: leg_status(&self.status)? })
    }
}

fn micros(text: &str) -> Option<i64> {
    rfc2822::parse(text).ok().map(|time| time.timestamp().as_microsecond())
}

/// A conference resource.
#[derive(Deserialize)]
pub(crate) struct Conference {
    sid: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    friendly_name: String,
}

#[derive(Deserialize)]
pub(crate) struct Conferences {
    conferences: Vec<Conference>,
}

/// States of rooms in which somebody may be; one in which a single party waits is still `init`. Each has to be asked for
/// by itself, since a list without a status has only those in progress. In this order: a room that begins between the
/// two requests is in the second list.
pub(crate) const LIVE_ROOMS: [&str; 2] = ["init", "in-progress"];

/// The query that lists rooms by name and state.
pub(crate) fn rooms_query(name: &str, status: &str) -> Vec<(&'static str, String)> {
    let pairs = [("FriendlyName", name), ("Status", status), ("PageSize", PAGE_SIZE)];
    pairs.map(|(key, value)| (key, value.to_owned())).to_vec()
}

/// Resources that are looked through. Twilio lists the newest first.
pub(crate) const PAGE_SIZE: &str = "100";

impl Conferences {
    /// The carrier's names of those that are this room, and in which somebody may be.
    pub(crate) fn live(self, room: &str) -> Vec<String> {
        self.conferences.into_iter().filter(|found| found.is_live(room)).map(|found| found.sid).collect()
    }
}

impl Conference {
    fn is_live(&self, room: &str) -> bool {
        let hex = self.sid.strip_prefix("CF").is_some_and(|id| id.bytes().all(|b| b.is_ascii_hexdigit()));
        hex && self.sid.len() == 34 && self.friendly_name == room && self.status != "completed"
    }
}

/// Twilio's error document.
#[derive(Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) code: Option<u32>,
}

/// The form that creates a leg.
pub(crate) fn creation(order: &DialOrder, documents: &Documents) -> Vec<(&'static str, String)> {
    let (answer, status) = match order.purpose {
        Purpose::Attempt(attempt) => (paths::transfer(attempt, paths::ANSWER), paths::transfer(attempt, paths::LEG)),
        Purpose::Outbound(call) => (paths::outbound(call), paths::outbound_status(call)),
    };
    let mut form = vec![
        ("To", order.to.number().e164().to_owned()),
        ("From", order.from.e164().to_owned()),
        ("Url", documents.url(&answer)),
        ("Method", "POST".to_owned()),
        ("StatusCallback", documents.url(&status)),
        ("StatusCallbackMethod", "POST".to_owned()),
    ];
    // One field for each: a list in one field is read as none.
    form.extend(
        ["initiated", "ringing", "answered", "completed"].map(|event| ("StatusCallbackEvent", event.to_owned())),
    );
    form.push(("Timeout", order.ring.as_secs().clamp(1, RING_SECS_MAX).to_string()));
    form.push(("TimeLimit", order.time_limit.as_secs().max(1).to_string()));
    if let Purpose::Outbound(call) = order.purpose {
        form.push(("MachineDetection", "DetectMessageEnd".to_owned()));
        // Beside the call: a party that has picked up must not wait for the verdict in silence.
        form.push(("AsyncAmd", "true".to_owned()));
        form.push(("AsyncAmdStatusCallback", documents.url(&paths::outbound_amd(call))));
        form.push(("AsyncAmdStatusCallbackMethod", "POST".to_owned()));
    }
    form
}

/// Twilio's own limit.
const RING_SECS_MAX: u64 = 600;

#[cfg(test)]
mod tests;
