//! What one call asks of the carrier by request, carried out: each in a task of its own, each with a time limit.
//!
//! Here a target becomes a number, at the choke point and nowhere else, and a document gets what the core does not
//! know: the ticket and the name of the organization.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::counter;
use tokio::time::timeout;

use crate::calls::dials::{Dials, Owner};
use crate::calls::registry::Registry;
use crate::calls::settings::CallsPorts;
use crate::dialling::{Destination, DialRequest, Permitted};
use crate::ports::carrier::{CarrierError, DialOrder, Purpose, Script};
use crate::session::document::Document;
use crate::session::effect::{CarrierEffect, Dial};
use crate::session::input::ActionResult;
use crate::types::org::Organization;
use crate::types::{AttemptId, CallId, Caller, DialFault, LegId, NotDialled, PhoneNumber, RoomId, Urgency, Wall};

/// What the carrier requests of one call need to know.
pub(super) struct Desk {
    pub(super) call: CallId,
    pub(super) org: Arc<Organization>,
    /// The outside party.
    pub(super) party: Caller,
    /// Our number of this call: what we show to whom we dial.
    pub(super) number: Option<PhoneNumber>,
    pub(super) began: Wall,
    pub(super) ports: CallsPorts,
    pub(super) dials: Arc<Dials>,
    pub(super) registry: Arc<Registry>,
    /// When each dial of this process was asked for; `None`: the outbound call's own.
    pub(super) intents: Mutex<BTreeMap<Option<u32>, Wall>>,
    /// Numbers whose dial was permitted, and not processed by the carrier: the next try of it is counted as this one.
    pub(super) undone: Mutex<BTreeMap<Option<u32>, Permitted>>,
}

impl Desk {
    /// Carries one request out.
    pub(super) async fn perform(&self, effect: CarrierEffect) -> ActionResult {
        // A dial that takes too long may have been done all the same.
        let late = match &effect {
            CarrierEffect::Dial(_) | CarrierEffect::DialOut { .. } => ActionResult::Unknown,
            CarrierEffect::HangUp(_)
            | CarrierEffect::LookUp(_)
            | CarrierEffect::FindDialled(_)
            | CarrierEffect::Redirect { .. }
            | CarrierEffect::EndRoom { .. } => ActionResult::Failed,
        };
        timeout(REQUEST_MAX, self.request(effect)).await.unwrap_or(late)
    }

    /// A document with all that an adapter needs to write it.
    ///
    /// # Errors
    /// It dials, and the number may not be called: the reason. `None`: there is no ticket for its stream.
    pub(super) async fn script(&self, document: Document) -> Result<Script, Option<DialFault>> {
        let (mut ticket, mut cold) = (None, None);
        match &document {
            Document::Connect => {
                let now_us = self.ports.clock.now().monotonic_us;
                let renewed = self.registry.with_call(self.call, |live| live.tickets.renew(now_us).ok());
                ticket = Some(renewed.flatten().ok_or(None)?);
            }
            Document::Cold { target, urgency, .. } => {
                let shown = self.number.clone().ok_or(Some(NotDialled::NoNumber.into()))?;
                let to = self.permit(Destination::Target(target), *urgency).await.map_err(|why| Some(why.into()))?;
                cold = Some((to, shown));
            }
            Document::HangUp
            | Document::AskAgain
            | Document::Apologise
            | Document::Room(_)
            | Document::Voicemail { .. }
            | Document::Gate { .. }
            | Document::Briefing { .. }
            | Document::Proceed
            | Document::Goodbye(_)
            | Document::Message(_) => {}
        }
        Ok(Script {
            call: self.call,
            document,
            org_name: self.org.name.as_str().into(),
            language: self.org.language.as_str().into(),
            emergency: self.org.safety.emergency_sentence.as_str().into(),
            ticket,
            cold,
        })
    }

    /// Ends a leg that nobody waits for any more.
    pub(super) async fn end_stray(&self, leg: &LegId) {
        counter!("switchboard_stray_legs_ended_total").increment(1);
        if let Err(error) = self.ports.carrier.hang_up(leg).await {
            tracing::error!(%error, %leg, "a leg that belongs to nobody could not be ended");
        }
    }

