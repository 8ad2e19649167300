//! How many calls there may be at once: of one caller, of one organization, and in all.
//!
//! A place is taken when the webhook is answered and given back when the call is over, whatever ends it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::types::{Caller, OrgId, PhoneNumber};

/// Concurrent calls; 0 means no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallLimits {
    /// Of one number, over all organizations.
    pub per_caller_max: u32,
    /// Of all callers of one organization whose number is withheld, because they cannot be told apart.
    pub withheld_per_org_max: u32,
    pub per_org_max: u32,
    pub all_max: u32,
}

impl CallLimits {
    /// Callers who withhold their number share, in each organization, three times what one number may have: enough
    /// for honest ones to meet by chance, too little for one of them to fill the organization.
    pub const fn new(per_caller_max: u32, per_org_max: u32, all_max: u32) -> Self {
        Self { per_caller_max, withheld_per_org_max: per_caller_max.saturating_mul(3), per_org_max, all_max }
    }
}

impl Default for CallLimits {
    fn default() -> Self {
        Self::new(3, 50, 500)
    }
}

/// Counts live calls against the limits.
pub(super) struct Capacity {
    limits: CallLimits,
    taken: Arc<Mutex<Taken>>,
}

impl Capacity {
    pub(super) fn new(limits: CallLimits) -> Self {
        Self { limits, taken: Arc::default() }
    }

    /// Takes a place, or `None` if a limit is reached.
    pub(super) fn reserve(&self, org: &OrgId, caller: &Caller) -> Option<Permit> {
        let who = Who::of(org, caller);
        let who_max = match who {
            Who::Number(_) => self.limits.per_caller_max,
            Who::WithheldAt(_) => self.limits.withheld_per_org_max,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let room = has_room(taken.all, self.limits.all_max)
            && has_room(count(&taken.orgs, org), self.limits.per_org_max)
            && has_room(count(&taken.callers, &who), who_max);
        room.then(|| self.seat(&mut taken, org, who))
    }

    /// A place for a call that is there already, whatever the limits say.
    pub(super) fn occupy(&self, org: &OrgId, caller: &Caller) -> Permit {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.seat(&mut taken, org, Who::of(org, caller))
    }

    fn seat(&self, taken: &mut Taken, org: &OrgId, who: Who) -> Permit {
        taken.all += 1;
        *taken.orgs.entry(org.clone()).or_default() += 1;
        *taken.callers.entry(who.clone()).or_default() += 1;
        Permit { taken: Arc::clone(&self.taken), org: org.clone(), who }
    }
}

/// One call's place; dropping it gives the place back.
pub(super) struct Permit {
    taken: Arc<Mutex<Taken>>,
    org: OrgId,
    who: Who,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        release(&mut taken.orgs, &self.org);
        release(&mut taken.callers, &self.who);
    }
}

#[derive(Default)]
struct Taken {
    all: u32,
    orgs: HashMap<OrgId, u32>,
    callers: HashMap<Who, u32>,
}

/// Whose limit a call counts against.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Who {
    Number(PhoneNumber),
    WithheldAt(OrgId),
}

impl Who {
    fn of(org: &OrgId, caller: &Caller) -> Self {
        match caller {
            Caller::Number(number) => Self::Number(number.clone()),
            Caller::Withheld => Self::WithheldAt(org.clone()),
        }
    }
}

const fn has_room(taken: u32, max: u32) -> bool {
    max == 0 || taken < max
}

fn count<K: Eq + Hash>(map: &HashMap<K, u32>, key: &K) -> u32 {
    map.get(key).copied().unwrap_or(0)
}

/// Entries at zero are removed, so the map is never larger than the number of live calls.
fn release<K: Eq + Hash>(map: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = map.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            map.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
