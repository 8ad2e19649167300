//! Keys that the caller presses: collected until `#`, a rest, or a bound, then given to the model as one text.
//!
//! The bound counts from rest to rest, so that a flood of keys tells the model no more than the bound allows.

use std::time::Duration;

use crate::types::Mono;

#[derive(Default)]
pub(crate) struct Keys {
    pressed: String,
    began: Option<Mono>,
    last: Option<Mono>,
    /// Taken since the caller rested.
    taken: usize,
}

/// What a key came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    Added,
    /// The entry is complete with it.
    Complete,
    /// Beyond the bound.
    Ignored,
}

impl Keys {
    pub(crate) fn press(&mut self, now: Mono, key: char, rest: Duration, keys_max: usize) -> Key {
        if self.last.is_none_or(|last| now.since(last) >= rest) {
            self.taken = 0;
        }
        self.last = Some(now);
        if self.taken >= keys_max {
            return Key::Ignored;
        }
        self.taken += 1;
        self.began.get_or_insert(now);
        if key == '#' && !self.pressed.is_empty() {
            return Key::Complete;
        }
        self.pressed.push(key);
        if self.taken >= keys_max { Key::Complete } else { Key::Added }
    }

    /// Takes what was pressed, and since when.
    pub(crate) fn take(&mut self) -> Option<(String, Mono)> {
        let began = self.began.take()?;
        Some((std::mem::take(&mut self.pressed), began))
    }

    /// Nothing but 0 was pressed.
    pub(crate) fn asks_for_person(&self) -> bool {
        self.pressed.contains('0') && self.pressed.chars().all(|key| key == '0' || key == '#')
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.began.is_none()
    }
}
