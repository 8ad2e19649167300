//! A gateway of the tests' own: answers by path, remembers everything, lets time pass.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;

use crate::sim::caller::{Caller, CallerFrame};
use crate::sim::carrier::company::{
    Beat, CallPlan, CompanyConfig, CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId,
};
use crate::sim::carrier::exchange::{Exchange, ExchangeConfig, ExchangeOut, LegNo};
use crate::sim::carrier::person::{Habits, Person};
use crate::sim::carrier::rest::{RestAnswer, RestRequest};
use crate::sim::clock::Agenda;
use crate::types::Mono;

pub(super) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(super) const OURS: &str = "+15550100199";
pub(super) const OPERATOR: &str = "+15550107777";
pub(super) const OTHER: &str = "+15550108888";

pub(super) const STREAM: &str = r#"<Connect action="/after"><Stream url="wss://gw.test/media"/></Connect>"#;

/// The document that puts a leg into the room `r`.
pub(super) fn room(label: &str, attributes: &str) -> String {
    format!(
        r#"<Dial action="/{label}-done"><Conference participantLabel="{label}" statusCallback="https://gw.test/room" statusCallbackEvent="start end join leave" {attributes}>r</Conference></Dial>"#
    )
}

/// A webhook as it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) at: Mono,
    pub(super) leg: LegNo,
    pub(super) path: String,
    pub(super) pairs: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

enum Next {
    Answer(LegNo, WebhookId, Result<WebAnswer, WebFailure>),
    Opened(LegNo, SocketNo),
}

pub(super) struct Rig {
    pub(super) exchange: Exchange,
    pub(super) now: Mono,
    pub(super) asked: Vec<Asked>,
    /// Sockets that are open.
    pub(super) sockets: Vec<(LegNo, SocketNo)>,
    answers: BTreeMap<String, VecDeque<Result<WebAnswer, WebFailure>>>,
    next: Agenda<Next>,
    /// Everything that came out, as text.
    pub(super) trace: String,
}

/// Says nothing; speaks in a monotone if asked to.
pub(super) struct Mute {
    pub(super) speaks: bool,
}

