//! How many calls at once, and how long.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::reader::Reader;
use crate::types::phone::is_country_prefix;

const CALLS_LIMIT_MAX: u32 = 1_000_000;
const DIALS_LIMIT_MAX: u32 = 1_000_000;
/// A session of the model lasts an hour (OpenAI, Realtime: sessions), and a call has one, with some time to say goodbye.
const CALL_SECS_LIMITS: RangeInclusive<u32> = 30..=3500;

/// A carrier's time limit of a leg; nobody is told before it, so it is far.
const TALK_SECS: RangeInclusive<u32> = 600..=24 * 3600;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// `None`: no limit.
    pub calls_per_caller: Option<u32>,
    pub calls_per_org: Option<u32>,
    pub calls: Option<u32>,
    pub call_max: Duration,
    /// Two people who were connected.
    pub talk_max: Duration,
    /// Prefixes outside of which nothing is dialled; empty: every country but those of high risk.
    pub dial_countries: Vec<String>,
    pub dials_per_day: u32,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut limit = |name| Some(reader.number(name, 0..=CALLS_LIMIT_MAX, 0)).filter(|limit| *limit > 0);
        Self {
            calls_per_caller: limit("CALLS_PER_CALLER_MAX"),
            calls_per_org: limit("CALLS_PER_ORG_MAX"),
            calls: limit("CALLS_MAX"),
            call_max: Duration::from_secs(reader.number("CALL_SECS_MAX", CALL_SECS_LIMITS, 30).into()),
            talk_max: Duration::from_secs(reader.number("TALK_SECS_MAX", TALK_SECS, 600).into()),
            dial_countries: reader.parse("DIAL_COUNTRIES", countries).unwrap_or_default(),
            dials_per_day: reader.number("DIALS_PER_DAY_MAX", 1..=DIALS_LIMIT_MAX, 1),
        }
    }
}

/// `+1,+44`: whole country codes, or longer prefixes.
fn countries(text: &str) -> Result<Vec<String>, String> {
    let prefixes: Vec<String> = text.split(',').map(|prefix| prefix.trim().to_owned()).collect();
    match prefixes.iter().find(|prefix| !is_country_prefix(prefix)) {
        Some(prefix) => {
            Err(format!("holds `{prefix}`, which is not + and at least a whole country code, as in +1,+44"))
        }
        None => Ok(prefixes),
    }
}
