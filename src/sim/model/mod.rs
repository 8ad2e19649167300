//! The simulated model: the server's side of one Realtime connection, as a pure machine of texts in and texts out.
//!
//! It is strict where the real server is strict and late, early or broken where the real one may be, all by a seed.
//! It shares no code with our client, so that both cannot be wrong in the same way.

mod agenda;
mod client_events;
mod complaints;
mod conversation;
mod ears;
pub(crate) mod g711;
pub mod knobs;
pub mod ledger;
mod listening;
mod objects;
pub mod recording;
mod response;
mod rules;
mod schema;
pub mod script;
mod sending;
mod session;
mod speaking;
pub mod tongues;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::types::Mono;

pub use knobs::{BadKey, BusyCommit, ModelKnobs, Noise, Pace, Refusal, ResponseFault, TurnFault};
pub use ledger::{Cut, Ledger, RefusedRequest, SentAudio};
pub use script::{MissingClip, ModelScript, Part, Reply};

use agenda::{Agenda, Job};
use conversation::Conversation;
use ears::{Ears, Heard};
use response::Response;
use schema::Refused;
use session::Session;
use wire::Writer;

/// What leaves the machine, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelOut {
    /// One text frame.
    Text(String),
    /// One binary frame, which the protocol does not know.
    Binary(Vec<u8>),
    /// A close frame; nothing follows.
    Close { code: u16, reason: String },
    /// The connection breaks without a close frame; nothing follows.
    Reset,
}

/// One connection to the simulated model.
///
/// The world calls `open` once the socket is open, then `receive` for each text of the client and `advance` at
/// `next_wake`, and after each of them takes what `poll` gives until there is no more.
#[derive(Debug)]
pub struct FakeModel {
    rng: fastrand::Rng,
    script: ModelScript,
    knobs: ModelKnobs,
    writer: Writer,
    state: State,
    opened: Mono,
    now: Mono,
    out: VecDeque<ModelOut>,
    agenda: Agenda,
    /// In force.
    session: Session,
    /// Accepted, to be announced by `session.updated`.
    next_session: Session,
    conversation_id: String,
    conversation: Conversation,
    ears: Ears,
    /// The item that the speech of now will become.
    speech_item: Option<String>,
    transcripts: BTreeMap<String, Transcript>,
    /// A transcript that waits for the one after it.
    held: Option<String>,
    active: Option<Response>,
    /// A committed turn waits for the active response to end.
    answer_owed: bool,
    /// Complete tool calls, and whether they were answered.
    calls: BTreeMap<String, bool>,
    response_count: u32,
    turn_count: u32,
    spoke: bool,
    last_input: (u64, u64),
    ledger: Ledger,
    /// Texts that came before the greeting was out.
    early: Vec<String>,
    /// Reused for decoding.
    buffer: Vec<u8>,
    heard: Vec<Heard>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Not opened, or not greeted yet.
    Silent,
    Open,
    /// The socket is open, and that is all.
    Hung,
    Closed,
}

/// What the caller said in a turn, until it is told.
#[derive(Debug)]
struct Transcript {
    text: Arc<str>,
    ms: u64,
    /// The code with which it fails.
    failed: Option<&'static str>,
}

/// Texts kept while the greeting is late; more are dropped.
const EARLY_TEXTS_MAX: usize = 1000;