    async fn request(&self, effect: CarrierEffect) -> ActionResult {
        let carrier = &self.ports.carrier;
        match effect {
            CarrierEffect::HangUp(leg) => told(carrier.hang_up(&leg).await),
            CarrierEffect::LookUp(leg) => match carrier.status(&leg).await {
                Ok(status) => ActionResult::Status(status),
                Err(error) => told(Err(error)),
            },
            CarrierEffect::Dial(dial) => {
                let purpose = Purpose::Attempt(AttemptId { call: self.call, no: dial.attempt });
                self.dial(Destination::Target(&dial.target), dial.urgency, purpose, (dial.ring, dial.time_limit)).await
            }
            CarrierEffect::DialOut { ring, time_limit } => match self.party.number() {
                Some(party) => {
                    let purpose = Purpose::Outbound(self.call);
                    self.dial(Destination::Number(party), Urgency::Low, purpose, (ring, time_limit)).await
                }
                None => ActionResult::Refused(NotDialled::NoNumber.into()),
            },
            CarrierEffect::FindDialled(dial) => self.find(dial.as_ref()).await,
            CarrierEffect::Redirect { leg, document } => match self.script(document).await {
                Ok(script) => told(carrier.redirect(&leg, &script).await),
                Err(Some(fault)) => ActionResult::Refused(fault),
                Err(None) => ActionResult::Failed,
            },
            CarrierEffect::EndRoom { escalation } => {
                told(carrier.end_room(&RoomId { call: self.call, escalation }).await)
            }
        }
    }

    /// `limits`: how long it rings, and how long it lives.
    async fn dial(
        &self,
        to: Destination<'_>,
        urgency: Urgency,
        purpose: Purpose,
        limits: (Duration, Duration),
    ) -> ActionResult {
        let (ring, time_limit) = limits;
        let Some(from) = self.number.clone() else {
            tracing::warn!("nobody is dialled: the call has no number of ours to show");
            return ActionResult::Refused(NotDialled::NoNumber.into());
        };
        let owner = owner_of(purpose);
        let undone = self.undone().remove(&owner.attempt);
        let to = match undone {
            Some(to) => to,
            None => match self.permit(to, urgency).await {
                Ok(to) => to,
                Err(why) if why.is_common() => return ActionResult::NotDone(why.into()),
                Err(why) => return ActionResult::Refused(why.into()),
            },
        };
        let again = to.clone();
        let now = self.ports.clock.now();
        self.intents().insert(owner.attempt, now.wall);
        self.dials.begin(owner, to.number(), now.monotonic_us);
        let error = match self.ports.carrier.dial(&DialOrder { to, from, purpose, ring, time_limit }).await {
            Ok(leg) => {
                self.dials.claim(&leg, owner);
                return ActionResult::Dialled(leg);
            }
            Err(error) => error,
        };
        let Some(fault) = error.dial_fault() else {
            counter!("switchboard_dials_unknown_total").increment(1);
            tracing::warn!("nobody knows whether a dial was done");
            return ActionResult::Unknown;
        };
        counter!("switchboard_carrier_requests_failed_total").increment(1);
        let (why, code) = (fault.why.as_str(), fault.code);
        self.dials.settle(owner);
        if fault.why.is_common() {
            tracing::warn!(why, code, "a dial was not done; it may be asked for again");
            self.undone().insert(owner.attempt, again);
            ActionResult::NotDone(fault)
        } else {
            tracing::warn!(why, code, "the carrier refuses to dial");
            ActionResult::Refused(fault)
        }
    }

    async fn permit(&self, to: Destination<'_>, urgency: Urgency) -> Result<Permitted, NotDialled> {
        let number = self.number_of(to).ok_or(NotDialled::UnknownTarget)?.clone();
        let is_ours = Some(&number) == self.number.as_ref() || self.ports.orgs.is_ours(&number).await;
        let caller = match to {
            Destination::Target(_) => self.party.number(),
            // An outbound call is for its own outside party.
            Destination::Number(_) => None,
        };
        let request = DialRequest {
            org: &self.org.id,
            escalation: &self.org.escalation,
            outbound: &self.org.outbound,
            call: self.call,
            to,
            urgency,
            caller,
            shown: self.number.as_ref(),
            is_ours: &|_| is_ours,
            at_us: self.ports.clock.now().monotonic_us,
        };
        self.dials.permit(&request).inspect_err(|why| {
            tracing::warn!(why = why.as_str(), "a dial was refused by our own rules");
        })
    }

