//! The door to the calls: what webhooks, streams and staff ask, and which call hears it.
//!
//! Everything here is quick: a look-up has a time limit of its own, and what a call is told goes into its queue.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::calls::actor::{Actor, Command, Start};
use crate::calls::capacity::{Capacity, Permit};
use crate::calls::opening::{facts, model_setup, new_call_id, policy};
use crate::calls::records::RecordLog;
use crate::calls::registry::{Arrived, Found, Live, OpeningGuard, OrphanNews, Over, Progress, Registry};
use crate::calls::settings::{CallsPorts, CallsSettings};
use crate::calls::tickets::Tickets;
use crate::ports::carrier::Script;
use crate::ports::door::{
    Answer, AttachError, Claim, Door, LiveCall, NotLive, OutboundError, OutboundOrder, Refusal, Ring,
};
use crate::ports::media::MediaLink;
use crate::session::document::Document;
use crate::session::effect::{Ending, Opening, Record, RecordId};
use crate::session::input::{CarrierInput, LegStatus, Question, StaffInput};
use crate::types::org::Organization;
use crate::types::{AttemptId, CallId, Direction, LegId, Millis, Outcome, Phase, Reason, Secret, StreamId};

/// All calls of this process.
pub struct Switchboard {
    pub(super) settings: CallsSettings,
    pub(super) ports: CallsPorts,
    pub(super) registry: Arc<Registry>,
    /// What a shutdown waits for.
    pub(super) tasks: TaskTracker,
    /// What a shutdown does not wait for: the next process does it again.
    pub(super) sweeps: TaskTracker,
    capacity: Capacity,
}

impl Switchboard {
    pub fn new(settings: CallsSettings, ports: CallsPorts) -> Arc<Self> {
        let capacity = Capacity::new(settings.limits);
        Arc::new(Self {
            settings,
            ports,
            registry: Registry::new(),
            tasks: TaskTracker::new(),
            sweeps: TaskTracker::new(),
            capacity,
        })
    }

    /// Tasks that belong to calls: the calls themselves, their sockets' writers, their carrier requests.
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    async fn first_answer(&self, ring: &Ring, opening: &OpeningGuard) -> Answer {
        if self.registry.is_draining() {
            return refuse(Refusal::Draining, "draining");
        }
        if self.is_history(&ring.leg).await {
            return Answer::HangUp;
        }
        let org = match timeout(ORG_LOOKUP_MAX, self.ports.orgs.for_number(ring.dialled.as_ref())).await {
            Ok(Some(org)) => org,
            Ok(None) => return refuse(Refusal::UnknownNumber, "unknown_number"),
            Err(_) => return refuse(Refusal::Busy, "directory_slow"),
        };
        if !self.ports.journal.has_room() {
            return refuse(Refusal::Busy, "journal_full");
        }
        let Some(permit) = self.capacity.reserve(&org.id, &ring.caller) else {
            self.record_refusal(ring, &org);
            self.registry.finish(&ring.leg, Over::Refused(Refusal::Busy));
            return refuse(Refusal::Busy, "capacity");
        };
        let (stored, receipt) = oneshot::channel();
        let answer = self.start(ring, &org, permit, opening, stored);
        // A call that is answered is known after a crash; but the phone does not ring for a slow disk.
        if timeout(RECEIPT_WAIT_MAX, receipt).await.is_err() {
            counter!("switchboard_receipts_late_total").increment(1);
        }
        answer
    }

    /// Whether the leg belongs to a call of the past. A history that does not answer does not keep the phone ringing.
    async fn is_history(&self, leg: &LegId) -> bool {
        match timeout(HISTORY_LOOKUP_MAX, self.ports.history.by_leg(leg)).await {
            Ok(Ok(row)) => row.is_some(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot look a leg up; it is taken for a new one");
                false
            }
            Err(_) => {
                tracing::warn!("the look-up of a leg takes too long; it is taken for a new one");
                false
            }
        }
    }

