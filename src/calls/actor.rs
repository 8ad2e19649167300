//! One call's task: owns the engine and the reading halves of both sockets, and performs what the engine decides.
//!
//! It never waits for a send, a request or the database: writers, request tasks and the journal take what it gives.
//! How it hears is in `turn`; this file is about what it owns and does.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use metrics::counter;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::calls::clock::CallClock;
use crate::calls::desk::Desk;
use crate::calls::engine::{Action, Engine};
use crate::calls::legs::Legs;
use crate::calls::records::RecordLog;
use crate::calls::registry::Sign;
use crate::calls::settings::CallsSettings;
use crate::calls::turn::Alarm;
use crate::calls::writer::{Loss, MediaWriter, ModelWriter, linger};
use crate::ports::link::Events;
use crate::ports::media::{MediaEvent, MediaLink};
use crate::ports::model::{ModelEvent, ModelLink, ModelSetup};
use crate::ports::store::Receipt;
use crate::session::document::Document;
use crate::session::effect::{ActionId, Ending, RecordId};
use crate::session::input::{ActionResult, CarrierInput, Ignored, Input, IntakeData, LostCause, Question, StaffInput};
use crate::session::policy::{CallFacts, Past, Policy};
use crate::types::org::Organization;
use crate::types::{Outcome, Reason, StreamId, Wall};

/// What the registry tells a call.
pub(super) enum Command {
    Attach(MediaLink),
    /// What the carrier tells.
    Carrier(CarrierInput),
    /// What the carrier asks, and who waits for the answer.
    Ask(Question, oneshot::Sender<Answered>),
    StreamEnded(StreamId),
    /// What staff do, and who waits to hear why it is ignored, if it is.
    Staff(StaffInput, oneshot::Sender<Option<Ignored>>),
    Drain,
}

/// The answer to a question, and the desk that makes a whole script of it.
pub(super) type Answered = (Document, Arc<Desk>);

/// What a call begins with.
pub(super) struct Start {
    pub(super) facts: CallFacts,
    pub(super) policy: Policy,
    pub(super) setup: ModelSetup,
    pub(super) desk: Arc<Desk>,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Shown in the list of live calls.
    pub(super) shown: Sign,
    /// Told when the first record of this process is on disk.
    pub(super) stored: Option<oneshot::Sender<()>>,
    /// What an earlier process wrote down of this call.
    pub(super) past: Option<Before>,
}

/// What an earlier process left of a call.
pub(super) struct Before {
    pub(super) past: Past,
    /// Numbers of the lines that it wrote.
    pub(super) lines: Vec<u32>,
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
    pub(super) result_sender: mpsc::Sender<(ActionId, ActionResult)>,
    /// Who waits for the engine's answer.
    pub(super) asked: Option<oneshot::Sender<Answered>>,
    pub(super) setup: Arc<ModelSetup>,
    pub(super) instructions: fn(&Organization, Wall) -> String,
    pub(super) settle_dates: fn(&Organization, Wall, &mut IntakeData),
    pub(super) shown: Sign,
    pub(super) desk: Arc<Desk>,
    pub(super) legs: Legs,
    pub(super) tasks: TaskTracker,
}

