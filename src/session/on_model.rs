//! What the model's connection brings: its state, responses, words, sound, tools and faults.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, ModelEffect, Record, RequestNo, RespondKind, Source, ToolAnswer};
use crate::session::ending::Ending;
use crate::session::input::{FaultKind, LostCause, ModelInput, ToolRequest};
use crate::session::links::{Media, Model};
use crate::session::people::Ask;
use crate::session::people::request::Requested;
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::session::tooling::Then;
use crate::types::usage::Usage;
use crate::types::{
    Cause, ItemId, Millis, Mono, Mulaw, Outcome, Phase, Prompt, Reason, ResponseId, ToolCallId, Urgency,
};

/// Before an attempt to connect is repeated.
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);

/// After a collision, or for a response that the server may still begin by itself.
pub(super) const AGAIN_PAUSE: Duration = Duration::from_millis(500);

/// Tool calls of one response that are answered at all, be it with a refusal.
const TOOLS_ANSWERED_MAX: u32 = 32;

impl CallSession {
    pub(super) fn on_model(&mut self, now: Mono, input: ModelInput, out: &mut Effects) {
        if matches!(self.ending, Ending::Over) || matches!(self.model, Model::Gone | Model::Away) {
            return;
        }
        match input {
            ModelInput::Opened => self.on_opened(now, out),
            ModelInput::Ready => self.on_ready(now, out),
            ModelInput::SpeechStarted { item, at_ms } => self.on_speech_started(now, &item, at_ms, out),
            ModelInput::SpeechStopped { item, at_ms } => self.on_speech_stopped(now, &item, at_ms),
            ModelInput::TurnCommitted { item } => self.on_turn_committed(now, &item, out),
            ModelInput::CallerText { item, text, transcribed_ms } => {
                self.on_caller_text(now, &item, text.as_deref(), out);
                if transcribed_ms > 0 && self.billed.turns.is_new(&item) {
                    self.record(Record::Usage(Usage { transcribed_ms, ..Usage::default() }), out);
                }
            }
            ModelInput::CallerTextFailed { item, code } => self.on_caller_text_failed(&item, code, out),
            ModelInput::ResponseStarted { response, about } => self.on_response_started(now, response, about, out),
            ModelInput::ItemStarted { response, item } => {
                self.speech.open(&response, &item);
            }
            ModelInput::Audio { response, item, frame, received_ms } => {
                self.on_audio(now, &response, &item, frame, received_ms, out);
            }
            ModelInput::AudioDone { response, item, frame } => self.on_audio_done(&response, &item, frame),
            ModelInput::AssistantText { item, delta } => {
                if let Some(item) = self.speech.find_mut(&item) {
                    item.add_text(&delta);
                }
            }
            ModelInput::AssistantTextDone { item, text } => {
                if let Some(known) = self.speech.find_mut(&item) {
                    known.finish_text(text.clone());
                    self.settle_heard_item(&item, true, out);
                }
                self.watch_assistant(now, &text, out);
            }
            ModelInput::ToolAsked { response, call, request } => self.on_tool(now, response, call, request, out),
            ModelInput::ToolCut { response, call, name } => self.on_tool_cut(response.as_ref(), &call, name, out),
            ModelInput::ResponseEnded { response, end, usage } => {
                self.on_response_ended(now, &response, &end, usage, out);
            }
            ModelInput::Fault { about, kind, code } => self.on_fault(now, about, kind, code, out),
            ModelInput::Lost(cause) => self.on_model_lost(now, cause, out),
        }
    }

    fn on_opened(&mut self, now: Mono, out: &mut Effects) {
        let Model::Connecting { attempt } = self.model else {
            return;
        };
        self.model = Model::Configuring { attempt, plain: false };
        self.timers.stop(Timer::Connect);
        self.timers.set(Timer::Configure, now + self.policy.configure_wait);
        self.send(ModelEffect::Configure { plain: false }, out);
    }

    fn on_ready(&mut self, now: Mono, out: &mut Effects) {
        let Model::Configuring { .. } = self.model else {
            return;
        };
        self.model = Model::Ready;
        self.timers.stop(Timer::Configure);
        self.event(Event::ModelReady { after: now.millis() }, out);
        self.recall(out);
        self.go_on_air(out);
    }

    fn on_response_started(&mut self, now: Mono, response: ResponseId, about: Option<RequestNo>, out: &mut Effects) {
        self.turn.started(response.clone(), about);
        self.timers.stop(Timer::RespondAgain);
        let kind = self.turn.active.as_ref().and_then(|active| active.kind.clone());
        self.note_first_words(&response, kind.as_ref(), out);
        let protected = self.is_protected() || self.is_saying_what_must_be_heard(now);
        let talking_over = self.turn.speaking.is_some() && !protected;
        // The server's own answer comes after what must be said first.
        let early = self.timers.is_set(Timer::Emergency) && self.people.emergency_voice.is_none() && kind.is_none();
        if early {
            // The caller is answered after it.
            self.turn.want(RespondKind::Bare);
        }
        let away = self.media != Media::Live || self.people.is_handing_over();
        if talking_over || early || away || self.is_said_farewell() {
            self.cancel_active(out);
        }
    }

