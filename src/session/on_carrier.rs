//! What the carrier and staff tell outside the stream, and what to do when the stream is gone.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::Document;
use crate::session::effect::{ActionId, CarrierEffect, Effect, Effects, Ending as Ended, Event, Record};
use crate::session::ending::Ending;
use crate::session::input::{ActionResult, CarrierInput, DetachCause, LegStatus, Question, StaffInput};
use crate::session::links::Media;
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{Mono, Outcome, Prompt, Reason};

/// From our answer to a lost stream to the new one.
const RECONNECT_WAIT: Duration = Duration::from_secs(15);

impl CallSession {
    pub(super) fn on_carrier(&mut self, now: Mono, input: CarrierInput, out: &mut Effects) {
        match input {
            CarrierInput::Leg(status) => self.on_leg_status(now, status, out),
            CarrierInput::Ask(question) => {
                let answer = self.on_question(now, question, out);
                out.push(Effect::Answer(answer));
            }
            CarrierInput::Fallback => self.on_fallback(now, out),
            CarrierInput::OperatorLeg { .. }
            | CarrierInput::Room { .. }
            | CarrierInput::PickedUp(_)
            | CarrierInput::OperatorPickedUp { .. }
            | CarrierInput::Recorded { .. } => {}
        }
    }

    pub(super) fn on_staff(&mut self, now: Mono, input: StaffInput, out: &mut Effects) {
        match input {
            StaffInput::End if matches!(self.ending, Ending::None | Ending::Farewell { .. }) => {
                self.end_with(now, Prompt::Goodbye, Outcome::Completed, Reason::StaffEnded, out);
            }
            StaffInput::End | StaffInput::Escalate { .. } | StaffInput::Return | StaffInput::Say(_) => {}
        }
    }

    /// The gateway shuts down.
    pub(super) fn on_drain(&mut self, now: Mono, out: &mut Effects) {
        if matches!(self.ending, Ending::None | Ending::Farewell { .. }) {
            self.end_with(now, Prompt::Draining, Outcome::Canceled, Reason::Drained, out);
        }
    }