    fn number_of<'a>(&'a self, to: Destination<'a>) -> Option<&'a PhoneNumber> {
        match to {
            Destination::Number(number) => Some(number),
            Destination::Target(id) => {
                let mut targets = self.org.escalation.targets.iter();
                let number = targets.find(|target| target.id == *id).map(|target| &target.number);
                if number.is_none() {
                    tracing::warn!(operator = %id, "the organization has no such target any more");
                }
                number
            }
        }
    }

    /// The leg of a dial whose outcome is unknown: the one that says so itself, or the only one that can be it.
    async fn find(&self, dial: Option<&Dial>) -> ActionResult {
        let owner = Owner { call: self.call, attempt: dial.map(|dial| dial.attempt) };
        if let Some(leg) = self.dials.leg_of(owner) {
            return ActionResult::Dialled(leg);
        }
        let to = match dial {
            Some(dial) => self.number_of(Destination::Target(&dial.target)),
            None => self.party.number(),
        };
        let (Some(to), Some(from)) = (to, &self.number) else { return ActionResult::Failed };
        let since = Wall(self.intended_at(owner).await.0.saturating_sub(CLOCKS_APART.as_micros() as i64));
        // A leg whose dial is not answered yet looks like the one that is looked for.
        let _ = timeout(ALONE_MAX, self.dials.alone(owner, to, self.ports.clock.now().monotonic_us)).await;
        let mut found = match self.ports.carrier.find(to, from, since).await {
            Ok(found) => found,
            Err(error) => return told(Err(error)),
        };
        found.retain(|found| self.dials.owner(&found.leg).is_none_or(|known| known == owner));
        match found.as_slice() {
            [] => ActionResult::Gone,
            [_] if self.dials.is_contended(owner, to, self.ports.clock.now().monotonic_us) => {
                tracing::warn!("a leg can be the one of two dials; its callbacks will tell whose it is");
                ActionResult::Failed
            }
            [only] => {
                self.dials.claim(&only.leg, owner);
                ActionResult::Dialled(only.leg.clone())
            }
            several => {
                tracing::error!(count = several.len(), "several legs can be the one of a dial; none is taken");
                ActionResult::Failed
            }
        }
    }

    /// When the dial was asked for; an earlier process wrote down when it meant to.
    async fn intended_at(&self, owner: Owner) -> Wall {
        if let Some(at) = self.intents().get(&owner.attempt) {
            return *at;
        }
        let Some(no) = owner.attempt else { return self.began };
        match timeout(STORE_MAX, self.ports.transfers.attempt(AttemptId { call: self.call, no })).await {
            Ok(Ok(Some(row))) => row.intended_at,
            Ok(Ok(None) | Err(_)) | Err(_) => self.began,
        }
    }

    fn undone(&self) -> std::sync::MutexGuard<'_, BTreeMap<Option<u32>, Permitted>> {
        self.undone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn intents(&self) -> std::sync::MutexGuard<'_, BTreeMap<Option<u32>, Wall>> {
        self.intents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn owner_of(purpose: Purpose) -> Owner {
    match purpose {
        Purpose::Attempt(AttemptId { call, no }) => Owner { call, attempt: Some(no) },
        Purpose::Outbound(call) => Owner { call, attempt: None },
    }
}

fn told(result: Result<(), CarrierError>) -> ActionResult {
    match result {
        Ok(()) => ActionResult::Done,
        Err(CarrierError::Gone) => ActionResult::Gone,
        Err(error) => {
            counter!("switchboard_carrier_requests_failed_total").increment(1);
            tracing::warn!(%error, "a carrier request failed");
            ActionResult::Failed
        }
    }
}

/// One carrier request with all its tries.
const REQUEST_MAX: Duration = Duration::from_secs(30);

/// Another dial to the same number is answered by then, or as unknown as the one that is looked for.
const ALONE_MAX: Duration = Duration::from_secs(6);

/// A database that is slower than this is not waited for.
const STORE_MAX: Duration = Duration::from_millis(500);

/// The carrier's clock may be behind ours by so much, and it tells whole seconds.
const CLOCKS_APART: Duration = Duration::from_secs(2);
