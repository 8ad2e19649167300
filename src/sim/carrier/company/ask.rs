//! The company's requests to the gateway: for documents, whose answers matter, and callbacks, whose answers do not.

use std::time::Duration;

use jiff::Timestamp;

use crate::sim::carrier::company::report::{WebhookKind, WebhookLog};
use crate::sim::carrier::company::{
    ANSWER_WAIT, Ask, CompanyCall, CompanyOut, EndedBy, Later, Pending, Post, Stage, WebAnswer, WebFailure, WebhookId,
};
use crate::sim::carrier::knobs::hit;
use crate::sim::carrier::twiml;
use crate::types::Mono;

impl CompanyCall {
    /// The gateway's answer to a webhook.
    pub fn webhook_answered(&mut self, now: Mono, id: WebhookId, answer: WebAnswer, out: &mut Vec<CompanyOut>) {
        self.log_answer(now, id, &answer);
        let asked = match &self.stage {
            Stage::Asking { id: asked, ask, .. } if *asked == id => Some(ask.clone()),
            _ => None,
        };
        if let Some(ask) = asked {
            if matches!(ask, Ask::Voice) {
                self.voice_answer = Some(answer.clone());
            }
            self.use_answer(now, ask, &answer, out);
        } else if let Some(pending) = self.pending.remove(&id) {
            if pending.kind == WebhookKind::Repeat {
                self.repeated_answer = Some(answer);
            } else if !(200..300).contains(&answer.status) {
                self.violation(now, 11200, format!("{:?} callback answered {}", pending.kind, answer.status));
            }
        }
        self.compare_repeated(now);
        self.tell_over(out);
    }

    /// No answer to a webhook.
    pub fn webhook_failed(&mut self, now: Mono, id: WebhookId, failure: WebFailure, out: &mut Vec<CompanyOut>) {
        self.pending.remove(&id);
        if let Stage::Asking { id: asked, ask, tries, .. } = &self.stage
            && *asked == id
        {
            let (ask, tries) = (ask.clone(), *tries);
            // A connection that cannot be made is tried once more; what may have arrived is not.
            if failure == WebFailure::Refused && tries == 0 {
                self.ask_later(now, ask, 1);
            } else {
                self.answer_useless(now, ask, 11200, "no answer", out);
            }
        }
        self.tell_over(out);
    }

    pub(super) fn ask_later(&mut self, now: Mono, ask: Ask, tries: u8) {
        self.stage = Stage::Waiting;
        let after = self.knobs.ask.draw(&mut self.rng);
        self.later.add(now + after, Later::Ask(ask, tries));
    }

    pub(super) fn ask(&mut self, now: Mono, ask: Ask, tries: u8, out: &mut Vec<CompanyOut>) {
        let mut pairs = self.pairs();
        let (kind, url) = match &ask {
            Ask::Voice => (WebhookKind::Voice, self.config.voice_url.clone()),
            Ask::Fallback { code, url } => {
                pairs.push(("ErrorCode".to_owned(), code.to_string()));
                pairs.push(("ErrorUrl".to_owned(), url.clone()));
                (WebhookKind::Fallback, self.config.fallback_url.clone().unwrap_or_default())
            }
            Ask::AfterStream { url } => (WebhookKind::AfterStream, url.clone()),
            Ask::Redirect { url } => (WebhookKind::Redirect, url.clone()),
        };
        self.document_url.clone_from(&url);
        let id = self.request(now, kind, url, pairs, out);
        self.stage = Stage::Asking { id, ask, tries, deadline: now + ANSWER_WAIT };
    }

    /// The voice webhook once more, as a retry that the gateway cannot tell from the first.
    pub(super) fn repeat_voice(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let voice = self.webhooks.iter().find(|webhook| webhook.kind == WebhookKind::Voice).cloned();
        let Some(first) = voice else { return };
        let id = self.request(now, WebhookKind::Repeat, first.url, first.pairs, out);
        self.pending.insert(id, Pending { kind: WebhookKind::Repeat, deadline: now + ANSWER_WAIT });
    }

    /// The deadline of the current question has passed.
    pub(super) fn answer_missing(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        if let Stage::Asking { ask, .. } = &self.stage {
            let ask = ask.clone();
            self.answer_useless(now, ask, 11200, "no answer in 15 s", out);
        }
    }

    /// Makes a callback, unless it is lost; perhaps twice, perhaps late.
    pub(super) fn post(&mut self, now: Mono, post: Post, is_final: bool) {
        let knobs = &self.knobs;
        let lost = if is_final { knobs.lose_final } else { hit(&mut self.rng, knobs.lose_callbacks) };
        if lost {
            return;
        }
        let times = if hit(&mut self.rng, knobs.duplicate_callbacks) { 2 } else { 1 };
        for _ in 0..times {
            let after = self.knobs.callback.draw(&mut self.rng);
            self.later.add(now + after, Later::Post(post.clone()));
            self.posts_left += 1;
        }
    }

    pub(super) fn send_post(&mut self, now: Mono, post: Post, out: &mut Vec<CompanyOut>) {
        let id = self.request(now, post.kind, post.url, post.pairs, out);
        self.pending.insert(id, Pending { kind: post.kind, deadline: now + ANSWER_WAIT });
    }

    pub(super) fn expire_callbacks(&mut self, now: Mono) {
        if self.pending.values().all(|pending| pending.deadline > now) {
            return;
        }
        let late = self.pending.extract_if(.., |_, pending| pending.deadline <= now);
        let late: Vec<_> = late.map(|(_, pending)| pending.kind).collect();
        for kind in late {
            self.violation(now, 11200, format!("{kind:?} callback was not answered in 15 s"));
        }
    }