    fn on_leg_status(&mut self, now: Mono, status: LegStatus, out: &mut Effects) {
        if planted!(self.policy, LateStatusReopens) && self.is_over() {
            let at = now.millis();
            let again = Ended { outcome: Outcome::CallerHungUp, reason: Reason::CarrierStatus, at };
            self.record(Record::Ended(again), out);
        }
        if matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return;
        }
        self.fault_event(Event::LegStatus { status: status_word(status) }, out);
        if !status.is_terminal() {
            return;
        }
        let (outcome, reason) = match (&self.ending, status) {
            (Ending::HangingUp { outcome, reason } | Ending::Sentence { outcome, reason, .. }, _) => {
                (*outcome, *reason)
            }
            (Ending::Farewell { .. }, LegStatus::Completed) => (Outcome::Completed, Reason::AssistantEnded),
            (_, LegStatus::Busy) => (Outcome::Busy, Reason::CarrierStatus),
            (_, LegStatus::NoAnswer) => (Outcome::NoAnswer, Reason::CarrierStatus),
            (_, LegStatus::Failed) => (Outcome::Failed, Reason::CarrierStatus),
            (_, LegStatus::Canceled) => (Outcome::Canceled, Reason::CarrierStatus),
            (_, _) => (Outcome::CallerHungUp, Reason::CarrierStatus),
        };
        self.close(now, outcome, reason, out);
    }

    fn on_question(&mut self, now: Mono, question: Question, out: &mut Effects) -> Document {
        match question {
            Question::AfterStream => self.on_after_stream(now, out),
            Question::OperatorAnswered { .. }
            | Question::OperatorKey { .. }
            | Question::OperatorDone { .. }
            | Question::CallerDone { .. }
            | Question::VoicemailDone { .. }
            | Question::OutboundAnswered { .. } => Document::HangUp,
        }
    }

    fn on_after_stream(&mut self, now: Mono, out: &mut Effects) -> Document {
        match self.ending {
            Ending::None => {}
            Ending::Farewell { .. } => {
                self.close(now, Outcome::Completed, Reason::AssistantEnded, out);
                return Document::HangUp;
            }
            Ending::Sentence { said: false, .. } => {}
            Ending::Sentence { outcome, reason, .. } | Ending::HangingUp { outcome, reason } => {
                self.close(now, outcome, reason, out);
                return Document::HangUp;
            }
            Ending::Closing { .. } | Ending::Over => return Document::HangUp,
        }
        if self.media == Media::Live {
            self.on_detached(now, DetachCause::Stopped, out);
        }
        if self.counters.resumes >= self.policy.resumes_max {
            self.close(now, Outcome::StreamLost, Reason::StreamBroken, out);
            return Document::Apologise;
        }
        self.counters.resumes += 1;
        self.timers.stop(Timer::Detach);
        self.timers.set(Timer::Stream, now + RECONNECT_WAIT);
        Document::Connect
    }

    fn on_fallback(&mut self, now: Mono, out: &mut Effects) {
        let (outcome, reason) = match self.ending {
            Ending::HangingUp { outcome, reason } | Ending::Sentence { outcome, reason, .. } => (outcome, reason),
            Ending::Farewell { .. } => (Outcome::Completed, Reason::AssistantEnded),
            Ending::None | Ending::Closing { .. } | Ending::Over if self.media == Media::Awaiting => {
                (Outcome::StreamLost, Reason::NoStream)
            }
            Ending::None | Ending::Closing { .. } | Ending::Over => (Outcome::StreamLost, Reason::StreamBroken),
        };
        self.close(now, outcome, reason, out);
    }

    /// What the loss of the stream means to a call that was ending already.
    pub(super) fn after_stream_lost(&mut self, now: Mono, out: &mut Effects) {
        match self.ending {
            Ending::Sentence { outcome, reason, .. } => self.hang_up(now, outcome, reason, out),
            Ending::Farewell { .. } => self.hang_up(now, Outcome::Completed, Reason::AssistantEnded, out),
            Ending::HangingUp { .. } => self.timers.set(Timer::HangUp, now + self.policy.detach_wait),
            Ending::None | Ending::Closing { .. } | Ending::Over => {}
        }
    }

    /// The stream is gone and nobody said what became of the caller: ask, or infer.
    pub(super) fn look_up(&mut self, now: Mono, out: &mut Effects) {
        if !self.facts.carrier_rest {
            self.close(now, Outcome::CallerHungUp, Reason::Inferred, out);
            return;
        }
        if self.counters.lookups >= self.policy.lookup_tries {
            if self.counters.leg_is_up {
                self.hang_up(now, Outcome::StreamLost, Reason::StreamBroken, out);
            } else {
                self.close(now, Outcome::CallerHungUp, Reason::Inferred, out);
            }
            return;
        }
        let Some(leg) = self.leg.clone() else {
            self.close(now, Outcome::CallerHungUp, Reason::Inferred, out);
            return;
        };
        self.counters.lookups += 1;
        let action = self.next_action();
        out.push(Effect::Carrier(action, CarrierEffect::LookUp(leg)));
        self.timers.set(Timer::Detach, now + self.policy.detach_wait);
    }

    pub(super) fn on_action(&mut self, now: Mono, id: ActionId, result: ActionResult, out: &mut Effects) {
        if self.counters.hang_up == Some(id) {
            self.on_hung_up(now, result, out);
            return;
        }
        if !matches!(self.ending, Ending::None) || !matches!(self.media, Media::Gone { .. }) {
            return;
        }
        match result {
            ActionResult::Status(status) => {
                self.counters.leg_is_up |= !status.is_terminal();
                self.on_leg_status(now, status, out);
            }
            ActionResult::Gone => self.close(now, Outcome::CallerHungUp, Reason::CarrierStatus, out),
            ActionResult::Failed if self.counters.lookups >= self.policy.lookup_tries => {
                self.close(now, Outcome::CallerHungUp, Reason::Inferred, out);
            }
            ActionResult::Failed
            | ActionResult::Done
            | ActionResult::Dialled(_)
            | ActionResult::Refused
            | ActionResult::Unknown => {}
        }
    }

    /// No stream came in time.
    pub(super) fn on_stream_due(&mut self, now: Mono, out: &mut Effects) {
        match (self.media, &self.ending) {
            (_, Ending::Sentence { outcome, reason, .. }) => {
                let (outcome, reason) = (*outcome, *reason);
                self.hang_up(now, outcome, reason, out);
            }
            (Media::Gone { .. }, _) => self.look_up(now, out),
            (_, _) => self.hang_up(now, Outcome::StreamLost, Reason::NoStream, out),
        }
    }
}

const fn status_word(status: LegStatus) -> &'static str {
    match status {
        LegStatus::Queued => "queued",
        LegStatus::Initiated => "initiated",
        LegStatus::Ringing => "ringing",
        LegStatus::InProgress => "in-progress",
        LegStatus::Completed => "completed",
        LegStatus::Busy => "busy",
        LegStatus::NoAnswer => "no-answer",
        LegStatus::Failed => "failed",
        LegStatus::Canceled => "canceled",
    }
}
