//! Who spoke when, as the caller's ear and mouth know it: turns, answers and silences.

use std::time::Duration;

use crate::audio::level;
use crate::types::Mono;

/// One time that the caller spoke.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    pub began: Mono,
    /// When the last loud sound of it was over. `None`: still speaking.
    pub ended: Option<Mono>,
    /// The first sound that was heard after its end.
    pub answered: Option<Mono>,
    /// The assistant was to be heard when it began.
    pub interrupts: bool,
}

impl Turn {
    /// From the end of speech to the first sound of an answer.
    pub fn latency(&self) -> Option<Duration> {
        Some(self.answered?.since(self.ended?))
    }
}

/// The conversation as sound.
#[derive(Clone, Default, Debug)]
pub struct Talk {
    turns: Vec<Turn>,
    /// Speech of the caller that has not ended.
    speaking: bool,
    last_loud_said: Mono,
    /// The first sound heard since then.
    heard_since: Option<Mono>,
    first_sound: Option<Mono>,
    last_sound: Option<Mono>,
    /// Times without a sound to hear, of at least `SILENCE_MIN`.
    silences: Vec<(Mono, Duration)>,
}

impl Talk {
    /// What was heard in the 20 ms before `now`; `at` is when its first byte was.
    pub(super) fn hear(&mut self, now: Mono, at: Mono, heard: &[u8]) {
        if !level::is_loud(heard) {
            return;
        }
        if let Some(last) = self.last_sound {
            let quiet = at.since(last);
            if quiet >= SILENCE_MIN && self.silences.len() < ENTRIES_MAX {
                self.silences.push((last, quiet));
            }
        }
        self.first_sound.get_or_insert(at);
        self.last_sound = Some(now);
        if at >= self.last_loud_said {
            self.heard_since.get_or_insert(at);
        }
        if let Some(turn) = self.turns.last_mut()
            && !self.speaking
            && turn.answered.is_none()
        {
            turn.answered = self.heard_since;
        }
    }

    /// What the caller says from `now` on, for 20 ms.
    pub(super) fn speak(&mut self, now: Mono, said: Option<&[u8]>) {
        let end = now + super::FRAME;
        if said.is_some_and(level::is_loud) {
            if !self.speaking && self.turns.len() < ENTRIES_MAX {
                let interrupts = self.last_sound.is_some_and(|last| now.since(last) < CLOSE);
                self.turns.push(Turn { began: now, ended: None, answered: None, interrupts });
            }
            self.speaking = true;
            self.last_loud_said = end;
            self.heard_since = None;
        } else if self.speaking && now.since(self.last_loud_said) >= PAUSE_MAX {
            // Short pauses belong to the speech; its end is where the last loud sound was.
            self.speaking = false;
            if let Some(turn) = self.turns.last_mut() {
                turn.ended = Some(self.last_loud_said);
                turn.answered = self.heard_since;
            }
        }
    }

    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// When anything was heard first.
    pub const fn first_sound(&self) -> Option<Mono> {
        self.first_sound
    }

    /// When anything was heard last.
    pub const fn last_sound(&self) -> Option<Mono> {
        self.last_sound
    }

    /// Times without a sound to hear between two sounds, of at least a second: when and how long.
    pub fn silences(&self) -> &[(Mono, Duration)] {
        &self.silences
    }
}

const SILENCE_MIN: Duration = Duration::from_secs(1);

/// Shorter pauses do not end a turn. Shorter than any answer takes.
const PAUSE_MAX: Duration = Duration::from_millis(200);

const CLOSE: Duration = Duration::from_millis(100);

const ENTRIES_MAX: usize = 10_000;
