//! How a call begins: a phone rings, staff place it, or an earlier process left it.
//!
//! All three end in `start`, which is the only place that makes a call's task.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::calls::actor::{Actor, Before, Command, Start};
use crate::calls::capacity::Permit;
use crate::calls::desk::Desk;
use crate::calls::dials::preload;
use crate::calls::known::Known;
use crate::calls::opening::{Occasion, facts, model_setup, new_call_id, policy};
use crate::calls::progress::Progress;
use crate::calls::records::RecordLog;
use crate::calls::registry::{Course, Live, Over, Registry, Shown, Sign};
use crate::calls::route::Switchboard;
use crate::calls::tickets::Tickets;
use crate::dialling::{Destination, DialRequest};
use crate::ports::door::{Answer, Door as _, OutboundError, OutboundOrder, Refusal, Ring};
use crate::ports::store::OwnerUnknown;
use crate::session::effect::{Ending, Opening, Record, RecordId};
use crate::session::input::StaffInput;
use crate::types::org::Organization;
use crate::types::{
    CallId, Caller, Direction, LegId, Millis, NotDialled, OrgId, Outcome, Phase, PhoneNumber, Reason, Urgency, Wall,
};

/// A call with a place in the registry, before it has a task.
pub(super) struct Entered {
    pub(super) occasion: Occasion,
    pub(super) org: Arc<Organization>,
    pub(super) began: Wall,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) shown: Sign,
}

impl Switchboard {
    /// The first webhook of a leg.
    pub(super) async fn first_answer(&self, ring: &Ring) -> Answer {
        if self.registry.is_draining() {
            return refuse(Refusal::Draining, "draining");
        }
        match self.known(&ring.leg).await {
            Known::New => {}
            // Another process has the call: the next request may reach that, or the call is taken up here.
            Known::Elsewhere => {
                counter!("switchboard_questions_elsewhere_total").increment(1);
                return Answer::AskAgain;
            }
            Known::Unfinished => return self.rejoin(&ring.leg).await,
            Known::Ended => return Answer::HangUp,
        }
        let (org, ring) = match timeout(ORG_LOOKUP_MAX, self.whose(ring)).await {
            Ok(Ok((Some(org), ring))) => (org, ring),
            Ok(Ok((None, _))) => return refuse(Refusal::UnknownNumber, "unknown_number"),
            // The caller may be anybody's: whoever else would be right to serve them is not asked.
            Ok(Err(OwnerUnknown)) | Err(_) => {
                counter!("switchboard_owners_unknown_total").increment(1);
                return Answer::AskAgain;
            }
        };
        let direct = !self.ports.journal.has_room();
        if direct && !self.may_connect_directly(&org) {
            return refuse_for(&org, Refusal::Busy, "journal_full");
        }
        if self.is_closed(&org) {
            return self.turn_away(&ring, &org, Refusal::Closed, Reason::Closed);
        }
        let Some(call) = self.new_call() else { return refuse_for(&org, Refusal::Busy, "no_randomness") };
        let Some(permit) = self.capacity.reserve(&org.id, &ring.caller) else {
            return self.turn_away(&ring, &org, Refusal::Busy, Reason::Capacity);
        };
        let (stored, receipt) = oneshot::channel();
        let answer = self.take(call, &ring, org, permit, stored, direct);
        if direct {
            return self.connect_directly(call, answer).await;
        }
        // A call that is answered is known after a crash; but the phone does not ring for a slow disk.
        if timeout(RECEIPT_WAIT_MAX, receipt).await.is_err() {
            counter!("switchboard_receipts_late_total").increment(1);
        }
        answer
    }

    /// Places a call. When this returns, its first record is on disk.
    pub(super) async fn place_call(&self, order: OutboundOrder) -> Result<(), OutboundError> {
        let OutboundOrder { call, org, to, from, consent } = order;
        if !org.outbound.enabled {
            return Err(OutboundError::Disabled);
        }
        if !self.ports.carrier.is_configured() {
            return Err(OutboundError::NoCarrier);
        }
        self.preload_dials(&org.id).await;
        let is_ours = to == from || self.ports.orgs.is_ours(&to).await;
        self.may_dial(call, &org, (&to, &from), is_ours)?;
        if !self.ports.journal.has_room() {
            return Err(OutboundError::Busy);
        }
        let caller = Caller::Number(to);
        let permit = self.capacity.reserve(&org.id, &caller).ok_or(OutboundError::Busy)?;
        let occasion = Occasion {
            call,
            leg: None,
            caller,
            dialled: Some(from),
            direction: Direction::Outbound,
            consent: Some(consent),
            direct: false,
        };
        let entered = self.enter(occasion, org, Course::Here).ok_or(OutboundError::Busy)?;
        let (stored, receipt) = oneshot::channel();
        self.start(entered, permit, Some(stored), None);
        counter!("switchboard_calls_placed_total").increment(1);
        if let Ok(Ok(())) = timeout(PLACE_RECEIPT_MAX, receipt).await {
            return Ok(());
        }
        tracing::warn!(%call, "the record of a placed call does not reach the disk; the call is not made");
        // It may be over by now.
        let _ = self.command(call, StaffInput::End).await;
        Err(OutboundError::Busy)
    }

