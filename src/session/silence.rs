//! The silence ladder: who is silent, since when, and what is done about it.
//!
//! What counts is the last sign of life: words, or a key. Sound that the model takes for speech and in which there are
//! no words, a television's say, is none: it may make the caller's turn begin anew a few times, but not without end.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, RespondKind};
use crate::session::ending::Ending;
use crate::session::links::Model;
use crate::session::timer::Timer;
use crate::session::turn::Active;
use crate::types::{ItemId, Mono, Outcome, Prompt, Reason};

/// Turns in a row without a word after which the caller's time begins anew: whoever coughs is answered, too.
const WORDLESS_MAX: u32 = 3;

/// The step before the goodbye.
pub(super) const LAST_STEP: u8 = 2;

impl CallSession {
    /// The caller said something, be it understood or not, or pressed a key.
    pub(super) const fn note_life(&mut self) {
        self.pace.wordless = 0;
        self.pace.silence_step = 0;
        self.pace.idle_since = None;
        self.pace.goodbye_called_off = false;
    }

    /// A turn of the caller's held no words.
    pub(super) fn note_no_words(&mut self, item: &ItemId) {
        self.pace.wordless += 1;
        if self.turn.newest.as_ref() != Some(item) {
            return;
        }
        self.turn.wordless = true;
        if std::mem::take(&mut self.turn.empty) {
            // The server had nothing to answer to nothing, which was taken for a failure.
            self.turn.failures = 0;
            if self.turn.wanted == Some(RespondKind::Bare) && self.timers.is_set(Timer::RespondAgain) {
                self.turn.wanted = None;
                self.timers.stop(Timer::RespondAgain);
            }
        }
    }

    /// This response, which said nothing, had nothing to answer.
    pub(super) fn answers_no_words(&self, response: &Active) -> bool {
        self.turn.wordless && matches!(response.kind, None | Some(RespondKind::Bare))
    }

    pub(super) fn on_silence(&mut self, now: Mono, out: &mut Effects) {
        if self.is_unheard_sound(now, out) {
            return;
        }
        self.pace.silence_step += 1;
        self.pace.idle_since = None;
        self.event(Event::Silence { step: self.pace.silence_step }, out);
        match self.pace.silence_step {
            1 => self.say_locally(Prompt::StillThere, out),
            LAST_STEP => self.say_locally(Prompt::StillThereAgain, out),
            _ if self.is_line_kept(now) => {
                self.pace.silence_step = LAST_STEP;
                self.say_locally(Prompt::EmergencyStillHere, out);
            }
            _ => self.end_with(now, Prompt::SilentGoodbye, Outcome::Silent, Reason::Silence, out),
        }
    }

    /// Everything was heard and nothing is owed: it is the caller's turn.
    pub(super) fn pace_idle(&mut self, now: Mono, talking: bool) {
        let counts = matches!(self.ending, Ending::None)
            && self.model == Model::Ready
            && self.people.open.is_none()
            && self.keys.is_empty();
        let busy = self.turn.is_owed() || self.tooling.is_owing() || !self.playout.is_settled();
        if !counts || busy && self.pace.wordless < WORDLESS_MAX {
            self.pace.idle_since = None;
            self.timers.stop(Timer::Silence);
            return;
        }
        let words_may_come = talking || self.transcript.next_due().is_some();
        if busy || words_may_come {
            // Nobody is asked now; but the clock goes on, until there are words.
            self.timers.stop(Timer::Silence);
            return;
        }
        let since = *self.pace.idle_since.get_or_insert(now);
        let steps = &self.policy.silence;
        let wait = match self.pace.silence_step {
            0 => steps.ask,
            1 => steps.again,
            _ => steps.end,
        };
        self.timers.set(Timer::Silence, since + wait);
    }
}
