//! How a call's task hears: one turn polls every source, each within a budget, so that none can starve another.
//!
//! Written by hand instead of with `select!`, because one wake often finds several frames ready and should take them all.
//! The sockets come first: what they still hold is older than a command that says that they have ended.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use metrics::counter;
use tokio::task::coop::consume_budget;
use tokio::time::{Sleep, sleep};

use crate::calls::actor::{Actor, Command, ModelSide};
use crate::calls::clock::CallClock;
use crate::calls::faults;
use crate::ports::media::MediaEvent;
use crate::ports::model::ModelEvent;
use crate::session::input::{DetachCause, Input, LostCause, MediaInput, ModelInput, ToolRequest};
use crate::types::{Mono, StreamId};

impl Actor {
    /// Runs until the call is over; false if it had to be given up. A panic in the core comes out of here.
    pub(super) async fn run(&mut self) -> bool {
        while !self.engine.is_over() && !self.log.is_overfull() {
            poll_fn(|cx| self.poll_turn(cx)).await;
            self.log.retry();
            // A flood on one call must not keep the others from running.
            consume_budget().await;
        }
        if self.log.is_overfull() {
            tracing::error!("the journal has been full for too long; the call is given up");
            self.bury();
            return false;
        }
        self.close_media();
        self.close_model();
        true
    }

    /// Ready when anything was done; pending when every source is, with a waker left at each of them.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut worked = self.poll_media(cx);
        worked |= self.poll_model(cx);
        worked |= self.poll_commands(cx);
        worked |= self.poll_results(cx);
        worked |= self.poll_receipts(cx);
        worked |= self.poll_alarm(cx);
        if worked { Poll::Ready(()) } else { Poll::Pending }
    }

    fn poll_media(&mut self, cx: &mut Context<'_>) -> bool {
        for taken in 0..EVENTS_PER_TURN_MAX {
            let Some(media) = &mut self.media else { return taken > 0 };
            match media.events.as_mut().poll_next(cx) {
                Poll::Ready(event) => self.on_media(event.unwrap_or(MediaEvent::Dropped)),
                Poll::Pending => {
                    let Poll::Ready(loss) = media.writer.poll_lost(cx) else { return taken > 0 };
                    self.media_lost(loss);
                    return true;
                }
            }
        }
        true
    }

    fn on_media(&mut self, event: MediaEvent) {
        let is_last = matches!(event, MediaEvent::Stopped | MediaEvent::Dropped | MediaEvent::Violation);
        self.engine.media(self.clock.now(), event, &mut self.actions);
        self.perform();
        if is_last {
            self.close_media();
        }
    }

    fn poll_model(&mut self, cx: &mut Context<'_>) -> bool {
        for taken in 0..EVENTS_PER_TURN_MAX {
            match &mut self.model {
                ModelSide::Closed => return taken > 0,
                ModelSide::Opening(opening) => {
                    let Poll::Ready(opened) = opening.as_mut().poll(cx) else { return taken > 0 };
                    self.model = ModelSide::Closed;
                    match opened {
                        Ok(link) => self.model_open(link),
                        Err(cause) => {
                            faults::of_opening(&self.desk.ports.troubles, cause);
                            self.input(Input::Model(ModelInput::Lost(cause)));
                        }
                    }
                }
                ModelSide::Open { events, writer } => match events.as_mut().poll_next(cx) {
                    Poll::Ready(event) => {
                        self.on_model(event.unwrap_or(ModelEvent::Input(ModelInput::Lost(LostCause::Broken))));
                    }
                    Poll::Pending => {
                        let Poll::Ready(loss) = writer.poll_lost(cx) else { return taken > 0 };
                        self.model_lost(loss);
                        return true;
                    }
                },
            }
        }
        true
    }

    fn on_model(&mut self, mut event: ModelEvent) {
        if let ModelEvent::Input(input) = &event {
            faults::of_model(&self.desk.ports.troubles, input);
        }
        if let ModelEvent::Input(ModelInput::ToolAsked {
            request: ToolRequest::CompleteIntake { intake, .. }, ..
        }) = &mut event
        {
            (self.settle_dates)(&self.desk.org, self.clock.now().wall, intake);
        }
        if matches!(event, ModelEvent::Input(ModelInput::Lost(_))) {
            // First, because the engine may open another connection in this very step.
            self.close_model();
        }
        self.engine.model(self.clock.now(), event, &mut self.actions);
        self.perform();
    }

    fn poll_commands(&mut self, cx: &mut Context<'_>) -> bool {
        for taken in 0..EVENTS_PER_TURN_MAX {
            // `None`: the registry is gone, and with it whoever could say more.
            let Poll::Ready(Some(command)) = self.commands.poll_recv(cx) else { return taken > 0 };
            self.on_command(command);
        }
        true
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Attach(link) => self.attach(link),
            Command::Carrier(news) => self.told(news),
            Command::Ask(question, asked) => self.answer(question, asked),
            Command::StreamEnded(stream) => self.on_stream_ended(&stream),
            Command::Staff(command, answer) => {
                let ignored = self.engine.objection(self.clock.now(), &command);
                self.input(Input::Staff(command));
                // Whoever asked may have given up.
                let _ = answer.send(ignored);
            }
            Command::Drain => self.input(Input::Drain),
        }
    }

    /// The carrier says that a stream is over whose socket has not told us; an older stream's end is old news.
    fn on_stream_ended(&mut self, stream: &StreamId) {
        if self.media.as_ref().is_some_and(|media| media.stream == *stream) {
            self.close_media();
            self.input(Input::Media(MediaInput::Detached(DetachCause::Stopped)));
        }
    }

    fn poll_results(&mut self, cx: &mut Context<'_>) -> bool {
        for taken in 0..EVENTS_PER_TURN_MAX {
            let Poll::Ready(Some((id, result))) = self.results.poll_recv(cx) else { return taken > 0 };
            self.done(id, result);
        }
        true
    }

    fn poll_receipts(&mut self, cx: &mut Context<'_>) -> bool {
        for taken in 0..EVENTS_PER_TURN_MAX {
            let Poll::Ready(Some(receipt)) = self.receipts.poll_recv(cx) else { return taken > 0 };
            if let Some(stored) = self.stored.take() {
                // Whoever waited may have given up.
                let _ = stored.send(());
            }
            self.input(Input::Committed(receipt.no));
        }
        true
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(due) = self.engine.deadline() else { return false };
        if !self.alarm.poll(cx, due, &self.clock) {
            self.overdue = 0;
            return false;
        }
        self.overdue += 1;
        assert!(self.overdue < OVERDUE_MAX, "a deadline of the core does not move on");
        if self.overdue == OVERDUE_MAX / 2 {
            counter!("switchboard_deadlines_stuck_total").increment(1);
        }
        self.input(Input::Deadline);
        true
    }
}