    /// Asks the choke point beforehand, so that whoever places a call hears of a refusal at once; the dial asks again.
    fn may_dial(
        &self,
        call: CallId,
        org: &Organization,
        way: (&PhoneNumber, &PhoneNumber),
        is_ours: bool,
    ) -> Result<(), OutboundError> {
        let (to, from) = way;
        let request = DialRequest {
            org: &org.id,
            escalation: &org.escalation,
            outbound: &org.outbound,
            call,
            to: Destination::Number(to),
            urgency: Urgency::Low,
            caller: None,
            shown: Some(from),
            is_ours: &|_| is_ours,
            at_us: self.ports.clock.now().monotonic_us,
        };
        self.dials.check(&request).map_err(|why| match why {
            NotDialled::Disabled => OutboundError::Disabled,
            why if why.is_common() => OutboundError::TooMany,
            _ => OutboundError::NotAllowed,
        })
    }

    /// Gives a call its task. It is live already, and whatever happens, it must not stay so for ever.
    pub(super) fn start(
        &self,
        entered: Entered,
        permit: Permit,
        stored: Option<oneshot::Sender<()>>,
        past: Option<Before>,
    ) {
        let Entered { occasion, org, began, commands, shown } = entered;
        let call = occasion.call;
        let leave = Leave { registry: Arc::clone(&self.registry), call, over: Over::Broken, _permit: permit };
        let desk = Arc::new(Desk {
            call,
            org: Arc::clone(&org),
            party: occasion.caller.clone(),
            number: occasion.dialled.clone().or_else(|| self.ports.orgs.number_of(&org.id)),
            began,
            ports: self.ports.clone(),
            dials: Arc::clone(&self.dials),
            registry: Arc::clone(&self.registry),
            intents: Mutex::default(),
            undone: Mutex::default(),
        });
        let now = self.ports.clock.now().wall;
        let setup = model_setup(&self.settings, &org, call, &occasion.caller, now);
        let carrier_rest = self.ports.carrier.is_configured();
        let rules = self.rulebook.of(&org, &self.ports.troubles);
        let start = Start {
            facts: facts(&self.settings, &org, rules, occasion, carrier_rest, now),
            policy: policy(&self.settings, &org),
            setup,
            desk,
            commands,
            shown,
            stored,
            past,
        };
        let actor = Actor::open(start, &self.settings, self.tasks.clone());
        let span = tracing::info_span!("call", %call);
        self.tasks.spawn(supervise(actor, leave).instrument(span));
        self.preload_behind(&org.id);
    }

    /// Enters a call into the registry. `None`: calls are no longer taken, it is known already, or there is no
    /// randomness for its tickets.
    pub(super) fn enter(&self, occasion: Occasion, org: Arc<Organization>, course: Course) -> Option<Entered> {
        let began = self.ports.clock.now().wall;
        let shown = sign(Phase::Greeting);
        let (live, commands) = self.live(&occasion.leg, occasion.direction, Arc::clone(&shown), course)?;
        self.registry.enter(occasion.call, live).then_some(Entered { occasion, org, began, commands, shown })
    }

    /// What the registry holds of a new call.
    pub(super) fn live(
        &self,
        leg: &Option<LegId>,
        direction: Direction,
        shown: Sign,
        course: Course,
    ) -> Option<(Live, mpsc::Receiver<Command>)> {
        let tickets = Tickets::new(self.ports.clock.now().monotonic_us).ok()?;
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let live = Live {
            leg: leg.clone(),
            direction,
            commands: sender,
            tickets,
            shown,
            progress: Progress::default(),
            operators: BTreeMap::new(),
            course,
        };
        Some((live, commands))
    }

    fn take(
        &self,
        call: CallId,
        ring: &Ring,
        org: Arc<Organization>,
        permit: Permit,
        stored: oneshot::Sender<()>,
        direct: bool,
    ) -> Answer {
        let occasion = Occasion {
            call,
            leg: Some(ring.leg.clone()),
            caller: ring.caller.clone(),
            dialled: ring.dialled.clone(),
            direction: Direction::Inbound,
            consent: None,
            direct,
        };
        let course = if direct { Course::Direct } else { Course::Here };
        let Some(entered) = self.enter(occasion, Arc::clone(&org), course) else {
            return refuse_for(&org, Refusal::Draining, "draining");
        };
        let Some(ticket) = self.registry.with_call(call, |live| live.tickets.first()) else {
            return Answer::HangUp;
        };
        counter!("switchboard_calls_opened_total").increment(1);
        tracing::info!(%call, org = %entered.org.id, "a call begins");
        self.start(entered, permit, Some(stored), None);
        Answer::Connect { ticket }
    }

