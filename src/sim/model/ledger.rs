//! What the simulated model saw and did, for tests to judge.

use std::collections::BTreeMap;

use crate::types::{Millis, Mono};

/// A request that the server refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedRequest {
    /// The server's code; empty where it gives none.
    pub code: String,
    pub message: String,
    /// The client's `event_id`.
    pub about: Option<String>,
}

/// Audio of one item.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SentAudio {
    /// In the connection's own format.
    pub bytes: u64,
    pub duration: Millis,
}

/// A response that was cut short although it had sound or a tool call to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    pub at: Mono,
    /// When the client asked for more, or the caller or the server went on by themselves.
    pub went_on: Option<Mono>,
}

/// Everything worth asserting about one connection.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Ledger {
    /// Caller audio, in whole milliseconds.
    pub appended_ms: u64,
    pub appends: u64,
    /// Appends before the first `session.updated`: read with the wrong format.
    pub early_appends: u64,
    /// When each transcript of the caller was told.
    pub transcribed_at: Vec<Mono>,
    /// Accepted `session.update`s.
    pub updates: u32,
    /// Turns that became items.
    pub turns: u32,
    /// Item and where it was cut, in the order of the requests; accepted ones only.
    pub truncations: Vec<(String, Millis)>,
    /// Responses that were announced, in order.
    pub responses: Vec<String>,
    /// Responses that ended cancelled, in order.
    pub cancelled: Vec<String>,
    /// Audio by item.
    pub audio: BTreeMap<String, SentAudio>,
    /// Errors about the client's requests, in order.
    pub refused: Vec<RefusedRequest>,
    /// Tools that were asked for: call id and name, in order.
    pub calls: Vec<(String, String)>,
    /// Accepted outputs by call id; a second one is refused, so that each list has one entry.
    pub tool_outputs: BTreeMap<String, Vec<String>>,
    /// Texts of user and system items that the client created.
    pub notes: Vec<String>,
    /// `instructions` of each accepted `response.create`; empty without.
    pub instructions: Vec<String>,
    /// Responses that were cut short, in order.
    pub cuts: Vec<Cut>,
    /// When two turns in a row had failed to be transcribed.
    pub deaf_at: Option<Mono>,
    pub(super) failed_in_a_row: u32,
    /// Most `response.create`s that were unanswered at once; 1 for a well-behaved client.
    pub creates_waiting_max: u32,
    pub(super) creates_waiting: u32,
}

impl Ledger {
    /// Something follows whatever was cut.
    pub(super) fn goes_on(&mut self, now: Mono) {
        if let Some(cut) = self.cuts.last_mut() {
            cut.went_on.get_or_insert(now);
        }
    }

    pub(super) fn not_transcribed(&mut self, now: Mono) {
        self.failed_in_a_row += 1;
        if self.failed_in_a_row >= 2 {
            self.deaf_at.get_or_insert(now);
        }
    }

    /// Codes of the refused requests, in order.
    pub fn codes(&self) -> Vec<&str> {
        self.refused.iter().map(|refused| refused.code.as_str()).collect()
    }
}