impl Actor {
    /// Begins a call, or takes one up. When this returns, its first record is with the journal; the rest happens in
    /// `run`.
    pub(super) fn open(start: Start, settings: &CallsSettings, tasks: TaskTracker) -> Self {
        let Start { facts, policy, setup, desk, commands, shown, stored, past } = start;
        let clock = CallClock::since(Arc::clone(&desk.ports.clock), desk.began);
        let (receipt_sender, receipts) = mpsc::unbounded_channel();
        let (result_sender, results) = mpsc::channel(RESULTS_MAX);
        let mut actions = Vec::with_capacity(ACTIONS_KEPT);
        let (now, format, render) = (clock.now(), setup.format, settings.render);
        let mut legs = Legs::of(facts.leg.clone());
        let journal = Arc::clone(&desk.ports.journal);
        let (engine, log) = match past {
            None => {
                let log = RecordLog::new(desk.call, journal, receipt_sender);
                (Engine::new(now, facts, policy, format, render, &mut actions), log)
            }
            Some(Before { mut past, lines }) => {
                let next = RecordId(past.next_record);
                let mut log = RecordLog::resume(desk.call, next, journal, receipt_sender);
                lines.into_iter().for_each(|seq| log.knows_line(seq));
                // What was being said when the earlier process stopped is not known.
                past.next_record = log.fill_gaps(now.wall).0;
                legs.recall(&past, desk.call, &desk.dials);
                (Engine::resume(now, facts, policy, past, format, render, &mut actions), log)
            }
        };
        let mut actor = Self {
            engine,
            clock,
            actions,
            media: None,
            model: ModelSide::Closed,
            commands,
            receipts,
            stored,
            results,
            alarm: Alarm::default(),
            overdue: 0,
            log,
            result_sender,
            asked: None,
            setup: Arc::new(setup),
            instructions: settings.instructions,
            settle_dates: settings.settle_dates,
            shown,
            desk,
            legs,
            tasks,
        };
        actor.show();
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
        self.legs.is_on_stream();
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

    /// The carrier tells something.
    pub(super) fn told(&mut self, news: CarrierInput) {
        if let CarrierInput::OperatorLeg { leg, status, .. } = &news {
            self.legs.operator(leg, status.is_terminal());
        }
        self.input(Input::Carrier(news));
    }

    /// The result of a carrier request.
    pub(super) fn done(&mut self, id: ActionId, result: ActionResult) {
        if let ActionResult::Dialled(leg) = &result {
            self.legs.operator(leg, false);
        }
        self.input(Input::Action(id, result));
    }

    /// The carrier asks what to do with a leg; the engine answers in the same step.
    pub(super) fn answer(&mut self, question: Question, asked: oneshot::Sender<Answered>) {
        if asked.is_closed() {
            // The webhook was given up while it waited in the queue, and the carrier has another answer.
            counter!("switchboard_questions_late_total").increment(1);
            return;
        }
        match &question {
            Question::OperatorAnswered { leg, .. }
            | Question::OperatorKey { leg, .. }
            | Question::OperatorDone { leg, .. } => self.legs.operator(leg, false),
            Question::AfterStream
            | Question::Fallback
            | Question::CallerDone { .. }
            | Question::VoicemailDone { .. }
            | Question::OutboundAnswered { .. }
            | Question::ColdRefused { .. } => {}
        }
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

    /// Records the end of a call whose core cannot, closes its sockets at once, and ends the legs that we created and
    /// a caller who was moved away from us: nobody else would.
    pub(super) fn bury(&mut self) {
        for leg in self.legs.take_all() {
            let desk = Arc::clone(&self.desk);
            self.tasks.spawn(async move { desk.end_stray(&leg).await }.in_current_span());
        }
        let now = self.clock.now();
        let ending = Ending { outcome: Outcome::InternalError, reason: Reason::Panicked, at: now.mono.millis() };
        self.log.end(now.wall, ending);
        self.media = None;
        self.model = ModelSide::Closed;
    }

    /// Drops everything but what the journal has not yet taken. A dial that is done only now has come too late.
    pub(super) fn into_log(mut self) -> RecordLog {
        self.results.close();
        while let Ok((_, result)) = self.results.try_recv() {
            if let ActionResult::Dialled(leg) = result {
                let desk = Arc::clone(&self.desk);
                self.tasks.spawn(async move { desk.end_stray(&leg).await }.in_current_span());
            }
        }
        self.log
    }
}

/// Actions of one step for which room is kept.
const ACTIONS_KEPT: usize = 32;

/// Results of carrier requests that may wait for the call's task; more make the request tasks wait.
const RESULTS_MAX: usize = 16;

#[cfg(test)]
mod tests;
