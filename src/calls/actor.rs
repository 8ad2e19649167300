//! One call's task: owns the engine and the reading halves of both sockets, and performs what the engine decides.
//!
//! It never waits for a send, a request or the database: writers, request tasks and the journal take what it gives.
//! How it hears is in `turn`; this file is about what it owns and does.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use metrics::counter;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::calls::clock::CallClock;
use crate::calls::engine::{Action, Engine};
use crate::calls::records::RecordLog;
use crate::calls::settings::{CallsPorts, CallsSettings};
use crate::calls::turn::Alarm;
use crate::calls::writer::{Loss, MediaWriter, ModelWriter, linger};
use crate::ports::carrier::{Carrier, CarrierError};
use crate::ports::link::Events;
use crate::ports::media::{MediaCommand, MediaEvent, MediaLink};
use crate::ports::model::{ModelCommand, ModelEvent, ModelLink, ModelSetup};
use crate::ports::store::Receipt;
use crate::session::document::Document;
use crate::session::effect::{ActionId, CarrierEffect, Ending, Record, RecordId};
use crate::session::input::{
    ActionResult, CarrierInput, DetachCause, Input, LostCause, MediaInput, ModelInput, Question, StaffInput,
};
use crate::session::policy::{CallFacts, Policy};
use crate::types::{Outcome, Phase, Reason, StreamId};

/// What the registry tells a call.
pub(super) enum Command {
    Attach(MediaLink),
    /// What the carrier tells.
    Carrier(CarrierInput),
    /// What the carrier asks, and who waits for the answer.
    Ask(Question, oneshot::Sender<Document>),
    StreamEnded(StreamId),
    Staff(StaffInput),
    Drain,
}

/// What a call begins with.
pub(super) struct Start {
    pub(super) facts: CallFacts,
    pub(super) policy: Policy,
    pub(super) setup: ModelSetup,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Shown in the list of live calls.
    pub(super) phase: Arc<AtomicU8>,
    /// Told when the call's first record is on disk.
    pub(super) stored: oneshot::Sender<()>,
}

/// The caller's stream.
pub(super) struct MediaSide {
    pub(super) stream: StreamId,
    pub(super) events: Events<MediaEvent>,
    pub(super) writer: MediaWriter,
}

/// An attempt to open the model's connection, polled by the call's task.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<ModelLink, LostCause>> + Send>>;

/// The model's connection.
pub(super) enum ModelSide {
    Closed,
    Opening(Opening),
    Open { events: Events<ModelEvent>, writer: ModelWriter },
}

/// One call's task, before and while it runs.
pub(super) struct Actor {
    pub(super) engine: Engine,
    pub(super) clock: CallClock,
    pub(super) actions: Vec<Action>,
    pub(super) media: Option<MediaSide>,
    pub(super) model: ModelSide,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Who waits for the first receipt.
    pub(super) stored: Option<oneshot::Sender<()>>,
    pub(super) receipts: UnboundedReceiver<Receipt>,
    pub(super) results: mpsc::Receiver<(ActionId, ActionResult)>,
    pub(super) alarm: Alarm,
    /// Deadlines in a row that did not move the next one into the future.
    pub(super) overdue: u32,
    pub(super) log: RecordLog,
    result_sender: mpsc::Sender<(ActionId, ActionResult)>,
    /// Who waits for the engine's answer.
    asked: Option<oneshot::Sender<Document>>,
    setup: Arc<ModelSetup>,
    phase: Arc<AtomicU8>,
    ports: CallsPorts,
    tasks: TaskTracker,
}

