//! The conversation: items in order, with what they weigh in tokens.
//!
//! Knows which requests about an item the server refuses, and in which words.

use serde_json::{Value, json};

use crate::sim::model::schema::Refused;

/// Milliseconds of audio for one token, by who speaks.
const USER_MS_PER_TOKEN: u64 = 100;
const ASSISTANT_MS_PER_TOKEN: u64 = 50;

/// Audio that an item holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sound {
    None,
    User {
        ms: u64,
    },
    /// `sent_ms`: what the client received; `kept_ms`: what a truncation left of it.
    Assistant {
        sent_ms: u64,
        kept_ms: u64,
    },
}

/// One item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub id: String,
    /// As `conversation.item.done` shows it.
    pub json: Value,
    pub sound: Sound,
    /// Length of all its texts.
    pub chars: u64,
}

/// All items, oldest first.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    items: Vec<Item>,
}

impl Conversation {
    /// Adds at the end and returns the item before it.
    pub(super) fn push(&mut self, item: Item) -> Option<String> {
        let previous = self.items.last().map(|item| item.id.clone());
        self.items.push(item);
        previous
    }

    /// Adds after `previous` (`root`: in front) and returns the item before it.
    pub(super) fn insert(&mut self, item: Item, previous: Option<&str>) -> Result<Option<String>, Refused> {
        if self.position(&item.id).is_some() {
            let message = format!("Error adding item: an item with id '{}' exists already.", item.id);
            return Err(Refused::new("item_create_invalid_item_id", message));
        }
        let at = match previous {
            None => return Ok(self.push(item)),
            Some("root") => 0,
            Some(id) => match self.position(id) {
                Some(at) => at + 1,
                None => return Err(unknown("adding", "item_create_invalid_previous_item_id", id)),
            },
        };
        self.items.insert(at, item);
        Ok(at.checked_sub(1).map(|before| self.items[before].id.clone()))
    }

    pub(super) fn item_mut(&mut self, id: &str) -> Option<&mut Item> {
        // Requests are about the newest items, so search from the end.
        self.items.iter_mut().rev().find(|item| item.id == id)
    }

    pub(super) fn retrieve(&self, id: &str) -> Result<&Item, Refused> {
        let at = self.position(id).ok_or_else(|| unknown("retrieving", "item_retrieve_invalid_item_id", id))?;
        Ok(&self.items[at])
    }

    pub(super) fn delete(&mut self, id: &str) -> Result<(), Refused> {
        let at = self.position(id).ok_or_else(|| unknown("deleting", "item_delete_invalid_item_id", id))?;
        self.items.remove(at);
        Ok(())
    }

    /// Cuts the audio of an item and drops its transcript.
    pub(super) fn truncate(&mut self, id: &str, content_index: u64, end_ms: u64) -> Result<(), Refused> {
        let Some(item) = self.item_mut(id) else {
            return Err(unknown("truncating", "item_truncate_invalid_item_id", id));
        };
        let Sound::Assistant { sent_ms, kept_ms } = &mut item.sound else {
            return Err(not_audio());
        };
        if *sent_ms == 0 {
            return Err(not_audio());
        }
        if content_index != 0 {
            return Err(Refused::at("invalid_value", "content_index", "There is no such content part."));
        }
        if end_ms > *kept_ms {
            let message = format!("Audio content of {kept_ms}ms is already shorter than {end_ms}ms");
            return Err(Refused { code: None, message, param: None });
        }
        *kept_ms = end_ms;
        item.chars = 0;
        if let Some(part) = item.json.pointer_mut("/content/0/transcript") {
            *part = Value::Null;
        }
        Ok(())
    }

    /// The conversation as input: text and audio tokens.
    pub(super) fn tokens(&self) -> (u64, u64) {
        let mut text = 0;
        let mut audio = 0;
        for item in &self.items {
            text += item.chars.div_ceil(4);
            audio += match item.sound {
                Sound::None => 0,
                Sound::User { ms } => ms.div_ceil(USER_MS_PER_TOKEN),
                Sound::Assistant { kept_ms, .. } => kept_ms.div_ceil(ASSISTANT_MS_PER_TOKEN),
            };
        }
        (text, audio)
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.items.iter().rposition(|item| item.id == id)
    }
}

/// Tokens of assistant audio that was made.
pub(super) const fn audio_tokens(ms: u64) -> u64 {
    ms.div_ceil(ASSISTANT_MS_PER_TOKEN)
}

/// A user's turn of audio, as items show it.
pub(super) fn user_audio(id: &str) -> Value {
    json!({
        "id": id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user",
        "content": [{"type": "input_audio", "transcript": null}],
    })
}

fn not_audio() -> Refused {
    Refused::new("unsupported_content_type", "Only model output audio messages can be truncated")
}

fn unknown(doing: &str, code: &'static str, id: &str) -> Refused {
    Refused::at(code, "item_id", format!("Error {doing} item: the item with id '{id}' does not exist."))
}