    fn start(
        &self,
        ring: &Ring,
        org: &Organization,
        permit: Permit,
        opening: &OpeningGuard,
        stored: oneshot::Sender<()>,
    ) -> Answer {
        let reading = self.ports.clock.now();
        let mut random = [0; 10];
        let (Ok(()), Ok(tickets)) = (getrandom::fill(&mut random), Tickets::new(reading.monotonic_us)) else {
            return refuse(Refusal::Busy, "no_randomness");
        };
        let call = new_call_id(reading.wall, &random);
        let ticket = tickets.first();
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let phase = Arc::new(AtomicU8::new(Phase::Greeting as u8));
        let live = Live { call, commands: sender, tickets, phase: Arc::clone(&phase), progress: Progress::default() };
        if !opening.enter(live) {
            return refuse(Refusal::Draining, "draining");
        }
        // From here on the leg is live, and whatever happens, it must not stay so for ever.
        let leave =
            Leave { registry: Arc::clone(&self.registry), leg: ring.leg.clone(), over: Over::Broken, _permit: permit };
        let start = Start {
            facts: facts(&self.settings, org, call, ring, self.ports.carrier.is_configured()),
            policy: policy(&self.settings, org),
            setup: model_setup(&self.settings, org, call, &ring.caller),
            commands,
            phase,
            stored,
        };
        let actor = Actor::open(start, self.ports.clone(), &self.settings, self.tasks.clone());
        let span = tracing::info_span!("call", %call);
        self.tasks.spawn(supervise(actor, leave).instrument(span));
        counter!("switchboard_calls_opened_total").increment(1);
        tracing::info!(%call, org = %org.id, "a call begins");
        Answer::Connect { ticket }
    }

    /// A call that is refused for want of room is a call too: staff see it, and it has its one outcome.
    fn record_refusal(&self, ring: &Ring, org: &Organization) {
        let wall = self.ports.clock.now().wall;
        let mut random = [0; 10];
        if getrandom::fill(&mut random).is_err() {
            return;
        }
        let call = new_call_id(wall, &random);
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
        log.end(wall, Ending { outcome: Outcome::Refused, reason: Reason::Capacity, at: Millis(0) });
        if !log.retry() {
            self.tasks.spawn(log.hand_over());
        }
    }

    fn tell(&self, leg: &LegId, command: Command) {
        match self.registry.find(leg) {
            Found::Live(commands) => push(&commands, command),
            Found::Orphan(_) | Found::Over(_) | Found::Unknown => {
                counter!("switchboard_callbacks_unmatched_total").increment(1);
            }
        }
    }

    /// Asks a live call; `None` if it is over before it answers.
    async fn ask_live(&self, commands: &mpsc::Sender<Command>, question: Question) -> Option<Document> {
        let (asked, answer) = oneshot::channel();
        commands.try_send(Command::Ask(question, asked)).ok()?;
        timeout(ANSWER_MAX, answer).await.ok()?.ok()
    }

    fn renew_ticket(&self, leg: &LegId) -> Option<Secret> {
        let now_us = self.ports.clock.now().monotonic_us;
        self.registry.with_live(leg, |live| live.tickets.renew(now_us).ok()).flatten()
    }
}

#[async_trait]
impl Door for Switchboard {
    async fn ring(&self, ring: Ring) -> Answer {
        // Each round but the last ends early only if the request that was waited for was given up.
        for _ in 0..RING_TRIES_MAX {
            match self.registry.begin(&ring.leg) {
                Arrived::Known(answer) => return answer,
                Arrived::First(opening) => {
                    let answer = self.first_answer(&ring, &opening).await;
                    return opening.settle(answer);
                }
                Arrived::Wait(mut answer) => match timeout(RING_WAIT_MAX, answer.wait_for(Option::is_some)).await {
                    Ok(Ok(answer)) => {
                        if let Some(answer) = answer.clone() {
                            return answer;
                        }
                    }
                    Ok(Err(_)) => {}
                    Err(_) => break,
                },
            }
        }
        refuse(Refusal::Busy, "webhooks_collide")
    }

    fn claim(&self, ticket: &str, leg: &LegId) -> Result<Claim, AttachError> {
        let now_us = self.ports.clock.now().monotonic_us;
        let taken = self.registry.with_live(leg, |live| live.tickets.take(ticket, now_us).then_some(live.call));
        match taken {
            Some(Some(call)) => Ok(Claim { call, leg: leg.clone() }),
            None if self.registry.find(leg).is_past() => Err(AttachError::Over),
            Some(None) | None => {
                counter!("switchboard_tickets_refused_total").increment(1);
                Err(AttachError::Ticket)
            }
        }
    }

    fn attach(&self, claim: Claim, link: MediaLink) -> Result<(), AttachError> {
        let commands = self.registry.find_call(claim.call).ok_or(AttachError::Over)?;
        commands.try_send(Command::Attach(link)).map_err(|_| AttachError::Over)
    }

