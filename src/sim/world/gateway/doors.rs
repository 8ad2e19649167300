//! What the phone company asks of the gateway: webhooks and the texts of a media socket.

use std::sync::Arc;

use crate::assistant;
use crate::audio::prompts;
use crate::calls::Engine;
use crate::ports::carrier::Script;
use crate::ports::door::Answer;
use crate::ports::media::MediaEvent;
use crate::safety::{Extensions, Language, Rules};
use crate::session::document::Document;
use crate::session::input::{CarrierInput, Question};
use crate::session::plant::planted;
use crate::session::policy::{CallFacts, People};
use crate::sim::carrier::company::{SocketNo, WebAnswer, WebhookId};
use crate::sim::world::gateway::organization::fields;
use crate::sim::world::gateway::{Gateway, Media, ORIGIN, ToWorld, account};
use crate::twilio::callback::leg_status;
use crate::twilio::twiml::{TICKET, apology};
use crate::twilio::wire::{self, Incoming, MediaEncoder};
use crate::types::{CallId, Caller, Direction, Mono, Mulaw, Secret};

impl Gateway {
    pub(super) fn webhook(&mut self, now: Mono, id: WebhookId, url: &str, pairs: &[(String, String)]) {
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let path = url.strip_prefix(ORIGIN).unwrap_or(url);
        let body = match path {
            "/twilio/voice" => self.ring(now),
            "/twilio/after-stream" => self.after_stream(now),
            "/twilio/fallback" => {
                self.carrier(now, CarrierInput::Fallback);
                apology()
            }
            "/twilio/status" => {
                if let Some(status) = value("CallStatus").and_then(leg_status) {
                    self.carrier(now, CarrierInput::Leg(status));
                }
                String::new()
            }
            "/twilio/stream-status" => {
                let ended = matches!(value("StreamEvent"), Some("stream-stopped" | "stream-error"));
                let ours = value("StreamSid");
                let current = self.media.as_ref().is_some_and(|media| Some(media.stream.as_str()) == ours);
                if ended && current {
                    self.media_event(now, MediaEvent::Stopped);
                }
                String::new()
            }
            _ => String::new(),
        };
        let status = if body.is_empty() { 204 } else { 200 };
        let answer = WebAnswer { status, content_type: "text/xml".to_owned(), body };
        self.out.push_back(ToWorld::Answer { id, answer });
    }

    fn ring(&mut self, now: Mono) -> String {
        if self.over {
            return self.documents.answer(&Answer::HangUp);
        }
        if self.engine.is_none() {
            self.open(now);
        }
        let ticket = self.ticket.clone().unwrap_or_default();
        self.documents.answer(&Answer::Connect { ticket: Secret::new(ticket) })
    }

    fn open(&mut self, now: Mono) {
        self.opened_at = now;
        self.mint();
        let settings = &self.settings;
        let facts = CallFacts {
            call: CallId(uuid::Uuid::from_u128(u128::from(settings.seed))),
            org: "demo".parse().expect("a constant id"),
            leg: Some(self.leg.clone()),
            caller: Caller::Withheld,
            dialled: None,
            direction: Direction::Inbound,
            consent: None,
            disclosure: settings.disclosure.as_str().into(),
            greeting: settings.greeting.as_str().into(),
            intake_fields: fields().into(),
            prompts: prompts::for_language("en"),
            carrier_rest: settings.carrier_rest,
            hold: Mulaw::default(),
            people: People::nobody(),
            rules: Arc::new(Rules::new(Language::English, &Extensions::default())),
            machine_message: "".into(),
        };
        let at = self.clock(now);
        let policy = settings.policy.clone();
        let format = settings.format;
        let mut engine = Engine::new(at, facts, policy, format, assistant::tools::render, &mut self.actions);
        let effects = Arc::clone(&self.effects);
        engine.watch(Box::new(move |effect| {
            effects.lock().expect("no one panics while holding it").push(effect.clone());
        }));
        self.engine = Some(engine);
        self.perform(now);
    }

    fn mint(&mut self) {
        self.tickets += 1;
        let mut ticket = format!("ticket-{}", self.tickets);
        if planted!(self.settings.policy, NotRepeatable) {
            let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
            ticket = format!("{ticket}-{random}");
        }
        self.ticket = Some(ticket);
    }

    fn after_stream(&mut self, now: Mono) -> String {
        if self.over || self.engine.is_none() {
            return self.written(Document::HangUp);
        }
        self.answer = None;
        self.carrier(now, CarrierInput::Ask(Question::AfterStream));
        let next = self.answer.take().unwrap_or(Document::Apologise);
        if next == Document::Connect {
            self.mint();
        }
        self.written(next)
    }

    fn written(&self, document: Document) -> String {
        self.documents.after_stream(&Script {
            call: CallId(uuid::Uuid::from_u128(u128::from(self.settings.seed))),
            document,
            org_name: "Riverside Clinic".into(),
            language: "en".into(),
            ticket: self.ticket.clone().map(Secret::new),
            cold: None,
        })
    }

    pub(super) fn text(&mut self, now: Mono, socket: SocketNo, text: &str) {
        let attached = self.media.as_ref().is_some_and(|media| media.socket == socket);
        if !attached && !self.waiting.contains_key(&socket.0) {
            return;
        }
        match (wire::decode(text), attached) {
            (Incoming::Connected, _) | (Incoming::Event { event: MediaEvent::Ignored, .. }, false) => {}
            (Incoming::Start(start), false) => {
                let ticket = start.parameters.get(TICKET);
                let ours = ticket.is_some() && ticket == self.ticket.as_ref() && start.leg == self.leg;
                if !ours || start.account != account() || self.over {
                    self.refuse(socket);
                    return;
                }
                self.ticket = None;
                self.waiting.remove(&socket.0);
                self.media = Some(Media {
                    socket,
                    stream: start.stream.clone(),
                    encoder: MediaEncoder::new(start.stream.clone()),
                });
                let at = self.clock(now);
                if let Some(engine) = &mut self.engine {
                    engine.media_attached(at, start.stream, &mut self.actions);
                }
            }
            (Incoming::Event { event, .. }, true) => self.media_event(now, event),
            (Incoming::Start(_) | Incoming::Violation(_), true) => self.media_event(now, MediaEvent::Violation),
            (Incoming::Event { .. } | Incoming::Violation(_), false) => self.refuse(socket),
        }
    }

    pub(super) fn refuse(&mut self, socket: SocketNo) {
        self.waiting.remove(&socket.0);
        self.out.push_back(ToWorld::CloseStream { socket });
    }
}
