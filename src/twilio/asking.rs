//! A question that nobody can answer yet is asked again: the leg waits a moment and comes back to the same URL.
//!
//! An apology would end the call of somebody who is only unlucky with the moment: a disk that stands still, a process
//! that has just begun. What the carrier says only once (a key, how a dial went) is carried in the URL, which it signs.

use crate::twilio::callback::Form;
use crate::twilio::paths;
use crate::twilio::twiml::{AGAIN_MAX, Documents};

/// How often this question was asked before.
const AGAIN: &str = "again";

/// One webhook that asks.
pub struct Asking {
    path: String,
    asked: u32,
}

impl Asking {
    /// The path and query that were asked. A count that is none counts as the last.
    pub fn new(path: &str, query: Option<&str>) -> Self {
        let count =
            query.and_then(|query| query.split('&').find_map(|part| part.strip_prefix(AGAIN)?.strip_prefix('=')));
        Self { path: path.to_owned(), asked: count.map_or(0, |count| count.parse().unwrap_or(AGAIN_MAX)) }
    }

    /// The next question goes to `/twilio/after-stream`, whatever this one was: it is about the same leg.
    #[must_use]
    pub fn after_stream(self) -> Self {
        Self { path: paths::AFTER_STREAM.to_owned(), ..self }
    }

    /// It may be asked once more.
    pub const fn may_ask_again(&self) -> bool {
        self.asked < AGAIN_MAX
    }

    /// Nobody can tell yet.
    pub fn later(&self, documents: &Documents, form: &Form) -> String {
        documents.ask_again(&self.url(documents, form))
    }

    /// The call says itself that it will know in a moment.
    pub fn soon(&self, documents: &Documents, form: &Form) -> String {
        documents.ask_soon(&self.url(documents, form))
    }

    fn url(&self, documents: &Documents, form: &Form) -> String {
        let mut url = format!("{}?{AGAIN}={}", documents.url(&self.path), self.asked.saturating_add(1));
        for (name, value) in form.once() {
            url.push_str(&format!("&{name}={}", escape(value)));
        }
        url
    }
}

/// Percent-encoding of everything that a query may not hold as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