impl Actor {
    /// Begins a call. When this returns, its first record is with the journal; the rest happens in `run`.
    pub(super) fn open(start: Start, ports: CallsPorts, settings: &CallsSettings, tasks: TaskTracker) -> Self {
        let clock = CallClock::start(Arc::clone(&ports.clock));
        let (receipt_sender, receipts) = mpsc::unbounded_channel();
        let (result_sender, results) = mpsc::channel(RESULTS_MAX);
        let log = RecordLog::new(start.facts.call, Arc::clone(&ports.journal), receipt_sender);
        let mut actions = Vec::with_capacity(ACTIONS_KEPT);
        let engine =
            Engine::new(clock.now(), start.facts, start.policy, start.setup.format, settings.render, &mut actions);
        let mut actor = Self {
            engine,
            clock,
            actions,
            media: None,
            model: ModelSide::Closed,
            commands: start.commands,
            receipts,
            stored: Some(start.stored),
            results,
            alarm: Alarm::default(),
            overdue: 0,
            log,
            result_sender,
            asked: None,
            setup: Arc::new(start.setup),
            phase: start.phase,
            ports,
            tasks,
        };
        actor.perform();
        actor
    }

    /// Gives the engine one input and performs what it decides.
    pub(super) fn input(&mut self, input: Input) {
        self.engine.input(self.clock.now(), input, &mut self.actions);
        self.perform();
    }

    /// Performs all pending actions, in order. A link that is lost on the way is an input and brings more of them.
    pub(super) fn perform(&mut self) {
        let mut actions = std::mem::take(&mut self.actions);
        for action in actions.drain(..) {
            if let Some(lost) = self.act(action) {
                // What is left of this step goes nowhere, because the link is gone; the engine reacts after it.
                self.engine.input(self.clock.now(), lost, &mut self.actions);
            }
        }
        if self.actions.is_empty() {
            self.actions = actions;
        } else {
            self.perform();
        }
    }

    /// A new stream of the same call replaces the one before.
    pub(super) fn attach(&mut self, link: MediaLink) {
        self.close_media();
        let writer = MediaWriter::spawn(&self.tasks, link.texts, link.encode);
        self.media = Some(MediaSide { stream: link.stream.clone(), events: link.events, writer });
        self.engine.media_attached(self.clock.now(), link.stream, &mut self.actions);
        self.perform();
    }

    /// The connection is made; it speaks first.
    pub(super) fn model_open(&mut self, link: ModelLink) {
        let writer = ModelWriter::spawn(&self.tasks, link.texts, link.encode, self.setup.format);
        self.model = ModelSide::Open { events: link.events, writer };
    }

    /// The media socket takes nothing any more.
    pub(super) fn media_lost(&mut self, loss: Loss) {
        let input = self.forget_media(loss);
        self.input(input);
    }

    /// The model's socket takes nothing any more.
    pub(super) fn model_lost(&mut self, loss: Loss) {
        let input = self.forget_model(loss);
        self.input(input);
    }

    /// The carrier asks what to do with a leg; the engine answers in the same step.
    pub(super) fn answer(&mut self, question: Question, asked: oneshot::Sender<Document>) {
        self.asked = Some(asked);
        self.input(Input::Carrier(CarrierInput::Ask(question)));
        self.asked = None;
    }

    /// Lets the writer finish its queue and close the socket, which is read until it ends.
    pub(super) fn close_media(&mut self) {
        if let Some(MediaSide { events, .. }) = self.media.take() {
            linger(&self.tasks, events);
        }
    }

    /// The same for the model; an attempt that is under way is dropped.
    pub(super) fn close_model(&mut self) {
        if let ModelSide::Open { events, .. } = std::mem::replace(&mut self.model, ModelSide::Closed) {
            linger(&self.tasks, events);
        }
    }

    /// Records the end of a call whose core cannot, and closes its sockets at once.
    pub(super) fn bury(&mut self) {
        let now = self.clock.now();
        let ending = Ending { outcome: Outcome::InternalError, reason: Reason::Panicked, at: now.mono.millis() };
        self.log.end(now.wall, ending);
        self.media = None;
        self.model = ModelSide::Closed;
    }

    /// Drops everything but what the journal has not yet taken.
    pub(super) fn into_log(self) -> RecordLog {
        self.log
    }

