//! What is known about a call when it is over.

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
}

/// One webhook and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookLog {
    pub id: WebhookId,
    pub at: Mono,
    pub kind: WebhookKind,
    pub url: String,
    pub pairs: Vec<(String, String)>,
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
    pub talk: Talk,
    /// What the caller could not do as planned.
    pub complaints: Vec<String>,
    /// What a coded caller found in the sound that came back.
    pub code: Option<CodeReport>,
}

impl CompanyCall {
    /// What is known so far; taken out, so ask once, at the end. Requests about the call are still answered after it.
    pub fn take_report(&mut self) -> CallReport {
        let mut violations = std::mem::take(&mut self.violations);
        violations.extend(self.phones.iter().flat_map(|phone| phone.violations().iter().cloned()));
        violations.sort_by_key(|violation| violation.at);
        CallReport {
            leg: self.leg.clone(),
            dialled_at: self.dialled_at,
            answered_at: self.answered_at,
            ended: self.ended,
            violations,
            webhooks: std::mem::take(&mut self.webhooks),
            streams: std::mem::take(&mut self.phones),
            said: std::mem::take(&mut self.said),
            talk: std::mem::take(&mut self.talk),
            complaints: self.caller.complaints(),
            code: self.caller.code(),
        }
    }
}
