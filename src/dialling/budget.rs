//! How often may be dialled: three budgets that do not take anything from each other.
//!
//! Reminders must not use up the dials of callers who want a person, and neither those of somebody in danger. What is
//! not bounded by an organization's settings is bounded by a call and by a caller.

use std::collections::HashMap;
use std::hash::Hash;

use crate::dialling::ceiling::Ceiling;
use crate::dialling::rate::{Day, Minute};
use crate::dialling::{Destination, DialRequest};
use crate::types::{CallId, NotDialled, OrgId, PhoneNumber};

/// Dials of all organizations together within a minute, emergencies aside: what one installation's account can be made
/// to spend at once.
pub const DIALS_PER_MINUTE_ALL_MAX: u32 = 120;

/// Dials for emergencies of one call: every phone of every escalation that a call may have.
pub const EMERGENCY_DIALS_PER_CALL_MAX: u32 = 40;

/// Dials for emergencies of one caller within a day.
pub const EMERGENCY_DIALS_PER_CALLER_MAX: u32 = 120;

/// A fifth of an organization's dials of a day is what one caller may use for anything but an emergency.
const CALLER_SHARE: u32 = 5;

/// A caller may be put through so often at least.
const CALLER_DIALS_MIN: u32 = 8;

/// Organizations, callers and calls remembered before those that are idle are forgotten.
const KEPT: usize = 10_000;

/// Where a dial is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Budget {
    Outbound,
    Transfer,
    Emergency,
}

/// An organization's dials within the last day, by the records; emergencies are not among them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DialsOfDay {
    pub transfers: u32,
    pub outbound: u32,
}

/// One limit, and how much of it is used.
pub(super) struct Limit {
    pub(super) why: NotDialled,
    pub(super) used: u32,
    pub(super) max: u32,
}

#[derive(Default)]
pub(super) struct Budgets {
    orgs: HashMap<OrgId, OrgDials>,
    /// What one caller used of an organization's transfers; those who withhold their number are one.
    callers: HashMap<(OrgId, Option<PhoneNumber>), Day>,
    /// Emergencies, by call and by caller.
    calls: HashMap<CallId, Day>,
    alarmed: HashMap<PhoneNumber, Day>,
    all: Minute,
    all_day: Day,
}

#[derive(Default)]
struct OrgDials {
    outbound: Window,
    transfers: Window,
    /// The dials of earlier processes are counted.
    preloaded: bool,
}

#[derive(Default)]
struct Window {
    minute: Minute,
    day: Day,
}

impl Budgets {
    /// A dial was permitted.
    pub(super) fn add(&mut self, request: &DialRequest<'_>, budget: Budget) {
        let at_us = request.at_us;
        let count = |day: &mut Day| day.add(at_us, 1);
        match budget {
            Budget::Emergency => {
                count(kept(&mut self.calls, request.call, at_us));
                if let Some(caller) = request.caller {
                    count(kept(&mut self.alarmed, caller.clone(), at_us));
                }
                return;
            }
            Budget::Transfer => {
                let caller = (request.org.clone(), request.caller.cloned());
                count(kept(&mut self.callers, caller, at_us));
            }
            Budget::Outbound => {}
        }
        self.all.add(at_us);
        count(&mut self.all_day);
        if self.orgs.len() >= KEPT {
            self.orgs.retain(|_, dials| dials.is_recent(at_us));
        }
        let window = self.orgs.entry(request.org.clone()).or_default().window(request.to);
        window.minute.add(at_us);
        count(&mut window.day);
    }

    /// Every limit that this dial is under, the nearest to home first.
    pub(super) fn limits(&self, request: &DialRequest<'_>, budget: Budget, ceiling: &Ceiling) -> Vec<Limit> {
        let at_us = request.at_us;
        let used = |day: Option<&Day>| day.map_or(0, |day| day.count(at_us));
        let limit = |why, used, max| Limit { why, used, max };
        if budget == Budget::Emergency {
            let of_caller = used(request.caller.and_then(|caller| self.alarmed.get(caller)));
            return vec![
                limit(NotDialled::EmergencyFull, used(self.calls.get(&request.call)), EMERGENCY_DIALS_PER_CALL_MAX),
                limit(NotDialled::EmergencyFull, of_caller, EMERGENCY_DIALS_PER_CALLER_MAX),
            ];
        }
        let settings = request.escalation;
        let window = self.orgs.get(request.org).map(|dials| match budget {
            Budget::Outbound => &dials.outbound,
            Budget::Transfer | Budget::Emergency => &dials.transfers,
        });
        let of_minute = window.map_or(0, |window| window.minute.count(at_us));
        let of_day = used(window.map(|window| &window.day));
        let mut limits = vec![
            limit(NotDialled::MinuteFull, of_minute, settings.dials_per_minute_max),
            limit(NotDialled::DayFull, of_day, settings.dials_per_day_max),
        ];
        if budget == Budget::Transfer {
            let share = (settings.dials_per_day_max / CALLER_SHARE).max(CALLER_DIALS_MIN);
            let caller = (request.org.clone(), request.caller.cloned());
            limits.push(limit(NotDialled::CallerFull, used(self.callers.get(&caller)), share));
        }
        limits.push(limit(NotDialled::AllFull, self.all.count(at_us), DIALS_PER_MINUTE_ALL_MAX));
        limits.push(limit(NotDialled::InstallationFull, self.all_day.count(at_us), ceiling.dials_per_day_max));
        limits
    }

    pub(super) fn is_preloaded(&self, org: &OrgId) -> bool {
        self.orgs.get(org).is_some_and(|dials| dials.preloaded)
    }

    /// What the records of all processes say about an organization.
    pub(super) fn preload(&mut self, org: &OrgId, dials: DialsOfDay, at_us: u64) {
        let known = self.orgs.entry(org.clone()).or_default();
        let of_day = [(&mut known.transfers.day, dials.transfers), (&mut known.outbound.day, dials.outbound)];
        for (day, recorded) in of_day {
            // What this process dialled is in the records as well.
            let missing = recorded.saturating_sub(day.count(at_us));
            day.add(at_us, missing);
            self.all_day.add(at_us, missing);
        }
        known.preloaded = true;
    }
}

impl OrgDials {
    fn window(&mut self, to: Destination<'_>) -> &mut Window {
        match to {
            Destination::Number(_) => &mut self.outbound,
            Destination::Target(_) => &mut self.transfers,
        }
    }

    fn is_recent(&self, at_us: u64) -> bool {
        self.outbound.day.count(at_us) > 0 || self.transfers.day.count(at_us) > 0
    }
}

/// The count of one; those that had no dial for a day are forgotten when there are many.
fn kept<K: Eq + Hash>(days: &mut HashMap<K, Day>, key: K, at_us: u64) -> &mut Day {
    if days.len() >= KEPT {
        days.retain(|_, day| day.count(at_us) > 0);
    }
    days.entry(key).or_default()
}
