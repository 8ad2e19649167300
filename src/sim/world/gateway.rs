//! The gateway's shell, replaced: tickets, sockets, requests and the journal, as far as one call needs them.
//!
//! It decides nothing that the engine decides; it mirrors what `twilio`, `calls` and `store` do around it.

mod desk;
mod doors;
mod organization;
mod past;
mod questions;
mod shown;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::calls::{Action, Engine};
use crate::dialling::DialPolicy;
use crate::ports::media::{EncodeMedia, MediaEvent};
use crate::ports::model::ModelCommand;
use crate::session::document::Document;
use crate::session::effect::{ActionId, Effect, Ending, Line, Record, RecordId};
use crate::session::input::{ActionResult, CarrierInput, Input, StaffInput};
use crate::session::plant::planted;
use crate::sim::carrier::company::{CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId};
use crate::sim::carrier::exchange::LegNo;
use crate::sim::carrier::rest::RestRequest;
use crate::sim::clock::{Agenda, earlier};
use crate::sim::model::FakeModel;
use crate::sim::world::gateway::desk::Errand;
use crate::sim::world::gateway::organization::setup;
use crate::sim::world::model::Connection;
use crate::sim::world::plan::Settings;
use crate::twilio::origin::Origin;
use crate::twilio::twiml::Documents;
use crate::twilio::wire::MediaEncoder;
use crate::types::{AccountId, CallId, LegId, Mono, NotDialled, Now, StreamId, TargetId, Wall};

pub(super) use desk::{Asked, AskedFor};

/// The public origin that the company knows.
pub(super) const ORIGIN: &str = "https://gw.test";

/// A socket without a start is closed.
const START_WAIT: Duration = Duration::from_secs(5);

pub(super) fn account() -> AccountId {
    format!("AC{}", "5".repeat(32)).parse().expect("a prefix and 32 hex digits")
}

/// What the gateway wants of the phone company.
#[derive(Debug)]
pub(super) enum ToWorld {
    Answer { leg: LegNo, id: WebhookId, answer: WebAnswer },
    NoAnswer { leg: LegNo, id: WebhookId, failure: WebFailure },
    StreamOpened { leg: LegNo, socket: SocketNo },
    StreamRefused { leg: LegNo, socket: SocketNo },
    Text { socket: SocketNo, text: String },
    CloseStream { socket: SocketNo },
    Rest { no: u32, request: RestRequest },
}

/// What the gateway was told about a leg, whoever told it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Learned {
    CallerGone,
    OperatorGone(LegId),
    /// The name of an operator's leg.
    Operator(u32, LegId),
}

pub(super) struct Gateway {
    settings: Settings,
    /// The caller's leg, as far as it is known.
    leg: Option<LegId>,
    documents: Documents,
    /// The process lives.
    alive: bool,
    engine: Option<Engine>,
    opened: bool,
    opened_at: Mono,
    over: bool,
    actions: Vec<Action>,
    out: VecDeque<ToWorld>,
    ticket: Option<String>,
    /// What the voice webhook was answered, for one that is repeated.
    first_answer: Option<String>,
    tickets: u32,
    /// Sockets that have not said `start`, and until when they may.
    waiting: BTreeMap<u32, Mono>,
    media: Option<Media>,
    connection: Option<Connection>,
    /// Connections of the past, for the books.
    pub(super) past: Vec<Connection>,
    connections: u32,
    dials: DialPolicy,
    /// Emergencies that a limit of ordinary dials stood in the way of.
    pub(in crate::sim::world) held_up: Vec<(Mono, NotDialled)>,
    /// Which leg is whose: the attempt's number, or `None` for the party of an outbound call.
    owners: BTreeMap<LegId, Option<u32>>,
    errands: BTreeMap<u32, Errand>,
    next_errand: u32,
    later: Agenda<Later>,
    answer: Option<Document>,
    /// The last answer was to ask again.
    asks_again: bool,
    /// Every record with its time, as the engine wrote them.
    pub(super) records: Vec<(Mono, Record)>,
    /// Restarts so far; at each the records that were not on disk are gone.
    pub(super) restarts: u32,
    /// Every request to the carrier, for the books.
    pub(super) asked: Vec<Asked>,
    pub(super) learned: Vec<(Mono, Learned)>,
    /// A document for a stranger's ears held what was confided; or a briefing was not fit to be read.
    pub(super) indiscretions: Vec<(Mono, String)>,
    /// A redirect of a leg was asked for while one before it was not answered.
    pub(super) overtaken: Vec<Mono>,
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
    RestAgain(u32),
    RestResult(ActionId, ActionResult),
    /// The answer that the errand got, as far as anybody knows.
    RestAnswered(u32, u16, String),
    Commit(RecordId),
}