    /// Performs one action; returns the loss of a link, if that is what it met.
    fn act(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Media(command) => return self.send_media(command),
            Action::Model(command) => return self.send_model(command),
            Action::CloseMedia => self.close_media(),
            Action::OpenModel => {
                self.close_model();
                self.model = ModelSide::Opening(self.connect());
            }
            Action::CloseModel => self.close_model(),
            Action::Carrier(id, effect) => self.ask_carrier(id, effect),
            Action::Answer(answer) => {
                if let Some(asked) = self.asked.take() {
                    // The webhook may have been given up meanwhile.
                    let _ = asked.send(answer);
                }
            }
            Action::Record(no, record) => self.record(no, record),
        }
        None
    }

    fn send_media(&mut self, command: MediaCommand) -> Option<Input> {
        let Some(media) = &self.media else {
            counter!("switchboard_media_dropped_total", "reason" => "no_link").increment(1);
            return None;
        };
        let loss = media.writer.send(command).err()?;
        Some(self.forget_media(loss))
    }

    fn send_model(&mut self, command: ModelCommand) -> Option<Input> {
        let ModelSide::Open { writer, .. } = &self.model else {
            counter!("switchboard_model_dropped_total", "reason" => "no_link").increment(1);
            return None;
        };
        let loss = writer.send(command).err()?;
        Some(self.forget_model(loss))
    }

    fn forget_media(&mut self, loss: Loss) -> Input {
        counter!("switchboard_links_lost_total", "link" => "media", "cause" => loss.as_str()).increment(1);
        tracing::info!(cause = loss.as_str(), "the media stream takes nothing any more");
        self.media = None;
        let cause = match loss {
            Loss::Broken => DetachCause::Dropped,
            Loss::Stalled | Loss::Full => DetachCause::Refused,
        };
        Input::Media(MediaInput::Detached(cause))
    }

    fn forget_model(&mut self, loss: Loss) -> Input {
        counter!("switchboard_links_lost_total", "link" => "model", "cause" => loss.as_str()).increment(1);
        tracing::info!(cause = loss.as_str(), "the model's connection takes nothing any more");
        self.model = ModelSide::Closed;
        Input::Model(ModelInput::Lost(LostCause::Broken))
    }

    /// The core has its own, shorter time limit; this one only keeps a forgotten attempt from living on.
    fn connect(&self) -> Opening {
        let connector = Arc::clone(&self.ports.connector);
        let setup = Arc::clone(&self.setup);
        Box::pin(
            async move { timeout(CONNECT_MAX, connector.connect(&setup)).await.unwrap_or(Err(LostCause::Unreachable)) },
        )
    }

    fn ask_carrier(&self, id: ActionId, effect: CarrierEffect) {
        let carrier = Arc::clone(&self.ports.carrier);
        let results = self.result_sender.clone();
        let request = async move {
            let result = timeout(CARRIER_MAX, ask(carrier.as_ref(), effect)).await.unwrap_or(ActionResult::Failed);
            // The call may be over meanwhile.
            let _ = results.send((id, result)).await;
        };
        self.tasks.spawn(request.in_current_span());
    }

    fn record(&mut self, no: RecordId, record: Record) {
        if let Record::Phase(phase) = record {
            self.show_phase(phase);
        }
        self.log.append(self.clock.now().wall, no, record);
    }

    fn show_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }
}

async fn ask(carrier: &dyn Carrier, effect: CarrierEffect) -> ActionResult {
    let result = match &effect {
        CarrierEffect::HangUp(leg) => carrier.hang_up(leg).await.map(|()| ActionResult::Done),
        CarrierEffect::LookUp(leg) => carrier.status(leg).await.map(ActionResult::Status),
        CarrierEffect::Dial(_)
        | CarrierEffect::DialOut { .. }
        | CarrierEffect::FindDialled(_)
        | CarrierEffect::Redirect { .. }
        | CarrierEffect::EndRoom { .. } => Ok(ActionResult::Refused),
    };
    match result {
        Ok(result) => result,
        Err(CarrierError::Gone) => ActionResult::Gone,
        Err(error) => {
            counter!("switchboard_carrier_requests_failed_total").increment(1);
            tracing::warn!(%error, "a carrier request failed");
            ActionResult::Failed
        }
    }
}

/// Actions of one step for which room is kept.
const ACTIONS_KEPT: usize = 32;

/// Results of carrier requests that may wait for the call's task; more make the request tasks wait.
const RESULTS_MAX: usize = 16;

/// One attempt to open the model's connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// One carrier request with all its tries.
const CARRIER_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