/// Wakes the call's task when a deadline has passed.
///
/// Deadlines move into the future all the time; the timer is left where it is then, fires early once, and is set anew.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When `sleep` fires; `None`: it has, or was never set.
    set_for: Option<Mono>,
}

impl Alarm {
    /// True if `due` has passed; else the task is woken then, or before.
    fn poll(&mut self, cx: &mut Context<'_>, due: Mono, clock: &CallClock) -> bool {
        loop {
            let left = clock.until(due);
            if left.is_zero() {
                return true;
            }
            if self.set_for.is_none_or(|at| at > due) {
                match &mut self.sleep {
                    Some(timer) => timer.set(sleep(left)),
                    None => self.sleep = Some(Box::pin(sleep(left))),
                }
                self.set_for = Some(due);
            }
            let Some(timer) = &mut self.sleep else { return false };
            if timer.as_mut().poll(cx).is_pending() {
                return false;
            }
            self.set_for = None;
        }
    }
}

/// Events of one source in one turn: enough for what gathers while a task waits for its processor, and short enough that
/// the other socket is not kept waiting.
const EVENTS_PER_TURN_MAX: usize = 16;

/// Deadlines in a row without progress: a bug of the core, which costs this call and not the processor.
const OVERDUE_MAX: u32 = 1_000;

#[cfg(test)]
mod tests;