impl FakeModel {
    /// The same seed, script, knobs and inputs give the same outputs, byte for byte.
    pub fn new(seed: u64, script: ModelScript, knobs: ModelKnobs) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut writer = Writer::new(rng.u32(..), knobs.unknown_fields);
        let session = Session::new(&writer.id("sess"), "", 0, knobs.semantic_silence);
        Self {
            script,
            state: State::Silent,
            opened: Mono::ZERO,
            now: Mono::ZERO,
            out: VecDeque::new(),
            agenda: Agenda::default(),
            next_session: session.clone(),
            session,
            conversation_id: writer.id("conv"),
            conversation: Conversation::default(),
            ears: Ears::new(),
            speech_item: None,
            transcripts: BTreeMap::new(),
            held: None,
            active: None,
            answer_owed: false,
            calls: BTreeMap::new(),
            response_count: 0,
            turn_count: 0,
            spoke: false,
            last_input: (0, 0),
            ledger: Ledger::default(),
            early: Vec::new(),
            buffer: Vec::new(),
            heard: Vec::new(),
            rng,
            writer,
            knobs,
        }
    }

    /// Whether a connection would be accepted at all.
    pub const fn accepts(&self) -> bool {
        self.knobs.refuse.is_none()
    }

    /// The HTTP status that refuses the upgrade, if it is refused.
    pub fn refusal_status(&self, authorization: Option<&str>) -> Option<u16> {
        match self.knobs.refuse {
            Some(Refusal::Status(status)) => Some(status),
            Some(Refusal::Connection) => None,
            None => (self.knobs.bad_key == BadKey::Http && !self.is_right_key(authorization)).then_some(401),
        }
    }

    /// The HTTP status that refuses a REST request, if it is refused. A wrong key is always seen there.
    pub fn rest_refusal(&self, authorization: Option<&str>) -> Option<u16> {
        self.refusal_status(authorization).or_else(|| (!self.is_right_key(authorization)).then_some(401))
    }

    pub const fn knobs(&self) -> &ModelKnobs {
        &self.knobs
    }

    /// The socket is open. `model`: the URL's query; `authorization`: the header's value; `beta_header`: an
    /// `OpenAI-Beta` header was there.
    pub fn open(&mut self, now: Mono, model: Option<&str>, authorization: Option<&str>, beta_header: bool) {
        self.now = now;
        self.opened = now;
        if beta_header {
            let message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.";
            return self.turn_away(4000, "beta_api_shape_disabled", message);
        }
        let Some(model) = model.filter(|model| !model.is_empty()) else {
            return self.turn_away(4000, "missing_model", "You must provide a model parameter.");
        };
        if !self.is_right_key(authorization) {
            return self.turn_away(3000, "invalid_api_key", "Incorrect API key provided.");
        }
        if self.knobs.unknown_model {
            return self.turn_away(
                4000,
                "model_not_found",
                "The model does not exist or you do not have access to it.",
            );
        }
        let unix_now = self.knobs.unix_secs + (now.0 / 1_000_000) as i64;
        let lasts = self.knobs.expire_after.unwrap_or(Duration::from_secs(self.knobs.session_secs.into()));
        let expires_at = unix_now + lasts.as_secs() as i64;
        self.session = Session::new(&self.writer.id("sess"), model, expires_at, self.knobs.semantic_silence);
        self.next_session = self.session.clone();
        self.agenda.add(now + self.knobs.created_delay, Job::Greet);
        self.agenda.add(now + lasts, Job::Expire);
        if let Some(after) = self.knobs.hang_after {
            self.agenda.add(now + after, Job::Hang);
        }
        for (after, noise) in self.knobs.noise.clone() {
            self.agenda.add(now + after, Job::Noise(noise));
        }
        self.advance(now);
    }

    /// A text from the client.
    pub fn receive(&mut self, now: Mono, text: &str) {
        self.advance(now);
        match self.state {
            State::Open => self.handle_text(text),
            State::Silent if self.early.len() < EARLY_TEXTS_MAX => self.early.push(text.to_owned()),
            State::Silent | State::Hung | State::Closed => {}
        }
    }

    /// When `advance` has something to do.
    pub fn next_wake(&self) -> Option<Mono> {
        if matches!(self.state, State::Hung | State::Closed) {
            return None;
        }
        let step = self.active.as_ref().and_then(|active| active.steps.front()).map(|(at, _)| *at);
        [self.agenda.next(), step].into_iter().flatten().min()
    }

    /// Does everything that is due by `now`, each at its own time.
    pub fn advance(&mut self, now: Mono) {
        while let Some(at) = self.next_wake().filter(|at| *at <= now) {
            self.now = self.now.max(at);
            if self.agenda.next() == Some(at) {
                if let Some(job) = self.agenda.take() {
                    self.perform(job);
                }
            } else {
                self.speak();
            }
        }
        self.now = self.now.max(now);
    }

    /// The next thing that leaves.
    pub fn poll(&mut self) -> Option<ModelOut> {
        self.out.pop_front()
    }

    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Replies and caller turns used so far, for `ModelScript::resume_at`.
    pub fn script_position(&self) -> (usize, usize) {
        self.script.position()
    }

    /// The connection is over, whoever ended it.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// A response is active: announced or about to be.
    pub const fn is_responding(&self) -> bool {
        self.active.is_some()
    }

    fn is_right_key(&self, authorization: Option<&str>) -> bool {
        let key = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        !key.is_empty() && self.knobs.key.as_deref().is_none_or(|right| right == key)
    }

    fn turn_away(&mut self, close: u16, code: &'static str, message: &str) {
        self.send_error(None, &Refused::new(code, message), "invalid_request_error");
        self.close(close, format!("invalid_request_error.{code}"));
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Greet => {
                self.state = State::Open;
                let body = json!({"session": self.session.json});
                self.send("session.created", &body);
                for text in std::mem::take(&mut self.early) {
                    self.handle_text(&text);
                }
            }
            Job::SessionUpdated(session) => self.configured(*session),
            Job::Transcript(item) => self.tell_transcript(&item),
            Job::Send(text) => self.out.push_back(ModelOut::Text(text)),
            Job::Error { text, of_create } => {
                self.out.push_back(ModelOut::Text(text));
                self.create_answered(of_create);
            }
            Job::Noise(noise) => self.make_noise(noise),
            Job::Hang => self.state = State::Hung,
            Job::Expire => {
                let minutes = self.knobs.session_secs / 60;
                let message = format!("Your session hit the maximum duration of {minutes} minutes.");
                self.send_error(None, &Refused::new("session_expired", message.clone()), "invalid_request_error");
                self.close(1001, message);
            }
        }
    }

    fn configured(&mut self, session: Session) {
        self.ledger.updates += 1;
        if session.input != self.session.input || session.vad.is_none() {
            self.ears.reset();
        }
        self.session = session;
        let body = json!({"session": self.session.json});
        self.send("session.updated", &body);
    }

    fn send(&mut self, kind: &str, body: &Value) {
        let text = self.writer.event(kind, body);
        self.out.push_back(ModelOut::Text(text));
    }

    fn close(&mut self, code: u16, reason: String) {
        self.state = State::Closed;
        self.active = None;
        self.out.push_back(ModelOut::Close { code, reason });
    }
}
