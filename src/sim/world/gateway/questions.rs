//! Webhooks about operators' legs, rooms, messages and placed calls, read by the gateway's own parsers.
//!
//! Like `twilio::routes`: what is asked about something that nobody knows is answered with a hang-up.

use std::fmt::Display;

use crate::session::document::Document;
use crate::session::input::{CarrierInput, LegStatus, Question, RoomEvent};
use crate::sim::carrier::company::{WebAnswer, WebFailure, WebhookId};
use crate::sim::carrier::exchange::LegNo;
use crate::sim::world::gateway::desk::encoded;
use crate::sim::world::gateway::{CompanyOut, Gateway, Learned, ToWorld, call_id};
use crate::twilio::asking::Asking;
use crate::twilio::callback::{self, Form, transfer};
use crate::twilio::twiml::language::Tongue;
use crate::twilio::twiml::{apology, hang_up};
use crate::types::{AttemptId, LegId, Mono};

impl Gateway {
    /// The process is dead: nobody listens.
    pub(super) fn refuse_dead(&mut self, leg: LegNo, cargo: CompanyOut) {
        match cargo {
            CompanyOut::Webhook { id, .. } | CompanyOut::Fetch { id, .. } => {
                self.out.push_back(ToWorld::NoAnswer { leg, id, failure: WebFailure::Refused });
            }
            CompanyOut::OpenStream { socket, .. } => self.out.push_back(ToWorld::StreamRefused { leg, socket }),
            CompanyOut::StreamText { .. }
            | CompanyOut::CloseStream { .. }
            | CompanyOut::ResetStream { .. }
            | CompanyOut::CallOver => {}
        }
    }

    pub(super) fn webhook(&mut self, now: Mono, leg: LegNo, id: WebhookId, url: &str, pairs: &[(String, String)]) {
        let path = url.strip_prefix(super::ORIGIN).unwrap_or(url);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let body = match Form::parse(encoded(pairs).as_bytes()) {
            Ok(mut form) => {
                form.recall(query);
                self.route(now, path, query, &form).unwrap_or_default()
            }
            Err(_) => String::new(),
        };
        let status = if body.is_empty() { 204 } else { 200 };
        let answer = WebAnswer { status, content_type: "text/xml".to_owned(), body };
        self.out.push_back(ToWorld::Answer { leg, id, answer });
    }

    /// The document that answers, or nothing to say. A form that cannot be read is not answered, either.
    fn route(&mut self, now: Mono, path: &str, query: &str, form: &Form) -> Option<String> {
        let parts: Vec<&str> = path.trim_start_matches("/twilio/").split('/').collect();
        let asking = Asking::new(path, Some(query));
        match parts.as_slice() {
            ["voice"] => Some(self.ring(now)),
            ["fallback"] => {
                let failed = callback::fallback(form).ok()?;
                if failed.of_ring {
                    return Some(self.ring(now));
                }
                Some(self.ask_caller(now, &failed.leg, Question::Fallback, (&asking.after_stream(), form)))
            }
            ["stream-status"] => {
                self.stream_status(now, form);
                None
            }
            ["hold"] => {
                let language = query.split('&').find_map(|part| part.strip_prefix("lang=")).unwrap_or_default();
                Some(self.documents.hold(Tongue::of(language)))
            }
            ["after-stream"] => {
                let leg = callback::after_stream(form).ok()?;
                Some(self.ask_caller(now, &leg, Question::AfterStream, (&asking, form)))
            }
            ["status"] => {
                let progress = callback::status(form).ok()?;
                self.caller_status(now, progress.status?);
                None
            }
            ["transfers", attempt, what @ ..] => {
                let attempt: AttemptId = attempt.parse().ok().filter(|id: &AttemptId| self.is_ours(&id.call))?;
                self.transfer(now, attempt, what, (&asking, form))
            }
            ["outbound", call, what @ ..] if self.is_ours(call) => self.outbound(now, what, form),
            ["voicemail", call, "done"] if self.is_ours(call) => {
                let (leg, question) = transfer::voicemail_done(form).ok()?;
                Some(self.ask_caller(now, &leg, question, (&asking, form)))
            }
            ["voicemail", call, "recording"] if self.is_ours(call) => {
                let news = transfer::recorded(form).ok()??;
                self.carrier(now, news);
                None
            }
            _ => Some(hang_up()),
        }
    }

    fn is_ours(&self, call: &impl Display) -> bool {
        call.to_string() == call_id(self.settings.seed).to_string()
    }