impl Caller for Mute {
    fn frame(&mut self, _now: Mono, _heard: &[u8]) -> CallerFrame {
        if self.speaks { CallerFrame::speech(vec![0x1E; 160].into()) } else { CallerFrame::SILENT }
    }
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut ExchangeConfig)) -> Self {
        Self::seeded(1, change)
    }

    pub(super) fn seeded(seed: u64, change: impl FnOnce(&mut ExchangeConfig)) -> Self {
        let mut config = ExchangeConfig::new(CompanyConfig::new("https://gw.test", ACCOUNT.parse().unwrap()));
        config.company.fallback_url = None;
        config.numbers = vec![OURS.to_owned()];
        change(&mut config);
        Self {
            exchange: Exchange::new(config, Rng::with_seed(seed)),
            now: Mono::ZERO,
            asked: Vec::new(),
            sockets: Vec::new(),
            answers: BTreeMap::new(),
            next: Agenda::new(),
            trace: String::new(),
        }
    }

    /// What is answered at a path, one after the other; the last one again and again. Other paths are answered 204.
    pub(super) fn answer(&mut self, path: &str, document: &str) {
        let body = format!("<Response>{document}</Response>");
        self.answer_with(path, Ok(WebAnswer { status: 200, content_type: "text/xml".to_owned(), body }));
    }

    pub(super) fn answer_with(&mut self, path: &str, answer: Result<WebAnswer, WebFailure>) {
        self.answers.entry(path.to_owned()).or_default().push_back(answer);
    }

    pub(super) fn person(&mut self, number: &str, person: Person) {
        self.exchange.add_person(number, person);
    }

    /// A caller who hears this first, and what they do by plan.
    pub(super) fn call(&mut self, document: &str, habits: Habits) -> LegNo {
        self.call_as(document, habits, false)
    }

    pub(super) fn call_as(&mut self, document: &str, habits: Habits, speaks: bool) -> LegNo {
        self.answer("/twilio/voice", document);
        self.dial_in(CallPlan { habits, ..CallPlan::new(Box::new(Mute { speaks })) })
    }

    pub(super) fn dial_in(&mut self, plan: CallPlan) -> LegNo {
        let mut out = Vec::new();
        let leg = self.exchange.place_call(self.now, plan, &mut out);
        self.perform(out);
        leg
    }

    pub(super) fn hang_up(&mut self, leg: LegNo) {
        let mut out = Vec::new();
        self.exchange.hang_up(self.now, leg, &mut out);
        self.perform(out);
    }

    pub(super) fn close_stream(&mut self, leg: LegNo, socket: SocketNo) {
        let mut out = Vec::new();
        self.exchange.stream_closed(self.now, leg, socket, &mut out);
        self.perform(out);
    }

    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> RestAnswer {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/{path}");
        let request =
            RestRequest { method: method.to_owned(), path, authorization: None, connection: 0, body: body.to_owned() };
        let mut out = Vec::new();
        let answer = self.exchange.rest(self.now, &request, &mut out);
        self.perform(out);
        answer
    }

    pub(super) fn rest(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let answer = self.ask(method, path, body);
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// Places a call to the operator by request, with these parameters besides.
    pub(super) fn ring(&mut self, more: &str) -> LegNo {
        let (status, call) = self.rest("POST", "Calls.json", &format!("To=%2B15550107777&From=%2B15550100199&{more}"));
        assert_eq!((status, &call["status"]), (201, &Value::from("queued")));
        self.exchange.leg_no(&call["sid"].as_str().unwrap().parse().unwrap()).unwrap()
    }

    pub(super) fn update(&mut self, leg: LegNo, body: &str) -> (u16, Value) {
        let path = format!("Calls/{}.json", self.sid(leg));
        self.rest("POST", &path, body)
    }

    /// Puts a leg elsewhere by request.
    pub(super) fn redirect(&mut self, leg: LegNo, document: &str) -> u16 {
        let escaped: String = format!("<Response>{document}</Response>").bytes().map(|b| format!("%{b:02X}")).collect();
        self.update(leg, &format!("Twiml={escaped}")).0
    }

    /// Lets so many milliseconds pass.
    pub(super) fn pass(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while self.step(until) {}
        self.now = until;
    }

    /// Lets time pass until nothing happens any more, which must be in two hours.
    pub(super) fn finish(&mut self) {
        let until = self.now + Duration::from_secs(7200);
        while self.step(until) {}
        assert!(self.exchange.is_at_rest(), "legs live on: {:?}", self.exchange.live_legs());
    }

    fn step(&mut self, until: Mono) -> bool {
        let due = [self.next.next_deadline(), self.exchange.next_deadline()].into_iter().flatten().min();
        let Some(due) = due.filter(|due| *due <= until) else { return false };
        self.now = self.now.max(due);
        let mut out = Vec::new();
        match self.next.pop_due(self.now) {
            Some((_, Next::Answer(leg, id, Ok(answer)))) => {
                self.exchange.webhook_answered(self.now, leg, id, answer, &mut out);
            }
            Some((_, Next::Answer(leg, id, Err(failure)))) => {
                self.exchange.webhook_failed(self.now, leg, id, failure, &mut out);
            }
            Some((_, Next::Opened(leg, socket))) => {
                self.sockets.push((leg, socket));
                self.exchange.stream_opened(self.now, leg, socket, &mut out);
            }
            None => self.exchange.advance(self.now, &mut out),
        }
        self.perform(out);
        true
    }

    fn perform(&mut self, out: Vec<ExchangeOut>) {
        for (leg, item) in out {
            self.trace.push_str(&format!("{} {leg:?} {item:?}\n", self.now.0));
            match item {
                CompanyOut::Webhook { id, url, pairs } => self.asked(leg, id, &url, pairs),
                CompanyOut::Fetch { id, url } => self.asked(leg, id, &url, Vec::new()),
                CompanyOut::OpenStream { socket, .. } => self.after(Next::Opened(leg, socket)),
                CompanyOut::CloseStream { socket, .. } | CompanyOut::ResetStream { socket } => {
                    self.sockets.retain(|open| *open != (leg, socket));
                }
                CompanyOut::StreamText { .. } | CompanyOut::CallOver => {}
            }
        }
    }

    fn asked(&mut self, leg: LegNo, id: WebhookId, url: &str, pairs: Vec<(String, String)>) {
        let path = url.strip_prefix("https://gw.test").unwrap().split('?').next().unwrap().to_owned();
        let answer = self
            .answers
            .get_mut(&path)
            .and_then(|answers| if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() });
        let nothing = WebAnswer { status: 204, content_type: String::new(), body: String::new() };
        self.after(Next::Answer(leg, id, answer.unwrap_or(Ok(nothing))));
        self.asked.push(Asked { at: self.now, leg, path, pairs });
    }

    fn after(&mut self, next: Next) {
        self.next.add(self.now + Duration::from_millis(5), next);
    }

    pub(super) fn sid(&self, leg: LegNo) -> String {
        self.exchange.leg(leg).unwrap().leg().to_string()
    }

    pub(super) fn status(&self, leg: LegNo) -> &'static str {
        self.exchange.leg(leg).unwrap().status()
    }

    /// The requests to one path.
    pub(super) fn asked_at(&self, path: &str) -> Vec<&Asked> {
        self.asked.iter().filter(|asked| asked.path == path).collect()
    }

    /// The only request to this path.
    pub(super) fn only(&self, path: &str) -> &Asked {
        let asked = self.asked_at(path);
        assert_eq!(asked.len(), 1, "{path}: {:?}", self.asked);
        asked[0]
    }

    /// Whether this leg was asked about at this path.
    pub(super) fn has_asked(&self, leg: LegNo, path: &str) -> bool {
        self.asked.iter().any(|asked| asked.leg == leg && asked.path == path)
    }

    /// Values of one parameter in the requests to one path.
    pub(super) fn values(&self, path: &str, name: &str) -> Vec<&str> {
        self.asked_at(path).into_iter().map(|asked| asked.get(name)).collect()
    }

    pub(super) fn said(&self, leg: LegNo) -> Vec<String> {
        let said = |moment: &crate::sim::carrier::company::Moment| match &moment.beat {
            Beat::Said(text) => Some(text.clone()),
            _ => None,
        };
        self.exchange.leg(leg).unwrap().story().iter().filter_map(said).collect()
    }

    pub(super) fn happened(&self, leg: LegNo, beat: &Beat) -> bool {
        self.exchange.leg(leg).unwrap().story().iter().any(|moment| moment.beat == *beat)
    }

    /// Everything that the company complains of.
    pub(super) fn violations(&self) -> Vec<String> {
        let report = self.exchange.report();
        let of_legs = report.legs.into_iter().flat_map(|leg| leg.violations);
        of_legs.chain(report.violations).map(|violation| violation.what).collect()
    }

    pub(super) fn assert_proper(&self) {
        assert_eq!(self.violations(), Vec::<String>::new());
    }
}
