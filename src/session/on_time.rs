//! What time alone causes: every timer's reaction, and how long each state of a call may last.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, RespondKind, Source};
use crate::session::ending::Ending;
use crate::session::input::LostCause;
use crate::session::links::{Media, Model};
use crate::session::people::Stage;
use crate::session::plant::planted;
use crate::session::timer::{RETRY, Timer};
use crate::types::{Mono, Outcome, Prompt, Reason};

/// While the caller speaks they need no reassuring, for as long. With `reassure_every` and the ways of sound and marks it
/// stays below the fifteen seconds that are promised.
const SPEAKER_PATIENCE: Duration = Duration::from_millis(1500);

impl CallSession {
    pub(super) fn on_deadline(&mut self, now: Mono, out: &mut Effects) {
        while let Some(timer) = self.timers.pop_due(now) {
            self.on_timer(now, timer, out);
        }
    }

    fn on_timer(&mut self, now: Mono, timer: Timer, out: &mut Effects) {
        match timer {
            Timer::Stream => self.on_stream_due(now, out),
            Timer::Connect => self.connect_again(now, out),
            Timer::Configure => self.lose_model(now, LostCause::Unreachable, out),
            Timer::Ready => self.bridge_the_gap(out),
            Timer::DeadAir => self.say_locally(Prompt::OneMoment, out),
            Timer::ResponseSlow => self.ask_once_more(),
            Timer::ResponseLost => self.lose_model(now, LostCause::Broken, out),
            Timer::RespondAgain => self.give_up_waiting(),
            Timer::Protected => self.end_protection(now, out),
            // `finish_step` plays and settles; the keys' and transcript's owners look at the time themselves.
            Timer::Playout | Timer::Transcript => {}
            Timer::Speech => self.on_long_speech(now, out),
            Timer::Silence => self.on_silence(now, out),
            Timer::Keys => self.give_keys(now, out),
            Timer::Warn => self.warn(out),
            Timer::CallMax => self.end_with(now, Prompt::TimeUp, Outcome::Limit, Reason::Duration, out),
            Timer::Farewell => self.on_farewell_due(now, out),
            Timer::Detach => self.look_up(now, out),
            Timer::HangUp => self.on_hang_up_due(now, out),
            Timer::Emergency => self.on_emergency_due(out),
            Timer::Escalation => self.on_escalation_due(now, out),
            Timer::Vigil => self.on_vigil_due(now, out),
            Timer::Handover => self.on_handover_due(now, out),
            Timer::Attempt => self.on_attempt_due(now, out),
            Timer::Commit => self.on_commit_due(now, out),
            Timer::Redial => self.on_redial_due(now, out),
            Timer::Unheard => self.on_unheard_due(now, out),
            Timer::Reassure => self.reassure(now, out),
            Timer::Bridge => self.on_bridge_due(now, out),
            Timer::Return => self.on_return_due(now, out),
            Timer::Message => {
                self.on_machine_due(now, out);
                self.on_message_due(now, out);
            }
            Timer::Moment => self.on_moment_due(now, out),
            Timer::Cleanup => self.on_clean_up_due(),
        }
    }

    /// The model is late.
    fn bridge_the_gap(&mut self, out: &mut Effects) {
        if self.model == Model::Gone {
            // The caller hears what happens instead.
            return;
        }
        let before = self.people.recall.is_some();
        self.say_locally(if before { Prompt::OneMoment } else { Prompt::Hello }, out);
    }

    /// The server owes an answer for long: ask for it ourselves, once.
    fn ask_once_more(&mut self) {
        if self.turn.active.is_some() || self.turn.retried {
            return;
        }
        self.turn.retried = true;
        let asked = self.turn.asked.take();
        self.turn.replaced = asked.as_ref().map(|asked| asked.no);
        let asked = asked.map(|asked| asked.kind);
        if asked.is_some() || self.turn.auto_due {
            self.turn.auto_due = false;
            self.turn.want(asked.unwrap_or(RespondKind::Bare));
        }
    }

    /// The pause before asking again is over; a response that the server did not begin by itself is asked for.
    fn give_up_waiting(&mut self) {
        if self.turn.auto_due && self.turn.active.is_none() {
            self.turn.auto_due = false;
            self.turn.want(RespondKind::Bare);
        }
    }

    fn warn(&mut self, out: &mut Effects) {
        if matches!(self.ending, Ending::None) && self.media == Media::Live {
            self.event(Event::TimeWarning, out);
            self.say_locally(Prompt::TimeWarning, out);
        }
    }

    /// The caller has heard nothing for long while a phone rings.
    fn reassure(&mut self, now: Mono, out: &mut Effects) {
        if planted!(self.policy, NeverReassures) {
            return;
        }
        if self.people.is_reaching() && self.media == Media::Live && self.playout.is_silent(now) {
            self.say_locally(Prompt::StillRinging, out);
        }
    }

