//! How a call ends: the farewell, the last sentence, the hang-up, and the one outcome.
//!
//! ```text
//! None -> Farewell ----------> HangingUp -> Closing -> Over
//!   |        \-> Sentence -------^  ^          ^
//!   |---------------^               |          |       (Farewell falls back to None once, when the caller speaks)
//!   |-------------------------------|          |
//!   \------------------------------------------|       (the carrier says that the call is over)
//! ```
//! A last sentence falls back to None, too: once when the caller speaks while we say goodbye for their silence, and always
//! in an emergency. What the caller says goes to the model until the hang-up.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{
    CarrierEffect, Effect, Effects, Ending as Ended, MediaEffect, ModelEffect, Record, RespondKind, ToolAnswer,
};
use crate::session::input::{ActionResult, Ignored};
use crate::session::links::{Media, Model};
use crate::session::people::{Errand, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::session::transcript::keys_line;
use crate::types::{AttemptState, EscalationState, Mono, Outcome, Phase, Prompt, Reason, TransferMode};

/// For the usage of a response that the end of the call cuts off.
const LAST_USAGE_WAIT: Duration = Duration::from_secs(1);

/// For the transcript of the caller's last words.
const LAST_WORDS_WAIT: Duration = Duration::from_secs(3);

/// Between looks at operators' legs that should have ended.
const CLEANUP_EVERY: Duration = Duration::from_secs(2);

/// Where the end of a call stands.
#[derive(Debug)]
pub(crate) enum Ending {
    None,
    /// The assistant used `end_call`; its goodbye is being made or heard.
    Farewell {
        stage: Farewell,
        /// The caller may still change their mind.
        cancelable: bool,
    },
    /// A sentence of our own comes last.
    Sentence {
        prompt: Prompt,
        said: bool,
        outcome: Outcome,
        reason: Reason,
        /// The caller may still call it off, by speech or a key.
        cancelable: bool,
    },
    /// The carrier was told to end the call.
    HangingUp {
        outcome: Outcome,
        reason: Reason,
    },
    /// The call is over; the last words of the transcript may still come.
    Closing {
        outcome: Outcome,
        reason: Reason,
    },
    Over,
}

/// Where a goodbye stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Farewell {
    /// The response that used the tool is not finished; it had sound, or it had not.
    Made { spoke: bool },
    /// A farewell was asked for.
    Asked,
    /// The goodbye is on its way to the caller.
    Heard,
}

impl CallSession {
    /// The assistant wants to end the call.
    pub(super) fn on_end_call(&mut self, now: Mono, spoke: bool) -> ToolAnswer {
        match self.ending {
            _ if self.people.open.is_some() || self.people.is_handing_over() => {
                ToolAnswer::Refused("a person is being called; stay with the caller".to_owned())
            }
            Ending::None if self.is_line_kept(now) => {
                ToolAnswer::Refused("nobody could be reached in this emergency yet; stay with the caller".to_owned())
            }
            Ending::None if self.turn.speaking.is_some() || !self.keys.is_empty() => {
                self.turn.called_off = true;
                ToolAnswer::Refused("the caller is speaking; listen first".to_owned())
            }
            Ending::None => {
                let cancelable = !self.turn.called_off;
                self.ending = Ending::Farewell { stage: Farewell::Made { spoke }, cancelable };
                // Should the response never end.
                let rest = self.playout.remaining(now);
                self.timers.set(Timer::Farewell, now + rest + self.policy.farewell_wait);
                ToolAnswer::Ok
            }
            Ending::Farewell { .. }
            | Ending::Sentence { .. }
            | Ending::HangingUp { .. }
            | Ending::Closing { .. }
            | Ending::Over => ToolAnswer::Ok,
        }
    }

    /// The response that used `end_call` has ended: wait for its sound, or ask for a goodbye.
    pub(super) fn begin_farewell(&mut self, now: Mono) {
        let Ending::Farewell { stage: Farewell::Made { spoke }, cancelable } = self.ending else {
            return;
        };
        if self.turn.active.is_some() || self.tooling.is_owing() {
            return;
        }
        self.turn.auto_due = false;
        self.turn.wanted = None;
        let stage = if spoke {
            let rest = self.playout.remaining(now);
            self.timers.set(Timer::Farewell, now + rest + self.policy.farewell_grace);
            Farewell::Heard
        } else {
            self.turn.wanted = Some(RespondKind::Farewell);
            self.timers.set(Timer::Farewell, now + self.policy.farewell_wait);
            Farewell::Asked
        };
        self.ending = Ending::Farewell { stage, cancelable };
    }

    /// The goodbye that was asked for begins to sound.
    pub(super) fn note_farewell_sound(&mut self) {
        if let Ending::Farewell { stage: stage @ Farewell::Asked, .. } = &mut self.ending {
            *stage = Farewell::Heard;
        }
    }

    /// A goodbye is being heard already: no further response may follow it.
    pub(super) fn is_said_farewell(&self) -> bool {
        matches!(self.ending, Ending::Farewell { stage: Farewell::Heard, .. })
    }

