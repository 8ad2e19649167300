//! Speech without a pause, and sound that the server takes for none: what no turn ends is heard all the same.
//!
//! The server makes a turn of what is said only at a pause. Beside a television, in a loud car, or when somebody cries on
//! and on, there is none, so nothing is transcribed and the safety net hears nothing. So we commit by ourselves, and the
//! words, or their lack, say whether it is somebody or noise: somebody is never taken for silent, noise is in the end.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, ModelEffect, RequestNo, RespondKind};
use crate::session::links::Model;
use crate::session::timer::Timer;
use crate::types::{ItemId, Millis, Mono};

/// After a commit of ours, until it is seen whether the speech goes on: the server may not tell any more.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The sound of the last seconds says whether somebody is still heard.
const RECENT_MS: u32 = 2000;

/// Speech and noise on telephone lines are louder than this, in dBFS; comfort noise is not.
const LOUD: f32 = -42.0;

#[derive(Default)]
pub(crate) struct LongSpeech {
    /// When the speech of now was committed last.
    committed_at: Option<Mono>,
    /// A commit of ours is under way...
    asked: Option<RequestNo>,
    /// ... and the server has ended a turn by itself since: the next commit is its own.
    server_ends: bool,
    /// Turns of ours whose words have not come.
    ours: Vec<ItemId>,
    /// The last of them held no word.
    noise: bool,
}

/// Turns of ours that are remembered; more means that their words do not come.
const OURS_MAX: usize = 16;

impl LongSpeech {
    /// What sounds without a pause is no speech, as far as is known.
    pub(super) const fn is_noise(&self) -> bool {
        self.noise
    }

    pub(crate) const fn began(&mut self) {
        self.committed_at = None;
    }

    /// The server found the end of a turn by itself.
    pub(crate) const fn server_ended(&mut self) {
        self.server_ends = true;
    }

    /// A turn was committed; whether by us.
    pub(crate) fn takes(&mut self, item: &ItemId) -> bool {
        if std::mem::take(&mut self.server_ends) || self.asked.take().is_none() {
            return false;
        }
        if self.ours.len() >= OURS_MAX {
            self.ours.remove(0);
        }
        self.ours.push(item.clone());
        true
    }

    /// The server refuses a commit: nothing was there.
    pub(crate) fn refused(&mut self, about: Option<RequestNo>) {
        if self.asked.is_some() && self.asked == about {
            self.asked = None;
        }
    }

    /// The words of a turn have come, or it had none. Whether it was one of ours.
    fn told(&mut self, item: &ItemId, words: bool) -> bool {
        let ours = self.ours.iter().position(|known| known == item);
        if let Some(index) = ours {
            self.ours.remove(index);
        }
        if words || ours.is_some() {
            self.noise = !words;
        }
        ours.is_some()
    }
}

impl CallSession {
    /// Speech has lasted for long.
    pub(super) fn on_long_speech(&mut self, now: Mono, out: &mut Effects) {
        let Some(since) = self.turn.speaking else {
            return;
        };
        let last = self.long_speech.committed_at.unwrap_or(since);
        if !self.is_loud() {
            // Its end was not told: the words of what was said bring the answer to it.
            self.commit_turn(now, last, out);
            self.end_speech();
            return;
        }
        if now >= last + self.policy.speech_max {
            self.commit_turn(now, last, out);
            self.long_speech.committed_at = Some(now);
        }
        self.timers.set(Timer::Speech, now + LOOK_EVERY);
    }

    /// Silence is due. Loud sound is none, unless it is known to hold no words: that is found out first.
    pub(super) fn is_unheard_sound(&mut self, now: Mono, out: &mut Effects) -> bool {
        if self.long_speech.noise || !self.is_loud() {
            return false;
        }
        let since = self.pace.idle_since.take().unwrap_or(now);
        self.commit_turn(now, since, out);
        true
    }

    fn commit_turn(&mut self, now: Mono, since: Mono, out: &mut Effects) {
        if self.model != Model::Ready {
            return;
        }
        let no = self.next_request();
        self.send(ModelEffect::Commit { no }, out);
        (self.long_speech.asked, self.long_speech.server_ends) = (Some(no), false);
        let after = Millis(now.since(since).as_millis() as u32);
        self.fault_event(Event::Committed { after }, out);
    }

    /// The words of a turn have come, or it had none: the server answers no turn that we committed.
    pub(super) fn note_words_of_ours(&mut self, item: &ItemId, words: bool) {
        let ours = self.long_speech.told(item, words);
        if ours && words && self.turn.speaking.is_none() && !self.turn.is_owed() {
            self.turn.want(RespondKind::Bare);
        }
    }

    /// The caller's end of the line has not been quiet lately.
    fn is_loud(&self) -> bool {
        let end = (self.pace.appended / 8) as u32;
        self.caller_turns.loudest(end.saturating_sub(RECENT_MS), end).is_some_and(|level| level > LOUD)
    }
}
