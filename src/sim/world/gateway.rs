//! The gateway's shell, replaced: tickets, sockets, requests and the journal, as far as one call needs them.
//!
//! It decides nothing that the engine decides; it mirrors what `twilio`, `calls` and `store` do around it.

mod doors;
mod organization;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::calls::{Action, Engine};
use crate::ports::media::{EncodeMedia, MediaEvent};
use crate::ports::model::ModelCommand;
use crate::session::document::Document;
use crate::session::effect::{ActionId, CarrierEffect, Effect, Ending, Line, Record, RecordId};
use crate::session::input::{ActionResult, CarrierInput, Input};
use crate::session::plant::planted;
use crate::sim::carrier::company::{CompanyOut, SocketNo, WebAnswer, WebhookId};
use crate::sim::carrier::rest::{RestAnswer, RestRequest};
use crate::sim::clock::{Agenda, earlier};
use crate::sim::model::FakeModel;
use crate::sim::world::gateway::organization::setup;
use crate::sim::world::model::Connection;
use crate::sim::world::plan::Settings;
use crate::twilio::callback::leg_status;
use crate::twilio::origin::Origin;
use crate::twilio::twiml::Documents;
use crate::twilio::wire::MediaEncoder;
use crate::types::{AccountId, LegId, Mono, Now, StreamId, Wall};

/// The public origin that the company knows.
pub(super) const ORIGIN: &str = "https://gw.test";

/// A REST request that is not answered is given up after this.
const REST_TIMEOUT: Duration = Duration::from_secs(5);

/// Before a request that may be repeated is.
const REST_PAUSE: Duration = Duration::from_millis(200);

const REST_TRIES: u32 = 3;

/// A socket without a start is closed.
const START_WAIT: Duration = Duration::from_secs(5);

pub(super) fn account() -> AccountId {
    format!("AC{}", "5".repeat(32)).parse().expect("a prefix and 32 hex digits")
}

/// What the gateway wants of the phone company.
#[derive(Debug)]
pub(super) enum ToWorld {
    Answer { id: WebhookId, answer: WebAnswer },
    StreamOpened { socket: SocketNo },
    Text { socket: SocketNo, text: String },
    CloseStream { socket: SocketNo },
    Rest { action: ActionId, request: RestRequest },
}

pub(super) struct Gateway {
    settings: Settings,
    leg: LegId,
    documents: Documents,
    engine: Option<Engine>,
    opened_at: Mono,
    over: bool,
    actions: Vec<Action>,
    out: VecDeque<ToWorld>,
    ticket: Option<String>,
    tickets: u32,
    /// Sockets that have not said `start`, and until when they may.
    waiting: BTreeMap<u32, Mono>,
    media: Option<Media>,
    connection: Option<Connection>,
    /// Connections of the past, for the books.
    pub(super) past: Vec<Connection>,
    connections: u32,
    requests: BTreeMap<u32, (CarrierEffect, u32)>,
    later: Agenda<Later>,
    answer: Option<Document>,
    /// Every record with its time, as the engine wrote them.
    pub(super) records: Vec<(Mono, Record)>,
    /// Records that are on disk, and records whose receipt was given.
    pub(super) durable: u32,
    pub(super) acknowledged: u32,
    journal_dead: bool,
    /// Every effect of the last step, before it was translated.
    effects: Arc<Mutex<Vec<Effect>>>,
}

struct Media {
    socket: SocketNo,
    stream: StreamId,
    encoder: MediaEncoder,
}

enum Later {
    RestAgain(ActionId),
    RestResult(ActionId, ActionResult),
    Commit(RecordId),
}

impl Gateway {
    pub(super) fn new(settings: Settings, leg: LegId) -> Self {
        let origin = Origin::parse(ORIGIN).expect("a constant origin");
        Self {
            settings,
            leg,
            documents: Documents::new(&origin),
            engine: None,
            opened_at: Mono::ZERO,
            over: false,
            actions: Vec::new(),
            out: VecDeque::new(),
            ticket: None,
            tickets: 0,
            waiting: BTreeMap::new(),
            media: None,
            connection: None,
            past: Vec::new(),
            connections: 0,
            requests: BTreeMap::new(),
            later: Agenda::new(),
            answer: None,
            records: Vec::new(),
            durable: 0,
            acknowledged: 0,
            journal_dead: false,
            effects: Arc::default(),
        }
    }

