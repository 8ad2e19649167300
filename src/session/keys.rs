//! Keys that the caller presses: collected until `#`, a rest, or a bound, then given to the model as one text.

use crate::types::Mono;

#[derive(Default)]
pub(crate) struct Keys {
    pressed: String,
    began: Option<Mono>,
}

impl Keys {
    /// Adds a key. Returns whether the entry is complete with it.
    pub(crate) fn press(&mut self, now: Mono, key: char, keys_max: usize) -> bool {
        self.began.get_or_insert(now);
        if key == '#' && !self.pressed.is_empty() {
            return true;
        }
        self.pressed.push(key);
        self.pressed.len() >= keys_max
    }

    /// Takes what was pressed, and since when.
    pub(crate) fn take(&mut self) -> Option<(String, Mono)> {
        let began = self.began.take()?;
        Some((std::mem::take(&mut self.pressed), began))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.began.is_none()
    }
}