    fn on_audio(
        &mut self,
        now: Mono,
        response: &ResponseId,
        id: &ItemId,
        frame: Mulaw,
        received_ms: u32,
        out: &mut Effects,
    ) {
        let audible = self.is_audible();
        let item = self.speech.open(response, id);
        if item.closed || !audible {
            return;
        }
        item.received = Millis(received_ms);
        self.note_emergency_voice(now, response);
        let source = Source::Model(id.clone());
        let dropped = self.playout.push(&source, frame);
        self.note_farewell_sound();
        if dropped > Millis(0) {
            self.event(Event::PlayoutOverflow { dropped }, out);
            self.playout.end(&source);
            self.cut_tail(id, dropped, out);
        }
    }

    /// More than the caller could listen to: the response ends here, and the model is told.
    fn cut_tail(&mut self, id: &ItemId, dropped: Millis, out: &mut Effects) {
        let received = self.speech.find(id).map_or(Millis(0), |item| item.received);
        self.cancel_active(out);
        if let Some(item) = self.speech.find_mut(id) {
            item.closed = true;
        }
        self.truncate(id, Millis(received.0.saturating_sub(dropped.0)), out);
    }

    fn on_audio_done(&mut self, response: &ResponseId, id: &ItemId, frame: Mulaw) {
        let audible = self.is_audible();
        let item = self.speech.open(response, id);
        if std::mem::replace(&mut item.closed, true) {
            return;
        }
        let source = Source::Model(id.clone());
        if audible {
            self.playout.push(&source, frame);
        }
        self.playout.end(&source);
    }

    fn on_tool(
        &mut self,
        now: Mono,
        response: Option<ResponseId>,
        call: ToolCallId,
        request: ToolRequest,
        out: &mut Effects,
    ) {
        if !self.tooling.is_new(&call) && !planted!(self.policy, AnswersTwice) {
            return;
        }
        let asked = self.turn.active.as_ref().map_or(0, |active| active.tools);
        if asked >= TOOLS_ANSWERED_MAX {
            return;
        }
        let spoke = response.as_ref().is_some_and(|response| self.speech.has_sound(response));
        let mut within = true;
        if let Some(active) = self.turn.active.as_mut().filter(|active| Some(&active.response) == response.as_ref()) {
            active.tools += 1;
            within = active.tools <= self.policy.tools_per_response_max;
        }
        let (name, answer, then) = match request {
            _ if !within => ("too_many".to_owned(), refused("too many tools in one response"), Then::Respond),
            ToolRequest::EndCall { .. } => {
                let answer = self.on_end_call(now, spoke);
                let then = if answer == ToolAnswer::Ok { Then::Nothing } else { Then::Respond };
                ("end_call".to_owned(), answer, then)
            }
            ToolRequest::EscalateCall { reason, urgency, summary } => {
                let answer = self.on_escalate_call(now, reason, urgency, summary, out);
                ("escalate_call".to_owned(), answer, Then::Respond)
            }
            ToolRequest::CompleteIntake { intake, urgency } => {
                let intake = self.intake.file(intake, urgency);
                let missing = intake.missing.clone();
                self.record(Record::Intake(intake), out);
                let clear = missing.is_empty();
                if self.people.open.is_none() {
                    self.enter(if clear { Phase::Intake } else { Phase::Clarification }, out);
                }
                self.count_clarification(now, clear, out);
                let answer = if missing.is_empty() { ToolAnswer::Ok } else { ToolAnswer::IntakeMissing(missing) };
                ("complete_intake".to_owned(), answer, Then::Respond)
            }
            ToolRequest::Failed => ("unread".to_owned(), self.tool_failed(out), Then::Respond),
            ToolRequest::Invalid { name, problem } => (name, ToolAnswer::Refused(problem), Then::Respond),
        };
        let accepted = !matches!(answer, ToolAnswer::Refused(_));
        self.fault_or_event(Event::ToolUsed { name, accepted }, accepted, out);
        self.tooling.owe(response, call, answer, then);
    }

    fn on_fault(&mut self, now: Mono, about: Option<RequestNo>, kind: FaultKind, code: String, out: &mut Effects) {
        self.long_speech.refused(about);
        if kind == FaultKind::Setting && self.configure_plainly(now, &code, out) {
            return;
        }
        self.fault_event(Event::ModelFault { code }, out);
        let ours = self.turn.asked.take_if(|asked| Some(asked.no) == about).map(|asked| asked.kind);
        match (kind, ours) {
            (FaultKind::Fatal, _) => self.lose_model(now, LostCause::Refused, out),
            (FaultKind::ActiveResponse, Some(wanted)) => {
                self.turn.want(wanted);
                self.timers.set(Timer::RespondAgain, now + AGAIN_PAUSE);
            }
            (FaultKind::Ours | FaultKind::Server | FaultKind::Setting | FaultKind::Benign, Some(wanted)) => {
                self.ask_again_later(now, wanted, out);
            }
            (
                FaultKind::ActiveResponse
                | FaultKind::Benign
                | FaultKind::Ours
                | FaultKind::Setting
                | FaultKind::Server,
                None,
            ) => {}
        }
    }

