//! What the safety net has to know of the caller's turns besides their words: how long they were, and how loud.
//!
//! Words may come long after their turn, when the next one has begun already, or when the line of the transcript was
//! given up; so turns are remembered by their item, and levels by their place in the audio.

use std::collections::VecDeque;

use crate::session::loudness::Loudness;
use crate::types::{ItemId, Mulaw};

/// Turns whose words have not come; beyond it the oldest is forgotten.
const TURNS_MAX: usize = 64;

#[derive(Default)]
pub(crate) struct CallerTurns {
    loudness: Loudness,
    turns: VecDeque<Turn>,
}

/// Places count the audio of this connection, in milliseconds.
struct Turn {
    item: ItemId,
    from_ms: Option<u32>,
    to_ms: Option<u32>,
}

/// What is known of a turn; `None`: not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) speech_ms: Option<u32>,
    /// Of its loudest moment, in dBFS.
    pub(crate) level: Option<f32>,
}

impl CallerTurns {
    /// Sound that goes to the model.
    pub(crate) fn listen(&mut self, frame: &Mulaw) {
        self.loudness.add(frame);
    }

    pub(crate) fn began(&mut self, item: &ItemId, at_ms: u32) {
        self.turn(item).from_ms = Some(at_ms);
    }

    pub(crate) fn stopped(&mut self, item: &ItemId, at_ms: u32) {
        self.turn(item).to_ms = Some(at_ms);
    }

    /// The turn is complete, whether its begin and end were told or not.
    pub(crate) fn committed(&mut self, item: &ItemId) {
        self.turn(item);
    }

    /// The words of a turn have come. Every turn is heard once.
    pub(crate) fn take(&mut self, item: &ItemId) -> Option<Heard> {
        let index = self.turns.iter().position(|turn| turn.item == *item)?;
        let turn = self.turns.remove(index)?;
        let (Some(from), Some(to)) = (turn.from_ms, turn.to_ms) else {
            return Some(Heard { speech_ms: None, level: None });
        };
        Some(Heard { speech_ms: Some(to.saturating_sub(from)), level: self.loudness.loudest(from, to) })
    }

    /// Of the loudest moment between two places, in dBFS; `None`: not known.
    pub(crate) fn loudest(&self, from_ms: u32, to_ms: u32) -> Option<f32> {
        self.loudness.loudest(from_ms, to_ms)
    }

    fn turn(&mut self, item: &ItemId) -> &mut Turn {
        let index = self.turns.iter().position(|turn| turn.item == *item).unwrap_or_else(|| {
            if self.turns.len() >= TURNS_MAX {
                self.turns.pop_front();
            }
            self.turns.push_back(Turn { item: item.clone(), from_ms: None, to_ms: None });
            self.turns.len() - 1
        });
        &mut self.turns[index]
    }
}

#[cfg(test)]
mod tests;
