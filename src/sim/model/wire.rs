//! Writes server events as the real server does: the type first, then an id, each event one text.
//!
//! Ids are counters behind a tag made from the seed, so the same seed gives the same bytes and two connections never
//! share an id.

use std::fmt::Write as _;

use serde_json::Value;

/// Which part of which response an event is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub response: &'a str,
    pub item: &'a str,
    pub output_index: usize,
}

/// Makes texts and ids.
#[derive(Debug)]
pub(super) struct Writer {
    tag: u32,
    count: u64,
    /// Puts a field that no client knows into every event.
    strange: bool,
}

impl Writer {
    pub(super) const fn new(tag: u32, strange: bool) -> Self {
        Self { tag, count: 0, strange }
    }

    /// A fresh id such as `item_5f0a7c3100000012`: at most 32 characters.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}_{:08x}{:08x}", self.tag, self.count)
    }

    /// One event. `body` is an object with the fields beside `type` and `event_id`.
    pub(super) fn event(&mut self, kind: &str, body: &Value) -> String {
        let fields = body.to_string();
        let mut text = self.head(kind, fields.len());
        if fields.len() > 2 {
            text.push(',');
            text.push_str(&fields[1..]);
        } else {
            text.push('}');
        }
        text
    }

    /// One delta event whose `delta` needs no escaping (base64).
    pub(super) fn audio_delta(&mut self, at: At<'_>, base64: &str) -> String {
        let mut text = self.head("response.output_audio.delta", base64.len() + 160);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            r#","response_id":"{}","item_id":"{}","output_index":{},"content_index":0,"delta":"{base64}"}}"#,
            at.response, at.item, at.output_index
        );
        text
    }

    /// One delta event of words, with the padding that hides their length.
    pub(super) fn word_delta(&mut self, kind: &str, at: At<'_>, words: &str, padding: &str) -> String {
        let mut text = self.head(kind, words.len() + 220);
        let words = Value::from(words);
        let _ = write!(
            text,
            r#","response_id":"{}","item_id":"{}","output_index":{},"content_index":0,"delta":{words},"obfuscation":"{padding}"}}"#,
            at.response, at.item, at.output_index
        );
        text
    }

    /// The opening of an event, without the comma that follows it.
    fn head(&mut self, kind: &str, room: usize) -> String {
        self.count += 1;
        let mut text = String::with_capacity(room + 96);
        let _ = write!(text, r#"{{"type":"{kind}","event_id":"event_{:08x}{:08x}""#, self.tag, self.count);
        if self.strange {
            text.push_str(r#","x_from_the_future":{"deep":[1,null,{"er":"\u00e9"}]}"#);
        }
        text
    }
}