    /// The model is gone before its goodbye was complete.
    pub(super) fn farewell_without_model(&mut self, now: Mono, out: &mut Effects) {
        let Ending::Farewell { stage, .. } = &self.ending else {
            return;
        };
        if matches!(stage, Farewell::Heard | Farewell::Made { spoke: true }) {
            let rest = self.playout.remaining(now);
            self.timers.set(Timer::Farewell, now + rest + self.policy.farewell_grace);
            self.ending = Ending::Farewell { stage: Farewell::Heard, cancelable: false };
        } else {
            self.end_with(now, Prompt::Goodbye, Outcome::Completed, Reason::AssistantEnded, out);
        }
    }

    /// The farewell took its time.
    pub(super) fn on_farewell_due(&mut self, now: Mono, out: &mut Effects) {
        match self.ending {
            // The line stands still; marks are given up in the end.
            Ending::Farewell { stage: Farewell::Heard, .. } | Ending::Sentence { .. } if self.is_still_out() => {
                self.timers.set(Timer::Farewell, now + self.policy.mark_every);
            }
            Ending::Farewell { stage: Farewell::Heard, .. } => {
                self.hang_up(now, Outcome::Completed, Reason::AssistantEnded, out);
            }
            Ending::Farewell { .. } => {
                self.end_with(now, Prompt::Goodbye, Outcome::Completed, Reason::AssistantEnded, out);
            }
            Ending::Sentence { outcome, reason, .. } => self.hang_up(now, outcome, reason, out),
            Ending::None | Ending::HangingUp { .. } | Ending::Closing { .. } | Ending::Over => {}
        }
    }

    /// Ends the call with a sentence of our own: whatever else was to be heard is cut.
    pub(super) fn end_with(&mut self, now: Mono, prompt: Prompt, outcome: Outcome, reason: Reason, out: &mut Effects) {
        let cuts = if self.playout.is_idle() { Vec::new() } else { self.playout.cut(now, out) };
        self.cancel_active(out);
        self.settle_cuts(now, cuts, out);
        self.turn.wanted = None;
        let cancelable = self.may_be_called_off(prompt, reason);
        self.ending = Ending::Sentence { prompt, said: false, outcome, reason, cancelable };
        self.pause_clock(now);
        for timer in [Timer::Silence, Timer::DeadAir, Timer::ResponseSlow, Timer::ResponseLost] {
            self.timers.stop(timer);
        }
        match self.media {
            Media::Live => {
                self.say_final_sentence(now, out);
            }
            // It is said as soon as the stream comes; `Timer::Stream` still runs.
            Media::Awaiting => {}
            Media::Gone { .. } if self.timers.is_set(Timer::Stream) => {}
            Media::Gone { .. } => self.hang_up(now, outcome, reason, out),
        }
    }

    /// Says the last sentence if one is due. Returns whether there is one.
    pub(super) fn say_final_sentence(&mut self, now: Mono, out: &mut Effects) -> bool {
        let Ending::Sentence { prompt, said, .. } = &mut self.ending else {
            return false;
        };
        if std::mem::replace(said, true) {
            return true;
        }
        let prompt = *prompt;
        self.say_locally(prompt, out);
        let rest = self.playout.remaining(now);
        self.timers.set(Timer::Farewell, now + rest + self.policy.farewell_grace);
        true
    }

    /// Hangs up once the last words were heard.
    pub(super) fn advance_ending(&mut self, now: Mono, out: &mut Effects) {
        match self.ending {
            Ending::Farewell { stage: Farewell::Heard, .. } => {
                let made = self.turn.active.is_none() && self.turn.asked.is_none();
                if made && self.playout.is_settled() {
                    self.hang_up(now, Outcome::Completed, Reason::AssistantEnded, out);
                } else {
                    // It moves while there is something to hear; when there is not, it runs.
                    let rest = self.playout.remaining(now);
                    let due = now + rest + self.policy.farewell_grace;
                    if rest.is_zero() {
                        self.timers.set_once(Timer::Farewell, due);
                    } else {
                        self.timers.set(Timer::Farewell, due);
                    }
                }
            }
            Ending::Sentence { said: true, outcome, reason, .. } if self.playout.is_settled() => {
                self.hang_up(now, outcome, reason, out);
            }
            Ending::Closing { outcome, reason } => self.finish(now, outcome, reason, out),
            Ending::None
            | Ending::Farewell { .. }
            | Ending::Sentence { .. }
            | Ending::HangingUp { .. }
            | Ending::Over => {}
        }
    }