impl Gateway {
    /// `leg`: the caller's, if somebody calls.
    pub(super) fn new(settings: Settings, leg: Option<LegId>) -> Self {
        let origin = Origin::parse(ORIGIN).expect("a constant origin");
        Self {
            settings,
            leg,
            documents: Documents::new(&origin),
            alive: true,
            engine: None,
            opened: false,
            opened_at: Mono::ZERO,
            over: false,
            actions: Vec::new(),
            out: VecDeque::new(),
            ticket: None,
            first_answer: None,
            tickets: 0,
            waiting: BTreeMap::new(),
            media: None,
            connection: None,
            past: Vec::new(),
            connections: 0,
            dials: DialPolicy::default(),
            held_up: Vec::new(),
            owners: BTreeMap::new(),
            errands: BTreeMap::new(),
            next_errand: 0,
            later: Agenda::new(),
            answer: None,
            asks_again: false,
            records: Vec::new(),
            restarts: 0,
            asked: Vec::new(),
            learned: Vec::new(),
            indiscretions: Vec::new(),
            overtaken: Vec::new(),
            durable: 0,
            acknowledged: 0,
            journal_dead: false,
            effects: Arc::default(),
        }
    }

    /// Something of the company's arrives.
    pub(super) fn receive(&mut self, now: Mono, leg: LegNo, cargo: CompanyOut) {
        if !self.alive {
            return self.refuse_dead(leg, cargo);
        }
        match cargo {
            CompanyOut::Webhook { id, url, pairs } => self.webhook(now, leg, id, &url, &pairs),
            CompanyOut::Fetch { id, url } => self.webhook(now, leg, id, &url, &[]),
            CompanyOut::OpenStream { socket, .. } => {
                self.waiting.insert(socket.0, now + START_WAIT);
                self.out.push_back(ToWorld::StreamOpened { leg, socket });
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

    /// Staff do something, should the call live.
    pub(super) fn staff(&mut self, now: Mono, input: StaffInput) {
        self.input(now, Input::Staff(input));
        self.perform(now);
    }

    /// The gateway is about to shut down.
    pub(super) fn drain(&mut self, now: Mono) {
        self.input(now, Input::Drain);
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
        if let Some(engine) = &self.engine {
            self.over = engine.is_over();
        }
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
            Action::Carrier(id, effect) => self.ask_carrier(now, id, effect),
            Action::Answer(answer) => self.answer = Some(answer),
            Action::Record(no, record) => {
                if let Record::Leg(leg) = &record {
                    self.leg = Some(leg.clone());
                }
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

    fn on_later(&mut self, now: Mono, later: Later) {
        match later {
            Later::RestAgain(no) => self.send_errand(now, no),
            Later::RestAnswered(no, status, body) => self.errand_answered(now, no, status, &body),
            Later::RestResult(action, result) => self.input(now, Input::Action(action, result)),
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

    /// When the engine acts by itself.
    pub(super) fn deadline(&self) -> Option<Mono> {
        let at = self.engine.as_ref()?.deadline()?;
        Some(Mono(at.0 + self.opened_at.0))
    }

    fn clock(&self, now: Mono) -> Now {
        Now { mono: Mono(now.0 - self.opened_at.0), wall: Wall(1_793_491_200_000_000 + now.0 as i64) }
    }
}

/// Every world has one call. Its name has no digits, so that nobody takes it for a phone number.
pub(super) fn call_id(seed: u64) -> CallId {
    let letters = (0..16).fold((0_u128, seed), |(name, rest), _| (name << 4 | u128::from(0xA + rest % 6), rest / 6)).0;
    CallId(uuid::Uuid::from_u128(0xABCD_EFAB_CDEF_ABCD << 64 | letters))
}
