//! Every dial of this process: the choke point behind its lock, and which leg came of which dial.
//!
//! Whoever looks for the leg of a dial whose outcome is unknown must not find the leg of another.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::calls::known::HISTORY_LOOKUP_MAX;
use crate::calls::settings::CallsPorts;
use crate::dialling::{Ceiling, DialPolicy, DialRequest, DialsOfDay, Permitted};
use crate::telemetry::{Trouble, Troubles};
use crate::types::{CallId, LegId, NotDialled, OrgId, PhoneNumber, Wall};

/// What a leg was created for: the call, and the number of the attempt, or `None` for the party of an outbound call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Owner {
    pub(super) call: CallId,
    pub(super) attempt: Option<u32>,
}

pub(super) struct Dials {
    policy: Mutex<DialPolicy>,
    legs: Mutex<Legs>,
    open: Mutex<Vec<Open>>,
    /// Rung whenever a dial is open no longer.
    settled: Notify,
    troubles: Troubles,
}

/// A dial that was asked for, and of which it is not known whether a leg came.
struct Open {
    owner: Owner,
    to: PhoneNumber,
    /// Its leg, if there is one, has told of itself by then.
    until_us: u64,
}

#[derive(Default)]
struct Legs {
    owners: HashMap<LegId, Owner>,
    /// Oldest first.
    order: VecDeque<LegId>,
}

impl Dials {
    pub(super) fn new(ceiling: Ceiling, troubles: Troubles) -> Self {
        Self {
            policy: Mutex::new(DialPolicy::new(ceiling)),
            legs: Mutex::default(),
            open: Mutex::default(),
            settled: Notify::new(),
            troubles,
        }
    }

    /// See [`DialPolicy::permit`]. Limits that are reached, or nearly, are told to whoever looks after the installation.
    pub(super) fn permit(&self, request: &DialRequest<'_>) -> Result<Permitted, NotDialled> {
        let mut policy = self.policy();
        let permitted = policy.permit(request);
        let full = match &permitted {
            Ok(_) => policy.nearly_full(request).map(|why| format!("{why} at 80 percent")),
            Err(why) => why.is_common().then(|| why.to_string()),
        };
        drop(policy);
        if let Some(cause) = full {
            self.troubles.raise(Trouble::Dialling, &cause);
        }
        permitted
    }

    /// See [`DialPolicy::check`].
    pub(super) fn check(&self, request: &DialRequest<'_>) -> Result<(), NotDialled> {
        self.policy().check(request).map(drop)
    }

    pub(super) fn is_preloaded(&self, org: &OrgId) -> bool {
        self.policy().is_preloaded(org)
    }

    pub(super) fn preload(&self, org: &OrgId, dials: DialsOfDay, at_us: u64) {
        self.policy().preload(org, dials, at_us);
    }

    /// The leg came of this dial: by the carrier's answer, or because the leg itself says so. The first word counts.
    pub(super) fn claim(&self, leg: &LegId, owner: Owner) {
        self.claim_leg(leg, owner);
        self.settle(owner);
    }

    /// A dial is asked for.
    pub(super) fn begin(&self, owner: Owner, to: &PhoneNumber, at_us: u64) {
        let mut open = self.open();
        open.retain(|open| open.until_us > at_us && open.owner != owner);
        if open.len() < OPEN_MAX {
            open.push(Open { owner, to: to.clone(), until_us: at_us + OPEN_US });
        }
    }

    /// It is known what came of a dial.
    pub(super) fn settle(&self, owner: Owner) {
        self.open().retain(|open| open.owner != owner);
        self.settled.notify_waiters();
    }

    /// Whether a leg to this number may be the one of another dial than this.
    pub(super) fn is_contended(&self, owner: Owner, to: &PhoneNumber, at_us: u64) -> bool {
        self.open().iter().any(|open| open.owner != owner && open.to == *to && open.until_us > at_us)
    }

    /// Waits until no other dial to this number is open; whoever waits has a time limit, and looks again.
    pub(super) async fn alone(&self, owner: Owner, to: &PhoneNumber, at_us: u64) {
        loop {
            let settled = self.settled.notified();
            let mut settled = pin!(settled);
            // From here on nothing is missed.
            settled.as_mut().enable();
            if !self.is_contended(owner, to, at_us) {
                return;
            }
            settled.await;
        }
    }

    fn claim_leg(&self, leg: &LegId, owner: Owner) {
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

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn policy(&self) -> MutexGuard<'_, DialPolicy> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn legs(&self) -> MutexGuard<'_, Legs> {
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From a dial to the last time that a leg of it can be new: the request's own limit, and its ringing.
const OPEN_US: u64 = 60_000_000;

/// Dials within that time that are remembered; more than all organizations may make.
const OPEN_MAX: usize = 1_000;

/// Legs that we created and remember. Those that a search could mistake are minutes old.
const LEGS_KEPT_MAX: usize = 10_000;

/// Reads how often an organization dialled within the last day.
pub(super) async fn preload(org: &OrgId, ports: &CallsPorts, dials: &Dials) {
    let reading = ports.clock.now();
    let since = Wall(reading.wall.0.saturating_sub(DAY_US));
    match timeout(HISTORY_LOOKUP_MAX, ports.transfers.dials_since(org, since)).await {
        Ok(Ok(of_day)) => dials.preload(org, of_day, reading.monotonic_us),
        Ok(Err(error)) => tracing::warn!(%error, %org, "cannot read how often an organization dialled today"),
        Err(_) => tracing::warn!(%org, "it takes too long to read how often an organization dialled today"),
    }
}

const DAY_US: i64 = 24 * 3_600 * 1_000_000;