    /// Ends the carrier's call, by request where we can, else by closing the stream.
    pub(super) fn hang_up(&mut self, now: Mono, outcome: Outcome, reason: Reason, out: &mut Effects) {
        if matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return;
        }
        self.end_people(outcome, out);
        self.people.queued_move = None;
        self.ending = Ending::HangingUp { outcome, reason };
        self.timers.stop_all();
        self.timers.set(Timer::HangUp, now + self.policy.hangup_wait);
        self.timers.set(Timer::Cleanup, now + self.policy.goodbye_max);
        if let Some(leg) = self.leg.clone().filter(|_| self.facts.carrier_rest) {
            let action = self.next_action();
            self.counters.hang_up = Some(action);
            out.push(Effect::Carrier(action, CarrierEffect::HangUp(leg)));
        } else if self.media == Media::Live {
            self.close_stream(out);
        } else {
            self.close(now, outcome, reason, out);
        }
    }

    /// The answer to our hang-up.
    pub(super) fn on_hung_up(&mut self, now: Mono, result: ActionResult, out: &mut Effects) {
        let Ending::HangingUp { outcome, reason } = self.ending else {
            return;
        };
        match result {
            ActionResult::Done
            | ActionResult::Gone
            | ActionResult::Status(_)
            | ActionResult::Dialled(_)
            | ActionResult::Refused(_)
            | ActionResult::Unknown => {
                self.close(now, outcome, reason, out);
            }
            // The stream's end makes the carrier ask what is next, and the answer to that is a hang-up.
            ActionResult::Failed | ActionResult::NotDone(_) => {
                if self.media == Media::Live && !self.take_hang_up_back(now, out) {
                    self.close_stream(out);
                }
            }
        }
    }

    /// The call is over. What is still owed is the transcript of the caller's last words.
    pub(super) fn close(&mut self, now: Mono, outcome: Outcome, reason: Reason, out: &mut Effects) {
        if matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return;
        }
        self.end_people(outcome, out);
        self.timers.stop_all();
        let cuts = self.playout.lose(now);
        if self.media == Media::Live {
            out.push(Effect::Media(MediaEffect::Close));
        }
        self.media = Media::Gone { since: now };
        self.cancel_active(out);
        self.settle_cuts(now, cuts, out);
        if let Some((keys, began)) = self.keys.take() {
            let seq = self.transcript.number();
            let line = keys_line(seq, &keys, began, now);
            self.record(Record::Line(line), out);
        }
        self.ending = Ending::Closing { outcome, reason };
        if self.turn.active.is_some() {
            // A cancelled response has its price, too.
            self.timers.set(Timer::HangUp, now + LAST_USAGE_WAIT);
        }
        self.transcript.hurry(now + LAST_WORDS_WAIT);
        self.finish(now, outcome, reason, out);
    }

    /// The call ends: nobody is called, briefed or kept for it any more.
    pub(super) fn end_people(&mut self, outcome: Outcome, out: &mut Effects) {
        self.drop_again(out);
        self.drop_says(Ignored::Ending, out);
        self.note_missed_message(out);
        let talked = self.people.stage() == Some(Stage::Talking);
        if let (Some(Stage::Merging { .. } | Stage::Talking), Some(open)) = (self.people.stage(), &self.people.open)
            && open.mode == TransferMode::Warm
            && self.facts.carrier_rest
        {
            let escalation = open.no;
            self.run(Errand::EndRoom, CarrierEffect::EndRoom { escalation }, out);
        }
        let (attempt, escalation) = match outcome {
            _ if talked => (AttemptState::Done, EscalationState::Transferred),
            Outcome::CallerHungUp | Outcome::Transferred => (AttemptState::CallerGone, EscalationState::CallerGone),
            _ => (AttemptState::Canceled, EscalationState::Canceled),
        };
        if attempt == AttemptState::Canceled {
            self.settle_left_room(out);
        }
        self.attempt_to(attempt, None, out);
        self.cancel_cold(out);
        self.close_escalation(escalation, out);
        if !planted!(self.policy, LeavesOperatorAlone) {
            self.people.legs.release_all();
            self.clean_up(out);
        }
    }

    /// An operator's leg may still ring or live: the call's last word waits, within limits.
    fn owes_operators(&mut self, now: Mono) -> bool {
        let patience = *self.people.closing_until.get_or_insert(now + self.policy.goodbye_max * 2);
        let asked = self.people.owes_answer().then_some(patience);
        match self.people.legs.owed_until(now, patience).max(asked) {
            Some(until) if until > now => {
                self.timers.set_once(Timer::Cleanup, now + CLEANUP_EVERY);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Writes the outcome once every line is settled.
    fn finish(&mut self, now: Mono, outcome: Outcome, reason: Reason, out: &mut Effects) {
        let model_gone = matches!(self.model, Model::Gone | Model::Away);
        while let Some(line) = self.transcript.take_hopeless(model_gone) {
            self.record(Record::Line(line), out);
        }
        for id in self.speech.unwritten() {
            self.settle_heard_item(&id, true, out);
        }
        let counting = self.turn.active.is_some() && !model_gone && self.timers.is_set(Timer::HangUp);
        if !self.transcript.is_settled() || counting || self.owes_operators(now) {
            return;
        }
        self.timers.stop_all();
        self.enter(Phase::Completed, out);
        self.record(Record::Ended(Ended { outcome, reason, at: now.millis() }), out);
        if !model_gone && !planted!(self.policy, KeepsModel) {
            self.model = Model::Gone;
            self.send(ModelEffect::Close, out);
        }
        self.ending = Ending::Over;
    }
}
