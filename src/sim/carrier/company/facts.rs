//! What is told about a leg: its pairs in every request, its status, its times, and the callbacks about its progress.

use std::time::Duration;

use jiff::Timestamp;

use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{CompanyCall, Origin, Post, Stage};
use crate::types::{LegId, Mono};

impl CompanyCall {
    /// A status callback before the final one, if they are wanted. `event` is what one subscribes to.
    pub(super) fn report_progress(&mut self, now: Mono, event: &str) {
        let url = match &self.origin {
            Origin::Inbound => self.config.status_url.clone().filter(|_| self.knobs.progress_callbacks),
            Origin::Outbound(outbound) => {
                outbound.callback.url.clone().filter(|_| outbound.callback.events.iter().any(|name| name == event))
            }
        };
        let Some(url) = url else { return };
        let sequence = self.status_sequence;
        self.status_sequence += 1;
        let status = if event == "answered" { "in-progress" } else { event };
        let pairs = self.status_pairs(now, status, sequence);
        self.post(now, Post { kind: WebhookKind::Status, url, pairs }, false);
    }

    /// Every final status comes under the subscription of `completed`, which is the default.
    pub(super) fn report_final(&mut self, now: Mono) {
        let mut pairs = self.status_pairs(now, self.status(), self.status_sequence);
        let lasted = self.duration(now).unwrap_or_default();
        pairs.push(("CallDuration".to_owned(), lasted.as_secs().to_string()));
        pairs.push(("Duration".to_owned(), lasted.as_secs().div_ceil(60).to_string()));
        let url = match &self.origin {
            Origin::Inbound => self.config.status_url.clone(),
            Origin::Outbound(outbound) => {
                if let Some(found) = outbound.answered_by {
                    pairs.push(("AnsweredBy".to_owned(), found.to_owned()));
                }
                let events = &outbound.callback.events;
                let wanted = events.is_empty() || events.iter().any(|name| name == "completed");
                outbound.callback.url.clone().filter(|_| wanted)
            }
        };
        self.tell(now, Beat::Ended);
        if let Some(url) = url {
            self.post(now, Post { kind: WebhookKind::Status, url, pairs }, true);
        }
    }

    /// What every request about a call carries.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let (account, leg) = (self.config.account.as_str(), self.leg.as_str());
        let (from, to) = (self.from.as_str(), self.to.as_str());
        let pairs = [
            ("AccountSid", account),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", leg),
            ("CallStatus", self.status()),
            ("Called", to),
            ("CalledCity", ""),
            ("CalledCountry", "US"),
            ("CalledState", "CA"),
            ("CalledZip", ""),
            ("Caller", from),
            ("CallerCity", "SAN JOSÉ & AREA"),
            ("CallerCountry", "US"),
            ("CallerState", "CA"),
            ("CallerZip", ""),
            ("Direction", self.direction()),
            ("From", from),
            ("FromCity", "SAN JOSÉ & AREA"),
            ("FromCountry", "US"),
            ("FromState", "CA"),
            ("FromZip", ""),
            ("StirVerstat", "TN-Validation-Passed-A"),
            ("To", to),
            ("ToCity", ""),
            ("ToCountry", "US"),
            ("ToState", "CA"),
            ("ToZip", ""),
        ];
        let parent = self.parent().map(|parent| ("ParentCallSid", parent.as_str()));
        pairs.iter().chain(&parent).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The carrier's word for who placed the call.
    pub(in crate::sim::carrier) const fn direction(&self) -> &'static str {
        match &self.origin {
            Origin::Inbound => "inbound",
            Origin::Outbound(outbound) if outbound.parent.is_some() => "outbound-dial",
            Origin::Outbound(_) => "outbound-api",
        }
    }

    pub(in crate::sim::carrier) fn parent(&self) -> Option<&LegId> {
        match &self.origin {
            Origin::Inbound => None,
            Origin::Outbound(outbound) => outbound.parent.as_ref(),
        }
    }

    /// The carrier's word for where the call stands.
    pub(in crate::sim::carrier) fn status(&self) -> &'static str {
        match (self.ended, self.answered_at, &self.stage) {
            (Some(end), _, _) => end.status,
            (None, Some(_), _) => "in-progress",
            (None, None, Stage::Calling { queued: true }) => "queued",
            (None, None, _) => "ringing",
        }
    }

    /// From the answer to the end, or to now.
    pub(in crate::sim::carrier) fn duration(&self, now: Mono) -> Option<Duration> {
        let until = self.ended.map_or(now, |end| end.at);
        self.answered_at.map(|from| until.since(from))
    }

    pub(super) fn iso(&self, at: Mono) -> String {
        self.timestamp(at).to_string()
    }

    pub(in crate::sim::carrier) fn rfc2822(&self, at: Mono) -> String {
        self.timestamp(at).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    fn status_pairs(&self, now: Mono, status: &str, sequence: u32) -> Vec<(String, String)> {
        let mut pairs = self.pairs();
        if let Some((_, value)) = pairs.iter_mut().find(|(name, _)| name == "CallStatus") {
            status.clone_into(value);
        }
        pairs.push(("CallbackSource".to_owned(), "call-progress-events".to_owned()));
        pairs.push(("SequenceNumber".to_owned(), sequence.to_string()));
        pairs.push(("Timestamp".to_owned(), self.rfc2822(now)));
        pairs
    }

    fn timestamp(&self, at: Mono) -> Timestamp {
        Timestamp::from_microsecond(self.config.epoch.0 + at.0 as i64).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
