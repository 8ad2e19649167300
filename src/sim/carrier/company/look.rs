//! A leg from outside: who it is, how it stands, what it has seen.

use crate::sim::carrier::company::{CallEnd, CompanyCall, Talk, WebhookLog};
use crate::sim::carrier::phone::Phone;
use crate::sim::carrier::wire::Violation;
use crate::types::{LegId, Mono};

impl CompanyCall {
    pub(in crate::sim::carrier) fn from(&self) -> &str {
        &self.from
    }

    pub(in crate::sim::carrier) fn to(&self) -> &str {
        &self.to
    }

    pub const fn dialled_at(&self) -> Mono {
        self.dialled_at
    }

    pub const fn answered_at(&self) -> Option<Mono> {
        self.answered_at
    }

    /// What the gateway did wrong, on streams and outside, by time.
    pub fn all_violations(&self) -> Vec<Violation> {
        let on_streams = self.phones.iter().flat_map(|phone| phone.violations().iter().cloned());
        let mut violations: Vec<_> = self.violations.iter().cloned().chain(on_streams).collect();
        violations.sort_by_key(|violation| violation.at);
        violations
    }

    pub const fn leg(&self) -> &LegId {
        &self.leg
    }

    /// How the call ended, as soon as it has.
    pub const fn ended(&self) -> Option<CallEnd> {
        self.ended
    }

    /// `CallOver` was told.
    pub const fn is_over(&self) -> bool {
        self.told_over
    }

    /// All streams of the call so far, the current one last.
    pub fn streams(&self) -> &[Phone] {
        &self.phones
    }

    /// What the gateway did wrong outside its streams; see `Phone::violations` for the rest.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Who spoke when.
    pub const fn talk(&self) -> &Talk {
        &self.talk
    }

    pub fn webhooks(&self) -> &[WebhookLog] {
        &self.webhooks
    }
}