    /// A status callback before the final one, if they are wanted.
    pub(super) fn report_progress(&mut self, now: Mono, status: &str) {
        let sequence = self.status_sequence;
        if !self.knobs.progress_callbacks {
            return;
        }
        self.status_sequence += 1;
        let pairs = self.status_pairs(now, status, sequence);
        if let Some(url) = self.config.status_url.clone() {
            self.post(now, Post { kind: WebhookKind::Status, url, pairs }, false);
        }
    }

    pub(super) fn report_final(&mut self, now: Mono) {
        let mut pairs = self.status_pairs(now, self.status(), self.status_sequence);
        let lasted = self.duration(now).unwrap_or_default();
        pairs.push(("CallDuration".to_owned(), lasted.as_secs().to_string()));
        pairs.push(("Duration".to_owned(), lasted.as_secs().div_ceil(60).to_string()));
        if let Some(url) = self.config.status_url.clone() {
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
            ("Direction", "inbound"),
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
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The carrier's word for where the call stands.
    pub(super) fn status(&self) -> &'static str {
        match (self.ended, self.answered_at) {
            (Some(end), _) => end.status,
            (None, Some(_)) => "in-progress",
            (None, None) => "ringing",
        }
    }

    /// From the answer to the end, or to now.
    pub(super) fn duration(&self, now: Mono) -> Option<Duration> {
        let until = self.ended.map_or(now, |end| end.at);
        self.answered_at.map(|from| until.since(from))
    }

    pub(super) fn iso(&self, at: Mono) -> String {
        self.timestamp(at).to_string()
    }

    pub(super) fn rfc2822(&self, at: Mono) -> String {
        self.timestamp(at).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    /// A URL of the gateway, relative to the document that named it.
    pub(super) fn resolve(&mut self, now: Mono, url: &str) -> String {
        if url.starts_with("http://") || url.starts_with("https://") {
            return url.to_owned();
        }
        if !url.starts_with('/') {
            self.violation(now, 11100, format!("{url:?} is neither a URL nor a path"));
        }
        let scheme_end = self.document_url.find("://").map_or(0, |at| at + 3);
        let origin_end =
            self.document_url[scheme_end..].find('/').map_or(self.document_url.len(), |at| scheme_end + at);
        format!("{}/{}", &self.document_url[..origin_end], url.trim_start_matches('/'))
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

    fn request(
        &mut self,
        now: Mono,
        kind: WebhookKind,
        url: String,
        pairs: Vec<(String, String)>,
        out: &mut Vec<CompanyOut>,
    ) -> WebhookId {
        let id = WebhookId(self.next_webhook);
        self.next_webhook += 1;
        if self.webhooks.len() < WEBHOOKS_MAX {
            let (url, pairs) = (url.clone(), pairs.clone());
            self.webhooks.push(WebhookLog {
                id,
                at: now,
                kind,
                url,
                pairs,
                answered_at: None,
                status: 0,
                body: String::new(),
            });
        }
        out.push(CompanyOut::Webhook { id, url, pairs });
        id
    }

    fn log_answer(&mut self, now: Mono, id: WebhookId, answer: &WebAnswer) {
        if let Some(log) = self.webhooks.iter_mut().find(|log| log.id == id) {
            log.answered_at = Some(now);
            log.status = answer.status;
            log.body.clone_from(&answer.body);
        }
    }

    fn use_answer(&mut self, now: Mono, ask: Ask, answer: &WebAnswer, out: &mut Vec<CompanyOut>) {
        if !(200..300).contains(&answer.status) {
            let what = format!("answered {}", answer.status);
            return self.answer_useless(now, ask, 11200, &what, out);
        }
        let media_type = answer.content_type.split(';').next().unwrap_or_default().trim();
        if !matches!(media_type, "text/xml" | "application/xml") {
            let what = format!("content type {:?}", answer.content_type);
            return self.answer_useless(now, ask, 12300, &what, out);
        }
        let plain = self.config.voice_url.starts_with("http://");
        match twiml::parse(&answer.body, plain) {
            Ok(document) => {
                for what in document.complaints {
                    self.violation(now, 12200, what);
                }
                self.verbs = document.verbs.into();
                self.run(now, out);
            }
            Err(error) => self.answer_useless(now, ask, 12100, &error, out),
        }
    }

    /// An answer that cannot be used: the fallback is asked, then what is left of the document, then nothing.
    fn answer_useless(&mut self, now: Mono, ask: Ask, code: u32, what: &str, out: &mut Vec<CompanyOut>) {
        self.violation(now, code, format!("{}: {what}", self.document_url));
        let is_fallback = matches!(ask, Ask::Fallback { .. });
        if !is_fallback && self.config.fallback_url.is_some() {
            let url = self.document_url.clone();
            self.ask_later(now, Ask::Fallback { code, url }, 0);
        } else if self.verbs.is_empty() {
            self.end(now, EndedBy::Broken, "completed", out);
        } else {
            self.run(now, out);
        }
    }

    fn compare_repeated(&mut self, now: Mono) {
        let (Some(voice), Some(repeated)) = (&self.voice_answer, &self.repeated_answer) else { return };
        if voice != repeated && self.ended.is_none() {
            self.violation(now, 0, "the repeated voice webhook was answered differently".to_owned());
        }
        self.repeated_answer = None;
    }

    fn timestamp(&self, at: Mono) -> Timestamp {
        Timestamp::from_microsecond(self.config.epoch.0 + at.0 as i64).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

const WEBHOOKS_MAX: usize = 256;