    /// Phones are rung, and the caller waits on the stream.
    fn is_kept_waiting(&self) -> bool {
        self.people.is_reaching() && self.media == Media::Live && matches!(self.ending, Ending::None)
    }

    /// While phones are rung and there is no model, the caller hears the hold sound.
    fn hold(&mut self, now: Mono, out: &mut Effects) {
        let quiet = self.model == Model::Gone && self.playout.is_settled();
        if self.is_kept_waiting() && quiet && !self.facts.hold.is_empty() {
            self.playout.push(&Source::Hold, self.facts.hold.clone());
            self.playout.end(&Source::Hold);
            self.play(now, out);
        }
    }

    /// While phones are rung the caller hears something now and then.
    fn pace_waiting(&mut self, now: Mono, talking: bool) {
        match self.pace.quiet_since.filter(|_| self.is_kept_waiting()) {
            Some(quiet) => {
                // Noise may look like speech for long, so whoever speaks is given a little more time, but not more.
                let speaker = if talking { SPEAKER_PATIENCE } else { Duration::ZERO };
                self.set_later(Timer::Reassure, quiet + self.policy.reassure_every + speaker, now);
            }
            None => self.timers.stop(Timer::Reassure),
        }
    }

    /// Sets a timer that every step sets again.
    fn set_later(&mut self, timer: Timer, at: Mono, now: Mono) {
        if planted!(self.policy, PushesTimersAway) && at <= now {
            self.timers.set(timer, now + RETRY);
        } else {
            self.timers.set_later(timer, at);
        }
    }

    fn on_return_due(&mut self, now: Mono, out: &mut Effects) {
        if matches!(self.people.stage(), Some(Stage::Merging { .. } | Stage::Talking)) {
            self.fetch_caller(now, out);
        }
    }

    /// Operators' last sentences are over: what is left of their legs ends, also what did not end before.
    fn on_clean_up_due(&mut self) {
        if planted!(self.policy, LeavesOperatorAlone) {
            return;
        }
        let present = self.people.attempt().map(|attempt| attempt.no);
        self.people.legs.release_others(present);
        self.people.legs.try_again();
    }

    fn on_hang_up_due(&mut self, now: Mono, out: &mut Effects) {
        let Ending::HangingUp { outcome, reason } = self.ending else {
            return;
        };
        if self.counters.hang_up.is_none() && self.facts.carrier_rest && self.leg.is_some() {
            // A last document should have ended the leg.
            self.hang_up(now, outcome, reason, out);
        } else {
            self.close(now, outcome, reason, out);
        }
    }

    /// Looks how long the present state may last, and sets the timers that end it.
    pub(super) fn pace(&mut self, now: Mono, out: &mut Effects) {
        self.hold(now, out);
        let away = self.media != Media::Live || self.people.is_handing_over();
        if away || matches!(self.ending, Ending::HangingUp { .. } | Ending::Closing { .. }) {
            self.pace.owed_since = None;
            self.pace.idle_since = None;
            self.timers.stop(Timer::Reassure);
            return;
        }
        let silent = self.playout.is_silent(now);
        let talking = self.turn.speaking.is_some();
        self.pace.quiet_since = if silent { self.pace.quiet_since.or(Some(now)) } else { None };
        self.pace_waiting(now, talking);
        self.pace_owed(now, silent, talking);
        self.pace_idle(now, talking && !self.long_speech.is_noise());
    }

    /// The assistant owes something: fill the silence, ask again, give the model up.
    fn pace_owed(&mut self, now: Mono, silent: bool, talking: bool) {
        let waiting = matches!(self.ending, Ending::None);
        let owing = self.turn.is_owed() || self.tooling.is_owing() || self.model != Model::Ready;
        let owed = waiting && owing && !talking && !self.playout.has_model_sound(now);
        if !owed {
            self.pace.owed_since = None;
            for timer in [Timer::DeadAir, Timer::ResponseSlow, Timer::ResponseLost] {
                self.timers.stop(timer);
            }
            return;
        }
        let fresh = self.pace.owed_since.is_none();
        let since = *self.pace.owed_since.get_or_insert(now);
        if fresh && self.model == Model::Ready {
            self.turn.retried = false;
        }
        if self.model == Model::Ready {
            self.timers.set_once_after(Timer::ResponseSlow, since + self.policy.response_slow, now);
            self.timers.set(Timer::ResponseLost, since + self.policy.response_lost);
        }
        match (silent, self.pace.quiet_since) {
            (true, Some(quiet)) if !planted!(self.policy, NoFiller) => {
                let base = self.turn.speech_ended.unwrap_or(since).max(quiet);
                self.set_later(Timer::DeadAir, base + self.policy.response_slow, now);
            }
            (_, _) => self.timers.stop(Timer::DeadAir),
        }
    }
}
