//! One call of the phone company in virtual time, and the small gateway that it meets.
//!
//! The gateway does what a test tells it: answers by path, and one way of dealing with a stream.

#![expect(clippy::unwrap_used, reason = "tests, and their helpers")]

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use switchboard::sim::caller::{Caller, CallerFrame};
use switchboard::sim::carrier::company::{CallReport, WebhookKind};
use switchboard::sim::carrier::rest::RestAnswer;
use switchboard::sim::carrier::*;
use switchboard::sim::clock::Agenda;
use switchboard::types::Mono;

const ACCOUNT: &str = "AC00000000000000000000000000000001";

pub(super) const CONNECT: &str = r#"<Response><Connect action="https://gw.test/twilio/after-stream"><Stream url="wss://gw.test/twilio/media" statusCallback="https://gw.test/twilio/stream-status"><Parameter name="ticket" value="t1"/></Stream></Connect><Say>We are sorry.</Say><Hangup/></Response>"#;

pub(super) const HANG_UP: &str = "<Response><Hangup/></Response>";

/// What the gateway does with a stream.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Media {
    Echo,
    /// Plays half a second, marks it, and clears it after 200 ms.
    Interrupted,
    CloseAt(u64),
    Refuse,
    /// Opens and says nothing.
    Quiet,
}

enum Next {
    Answer(WebhookId, Result<WebAnswer, WebFailure>),
    Opened(SocketNo),
    Refused(SocketNo),
    Text(SocketNo, String),
    Close(SocketNo),
    Rest(RestRequest),
}

pub(super) struct World {
    call: CompanyCall,
    now: Mono,
    next: Agenda<Next>,
    media: Media,
    /// Answers by path; what is not here is answered with nothing wrong.
    answers: Vec<(&'static str, Result<WebAnswer, WebFailure>)>,
    pub(super) rests: Vec<RestAnswer>,
    /// Everything that came out, as text.
    pub(super) trace: String,
    texts: u64,
    pub(super) over: bool,
}

pub(super) fn xml(body: &str) -> Result<WebAnswer, WebFailure> {
    Ok(WebAnswer { status: 200, content_type: "text/xml; charset=utf-8".to_owned(), body: body.to_owned() })
}

pub(super) fn status(status: u16) -> Result<WebAnswer, WebFailure> {
    Ok(WebAnswer { status, content_type: "text/plain".to_owned(), body: String::new() })
}

impl World {
    pub(super) fn new(plan: CallPlan, media: Media) -> Self {
        Self::seeded(plan, media, 5)
    }

    pub(super) fn seeded(plan: CallPlan, media: Media, seed: u64) -> Self {
        let config = Arc::new(CompanyConfig::new("https://gw.test", ACCOUNT.parse().unwrap()));
        let answers = vec![
            ("/twilio/voice", xml(CONNECT)),
            ("/twilio/after-stream", xml(HANG_UP)),
            ("/twilio/fallback", xml("<Response><Say>Sorry.</Say></Response>")),
        ];
        Self {
            call: CompanyCall::new(config, plan, Rng::with_seed(seed)),
            now: Mono::ZERO,
            next: Agenda::new(),
            media,
            answers,
            rests: Vec::new(),
            trace: String::new(),
            texts: 0,
            over: false,
        }
    }

    pub(super) fn answering(mut self, path: &'static str, answer: Result<WebAnswer, WebFailure>) -> Self {
        self.answers.insert(0, (path, answer));
        self
    }

    pub(super) fn asking(mut self, at_ms: u64, method: &str, body: &str) -> Self {
        let request = RestRequest {
            method: method.to_owned(),
            path: format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{}.json", self.call.leg()),
            authorization: None,
            connection: 0,
            body: body.to_owned(),
        };
        self.next.add(Mono(at_ms * 1000), Next::Rest(request));
        self
    }

    /// Runs to the end of the call, which must come within ten minutes.
    pub(super) fn run(mut self) -> (CallReport, Self) {
        let mut out = Vec::new();
        self.call.start(self.now, &mut out);
        loop {
            for item in std::mem::take(&mut out) {
                self.perform(item);
            }
            let due = [self.next.next_deadline(), self.call.next_deadline()].into_iter().flatten().min();
            let Some(due) = due else { break };
            assert!(due < Mono(600_000_000), "the call does not end");
            self.now = self.now.max(due);
            match self.next.pop_due(self.now) {
                Some((_, next)) => self.happen(next, &mut out),
                None => self.call.advance(self.now, &mut out),
            }
        }
        assert!(self.over);
        (self.call.take_report(), self)
    }

