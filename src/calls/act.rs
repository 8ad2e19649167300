//! One call's task, doing: each action of the engine goes to a writer, to the desk, or to the journal.
//!
//! Nothing here waits. A link that takes nothing any more is told to the engine as an input.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use metrics::counter;
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::calls::actor::{Actor, ModelSide, Opening};
use crate::calls::engine::Action;
use crate::calls::faults;
use crate::calls::registry::Shown;
use crate::calls::writer::Loss;
use crate::ports::media::MediaCommand;
use crate::ports::model::{ModelCommand, ModelSetup};
use crate::session::effect::{ActionId, CarrierEffect, Event, Record, RecordId};
use crate::session::input::{ActionResult, DetachCause, Input, LostCause, MediaInput, ModelInput};
use crate::telemetry::Trouble;

impl Actor {
    /// Performs one action; returns the loss of a link, if that is what it met.
    pub(super) fn act(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Media(command) => return self.send_media(command),
            Action::Model(command) => return self.send_model(command),
            Action::CloseMedia => self.close_media(),
            Action::OpenModel => {
                self.close_model();
                self.tell_the_day();
                self.model = ModelSide::Opening(self.connect());
            }
            Action::CloseModel => self.close_model(),
            Action::Carrier(id, effect) => self.ask_carrier(id, effect),
            Action::Answer(answer) => {
                self.legs.sent(None, &answer);
                if let Some(asked) = self.asked.take() {
                    // The webhook may have been given up meanwhile.
                    let _ = asked.send((answer, Arc::clone(&self.desk)));
                }
            }
            Action::Record(no, record) => self.record(no, record),
        }
        None
    }

    /// A connection that is made late in a call begins on another moment than the call.
    fn tell_the_day(&mut self) {
        let instructions = (self.instructions)(&self.desk.org, self.clock.now().wall);
        if instructions != self.setup.instructions {
            self.setup = Arc::new(ModelSetup { instructions, ..(*self.setup).clone() });
        }
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

    pub(super) fn forget_media(&mut self, loss: Loss) -> Input {
        counter!("switchboard_links_lost_total", "link" => "media", "cause" => loss.as_str()).increment(1);
        tracing::info!(cause = loss.as_str(), "the media stream takes nothing any more");
        self.media = None;
        let cause = match loss {
            Loss::Broken => DetachCause::Dropped,
            Loss::Stalled | Loss::Full => DetachCause::Refused,
        };
        Input::Media(MediaInput::Detached(cause))
    }

    pub(super) fn forget_model(&mut self, loss: Loss) -> Input {
        counter!("switchboard_links_lost_total", "link" => "model", "cause" => loss.as_str()).increment(1);
        tracing::info!(cause = loss.as_str(), "the model's connection takes nothing any more");
        self.model = ModelSide::Closed;
        Input::Model(ModelInput::Lost(LostCause::Broken))
    }

    /// The core has its own, shorter time limit; this one only keeps a forgotten attempt from living on.
    fn connect(&self) -> Opening {
        let connector = Arc::clone(&self.desk.ports.connector);
        let setup = Arc::clone(&self.setup);
        Box::pin(
            async move { timeout(CONNECT_MAX, connector.connect(&setup)).await.unwrap_or(Err(LostCause::Unreachable)) },
        )
    }

    fn ask_carrier(&mut self, id: ActionId, effect: CarrierEffect) {
        if let CarrierEffect::Redirect { leg, document } = &effect {
            self.legs.sent(Some(leg), document);
        }
        let desk = Arc::clone(&self.desk);
        let results = self.result_sender.clone();
        let request = async move {
            let result = desk.perform(effect).await;
            // The call may be over meanwhile; then nobody else ends the leg that it wanted.
            if let Err(unheard) = results.send((id, result)).await
                && let (_, ActionResult::Dialled(leg)) = unheard.0
            {
                desk.end_stray(&leg).await;
            }
        };
        self.tasks.spawn(request.in_current_span());
    }

    fn record(&mut self, no: RecordId, record: Record) {
        faults::of_record(&self.desk.ports.troubles, &record);
        match &record {
            Record::Phase(_)
            | Record::Escalation(_)
            | Record::EscalationMove(_)
            | Record::Attempt(_)
            | Record::AttemptMove(_) => self.show(),
            Record::Leg(leg) => {
                self.legs.caller = Some(leg.clone());
                self.desk.registry.bind(self.desk.call, leg);
            }
            Record::Event(Event::PartFailed { part }) => {
                self.desk.ports.troubles.raise(Trouble::Panic, part.as_str());
            }
            Record::Opened(_)
            | Record::Line(_)
            | Record::Intake(_)
            | Record::Event(_)
            | Record::EscalationRaised(_)
            | Record::Usage(_)
            | Record::Callback(_)
            | Record::Voicemail(_)
            | Record::Ended(_) => {}
        }
        self.log.append(self.clock.now().wall, no, record);
    }

    pub(super) fn show(&self) {
        let snapshot = self.engine.snapshot();
        let shown = Shown { phase: snapshot.phase, escalation: snapshot.escalation };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }
}

/// One attempt to open the model's connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);
