//! The one choke point of every dial: which numbers may be called, and how often.
//!
//! Pure: time comes in as a value. [`Permitted`] can be made here only, and the carrier's port takes nothing else, so
//! no other path to a phone exists.

mod barred;
mod rate;

use std::collections::HashMap;
use std::fmt;

use metrics::counter;

use crate::dialling::rate::{Day, Minute};
use crate::types::org::{EscalationSettings, OutboundSettings};
use crate::types::{NotDialled, OrgId, PhoneNumber, TargetId};

/// Dials of all organizations together within a minute: what one installation's account can be made to spend at once.
pub const DIALS_PER_MINUTE_ALL_MAX: u32 = 120;

/// A number that may be called now. Only this module makes them.
#[derive(Clone, PartialEq, Eq)]
pub struct Permitted(PhoneNumber);

impl Permitted {
    pub const fn number(&self) -> &PhoneNumber {
        &self.0
    }
}

impl fmt::Debug for Permitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Whom a dial is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination<'a> {
    /// A target, by the name that the organization gave it.
    Target(&'a TargetId),
    /// The party of an outbound call, as staff wrote it.
    Number(&'a PhoneNumber),
}

/// Why nobody will ever be rung at this number, whatever an organization's settings say; `None`: it may be.
pub fn never_rings(number: &PhoneNumber) -> Option<&'static str> {
    barred::is_barred(number).then_some(
        "This number is never dialled: it is a premium, satellite, shared-cost, special or emergency number, or no \
         number of its country's plan.",
    )
}

/// Everything that the decision about one dial needs.
pub struct DialRequest<'a> {
    pub org: &'a OrgId,
    pub escalation: &'a EscalationSettings,
    pub outbound: &'a OutboundSettings,
    pub to: Destination<'a>,
    /// The outside party of the call that this dial belongs to; `None`: withheld, or the dial is for that party.
    pub caller: Option<&'a PhoneNumber>,
    /// Whether a number is one of our own, of any organization.
    pub is_ours: &'a dyn Fn(&PhoneNumber) -> bool,
    /// Microseconds of the process's monotonic clock.
    pub at_us: u64,
}

/// Decides every dial of this process, and remembers how many there were.
#[derive(Default)]
pub struct DialPolicy {
    orgs: HashMap<OrgId, OrgDials>,
    all: Minute,
}

#[derive(Default)]
struct OrgDials {
    minute: Minute,
    day: Day,
    /// The dials of earlier processes are in `day`.
    preloaded: bool,
}

impl DialPolicy {
    pub fn new() -> Self {
        Self::default()
    }

    /// Permits this dial and counts it.
    ///
    /// # Errors
    /// The first rule that speaks against it; nothing is counted then but the refusal.
    pub fn permit(&mut self, request: &DialRequest<'_>) -> Result<Permitted, NotDialled> {
        let number = self.check(request)?.clone();
        self.all.add(request.at_us);
        self.forget_idle(request.at_us);
        let dials = self.orgs.entry(request.org.clone()).or_default();
        dials.minute.add(request.at_us);
        dials.day.add(request.at_us, 1);
        Ok(Permitted(number))
    }

    /// Whether the dial would be permitted now; counts nothing but a refusal.
    ///
    /// # Errors
    /// The first rule that speaks against it.
    pub fn check<'a>(&self, request: &DialRequest<'a>) -> Result<&'a PhoneNumber, NotDialled> {
        let checked = self.judge(request);
        if let Err(refusal) = checked {
            counter!("switchboard_dials_refused_total", "reason" => refusal.as_str()).increment(1);
        }
        checked
    }

    /// Whether this organization's dials of earlier processes are known.
    pub fn is_preloaded(&self, org: &OrgId) -> bool {
        self.orgs.get(org).is_some_and(|dials| dials.preloaded)
    }

    /// Tells how often the organization dialled within the last day, by the records of all processes.
    pub fn preload(&mut self, org: &OrgId, dials_of_day: u32, at_us: u64) {
        let known = self.orgs.entry(org.clone()).or_default();
        // What this process dialled is in the records as well.
        let missing = dials_of_day.saturating_sub(known.day.count(at_us));
        known.day.add(at_us, missing);
        known.preloaded = true;
    }

    fn judge<'a>(&self, request: &DialRequest<'a>) -> Result<&'a PhoneNumber, NotDialled> {
        let number = resolve(request)?;
        if barred::is_barred(number) {
            return Err(NotDialled::Barred);
        }
        if (request.is_ours)(number) {
            return Err(NotDialled::Ours);
        }
        if request.caller == Some(number) {
            return Err(NotDialled::Caller);
        }
        let (minute, day) = match self.orgs.get(request.org) {
            Some(dials) => (dials.minute.count(request.at_us), dials.day.count(request.at_us)),
            None => (0, 0),
        };
        if minute >= request.escalation.dials_per_minute_max {
            return Err(NotDialled::MinuteFull);
        }
        if day >= request.escalation.dials_per_day_max {
            return Err(NotDialled::DayFull);
        }
        if self.all.count(request.at_us) >= DIALS_PER_MINUTE_ALL_MAX {
            return Err(NotDialled::AllFull);
        }
        Ok(number)
    }

    /// Organizations that have not dialled for a day need not be remembered.
    fn forget_idle(&mut self, at_us: u64) {
        if self.orgs.len() >= ORGS_KEPT {
            self.orgs.retain(|_, dials| dials.day.count(at_us) > 0);
        }
    }
}

/// The number of the destination, if the organization's settings let it be one.
fn resolve<'a>(request: &DialRequest<'a>) -> Result<&'a PhoneNumber, NotDialled> {
    match request.to {
        Destination::Target(id) => {
            let target = request.escalation.targets.iter().find(|target| target.id == *id);
            target.map(|target| &target.number).ok_or(NotDialled::UnknownTarget)
        }
        Destination::Number(_) if !request.outbound.enabled => Err(NotDialled::Disabled),
        Destination::Number(number) if request.escalation.allow.iter().any(|prefix| covers(prefix, number)) => {
            Ok(number)
        }
        Destination::Number(_) => Err(NotDialled::NotListed),
    }
}

/// A prefix is `+` and at least a digit; an empty or broken one covers nothing. One that ends before the code of a
/// country that shares `+1` does not cover that country.
fn covers(prefix: &str, number: &PhoneNumber) -> bool {
    let digits = prefix.strip_prefix('+').unwrap_or_default();
    let names_country = !barred::needs_own_code(number) || digits.len() >= OWN_CODE_DIGITS;
    let is_prefix = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_prefix && names_country && number.e164().starts_with(prefix)
}

/// `1876`: Jamaica.
const OWN_CODE_DIGITS: usize = 4;

/// Organizations remembered before those that are idle are forgotten.
const ORGS_KEPT: usize = 10_000;

#[cfg(test)]
mod tests;