    /// The configuration was refused: once more, without what is optional. Returns whether it was about that.
    fn configure_plainly(&mut self, now: Mono, field: &str, out: &mut Effects) -> bool {
        let Model::Configuring { attempt, plain } = self.model else {
            return false;
        };
        if plain || planted!(self.policy, InsistsOnSettings) {
            self.fault_event(Event::ModelFault { code: field.to_owned() }, out);
            self.lose_model(now, LostCause::Refused, out);
        } else {
            self.fault_event(Event::SettingRefused { field: field.to_owned() }, out);
            self.model = Model::Configuring { attempt, plain: true };
            self.send(ModelEffect::Configure { plain: true }, out);
        }
        true
    }

    fn on_model_lost(&mut self, now: Mono, cause: LostCause, out: &mut Effects) {
        let (Model::Connecting { attempt } | Model::Configuring { attempt, .. }) = self.model else {
            self.lose_model(now, cause, out);
            return;
        };
        if cause == LostCause::Refused || attempt >= self.policy.model_connect_tries {
            self.lose_model(now, cause, out);
            return;
        }
        self.model = Model::Connecting { attempt };
        self.timers.stop(Timer::Configure);
        self.timers.set(Timer::Connect, now + RECONNECT_PAUSE);
    }

    /// An attempt took too long, or its pause is over.
    pub(super) fn connect_again(&mut self, now: Mono, out: &mut Effects) {
        let Model::Connecting { attempt } = self.model else {
            return;
        };
        if attempt >= self.policy.model_connect_tries {
            self.lose_model(now, LostCause::Unreachable, out);
            return;
        }
        self.model = Model::Connecting { attempt: attempt + 1 };
        self.timers.set(Timer::Connect, now + self.policy.model_connect);
        self.send(ModelEffect::Open, out);
    }

    /// The model is gone for good. (Reconnecting and other models come here, before the apology.)
    pub(super) fn lose_model(&mut self, now: Mono, cause: LostCause, out: &mut Effects) {
        if self.model == Model::Gone {
            return;
        }
        let was_ready = self.model == Model::Ready;
        self.model = Model::Gone;
        self.backlog.clear();
        for timer in [Timer::Connect, Timer::Configure, Timer::Ready, Timer::RespondAgain] {
            self.timers.stop(timer);
        }
        if let Some(active) = self.turn.active.take() {
            self.close_items(&active.response, out);
            if self.people.emergency_voice.take_if(|(voice, _)| *voice == active.response).is_some() {
                // Nobody knows how much of the sentence had come.
                self.say_locally(Prompt::Emergency, out);
            }
        }
        self.turn.asked = None;
        self.turn.wanted = None;
        self.turn.auto_due = false;
        self.end_speech();
        self.greeting.end();
        let (label, reason) = match (cause, was_ready) {
            (LostCause::Refused, _) => ("refused", Reason::ModelRefused),
            (LostCause::Unreachable, _) | (LostCause::Broken, false) => ("unreachable", Reason::ModelUnreachable),
            (LostCause::Broken, true) => ("broken", Reason::ModelLost),
        };
        self.model_reason = reason;
        self.event(Event::ModelLost { cause: label }, out);
        self.send(ModelEffect::Close, out);
        match &self.ending {
            Ending::None if self.people.open.is_some() || self.people.message.is_some() => {}
            Ending::None if self.facts.carrier_rest && !self.facts.people.targets.is_empty() => {
                let urgency = if self.is_line_kept(now) { Urgency::Emergency } else { Urgency::Medium };
                let cause = Cause::ModelDown;
                let reason = "The assistant is out of order.".to_owned();
                let ask = Ask { cause, urgency, reason, summary: String::new(), only: None };
                if self.request_person(now, ask, out) == Requested::Refused {
                    self.end_with(now, Prompt::ModelLost, Outcome::ModelUnavailable, self.model_reason, out);
                }
            }
            Ending::None => self.end_with(now, Prompt::ModelLost, Outcome::ModelUnavailable, reason, out),
            Ending::Farewell { .. } => self.farewell_without_model(now, out),
            Ending::Sentence { .. } | Ending::HangingUp { .. } | Ending::Closing { .. } | Ending::Over => {}
        }
    }

    /// Refused tools can repeat without end, so their entries are bounded.
    fn fault_or_event(&mut self, event: Event, accepted: bool, out: &mut Effects) {
        if accepted {
            self.event(event, out);
        } else {
            self.fault_event(event, out);
        }
    }
}

fn refused(why: &str) -> ToolAnswer {
    ToolAnswer::Refused(why.to_owned())
}
