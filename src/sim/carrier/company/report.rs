//! What is known about a call when it is over.

use std::time::Duration;

use crate::sim::caller::code::CodeReport;
use crate::sim::carrier::company::{CallEnd, CompanyCall, Talk, WebhookId};
use crate::sim::carrier::phone::Phone;
use crate::sim::carrier::wire::Violation;
use crate::types::{LegId, Mono};

/// Why a webhook was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebhookKind {
    Voice,
    /// The voice webhook once more.
    Repeat,
    Fallback,
    AfterStream,
    Redirect,
    Status,
    StreamStatus,
    /// The first document of a call that the gateway placed.
    Answer,
    /// The document of a `<Number>`.
    Whisper,
    /// The action of a `<Gather>`, a `<Dial>`, a `<Record>`.
    Gather,
    Dial,
    Record,
    /// A room's waiting document.
    Wait,
    /// A callback about a recording, a detection.
    Recording,
    Detection,
}

/// Something that happened on a leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    pub at: Mono,
    pub beat: Beat,
}

/// What happened, as the one on the phone knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Beat {
    Ringing,
    Answered,
    Said(String),
    Played(String),
    Gathering,
    Pressed(char),
    /// What detection told the gateway.
    Detected(&'static str),
    Streaming,
    Recording,
    /// A `<Record>` is over; how long it was.
    Recorded(Duration),
    Dialling(String),
    /// In a room, by name.
    Entered(String),
    /// Connected with somebody.
    Connected,
    /// Not connected any more.
    Alone,
    /// Put elsewhere by a request.
    Redirected,
    Ended,
}

/// One webhook and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookLog {
    pub id: WebhookId,
    pub at: Mono,
    pub kind: WebhookKind,
    pub url: String,
    pub pairs: Vec<(String, String)>,
    /// As what the answer must pass: `document`, `number-url` or `wait-url`. `None`: the answer does not matter.
    pub context: Option<&'static str>,
    /// `None`: not answered, or not yet.
    pub answered_at: Option<Mono>,
    /// 0: not answered.
    pub status: u16,
    pub body: String,
}

/// Everything about one call, as the phone company and its caller saw it.
pub struct CallReport {
    pub leg: LegId,
    pub dialled_at: Mono,
    pub answered_at: Option<Mono>,
    pub ended: Option<CallEnd>,
    /// Everything that the gateway did wrong, on streams and outside, by time.
    pub violations: Vec<Violation>,
    pub webhooks: Vec<WebhookLog>,
    /// The call's streams in order: what was played and when, marks, clears.
    pub streams: Vec<Phone>,
    /// What the company's own voice said for the gateway's documents.
    pub said: Vec<String>,
    /// What happened, in order.
    pub story: Vec<Moment>,
    pub talk: Talk,
    /// What the caller could not do as planned.
    pub complaints: Vec<String>,
    /// What a coded caller found in the sound that came back.
    pub code: Option<CodeReport>,
}

impl CompanyCall {
    /// What happened so far, in order.
    pub fn story(&self) -> &[Moment] {
        &self.story
    }

    /// What is known so far; taken out, so ask once, at the end. Requests about the call are still answered after it.
    pub fn take_report(&mut self) -> CallReport {
        let violations = self.all_violations();
        CallReport {
            leg: self.leg.clone(),
            dialled_at: self.dialled_at,
            answered_at: self.answered_at,
            ended: self.ended,
            violations,
            webhooks: std::mem::take(&mut self.webhooks),
            streams: std::mem::take(&mut self.phones),
            said: std::mem::take(&mut self.said),
            story: self.story.clone(),
            talk: std::mem::take(&mut self.talk),
            complaints: self.caller.as_ref().map(|caller| caller.complaints()).unwrap_or_default(),
            code: self.caller.as_ref().and_then(|caller| caller.code()),
        }
    }
}