    fn new_call(&self) -> Option<CallId> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).ok()?;
        Some(new_call_id(self.ports.clock.now().wall, &random))
    }

    /// The organization takes no calls outside its hours, and this is outside.
    fn is_closed(&self, org: &Organization) -> bool {
        org.turns_away_when_closed && {
            let now = self.ports.clock.now().wall;
            !(self.settings.people)(org, now).hours.is_open(now)
        }
    }

    /// A call that is refused is a call too: staff see it, and it has its one outcome.
    fn turn_away(&self, ring: &Ring, org: &Organization, refusal: Refusal, reason: Reason) -> Answer {
        let answer = refuse_for(org, refusal, reason.as_str());
        if let Some(call) = self.new_call() {
            self.record_refusal(call, ring, org, reason);
            self.registry.refuse(call, &ring.leg, &answer);
        }
        answer
    }

    fn record_refusal(&self, call: CallId, ring: &Ring, org: &Organization, reason: Reason) {
        let wall = self.ports.clock.now().wall;
        let opening = Opening {
            call,
            org: org.id.clone(),
            leg: Some(ring.leg.clone()),
            caller: ring.caller.clone(),
            dialled: ring.dialled.clone(),
            direction: Direction::Inbound,
            consent: None,
        };
        // Nobody waits for these receipts.
        let mut log = RecordLog::new(call, Arc::clone(&self.ports.journal), mpsc::unbounded_channel().0);
        log.append(wall, RecordId(0), Record::Opened(opening));
        log.end(wall, Ending { outcome: Outcome::Refused, reason, at: Millis(0) });
        if !log.retry() {
            self.tasks.spawn(log.hand_over());
        }
    }

    /// Reads, once in a process, how often an organization dialled today; a dial itself does not wait for that.
    fn preload_behind(&self, org: &OrgId) {
        if self.dials.is_preloaded(org) {
            return;
        }
        let (org, ports, dials) = (org.clone(), self.ports.clone(), Arc::clone(&self.dials));
        self.sweeps.spawn(async move { preload(&org, &ports, &dials).await });
    }

    async fn preload_dials(&self, org: &OrgId) {
        if !self.dials.is_preloaded(org) {
            preload(org, &self.ports, &self.dials).await;
        }
    }
}

pub(super) fn sign(phase: Phase) -> Sign {
    Arc::new(Mutex::new(Shown { phase, escalation: None }))
}

pub(super) fn refuse(refusal: Refusal, reason: &'static str) -> Answer {
    counter!("switchboard_calls_refused_total", "reason" => reason).increment(1);
    tracing::info!(reason, "a call is refused");
    Answer::Refuse { refusal, language: None, emergency: "".into() }
}

/// The same in the organization's language, with its own words about emergencies.
fn refuse_for(org: &Organization, refusal: Refusal, reason: &'static str) -> Answer {
    match refuse(refusal, reason) {
        Answer::Refuse { refusal, .. } => {
            let (language, emergency) = (org.language.as_str().into(), org.safety.emergency_sentence.as_str().into());
            Answer::Refuse { refusal, language: Some(language), emergency }
        }
        other @ (Answer::Connect { .. } | Answer::Follow(_) | Answer::AskAgain | Answer::HangUp) => other,
    }
}

/// Runs a call to its end. A panic in it ends this call only: its sockets drop, and its outcome says so.
async fn supervise(mut actor: Actor, mut leave: Leave) {
    match AssertUnwindSafe(actor.run()).catch_unwind().await {
        Ok(true) => leave.over = Over::Ended,
        Ok(false) => {}
        Err(_) => {
            counter!("switchboard_calls_panicked_total").increment(1);
            tracing::error!("the task of a call panicked; the call ends");
            actor.bury();
        }
    }
    drop(leave);
    let org = actor.desk.org.id.clone();
    // Whoever still waits for an answer of this call hears now that none comes.
    let log = actor.into_log();
    let ending = log.ending();
    log.hand_over().await;
    let (outcome, reason) = ending.map_or(("none", "none"), |end| (end.outcome.as_str(), end.reason.as_str()));
    tracing::info!(%org, outcome, reason, secs = ending.map(|end| end.at.0 / 1000), "a call is over");
}

/// Takes a call off the list and gives its place back, however its task ends.
struct Leave {
    registry: Arc<Registry>,
    call: CallId,
    over: Over,
    _permit: Permit,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // Before the permit, which is dropped after this: whoever takes the place finds the call gone.
        self.registry.finish(self.call, self.over.clone());
    }
}

/// Commands that may wait for one call's task.
const COMMANDS_MAX: usize = 64;

/// How long an answer waits for the receipt of the call's first record.
const RECEIPT_WAIT_MAX: Duration = Duration::from_millis(300);

/// The same for staff who place a call, who can wait; after it the call is not made.
const PLACE_RECEIPT_MAX: Duration = Duration::from_secs(3);

/// The directory has a limit of its own, which is shorter.
const ORG_LOOKUP_MAX: Duration = Duration::from_millis(1100);
