//! The door to the calls: what webhooks, streams and staff ask, and which call hears it.
//!
//! Everything here is quick: a look-up has a time limit of its own, and what a call is told goes into its queue.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use metrics::counter;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::calls::actor::Command;
use crate::calls::begin::refuse;
use crate::calls::capacity::Capacity;
use crate::calls::dials::{Dials, Owner};
use crate::calls::known::{HISTORY_LOOKUP_MAX, Who};
use crate::calls::registry::{Arrived, Found, Handed, Registry};
use crate::calls::rulebook::Rulebook;
use crate::calls::settings::{CallsPorts, CallsSettings};
use crate::ports::carrier::Script;
use crate::ports::door::{
    Answer, AttachError, Claim, CommandError, Door, LiveCall, OutboundError, OutboundOrder, Refusal, Ring,
};
use crate::ports::media::MediaLink;
use crate::session::input::{CarrierInput, LegStatus, Question, StaffInput};
use crate::types::{AttemptId, CallId, LegId, StreamId};

/// All calls of this process.
pub struct Switchboard {
    pub(super) settings: CallsSettings,
    pub(super) ports: CallsPorts,
    pub(super) registry: Arc<Registry>,
    /// What a shutdown waits for.
    pub(super) tasks: TaskTracker,
    /// What a shutdown does not wait for: the next process does it again.
    pub(super) sweeps: TaskTracker,
    pub(super) capacity: Capacity,
    pub(super) dials: Arc<Dials>,
    pub(super) rulebook: Rulebook,
}

impl Switchboard {
    pub fn new(settings: CallsSettings, ports: CallsPorts) -> Arc<Self> {
        let capacity = Capacity::new(settings.limits);
        let dials = Arc::new(Dials::new(settings.dialling.clone(), ports.troubles.clone()));
        Arc::new(Self {
            settings,
            ports,
            registry: Registry::new(),
            tasks: TaskTracker::new(),
            sweeps: TaskTracker::new(),
            capacity,
            dials,
            rulebook: Rulebook::default(),
        })
    }

    /// Tasks that belong to calls: the calls themselves, their sockets' writers, their carrier requests.
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    fn tell(&self, found: &Found, command: Command) {
        let Found::Live(line) = found else {
            counter!("switchboard_callbacks_unmatched_total").increment(1);
            return;
        };
        if !line.send(command) {
            counter!("switchboard_commands_dropped_total").increment(1);
        }
    }

    /// A leg of ours is up whose call is over: nobody else would end it.
    fn end_stray(&self, call: CallId, leg: &LegId, status: LegStatus) {
        counter!("switchboard_callbacks_unmatched_total").increment(1);
        let is_over = matches!(self.registry.find_call(call), Found::Over(_));
        let is_past = is_over || *self.registry.listed().borrow();
        if status.is_terminal() || !is_past || !self.ports.carrier.is_configured() {
            return;
        }
        let (carrier, history, leg) = (Arc::clone(&self.ports.carrier), Arc::clone(&self.ports.history), leg.clone());
        self.tasks.spawn(async move {
            // It may be the leg of a call that another process has. Nobody can tell: then it is left alone.
            let elsewhere = timeout(HISTORY_LOOKUP_MAX, history.is_elsewhere(call));
            if !is_over && !matches!(elsewhere.await, Ok(Ok(false))) {
                return;
            }
            counter!("switchboard_stray_legs_ended_total").increment(1);
            tracing::warn!(%call, "a phone rings for a call that is over; it is ended");
            if let Err(error) = carrier.hang_up(&leg).await {
                tracing::error!(%error, "a leg that belongs to nobody could not be ended");
            }
        });
    }
}

