//! The company's requests to the gateway: for documents, whose answers matter, and callbacks, whose answers do not.

use crate::sim::carrier::company::report::{WebhookKind, WebhookLog};
use crate::sim::carrier::company::{
    ANSWER_WAIT, Ask, CompanyCall, CompanyOut, EndedBy, Later, Origin, Pending, Post, REPEAT_AFTER, Stage, WebAnswer,
    WebFailure, WebhookId,
};
use crate::sim::carrier::knobs::hit;
use crate::sim::carrier::twiml::{self, Place};
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
            if ask.kind == WebhookKind::Voice {
                self.voice_answer = Some(answer.clone());
            }
            self.use_answer(now, ask, &answer, out);
        } else if self.hold.as_ref().is_some_and(|hold| hold.asks(id)) {
            self.hold_answered(now, Some(&answer));
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
        if self.hold.as_ref().is_some_and(|hold| hold.asks(id)) {
            self.hold_answered(now, None);
        }
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
        self.later.add(now + after, Later::Ask(ask, tries, self.epoch));
    }

    /// Asks what comes next at a URL that a document named; empty: the document's own.
    pub(super) fn ask_next(&mut self, now: Mono, kind: WebhookKind, url: &str, extra: Vec<(String, String)>) {
        let url = if url.is_empty() { self.document_url.clone() } else { self.resolve(now, url) };
        self.ask_later(now, Ask { kind, url, extra }, 0);
    }

    pub(super) fn ask(&mut self, now: Mono, ask: Ask, tries: u8, out: &mut Vec<CompanyOut>) {
        let mut pairs = self.pairs();
        pairs.extend(ask.extra.iter().cloned());
        self.document_url.clone_from(&ask.url);
        self.from_request = false;
        let id = self.request(now, ask.kind, ask.url.clone(), pairs, out);
        if hit(&mut self.rng, self.knobs.repeat_asks) {
            self.later.add(now + REPEAT_AFTER, Later::Repeat(ask.clone()));
        }
        self.stage = Stage::Asking { id, ask, tries, deadline: now + ANSWER_WAIT };
    }

    /// The voice webhook once more, as a retry that the gateway cannot tell from the first.
    pub(super) fn repeat_voice(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let voice = self.webhooks.iter().find(|webhook| webhook.kind == WebhookKind::Voice).cloned();
        let Some(first) = voice else { return };
        let id = self.request(now, WebhookKind::Repeat, first.url, first.pairs, out);
        self.pending.insert(id, Pending { kind: WebhookKind::Repeat, deadline: now + ANSWER_WAIT });
    }

    /// A request once more. Its answer does not count.
    pub(super) fn repeat(&mut self, now: Mono, ask: Ask, out: &mut Vec<CompanyOut>) {
        let mut pairs = self.pairs();
        pairs.extend(ask.extra);
        let id = self.request(now, ask.kind, ask.url, pairs, out);
        self.pending.insert(id, Pending { kind: ask.kind, deadline: now + ANSWER_WAIT });
    }

    /// Somebody who has seen the request after the stream makes it while the stream is there. The answer does not count.
    pub(super) fn replay(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let action = self.connect.as_ref().and_then(|connect| connect.action.clone());
        if let (Stage::Streaming, Some(action)) = (&self.stage, action) {
            let url = self.resolve(now, &action);
            self.repeat(now, Ask { kind: WebhookKind::AfterStream, url, extra: Vec::new() }, out);
        }
    }

    /// The caller has hung up, and still what would have come next is asked for; the answer does not count.
    pub(super) fn ask_for_nothing(&mut self, now: Mono, connect: Option<String>, dial: Option<String>) {
        let (kind, action) = match (connect, dial) {
            (Some(action), _) => (WebhookKind::AfterStream, action),
            (None, Some(action)) => (WebhookKind::Dial, action),
            (None, None) => return,
        };
        let url = self.resolve(now, &action);
        let mut pairs = self.pairs();
        if kind == WebhookKind::Dial {
            let status = if self.is_in_room() { "answered" } else { "canceled" };
            pairs.push(("DialCallStatus".to_owned(), status.to_owned()));
        }
        self.post(now, Post { kind, url, pairs }, false);
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
        if lost || post.url.is_empty() {
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

    /// A URL of the gateway, relative to the document that named it.
    pub(in crate::sim::carrier) fn resolve(&mut self, now: Mono, url: &str) -> String {
        if url.starts_with("http://") || url.starts_with("https://") {
            return url.to_owned();
        }
        if self.from_request {
            // A guess: nothing says what these would be relative to.
            self.violation(now, 11100, format!("{url:?} is relative, in a document that came in a request"));
        }
        if !url.starts_with('/') {
            self.violation(now, 11100, format!("{url:?} is neither a URL nor a path"));
        }
        let scheme_end = self.document_url.find("://").map_or(0, |at| at + 3);
        let origin_end =
            self.document_url[scheme_end..].find('/').map_or(self.document_url.len(), |at| scheme_end + at);
        format!("{}/{}", &self.document_url[..origin_end], url.trim_start_matches('/'))
    }

    pub(super) fn request(
        &mut self,
        now: Mono,
        kind: WebhookKind,
        url: String,
        pairs: Vec<(String, String)>,
        out: &mut Vec<CompanyOut>,
    ) -> WebhookId {
        let id = self.note_request(now, kind, &url, &pairs);
        out.push(CompanyOut::Webhook { id, url, pairs });
        id
    }

    /// The same as a GET; the parameters go into the query.
    pub(super) fn fetch(&mut self, now: Mono, kind: WebhookKind, url: &str, out: &mut Vec<CompanyOut>) -> WebhookId {
        let pairs = self.pairs();
        let query = pairs.iter().map(|(name, value)| format!("{name}={}", escape(value)));
        let query = query.collect::<Vec<_>>().join("&");
        let url = format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' });
        let id = self.note_request(now, kind, &url, &[]);
        out.push(CompanyOut::Fetch { id, url });
        id
    }

    fn note_request(&mut self, now: Mono, kind: WebhookKind, url: &str, pairs: &[(String, String)]) -> WebhookId {
        let id = WebhookId(self.next_webhook);
        self.next_webhook += 1;
        let context = match (kind, self.place_of_documents()) {
            (WebhookKind::Status | WebhookKind::StreamStatus | WebhookKind::Recording | WebhookKind::Detection, _) => {
                None
            }
            (WebhookKind::Wait, _) => Some("wait-url"),
            (_, Place::Whisper) => Some("number-url"),
            (_, Place::Call | Place::Wait) => Some("document"),
        };
        if self.webhooks.len() < WEBHOOKS_MAX {
            let (url, pairs) = (url.to_owned(), pairs.to_vec());
            self.webhooks.push(WebhookLog {
                id,
                at: now,
                kind,
                url,
                pairs,
                context,
                answered_at: None,
                status: 0,
                body: String::new(),
            });
        }
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
        if let Some((code, what)) = Self::useless(answer) {
            return self.answer_useless(now, ask, code, &what, out);
        }
        match twiml::parse_in(self.place_of_documents(), &answer.body, self.plain_streams()) {
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

    /// What is wrong with an answer that should be a document.
    pub(super) fn useless(answer: &WebAnswer) -> Option<(u32, String)> {
        if !(200..300).contains(&answer.status) {
            return Some((11200, format!("answered {}", answer.status)));
        }
        let media_type = answer.content_type.split(';').next().unwrap_or_default().trim();
        if !matches!(media_type, "text/xml" | "application/xml") {
            return Some((12300, format!("content type {:?}", answer.content_type)));
        }
        None
    }

    pub(super) fn plain_streams(&self) -> bool {
        self.config.voice_url.starts_with("http://")
    }

    /// An answer that cannot be used: the fallback is asked, then what is left of the document, then nothing.
    fn answer_useless(&mut self, now: Mono, ask: Ask, code: u32, what: &str, out: &mut Vec<CompanyOut>) {
        self.violation(now, code, format!("{}: {what}", self.document_url));
        let fallback = match &self.origin {
            Origin::Inbound => self.config.fallback_url.clone(),
            Origin::Outbound(outbound) => outbound.fallback_url.clone(),
        };
        if let Some(url) = fallback.filter(|_| ask.kind != WebhookKind::Fallback) {
            let extra =
                vec![("ErrorCode".to_owned(), code.to_string()), ("ErrorUrl".to_owned(), self.document_url.clone())];
            self.ask_later(now, Ask { kind: WebhookKind::Fallback, url, extra }, 0);
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

const WEBHOOKS_MAX: usize = 256;
