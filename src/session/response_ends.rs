//! How responses end: well, cut short by the server, cancelled, or not at all; and what the caller is owed then.
//!
//! Half a sentence and then silence, or a promise whose tool call was cut, leave the caller waiting for something that
//! nobody is doing. So the assistant is asked to go on, a few times in a turn, and staff can see why.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, ModelEffect, Record, RespondKind, Source};
use crate::session::ending::Ending;
use crate::session::input::{LostCause, ResponseEnd};
use crate::session::links::Media;
use crate::session::on_model::AGAIN_PAUSE;
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::session::turn::Active;
use crate::types::usage::Usage;
use crate::types::{Mono, ResponseId, ToolCallId};

/// Doubled with each failure in a row.
const FAILURE_PAUSE: Duration = Duration::from_millis(500);

/// How often the assistant is asked to go on, from one turn of the caller to the next.
const GO_ON_MAX: u32 = 2;

/// The tool whose promise is a person.
const ESCALATES: &str = "escalate_call";

impl CallSession {
    pub(super) fn on_response_ended(
        &mut self,
        now: Mono,
        response: &ResponseId,
        end: &ResponseEnd,
        usage: Usage,
        out: &mut Effects,
    ) {
        if usage != Usage::default() && self.billed.responses.is_new(response) {
            self.record(Record::Usage(usage), out);
        }
        self.close_items(response, out);
        let active = self.turn.ended(response);
        let cut = active.as_ref().is_some_and(|active| self.is_cut(active, end));
        let said_whole = matches!(end, ResponseEnd::Completed | ResponseEnd::Incomplete(_))
            && self.speech.has_sound(response)
            && !(cut && self.may_go_on());
        self.advance_first_words(response, said_whole);
        let Some(active) = active else {
            return;
        };
        self.timers.stop(Timer::RespondAgain);
        if self.turn.auto_due {
            self.timers.set(Timer::RespondAgain, now + AGAIN_PAUSE);
        }
        if cut && self.go_on(&active, end, out) {
            return;
        }
        let sounded = self.speech.has_sound(response);
        let silent = active.tools == 0 && active.cut_tool.is_none() && !active.cancelled && !sounded;
        match end {
            ResponseEnd::Completed | ResponseEnd::Incomplete(_) if silent && self.answers_no_words(&active) => {
                self.turn.failures = 0;
            }
            ResponseEnd::Completed | ResponseEnd::Incomplete(_) if silent && matches!(self.ending, Ending::None) => {
                // It says nothing and does nothing: to the caller that is no answer.
                self.turn.empty = !matches!(active.kind, Some(RespondKind::Say(_) | RespondKind::Farewell));
                self.fault_event(Event::ResponseFailed { code: "empty".to_owned() }, out);
                self.ask_again_later(now, active.kind.unwrap_or(RespondKind::Bare), out);
            }
            ResponseEnd::Completed | ResponseEnd::Incomplete(_) => self.turn.failures = 0,
            ResponseEnd::Cancelled => {
                // Cancelled by the server, not by us: what had to be said is still to be said.
                if !active.cancelled
                    && let Some(kind @ RespondKind::Say(_)) = active.kind
                {
                    self.turn.want(kind);
                }
            }
            ResponseEnd::Failed { code, fatal } => {
                self.fault_event(Event::ResponseFailed { code: code.clone() }, out);
                if *fatal {
                    self.lose_model(now, LostCause::Refused, out);
                } else {
                    self.ask_again_later(now, active.kind.unwrap_or(RespondKind::Bare), out);
                }
            }
        }
    }

    /// The server cut it in the middle of a sentence or of a tool call, and the caller did not.
    fn is_cut(&self, active: &Active, end: &ResponseEnd) -> bool {
        let short = matches!(end, ResponseEnd::Incomplete(_)) && self.speech.has_sound(&active.response);
        !active.cancelled && (short || active.cut_tool.is_some())
    }

    fn may_go_on(&self) -> bool {
        matches!(self.ending, Ending::None)
            && self.media == Media::Live
            && !self.people.is_handing_over()
            && self.turn.went_on < GO_ON_MAX
            && !planted!(self.policy, LeavesItCut)
    }

    /// Asks for the rest of a response that was cut, as far as it may be asked for. Returns whether it was.
    fn go_on(&mut self, active: &Active, end: &ResponseEnd, out: &mut Effects) -> bool {
        let reason = match end {
            ResponseEnd::Incomplete(reason) => reason,
            ResponseEnd::Failed { code, .. } => code,
            ResponseEnd::Completed | ResponseEnd::Cancelled => "incomplete",
        };
        // A response that failed is asked for anyway, and counts as failed.
        let failed = matches!(end, ResponseEnd::Failed { .. });
        let asked = self.may_go_on();
        self.fault_event(Event::ResponseCut { reason: reason.to_owned(), asked }, out);
        if !asked {
            if active.cut_tool.as_deref() == Some(ESCALATES) {
                self.transcribing.offer_person();
            }
            return false;
        }
        self.turn.went_on += 1;
        if active.cut_tool.is_none()
            && let Some(kind @ RespondKind::Say(_)) = &active.kind
        {
            self.turn.want(kind.clone());
            return true;
        }
        let no = self.next_request();
        self.send(ModelEffect::Note { no, text: what_was_cut(active.cut_tool.as_deref(), reason) }, out);
        self.turn.want(RespondKind::Bare);
        !failed
    }

    /// A tool call was cut off. It is never acted on; the end of its response asks for it again.
    pub(super) fn on_tool_cut(
        &mut self,
        response: Option<&ResponseId>,
        call: &ToolCallId,
        name: String,
        out: &mut Effects,
    ) {
        let active = self.turn.active.as_mut().filter(|active| Some(&active.response) == response);
        let Some(active) = active.filter(|active| !active.cancelled) else {
            return;
        };
        active.cut_tool = Some(name.clone());
        if self.billed.cut_calls.is_new(call) {
            self.fault_event(Event::ToolCut { name }, out);
        }
    }

    /// No more audio of a response's items can come.
    pub(super) fn close_items(&mut self, response: &ResponseId, out: &mut Effects) {
        for id in self.speech.of_response(response) {
            if let Some(item) = self.speech.find_mut(&id).filter(|item| !item.closed) {
                item.closed = true;
                self.playout.end(&Source::Model(id.clone()));
            }
            self.settle_heard_item(&id, true, out);
        }
    }

    /// A response failed: once more, later each time, until the model counts as lost.
    pub(super) fn ask_again_later(&mut self, now: Mono, kind: RespondKind, out: &mut Effects) {
        self.turn.failures += 1;
        if self.turn.failures > self.policy.failures_max {
            self.lose_model(now, LostCause::Broken, out);
            return;
        }
        self.turn.want(kind);
        self.timers.set(Timer::RespondAgain, now + FAILURE_PAUSE * 2_u32.pow(self.turn.failures - 1));
    }
}

/// What the model is told, so that it goes on where it stopped.
fn what_was_cut(tool: Option<&str>, reason: &str) -> String {
    match tool {
        Some(tool) => format!(
            "Your call of {tool} was cut off before it was complete ({reason}), so nothing was done. If it is still \
             wanted, call it again now, with short arguments, and say nothing before it."
        ),
        None if reason == "content_filter" => "Your last answer was stopped by a filter in the middle. Say what the \
            caller needs to know in other words, or ask what else you can do."
            .to_owned(),
        None => format!(
            "Your last answer was cut off in the middle ({reason}). Go on exactly where it stopped, and be brief; do \
             not begin it again."
        ),
    }
}