    fn transfer(&mut self, now: Mono, id: AttemptId, what: &[&str], asked: (&Asking, &Form)) -> Option<String> {
        let (attempt, form) = (id.no, asked.1);
        match what {
            ["answer"] => Some(self.ask_operator(now, transfer::operator_answered(form, id).ok()?)),
            ["key", step] => Some(self.ask_operator(now, transfer::operator_key(form, id, step.parse().ok()?).ok()?)),
            ["operator-done"] => Some(self.ask_operator(now, transfer::operator_done(form, id).ok()?)),
            ["caller-done"] => {
                let (leg, question) = transfer::caller_done(form, id).ok()?;
                Some(self.ask_caller(now, &leg, question, asked))
            }
            ["leg"] => {
                let progress = callback::status(form).ok()?;
                self.operator_status(now, attempt, progress.leg, progress.status?);
                None
            }
            ["conference"] => {
                let event = transfer::room_event(form, id.call).ok()??;
                if let RoomEvent::Left(leg) = &event
                    && self.leg.as_ref() != Some(leg)
                {
                    self.learned.push((now, Learned::OperatorGone(leg.clone())));
                }
                self.carrier(now, CarrierInput::Room { attempt, event });
                None
            }
            ["amd"] => {
                let by = transfer::picked_up(form).ok()?;
                self.carrier(now, CarrierInput::OperatorPickedUp { attempt, by });
                None
            }
            _ => Some(hang_up()),
        }
    }

    fn outbound(&mut self, now: Mono, what: &[&str], form: &Form) -> Option<String> {
        match what {
            [] => {
                let question = transfer::outbound_answered(form).ok()?;
                if let Question::OutboundAnswered { leg } = &question {
                    self.owners.entry(leg.clone()).or_insert(None);
                    self.leg.get_or_insert_with(|| leg.clone());
                }
                Some(self.ask(now, question).unwrap_or_else(hang_up))
            }
            ["status"] => {
                let progress = callback::status(form).ok()?;
                self.party_status(now, progress.leg, progress.status?);
                None
            }
            ["amd"] => {
                let by = transfer::picked_up(form).ok()?;
                self.carrier(now, CarrierInput::PickedUp(by));
                None
            }
            _ => Some(hang_up()),
        }
    }

    fn caller_status(&mut self, now: Mono, status: LegStatus) {
        if status.is_terminal() && self.engine.is_some() {
            self.learned.push((now, Learned::CallerGone));
        }
        self.carrier(now, CarrierInput::Leg(status));
    }

    fn party_status(&mut self, now: Mono, leg: LegId, status: LegStatus) {
        self.owners.entry(leg.clone()).or_insert(None);
        self.leg.get_or_insert_with(|| leg.clone());
        if self.engine.is_none() || self.over {
            if !status.is_terminal() {
                self.end_stray(now, leg);
            }
            return;
        }
        if status.is_terminal() {
            self.learned.push((now, Learned::CallerGone));
        }
        self.carrier(now, CarrierInput::PartyLeg { leg, status });
    }

    fn operator_status(&mut self, now: Mono, attempt: u32, leg: LegId, status: LegStatus) {
        self.claim(now, attempt, &leg);
        if self.engine.is_none() || self.over {
            // Its call is over, and nobody else would end it.
            if !status.is_terminal() {
                self.end_stray(now, leg);
            }
            return;
        }
        self.leg_gone(now, &leg, status);
        self.carrier(now, CarrierInput::OperatorLeg { attempt, leg, status });
    }

    /// A leg says itself whose it is.
    fn claim(&mut self, now: Mono, attempt: u32, leg: &LegId) {
        if !self.owners.contains_key(leg) {
            self.owners.insert(leg.clone(), Some(attempt));
            self.learned.push((now, Learned::Operator(attempt, leg.clone())));
        }
    }

    fn ask_operator(&mut self, now: Mono, question: Question) -> String {
        if let Question::OperatorAnswered { attempt, leg, .. }
        | Question::OperatorKey { attempt, leg, .. }
        | Question::OperatorDone { attempt, leg, .. } = &question
        {
            self.claim(now, *attempt, leg);
            if matches!(question, Question::OperatorDone { .. }) {
                self.learned.push((now, Learned::OperatorGone(leg.clone())));
            }
        }
        self.ask(now, question).unwrap_or_else(hang_up)
    }

    fn ask_caller(&mut self, now: Mono, leg: &LegId, question: Question, asked: (&Asking, &Form)) -> String {
        if self.leg.as_ref() != Some(leg) {
            return apology();
        }
        if self.engine.is_none() || self.over {
            return if self.opened { hang_up() } else { apology() };
        }
        let answer = self.ask(now, question);
        if self.asks_again {
            return asked.0.soon(&self.documents, asked.1);
        }
        answer.unwrap_or_else(apology)
    }

    /// Puts a question to the call. `None`: there is none, or what it wants cannot be had.
    fn ask(&mut self, now: Mono, question: Question) -> Option<String> {
        self.answer = None;
        self.asks_again = false;
        self.carrier(now, CarrierInput::Ask(question));
        let document = self.answer.take()?;
        self.asks_again = document == Document::AskAgain;
        let is_gate = matches!(document, Document::Gate { .. });
        let script = self.script(now, document).ok()?;
        let text = self.documents.write(&script);
        if is_gate && self.settings.confided().any(|word| text.contains(word)) {
            self.indiscretions.push((now, format!("a stranger's voicemail hears: {text}")));
        }
        Some(text)
    }
}