    /// Something of the company's arrives.
    pub(super) fn receive(&mut self, now: Mono, cargo: CompanyOut) {
        match cargo {
            CompanyOut::Webhook { id, url, pairs } => self.webhook(now, id, &url, &pairs),
            CompanyOut::Fetch { id, url } => self.webhook(now, id, &url, &[]),
            CompanyOut::OpenStream { socket, .. } => {
                self.waiting.insert(socket.0, now + START_WAIT);
                self.out.push_back(ToWorld::StreamOpened { socket });
            }
            CompanyOut::StreamText { socket, text } => self.text(now, socket, &text),
            CompanyOut::CloseStream { socket, .. } | CompanyOut::ResetStream { socket } => {
                self.waiting.remove(&socket.0);
                if self.media.as_ref().is_some_and(|media| media.socket == socket) {
                    self.media = None;
                    self.media_event(now, MediaEvent::Dropped);
                }
            }
            CompanyOut::CallOver => {}
        }
        self.perform(now);
    }

    /// Time passed: the model, the journal, requests, and the engine's own deadlines.
    pub(super) fn advance(&mut self, now: Mono) {
        while let Some((_, later)) = self.later.pop_due(now) {
            self.on_later(now, later);
            self.perform(now);
        }
        let late: Vec<u32> = self.waiting.iter().filter(|(_, at)| **at <= now).map(|(socket, _)| *socket).collect();
        for socket in late {
            self.refuse(SocketNo(socket));
        }
        if let Some(connection) = &mut self.connection {
            connection.advance(now);
        }
        while let Some(event) = self.connection.as_mut().and_then(Connection::next_event) {
            let at = self.clock(now);
            if let Some(engine) = &mut self.engine {
                engine.model(at, event, &mut self.actions);
            }
            self.perform(now);
        }
        if self.deadline().is_some_and(|at| at <= now) {
            self.input(now, Input::Deadline);
            self.perform(now);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Mono> {
        let model = self.connection.as_ref().and_then(Connection::next_deadline);
        let sockets = self.waiting.values().min().copied();
        earlier(earlier(self.deadline(), model), earlier(self.later.next_deadline(), sockets))
    }

    pub(super) fn take_out(&mut self) -> VecDeque<ToWorld> {
        std::mem::take(&mut self.out)
    }

    /// The effects since the last call, in order.
    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut *self.effects.lock().expect("no one panics while holding it"))
    }

    /// The answer to a REST request.
    pub(super) fn rest_answered(&mut self, now: Mono, action: ActionId, answer: &RestAnswer) {
        let Some((effect, tries)) = self.requests.get_mut(&action.0) else {
            return;
        };
        *tries += 1;
        let again = *tries < REST_TRIES && (answer.lost || answer.status == 429 || answer.status >= 500);
        let wait = if answer.lost { REST_TIMEOUT } else { answer.after };
        if again {
            self.later.add(now + wait + REST_PAUSE, Later::RestAgain(action));
            return;
        }
        let result = rest_result(effect, answer);
        self.later.add(now + wait, Later::RestResult(action, result));
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn was_opened(&self) -> bool {
        self.engine.is_some()
    }

    /// The socket that carries the call now.
    pub(super) fn socket(&self) -> Option<SocketNo> {
        self.media.as_ref().map(|media| media.socket)
    }

    pub(super) const fn opened_at(&self) -> Mono {
        self.opened_at
    }

    pub(super) const fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.past.iter().chain(&self.connection)
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let line = |(_, record): &(Mono, Record)| match record {
            Record::Line(line) => Some(line.clone()),
            _ => None,
        };
        let mut lines: Vec<_> = self.records.iter().filter_map(line).collect();
        lines.sort_by_key(|line| line.seq);
        lines
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        self.records.iter().find_map(|(_, record)| match record {
            Record::Ended(ending) => Some(*ending),
            _ => None,
        })
    }

    pub(super) fn take_recording(&mut self) -> String {
        let connections = self.past.iter_mut().chain(&mut self.connection);
        connections.map(Connection::take_recording).collect()
    }

    fn media_event(&mut self, now: Mono, event: MediaEvent) {
        let at = self.clock(now);
        if let Some(engine) = &mut self.engine {
            engine.media(at, event, &mut self.actions);
        }
    }

    fn carrier(&mut self, now: Mono, input: CarrierInput) {
        self.input(now, Input::Carrier(input));
        self.perform(now);
    }

    fn input(&mut self, now: Mono, input: Input) {
        let at = self.clock(now);
        if let Some(engine) = &mut self.engine {
            engine.input(at, input, &mut self.actions);
        }
    }

    fn perform(&mut self, now: Mono) {
        while !self.actions.is_empty() {
            for action in std::mem::take(&mut self.actions) {
                self.perform_one(now, action);
            }
        }
        self.over = self.engine.as_ref().is_some_and(Engine::is_over);
    }

