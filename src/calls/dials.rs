//! Every dial of this process: the choke point behind its lock, and which leg came of which dial.
//!
//! Whoever looks for the leg of a dial whose outcome is unknown must not find the leg of another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::dialling::{DialPolicy, DialRefusal, DialRequest, Permitted};
use crate::types::{CallId, LegId, OrgId};

/// What a leg was created for: the call, and the number of the attempt, or `None` for the party of an outbound call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Owner {
    pub(super) call: CallId,
    pub(super) attempt: Option<u32>,
}

#[derive(Default)]
pub(super) struct Dials {
    policy: Mutex<DialPolicy>,
    legs: Mutex<Legs>,
}

#[derive(Default)]
struct Legs {
    owners: HashMap<LegId, Owner>,
    /// Oldest first.
    order: VecDeque<LegId>,
}

impl Dials {
    /// See [`DialPolicy::permit`].
    pub(super) fn permit(&self, request: &DialRequest<'_>) -> Result<Permitted, DialRefusal> {
        self.policy().permit(request)
    }

    /// See [`DialPolicy::check`].
    pub(super) fn check(&self, request: &DialRequest<'_>) -> Result<(), DialRefusal> {
        self.policy().check(request).map(drop)
    }

    pub(super) fn is_preloaded(&self, org: &OrgId) -> bool {
        self.policy().is_preloaded(org)
    }

    pub(super) fn preload(&self, org: &OrgId, dials_of_day: u64, at_us: u64) {
        self.policy().preload(org, u32::try_from(dials_of_day).unwrap_or(u32::MAX), at_us);
    }

    /// The leg came of this dial: by the carrier's answer, or because the leg itself says so. The first word counts.
    pub(super) fn claim(&self, leg: &LegId, owner: Owner) {
        let mut legs = self.legs();
        if legs.owners.contains_key(leg) {
            return;
        }
        legs.owners.insert(leg.clone(), owner);
        legs.order.push_back(leg.clone());
        if legs.order.len() > LEGS_KEPT_MAX
            && let Some(oldest) = legs.order.pop_front()
        {
            legs.owners.remove(&oldest);
        }
    }

    pub(super) fn owner(&self, leg: &LegId) -> Option<Owner> {
        self.legs().owners.get(leg).copied()
    }

    /// The leg of a dial, if any was claimed for it.
    pub(super) fn leg_of(&self, owner: Owner) -> Option<LegId> {
        let legs = self.legs();
        legs.order.iter().rev().find(|leg| legs.owners.get(*leg) == Some(&owner)).cloned()
    }

    fn policy(&self) -> MutexGuard<'_, DialPolicy> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn legs(&self) -> MutexGuard<'_, Legs> {
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Legs that we created and remember. Those that a search could mistake are minutes old.
const LEGS_KEPT_MAX: usize = 10_000;