#[async_trait]
impl Door for Switchboard {
    async fn ring(&self, ring: Ring) -> Answer {
        // Each round but the last ends early only if the request that was waited for was given up.
        for _ in 0..RING_TRIES_MAX {
            match self.registry.begin(&ring.leg) {
                Arrived::Known(answer) => return answer,
                Arrived::Past => return self.rejoin(&ring.leg).await,
                Arrived::First(opening) => {
                    let answer = self.first_answer(&ring).await;
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

    fn knows_ticket(&self, ticket: &str) -> bool {
        let now_us = self.ports.clock.now().monotonic_us;
        self.registry.any_live(|live| live.tickets.is_open(ticket, now_us))
    }

    fn claim(&self, ticket: &str, leg: &LegId) -> Result<Claim, AttachError> {
        let now_us = self.ports.clock.now().monotonic_us;
        let taken = self.registry.with_leg(leg, |call, live| live.tickets.take(ticket, now_us).then_some(call));
        match taken {
            Some(Some(call)) => Ok(Claim { call, leg: leg.clone() }),
            None if matches!(self.registry.find(leg), Found::Over(_)) => Err(AttachError::Over),
            Some(None) | None => {
                counter!("switchboard_tickets_refused_total").increment(1);
                Err(AttachError::Ticket)
            }
        }
    }

    fn attach(&self, claim: Claim, link: MediaLink) -> Result<(), AttachError> {
        match self.registry.find_call(claim.call) {
            Found::Live(line) if line.send(Command::Attach(link)) => Ok(()),
            Found::Live(_) | Found::Over(_) | Found::Unknown => Err(AttachError::Over),
        }
    }

    async fn ask(&self, leg: &LegId, question: Question) -> Option<Script> {
        self.ask_known(Who::Leg(leg), question).await
    }

    async fn ask_call(&self, call: CallId, question: Question) -> Option<Script> {
        match &question {
            Question::OperatorAnswered { attempt, leg, .. }
            | Question::OperatorKey { attempt, leg, .. }
            | Question::OperatorDone { attempt, leg, .. } => {
                self.dials.claim(leg, Owner { call, attempt: Some(*attempt) });
            }
            Question::OutboundAnswered { leg } => {
                self.dials.claim(leg, Owner { call, attempt: None });
                self.registry.bind(call, leg);
            }
            Question::AfterStream
            | Question::Fallback
            | Question::CallerDone { .. }
            | Question::VoicemailDone { .. }
            | Question::ColdRefused { .. } => {}
        }
        self.ask_known(Who::Call(call), question).await
    }

    fn tell_call(&self, call: CallId, input: CarrierInput) {
        self.tell(&self.registry.find_call(call), Command::Carrier(input));
    }

    fn operator_status(&self, attempt: AttemptId, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        let AttemptId { call, no } = attempt;
        self.dials.claim(leg, Owner { call, attempt: Some(no) });
        let is_news = self.registry.with_call(call, |live| {
            let has_room = live.operators.len() < ATTEMPTS_MAX || live.operators.contains_key(&no);
            has_room && live.operators.entry(no).or_default().advance(status, sequence)
        });
        match is_news {
            Some(true) => self.tell_call(call, CarrierInput::OperatorLeg { attempt: no, leg: leg.clone(), status }),
            Some(false) => {}
            None => self.end_stray(call, leg, status),
        }
    }

    fn party_status(&self, call: CallId, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        self.dials.claim(leg, Owner { call, attempt: None });
        self.registry.bind(call, leg);
        match self.registry.with_call(call, |live| live.progress.advance(status, sequence)) {
            Some(true) => self.tell_call(call, CarrierInput::PartyLeg { leg: leg.clone(), status }),
            Some(false) => {}
            None => self.end_stray(call, leg, status),
        }
    }

    fn leg_status(&self, leg: &LegId, status: LegStatus, sequence: Option<u32>) {
        if self.registry.keep_status(leg, status, sequence) {
            return;
        }
        let is_news = self.registry.with_leg(leg, |_, live| live.progress.advance(status, sequence));
        if is_news != Some(false) {
            self.tell(&self.registry.find(leg), Command::Carrier(CarrierInput::Leg(status)));
        }
    }

    fn stream_ended(&self, leg: &LegId, stream: &StreamId) {
        self.tell(&self.registry.find(leg), Command::StreamEnded(stream.clone()));
    }

    fn gave_up(&self, leg: &LegId) {
        if let found @ Found::Live(_) = self.registry.find(leg) {
            self.tell(&found, Command::Carrier(CarrierInput::Apologised));
        }
    }

    async fn command(&self, call: CallId, command: StaffInput) -> Result<(), CommandError> {
        let Found::Live(line) = self.registry.find_call(call) else { return Err(CommandError::NotLive) };
        let (answer, answered) = oneshot::channel();
        match line.hand(Command::Staff(command, answer)) {
            Handed::Taken => {}
            Handed::Full => {
                counter!("switchboard_commands_dropped_total").increment(1);
                return Err(CommandError::Busy);
            }
            Handed::Gone => return Err(CommandError::NotLive),
        }
        match timeout(COMMAND_WAIT_MAX, answered).await {
            Ok(Ok(None)) => Ok(()),
            Ok(Ok(Some(ignored))) => Err(CommandError::Ignored(ignored)),
            // It ended with the command in its queue.
            Ok(Err(_)) => Err(CommandError::NotLive),
            // It is in the queue, and the timeline will tell.
            Err(_) => Ok(()),
        }
    }

    async fn place(&self, order: OutboundOrder) -> Result<(), OutboundError> {
        self.place_call(order).await
    }

    fn live(&self) -> Vec<LiveCall> {
        self.registry.live()
    }

    fn is_draining(&self) -> bool {
        self.registry.is_draining()
    }
}

/// Webhooks of one leg at once that are waited for in turn.
const RING_TRIES_MAX: u32 = 3;

/// One webhook waits for another of the same leg.
const RING_WAIT_MAX: Duration = Duration::from_secs(3);

/// A call's task answers a command; one that is not started yet, or is busy, answers on the timeline.
const COMMAND_WAIT_MAX: Duration = Duration::from_secs(2);

/// Attempts of one call whose progress is followed; more than the core ever makes.
const ATTEMPTS_MAX: usize = 256;