    fn perform_one(&mut self, now: Mono, action: Action) {
        match action {
            Action::Media(command) => {
                if let Some(media) = &mut self.media {
                    let text = media.encoder.encode(&command);
                    self.out.push_back(ToWorld::Text { socket: media.socket, text });
                }
            }
            Action::CloseMedia => {
                if let Some(media) = self.media.take() {
                    self.out.push_back(ToWorld::CloseStream { socket: media.socket });
                    self.media_event(now, MediaEvent::Dropped);
                }
            }
            Action::OpenModel => self.connect(now),
            Action::Model(ModelCommand::Append(bytes)) if bytes.is_empty() => {}
            Action::Model(command) => {
                if let Some(connection) = &mut self.connection {
                    connection.send(now, &command);
                }
            }
            Action::CloseModel => self.past.extend(self.connection.take()),
            Action::Carrier(id, effect) => {
                self.requests.insert(id.0, (effect, 0));
                self.ask_rest(id);
            }
            Action::Answer(answer) => self.answer = Some(answer),
            Action::Record(no, record) => {
                self.records.push((now, record));
                if planted!(self.settings.policy, AcknowledgesEarly) {
                    self.acknowledged = no.0 + 1;
                }
                self.later.add(self.committed_at(now), Later::Commit(no));
            }
        }
    }

    fn connect(&mut self, now: Mono) {
        self.past.extend(self.connection.take());
        self.connections += 1;
        let settings = &self.settings;
        let seed = settings.rng(u64::from(100 + self.connections)).u64(..);
        let model = FakeModel::new(seed, settings.script.clone(), settings.model.clone());
        let name = format!("s{}c{}", settings.seed, self.connections);
        let record = settings.record_model;
        self.connection = Some(Connection::new(now, name, model, setup(settings), settings.model_delay, record));
    }

    fn ask_rest(&mut self, action: ActionId) {
        let Some((effect, _)) = self.requests.get(&action.0) else {
            return;
        };
        let (method, body) = match effect {
            CarrierEffect::HangUp(_) => ("POST", "Status=completed"),
            CarrierEffect::LookUp(_) => ("GET", ""),
            CarrierEffect::Dial(_)
            | CarrierEffect::DialOut { .. }
            | CarrierEffect::FindDialled(_)
            | CarrierEffect::Redirect { .. }
            | CarrierEffect::EndRoom { .. } => return,
        };
        let path = format!("/2010-04-01/Accounts/{}/Calls/{}.json", account(), self.leg);
        let request = RestRequest { method: method.to_owned(), path, authorization: None, body: body.to_owned() };
        self.out.push_back(ToWorld::Rest { action, request });
    }

    fn on_later(&mut self, now: Mono, later: Later) {
        match later {
            Later::RestAgain(action) => self.ask_rest(action),
            Later::RestResult(action, result) => {
                self.requests.remove(&action.0);
                self.input(now, Input::Action(action, result));
            }
            Later::Commit(no) => {
                let dies = self.settings.journal_crash.is_some_and(|at| now >= Mono::ZERO + at);
                self.journal_dead |= dies;
                if self.journal_dead {
                    return;
                }
                self.durable = no.0 + 1;
                self.acknowledged = no.0 + 1;
                self.input(now, Input::Committed(no));
            }
        }
    }

    /// Commits keep their order; during an outage they wait for its end.
    fn committed_at(&self, now: Mono) -> Mono {
        let due = now + self.settings.commit_delay;
        match self.settings.outage {
            Some((at, lasts)) if due >= Mono::ZERO + at && due < Mono::ZERO + at + lasts => Mono::ZERO + at + lasts,
            _ => due,
        }
    }

    fn deadline(&self) -> Option<Mono> {
        let at = self.engine.as_ref()?.deadline()?;
        Some(Mono(at.0 + self.opened_at.0))
    }

    fn clock(&self, now: Mono) -> Now {
        Now { mono: Mono(now.0 - self.opened_at.0), wall: Wall(1_793_491_200_000_000 + now.0 as i64) }
    }
}

fn rest_result(effect: &CarrierEffect, answer: &RestAnswer) -> ActionResult {
    if answer.lost {
        return ActionResult::Failed;
    }
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    match (answer.status, effect) {
        (200..300, CarrierEffect::HangUp(_)) => ActionResult::Done,
        (200..300, CarrierEffect::LookUp(_)) => {
            body["status"].as_str().and_then(leg_status).map_or(ActionResult::Failed, ActionResult::Status)
        }
        _ if matches!(body["code"].as_u64(), Some(20404 | 21220)) => ActionResult::Gone,
        _ => ActionResult::Failed,
    }
}
