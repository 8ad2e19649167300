//! The one choke point of every dial: which numbers may be called, and how often.
//!
//! Pure: time comes in as a value. [`Permitted`] can be made here only, and the carrier's port takes nothing else, so
//! no other path to a phone exists.

mod barred;
mod budget;
mod ceiling;
mod rate;

use std::fmt;

use metrics::counter;

use crate::dialling::budget::{Budget, Budgets};
use crate::types::org::{EscalationSettings, OutboundSettings};
use crate::types::{CallId, NotDialled, OrgId, PhoneNumber, TargetId, Urgency};

pub use budget::{DIALS_PER_MINUTE_ALL_MAX, DialsOfDay, EMERGENCY_DIALS_PER_CALL_MAX, EMERGENCY_DIALS_PER_CALLER_MAX};
pub use ceiling::Ceiling;

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
    /// The call that this dial belongs to.
    pub call: CallId,
    pub to: Destination<'a>,
    /// Emergencies have a budget of their own.
    pub urgency: Urgency,
    /// The outside party of the call that this dial belongs to; `None`: withheld, or the dial is for that party.
    pub caller: Option<&'a PhoneNumber>,
    /// Our number, which the called party sees.
    pub shown: Option<&'a PhoneNumber>,
    /// Whether a number is one of our own, of any organization.
    pub is_ours: &'a dyn Fn(&PhoneNumber) -> bool,
    /// Microseconds of the process's monotonic clock.
    pub at_us: u64,
}

impl DialRequest<'_> {
    fn budget(&self) -> Budget {
        match self.to {
            Destination::Number(_) => Budget::Outbound,
            Destination::Target(_) if self.urgency == Urgency::Emergency => Budget::Emergency,
            Destination::Target(_) => Budget::Transfer,
        }
    }
}

/// Decides every dial of this process, and remembers how many there were.
#[derive(Default)]
pub struct DialPolicy {
    ceiling: Ceiling,
    budgets: Budgets,
}

impl DialPolicy {
    /// A policy under the installation's own ceiling, which no organization's settings lift.
    pub fn new(ceiling: Ceiling) -> Self {
        Self { ceiling, budgets: Budgets::default() }
    }

    /// Permits this dial and counts it.
    ///
    /// # Errors
    /// The first rule that speaks against it; nothing is counted then but the refusal.
    pub fn permit(&mut self, request: &DialRequest<'_>) -> Result<Permitted, NotDialled> {
        let number = self.check(request)?.clone();
        self.budgets.add(request, request.budget());
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

    /// A limit of which four fifths are used: whoever can do something about it should hear of it before it is reached.
    pub fn nearly_full(&self, request: &DialRequest<'_>) -> Option<NotDialled> {
        self.budgets.limits(request, request.budget(), &self.ceiling).into_iter().find_map(|limit| {
            let is_near = u64::from(limit.used) * 5 >= u64::from(limit.max) * 4;
            is_near.then_some(limit.why)
        })
    }

    /// Whether this organization's dials of earlier processes are known.
    pub fn is_preloaded(&self, org: &OrgId) -> bool {
        self.budgets.is_preloaded(org)
    }

    /// Tells how often the organization dialled within the last day, by the records of all processes.
    pub fn preload(&mut self, org: &OrgId, dials: DialsOfDay, at_us: u64) {
        self.budgets.preload(org, dials, at_us);
    }

    fn judge<'a>(&self, request: &DialRequest<'a>) -> Result<&'a PhoneNumber, NotDialled> {
        let number = resolve(request)?;
        if barred::is_barred(number) {
            return Err(NotDialled::Barred);
        }
        self.ceiling.judge(number, &request.escalation.allow, request.shown)?;
        if (request.is_ours)(number) {
            return Err(NotDialled::Ours);
        }
        if request.caller == Some(number) {
            return Err(NotDialled::Caller);
        }
        let limits = self.budgets.limits(request, request.budget(), &self.ceiling);
        match limits.into_iter().find(|limit| limit.used >= limit.max) {
            Some(limit) => Err(limit.why),
            None => Ok(number),
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
        Destination::Number(number)
            if request.escalation.allow.iter().any(|prefix| ceiling::covers(prefix, number)) =>
        {
            Ok(number)
        }
        Destination::Number(_) => Err(NotDialled::NotListed),
    }
}

#[cfg(test)]
mod tests;