    async fn ask(&self, leg: &LegId, question: Question) -> Option<Script> {
        let (document, ticket) = match self.registry.find(leg) {
            Found::Live(commands) => match self.ask_live(&commands, question).await {
                Some(Document::Connect) => match self.renew_ticket(leg) {
                    Some(ticket) => (Document::Connect, Some(ticket)),
                    None => (Document::Apologise, None),
                },
                Some(answer) => (answer, None),
                None => (self.registry.find(leg).farewell(), None),
            },
            Found::Orphan(news) => {
                // A full queue holds the same news already.
                let _ = news.try_send(OrphanNews::AfterStream);
                (Document::Apologise, None)
            }
            found @ (Found::Over(_) | Found::Unknown) => (found.farewell(), None),
        };
        Some(Script {
            call: CallId(uuid::Uuid::nil()),
            document,
            org_name: "".into(),
            language: "en".into(),
            ticket,
            cold: None,
        })
    }

    async fn ask_call(&self, _call: CallId, _question: Question) -> Option<Script> {
        None
    }

    fn tell_call(&self, _call: CallId, _input: CarrierInput) {}

    fn operator_status(&self, _attempt: AttemptId, _leg: &LegId, _status: LegStatus, _sequence: Option<u32>) {}

    fn leg_status(&self, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        if let Found::Orphan(news) = self.registry.find(leg) {
            let _ = news.try_send(OrphanNews::Status(status));
            return;
        }
        let is_news = self.registry.with_live(leg, |live| live.progress.advance(status, sequence));
        if is_news != Some(false) {
            self.tell(leg, Command::Carrier(CarrierInput::Leg(status)));
        }
    }

    fn stream_ended(&self, leg: &LegId, stream: &StreamId) {
        self.tell(leg, Command::StreamEnded(stream.clone()));
    }

    fn fallback(&self, leg: &LegId) {
        self.tell(leg, Command::Carrier(CarrierInput::Fallback));
    }

    fn command(&self, call: CallId, command: StaffInput) -> Result<(), NotLive> {
        let commands = self.registry.find_call(call).ok_or(NotLive)?;
        commands.try_send(Command::Staff(command)).map_err(|_| NotLive)
    }

    async fn place(&self, _order: OutboundOrder) -> Result<(), OutboundError> {
        Err(OutboundError::NoCarrier)
    }

    fn live(&self) -> Vec<LiveCall> {
        self.registry.live()
    }

    fn is_draining(&self) -> bool {
        self.registry.is_draining()
    }
}

impl Found {
    const fn is_past(&self) -> bool {
        matches!(self, Self::Over(_) | Self::Orphan(_))
    }

    /// What a caller is told whose call is not there: nothing more if it ended in order, else that we are sorry.
    const fn farewell(&self) -> Document {
        match self {
            Self::Over(Over::Ended) => Document::HangUp,
            Self::Over(Over::Broken | Over::Refused(_)) | Self::Live(_) | Self::Orphan(_) | Self::Unknown => {
                Document::Apologise
            }
        }
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
    // Whoever still waits for an answer of this call hears now that none comes.
    let log = actor.into_log();
    log.hand_over().await;
    tracing::info!("a call is over");
}

/// Takes a call off the list and gives its place back, however its task ends.
struct Leave {
    registry: Arc<Registry>,
    leg: LegId,
    over: Over,
    _permit: Permit,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // Before the permit, which is dropped after this: whoever takes the place finds the leg gone.
        self.registry.finish(&self.leg, self.over);
    }
}

fn refuse(refusal: Refusal, reason: &'static str) -> Answer {
    counter!("switchboard_calls_refused_total", "reason" => reason).increment(1);
    tracing::info!(reason, "a call is refused");
    Answer::Refuse(refusal)
}

fn push(commands: &mpsc::Sender<Command>, command: Command) {
    if commands.try_send(command).is_err() {
        counter!("switchboard_commands_dropped_total").increment(1);
    }
}

/// Commands that may wait for one call's task.
const COMMANDS_MAX: usize = 64;

/// Webhooks of one leg at once that are waited for in turn.
const RING_TRIES_MAX: u32 = 3;

/// One webhook waits for another of the same leg.
const RING_WAIT_MAX: Duration = Duration::from_secs(3);

/// A database that is slower than this is not waited for: the caller hears the phone ring meanwhile.
const HISTORY_LOOKUP_MAX: Duration = Duration::from_millis(500);

/// How long an answer waits for the receipt of the call's first record.
const RECEIPT_WAIT_MAX: Duration = Duration::from_millis(300);

const ORG_LOOKUP_MAX: Duration = Duration::from_millis(800);

/// The call's task answers in one step; this is for one that has failed.
const ANSWER_MAX: Duration = Duration::from_secs(3);
