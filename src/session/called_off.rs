//! What calls an end off: the caller who still has something to say, and an emergency.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, ModelEffect, RespondKind};
use crate::session::ending::Ending;
use crate::session::links::{Media, Model};
use crate::session::people::Ask;
use crate::session::silence::LAST_STEP;
use crate::session::timer::Timer;
use crate::types::{Mono, Prompt, Reason};

impl CallSession {
    /// Something came up that is more important than a goodbye.
    pub(super) fn call_farewell_off(&mut self) {
        self.ending = Ending::None;
        self.timers.stop(Timer::Farewell);
        if self.turn.wanted == Some(RespondKind::Farewell) {
            self.turn.wanted = None;
        }
    }

    /// The caller speaks or presses a key (`by`): a goodbye is called off, once. Returns whether the caller has the floor.
    pub(super) fn cancel_goodbye(&mut self, now: Mono, by: &'static str, out: &mut Effects) -> bool {
        match self.ending {
            Ending::None => true,
            Ending::Farewell { cancelable: true, .. } => {
                self.call_farewell_off();
                self.turn.called_off = true;
                self.event(Event::EndCalledOff { by }, out);
                true
            }
            Ending::Sentence { prompt, cancelable: true, .. } => {
                self.call_sentence_off(now, by, out);
                if prompt == Prompt::SilentGoodbye {
                    // Without words the next step is the goodbye again, and that one is final.
                    self.pace.goodbye_called_off = true;
                    self.pace.silence_step = LAST_STEP;
                } else {
                    self.turn.called_off = true;
                }
                if self.model == Model::Ready {
                    let no = self.next_request();
                    let text = "The phone system had begun to end the call; the caller is there and the call goes on.";
                    self.send(ModelEffect::Note { no, text: text.to_owned() }, out);
                }
                true
            }
            Ending::Farewell { .. }
            | Ending::Sentence { .. }
            | Ending::HangingUp { .. }
            | Ending::Closing { .. }
            | Ending::Over => false,
        }
    }

    /// There are words of the caller's: nobody says goodbye for their silence, also if that is final otherwise.
    pub(super) fn hear_words(&mut self, now: Mono, out: &mut Effects) {
        if !matches!(self.ending, Ending::Sentence { prompt: Prompt::SilentGoodbye, .. }) {
            return;
        }
        let answering = self.turn.active.is_some();
        self.call_sentence_off(now, "words", out);
        if answering {
            // Nobody could hear what the assistant has said so far.
            self.turn.want(RespondKind::Bare);
        }
    }

    /// Whether the caller may call this last sentence off. An emergency may in any case.
    pub(super) fn may_be_called_off(&self, prompt: Prompt, reason: Reason) -> bool {
        match prompt {
            Prompt::SilentGoodbye => !self.pace.goodbye_called_off,
            Prompt::Goodbye => reason == Reason::AssistantEnded && self.model == Model::Ready && !self.turn.called_off,
            _ => false,
        }
    }

    /// The last sentence is not the last: the call goes on where it was.
    pub(super) fn call_sentence_off(&mut self, now: Mono, by: &'static str, out: &mut Effects) {
        self.ending = Ending::None;
        self.timers.stop(Timer::Farewell);
        self.cut_sound(now, out);
        self.event(Event::EndCalledOff { by }, out);
        if self.people.open.is_none() {
            self.resume_clock(now);
            self.allow_minutes(now);
        }
    }

    /// A call whose time is up goes on for some minutes.
    pub(super) fn allow_minutes(&mut self, now: Mono) {
        let due = self.timers.due(Timer::CallMax);
        if due.is_none_or(|due| due <= now) {
            self.timers.set(Timer::CallMax, now + self.policy.emergency_open);
        }
    }

    /// The hang-up was not done, and meanwhile there is an emergency: the caller is still there, and is served. Returns
    /// whether it is so.
    pub(super) fn take_hang_up_back(&mut self, now: Mono, out: &mut Effects) -> bool {
        let Some(ask) = self.people.late.take() else {
            return false;
        };
        self.ending = Ending::None;
        self.counters.hang_up = None;
        self.timers.stop(Timer::HangUp);
        self.event(Event::EndCalledOff { by: EMERGENCY }, out);
        self.allow_minutes(now);
        self.request_person(now, ask, out);
        true
    }

    /// An emergency, while the call is about to end. Returns whether the call goes on now.
    pub(super) fn call_end_off(&mut self, now: Mono, ask: &Ask, out: &mut Effects) -> bool {
        match self.ending {
            Ending::None => true,
            Ending::Farewell { .. } => {
                self.call_farewell_off();
                self.event(Event::EndCalledOff { by: EMERGENCY }, out);
                true
            }
            Ending::Sentence { .. } => {
                self.call_sentence_off(now, EMERGENCY, out);
                true
            }
            Ending::HangingUp { .. } if self.media == Media::Live => {
                // Should the carrier not have done it, the caller is still there.
                self.people.late.get_or_insert_with(|| ask.clone());
                false
            }
            Ending::HangingUp { .. } | Ending::Closing { .. } | Ending::Over => false,
        }
    }
}

const EMERGENCY: &str = "emergency";