    fn happen(&mut self, next: Next, out: &mut Vec<CompanyOut>) {
        let (now, call) = (self.now, &mut self.call);
        match next {
            Next::Answer(id, Ok(answer)) => call.webhook_answered(now, id, answer, out),
            Next::Answer(id, Err(failure)) => call.webhook_failed(now, id, failure, out),
            Next::Opened(socket) => {
                call.stream_opened(now, socket, out);
                let stream = call.streams().last().unwrap().stream().to_string();
                self.talk(socket, &stream);
            }
            Next::Refused(socket) => call.stream_refused(now, socket, Some(503), out),
            Next::Text(socket, text) => call.stream_text(now, socket, &text, out),
            Next::Close(socket) => call.stream_closed(now, socket, out),
            Next::Rest(request) => self.rests.push(call.rest(now, &request, out)),
        }
    }

    /// What the gateway does by itself on a stream.
    fn talk(&mut self, socket: SocketNo, stream: &str) {
        match self.media {
            Media::Interrupted => {
                let payload = "AAAA".repeat(4000 / 3);
                let media = format!(r#"{{"event":"media","streamSid":"{stream}","media":{{"payload":"{payload}"}}}}"#);
                let mark = format!(r#"{{"event":"mark","streamSid":"{stream}","mark":{{"name":"m"}}}}"#);
                let clear = format!(r#"{{"event":"clear","streamSid":"{stream}"}}"#);
                self.after(100, Next::Text(socket, media));
                self.after(100, Next::Text(socket, mark));
                self.after(300, Next::Text(socket, clear));
                self.after(1000, Next::Close(socket));
            }
            Media::CloseAt(at) => self.after(at, Next::Close(socket)),
            Media::Echo | Media::Refuse | Media::Quiet => {}
        }
    }

    fn perform(&mut self, item: CompanyOut) {
        assert!(!self.over, "{item:?} after the end");
        self.trace.push_str(&format!("{} {item:?}\n", self.now.0));
        match item {
            CompanyOut::Webhook { id, url, .. } => {
                let path = url.strip_prefix("https://gw.test").unwrap().to_owned();
                let answer = self.answers.iter().find(|(known, _)| *known == path).map(|(_, answer)| answer.clone());
                self.after(5, Next::Answer(id, answer.unwrap_or_else(|| status(204))));
            }
            CompanyOut::OpenStream { socket, .. } if self.media == Media::Refuse => {
                self.after(5, Next::Refused(socket));
            }
            CompanyOut::OpenStream { socket, .. } => self.after(5, Next::Opened(socket)),
            CompanyOut::StreamText { socket, text } => {
                self.texts += 1;
                if self.media == Media::Echo && text.starts_with(r#"{"event":"media""#) {
                    let payload = text.split(r#""payload":""#).nth(1).unwrap().split('"').next().unwrap();
                    let stream = text.split(r#""streamSid":""#).nth(1).unwrap().split('"').next().unwrap();
                    let echo =
                        format!(r#"{{"event":"media","streamSid":"{stream}","media":{{"payload":"{payload}"}}}}"#);
                    self.after(30, Next::Text(socket, echo));
                }
            }
            CompanyOut::Fetch { .. } => panic!("nothing here is fetched"),
            CompanyOut::CloseStream { .. } | CompanyOut::ResetStream { .. } => {}
            CompanyOut::CallOver => self.over = true,
        }
    }

    fn after(&mut self, ms: u64, next: Next) {
        self.next.add(self.now + Duration::from_millis(ms), next);
    }
}

/// Says nothing, for so long.
struct Quiet(u64);

impl Caller for Quiet {
    fn frame(&mut self, now: Mono, _heard: &[u8]) -> CallerFrame {
        if now.0 >= self.0 * 1000 { CallerFrame::HANG_UP } else { CallerFrame::SILENT }
    }
}

pub(super) fn quiet(hang_up_ms: u64) -> CallPlan {
    CallPlan::new(Box::new(Quiet(hang_up_ms)))
}

pub(super) fn kinds(report: &CallReport) -> Vec<WebhookKind> {
    report.webhooks.iter().map(|webhook| webhook.kind).collect()
}

pub(super) fn pair<'a>(report: &'a CallReport, index: usize, name: &str) -> Option<&'a str> {
    let pairs = &report.webhooks[index].pairs;
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

pub(super) fn what(report: &CallReport) -> Vec<&str> {
    report.violations.iter().map(|violation| violation.what.as_str()).collect()
}
