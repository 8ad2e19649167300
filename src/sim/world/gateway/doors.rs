//! What the phone company asks of the gateway: webhooks and the texts of a media socket.

use std::sync::Arc;

use crate::assistant;
use crate::calls::Engine;
use crate::ports::door::Answer;
use crate::ports::media::MediaEvent;
use crate::session::plant::planted;
use crate::sim::carrier::company::SocketNo;
use crate::sim::world::gateway::{Gateway, Media, ToWorld, account};
use crate::twilio::callback::{self, Form};
use crate::twilio::twiml::TICKET;
use crate::twilio::wire::{self, Incoming, MediaEncoder};
use crate::types::{Mono, Secret};

impl Gateway {
    pub(super) fn ring(&mut self, now: Mono) -> String {
        if self.over || self.opened && self.engine.is_none() {
            return self.documents.answer(&Answer::HangUp);
        }
        if self.engine.is_none() {
            self.open(now);
        }
        let ticket = self.ticket.clone().unwrap_or_default();
        let documents = &self.documents;
        let answer = || documents.answer(&Answer::Connect { ticket: Secret::new(ticket) });
        self.first_answer.get_or_insert_with(answer).clone()
    }

    fn open(&mut self, now: Mono) {
        self.opened_at = now;
        self.opened = true;
        self.mint();
        let settings = &self.settings;
        let facts = self.facts();
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

    /// Staff place the call.
    pub(in crate::sim::world) fn place(&mut self, now: Mono) {
        self.open(now);
    }

    pub(super) fn stream_status(&mut self, now: Mono, form: &Form) {
        let Ok(progress) = callback::stream_status(form) else {
            return;
        };
        let current = self.media.as_ref().is_some_and(|media| media.stream == progress.stream);
        if progress.ended && current {
            self.media_event(now, MediaEvent::Stopped);
        }
    }

    pub(super) fn mint(&mut self) {
        self.tickets += 1;
        let mut ticket = format!("ticket-{}", self.tickets);
        if planted!(self.settings.policy, NotRepeatable) {
            let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
            ticket = format!("{ticket}-{random}");
        }
        self.ticket = Some(ticket);
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
                let ours = ticket.is_some() && ticket == self.ticket.as_ref() && Some(&start.leg) == self.leg.as_ref();
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
