//! What the assistant says: its items, what was received and written of each, and which ones were cut.
//!
//! Truncation counts what was received, the transcript what was heard, and late audio of a cut item must be told apart
//! from audio of a new one; so items are remembered for a while after they ended.

use std::collections::VecDeque;

use crate::types::{ItemId, Millis, Mono, ResponseId};

/// Items and responses that are remembered; a response that is cut by us can bring at most a few more.
const REMEMBERED: usize = 64;

#[derive(Default)]
pub(crate) struct Speech {
    items: VecDeque<Item>,
    refused: VecDeque<ResponseId>,
}

/// One utterance of the assistant.
pub(crate) struct Item {
    pub(crate) id: ItemId,
    pub(crate) response: ResponseId,
    pub(crate) received: Millis,
    pub(crate) text: String,
    pub(crate) text_done: bool,
    /// No more audio is taken: it ended, was cut, or did not fit.
    pub(crate) closed: bool,
    /// It was cut: what comes late is dropped.
    pub(crate) cut: bool,
    /// The number of its line, from its first sound to the caller until the line is written.
    pub(crate) seq: Option<u32>,
    /// From when until when it was heard, to its end; its line waits for the rest of its words.
    pub(crate) heard: Option<(Mono, Mono)>,
}

/// Longest text kept of one item, in bytes.
const TEXT_MAX: usize = 64 * 1024;

impl Speech {
    /// The item, made known if it is new.
    pub(crate) fn open(&mut self, response: &ResponseId, id: &ItemId) -> &mut Item {
        let index = self.items.iter().position(|item| item.id == *id).unwrap_or_else(|| {
            if self.items.len() >= REMEMBERED {
                let done = self.items.iter().position(|item| item.closed && item.seq.is_none());
                self.items.remove(done.unwrap_or_default());
            }
            let cut = self.refused.contains(response);
            self.items.push_back(Item {
                id: id.clone(),
                response: response.clone(),
                received: Millis(0),
                text: String::new(),
                text_done: false,
                closed: cut,
                cut,
                seq: None,
                heard: None,
            });
            self.items.len() - 1
        });
        &mut self.items[index]
    }

    pub(crate) fn find(&self, id: &ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == *id)
    }

    pub(crate) fn find_mut(&mut self, id: &ItemId) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.id == *id)
    }

    /// Whether any sound of this response was received.
    pub(crate) fn has_sound(&self, response: &ResponseId) -> bool {
        self.items.iter().any(|item| item.response == *response && item.received > Millis(0))
    }

    /// The items of a response, oldest first.
    pub(crate) fn of_response(&self, response: &ResponseId) -> Vec<ItemId> {
        self.items.iter().filter(|item| item.response == *response).map(|item| item.id.clone()).collect()
    }

    /// The items of a response that may still get audio.
    pub(crate) fn open_items(&self, response: &ResponseId) -> Vec<ItemId> {
        let open = |item: &&Item| item.response == *response && !item.closed;
        self.items.iter().filter(open).map(|item| item.id.clone()).collect()
    }

    /// Items with a line that is still to be written.
    pub(crate) fn unwritten(&self) -> Vec<ItemId> {
        self.items.iter().filter(|item| item.seq.is_some()).map(|item| item.id.clone()).collect()
    }

    /// Whether audio of this item is still of use.
    pub(crate) fn wants(&self, response: &ResponseId, id: &ItemId) -> bool {
        self.find(id).map_or_else(|| !self.refused.contains(response), |item| !item.closed)
    }

    /// Nothing more of this response is taken, not even items that it has not begun.
    pub(crate) fn refuse(&mut self, response: &ResponseId) {
        if self.refused.contains(response) {
            return;
        }
        if self.refused.len() >= REMEMBERED {
            self.refused.pop_front();
        }
        self.refused.push_back(response.clone());
        for item in self.items.iter_mut().filter(|item| item.response == *response) {
            item.closed = true;
        }
    }
}

impl Item {
    pub(crate) fn add_text(&mut self, delta: &str) {
        if !self.text_done && self.text.len() + delta.len() <= TEXT_MAX {
            self.text.push_str(delta);
        }
    }

    pub(crate) fn finish_text(&mut self, text: String) {
        if text.len() <= TEXT_MAX {
            self.text = text;
        }
        self.text_done = true;
    }
}
