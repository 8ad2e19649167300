//! How many calls at once, and how long.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::reader::Reader;

const CALLS_LIMIT_MAX: u32 = 1_000_000;
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
        }
    }
}
