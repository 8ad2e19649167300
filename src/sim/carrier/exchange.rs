//! The whole phone company: every leg, who rings whom, rooms, the phone book, and the REST interface.
//!
//! A leg is a machine of its own (`company`); the exchange ties legs together and speaks for the account. Outputs carry
//! the leg they belong to; the exchange's own callbacks (about rooms) carry `LegNo::COMPANY`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use fastrand::Rng;

use crate::sim::carrier::company::{
    CallPlan, CallReport, CompanyCall, CompanyConfig, CompanyOut, Kit, SocketNo, WebAnswer, WebFailure, WebhookId,
};
use crate::sim::carrier::knobs::{CompanyKnobs, PhoneKnobs};
use crate::sim::carrier::person::Person;
use crate::sim::carrier::rest::Credentials;
use crate::sim::carrier::wire::Violation;
use crate::sim::clock::{Agenda, earlier};
use crate::types::{LegId, Mono};

mod callbacks;
mod create;
mod lists;
mod report;
mod requests;
mod ringing;
mod rooms;

use callbacks::RoomPost;
use rooms::Room;

pub use report::{Bridge, Dialled, DialledBy, ExchangeReport, LegSummary, RoomSummary};

/// A leg of an exchange, counted from 0 in the order in which they came to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LegNo(pub u32);

impl LegNo {
    /// No leg: the company itself, which tells about rooms.
    pub const COMPANY: Self = Self(u32::MAX);
}

/// What an exchange wants done, and for which leg.
pub type ExchangeOut = (LegNo, CompanyOut);

/// What an exchange knows before the first call.
#[derive(Clone)]
pub struct ExchangeConfig {
    pub company: CompanyConfig,
    /// Who may use the REST interface. `None`: everybody.
    pub credentials: Option<Credentials>,
    /// Numbers of the account: a call shows one of these. Empty: any number.
    pub numbers: Vec<String>,
    /// Faults of the legs that the gateway places.
    pub phone: PhoneKnobs,
    /// The same, and of callbacks about rooms and of requests that are not about a leg.
    pub knobs: CompanyKnobs,
    /// Keep everything that was played to legs that the gateway places.
    pub capture: bool,
}

impl ExchangeConfig {
    /// No faults; any number may be shown, anybody may ask.
    pub fn new(company: CompanyConfig) -> Self {
        Self {
            company,
            credentials: None,
            numbers: Vec::new(),
            phone: PhoneKnobs::default(),
            knobs: CompanyKnobs::default(),
            capture: false,
        }
    }
}

/// The company. Every input appends what follows from it to `out`; call `advance` when `next_deadline` has come.
pub struct Exchange {
    config: Arc<ExchangeConfig>,
    company: Arc<CompanyConfig>,
    rng: Rng,
    legs: Vec<CompanyCall>,
    ties: Vec<Tie>,
    names: BTreeMap<LegId, LegNo>,
    /// Legs that have not said `CallOver`.
    live: BTreeSet<LegNo>,
    book: BTreeMap<String, VecDeque<Person>>,
    machines: BTreeSet<LegNo>,
    rooms: Vec<Room>,
    bridges: Vec<Bridge>,
    dialled: Vec<Dialled>,
    posts: Agenda<RoomPost>,
    pending: BTreeMap<WebhookId, Mono>,
    next_webhook: u32,
    violations: Vec<Violation>,
    connections: BTreeMap<u64, Connection>,
    /// Legs whose wishes were not read yet.
    work: VecDeque<LegNo>,
    scratch: Vec<CompanyOut>,
}

/// One connection to the REST interface.
#[derive(Default)]
struct Connection {
    answers: u32,
    dead: bool,
}

/// What a leg has to do with others.
#[derive(Clone, Debug)]
enum Tie {
    Free,
    /// Its `<Dial>` rings these, or is connected with one.
    Dialling {
        children: Vec<LegNo>,
        bridged: Option<(LegNo, usize)>,
    },
    Child {
        parent: LegNo,
    },
    Room(usize),
}

impl Exchange {
    /// The same plans, inputs and seed give the same company.
    pub fn new(config: ExchangeConfig, rng: Rng) -> Self {
        Self {
            company: Arc::new(config.company.clone()),
            config: Arc::new(config),
            rng,
            legs: Vec::new(),
            ties: Vec::new(),
            names: BTreeMap::new(),
            live: BTreeSet::new(),
            book: BTreeMap::new(),
            machines: BTreeSet::new(),
            rooms: Vec::new(),
            bridges: Vec::new(),
            dialled: Vec::new(),
            posts: Agenda::new(),
            pending: BTreeMap::new(),
            next_webhook: 0,
            violations: Vec::new(),
            connections: BTreeMap::new(),
            work: VecDeque::new(),
            scratch: Vec::new(),
        }
    }

    /// Adds somebody to the phone book. A number that is added again is answered by the persons in this order; the
    /// last one answers all further calls. A number that is not in the book cannot be reached.
    pub fn add_person(&mut self, number: &str, person: Person) {
        self.book.entry(number.to_owned()).or_default().push_back(person);
    }

    /// Somebody dials the gateway.
    pub fn place_call(&mut self, now: Mono, plan: CallPlan, out: &mut Vec<ExchangeOut>) -> LegNo {
        let call = CompanyCall::new(self.company.clone(), plan, self.rng.fork());
        let no = self.add(call);
        self.with_leg(no, out, |leg, out| leg.start(now, out));
        self.settle(now, out);
        no
    }

    /// The one whose phone it is puts it down.
    pub fn hang_up(&mut self, now: Mono, leg: LegNo, out: &mut Vec<ExchangeOut>) {
        self.input(now, leg, out, |leg, out| leg.hang_up(now, out));
    }

    /// Time passed.
    pub fn advance(&mut self, now: Mono, out: &mut Vec<ExchangeOut>) {
        self.advance_callbacks(now, out);
        let due = |leg: &CompanyCall| leg.next_deadline().is_some_and(|at| at <= now);
        let legs: Vec<LegNo> = self.live.iter().copied().filter(|no| due(&self.legs[no.0 as usize])).collect();
        for no in legs {
            self.with_leg(no, out, |leg, out| leg.advance(now, out));
            self.settle(now, out);
            self.mix(no);
        }
    }

    /// When `advance` is due at the latest. `None`: nothing happens any more by itself.
    pub fn next_deadline(&self) -> Option<Mono> {
        let legs = self.live.iter().filter_map(|no| self.legs[no.0 as usize].next_deadline()).min();
        let callbacks = earlier(self.posts.next_deadline(), self.pending.values().min().copied());
        earlier(legs, callbacks)
    }

    /// The gateway's answer to a webhook of this leg.
    pub fn webhook_answered(
        &mut self,
        now: Mono,
        leg: LegNo,
        id: WebhookId,
        answer: WebAnswer,
        out: &mut Vec<ExchangeOut>,
    ) {
        if leg == LegNo::COMPANY {
            return self.callback_answered(now, id, Some(answer.status));
        }
        self.input(now, leg, out, |leg, out| leg.webhook_answered(now, id, answer, out));
    }

    /// No answer to a webhook of this leg.
    pub fn webhook_failed(
        &mut self,
        now: Mono,
        leg: LegNo,
        id: WebhookId,
        failure: WebFailure,
        out: &mut Vec<ExchangeOut>,
    ) {
        if leg == LegNo::COMPANY {
            return self.callback_answered(now, id, None);
        }
        self.input(now, leg, out, |leg, out| leg.webhook_failed(now, id, failure, out));
    }

    /// The gateway accepted the socket.
    pub fn stream_opened(&mut self, now: Mono, leg: LegNo, socket: SocketNo, out: &mut Vec<ExchangeOut>) {
        self.input(now, leg, out, |leg, out| leg.stream_opened(now, socket, out));
    }

    /// The gateway did not accept the socket.
    pub fn stream_refused(
        &mut self,
        now: Mono,
        leg: LegNo,
        socket: SocketNo,
        status: Option<u16>,
        out: &mut Vec<ExchangeOut>,
    ) {
        self.input(now, leg, out, |leg, out| leg.stream_refused(now, socket, status, out));
    }

    /// A text of the gateway.
    pub fn stream_text(&mut self, now: Mono, leg: LegNo, socket: SocketNo, text: &str, out: &mut Vec<ExchangeOut>) {
        self.input(now, leg, out, |leg, out| leg.stream_text(now, socket, text, out));
    }

    /// A binary message of the gateway.
    pub fn stream_binary(&mut self, now: Mono, leg: LegNo, socket: SocketNo) {
        if let Some(leg) = self.legs.get_mut(leg.0 as usize) {
            leg.stream_binary(now, socket);
        }
    }

    /// The gateway closed the socket, or it broke.
    pub fn stream_closed(&mut self, now: Mono, leg: LegNo, socket: SocketNo, out: &mut Vec<ExchangeOut>) {
        self.input(now, leg, out, |leg, out| leg.stream_closed(now, socket, out));
    }

    /// A leg as it is now.
    pub fn leg(&self, no: LegNo) -> Option<&CompanyCall> {
        self.legs.get(no.0 as usize)
    }

    pub fn leg_no(&self, name: &LegId) -> Option<LegNo> {
        self.names.get(name).copied()
    }

    /// Takes what is known about a leg; ask once, when it is over. Requests about it are still answered.
    pub fn take_leg_report(&mut self, no: LegNo) -> Option<CallReport> {
        self.legs.get_mut(no.0 as usize).map(CompanyCall::take_report)
    }

    fn add(&mut self, mut call: CompanyCall) -> LegNo {
        let no = LegNo(self.legs.len() as u32);
        call.attach();
        self.names.insert(call.leg().clone(), no);
        self.legs.push(call);
        self.ties.push(Tie::Free);
        self.live.insert(no);
        no
    }

    fn input(
        &mut self,
        now: Mono,
        no: LegNo,
        out: &mut Vec<ExchangeOut>,
        input: impl FnOnce(&mut CompanyCall, &mut Vec<CompanyOut>),
    ) {
        self.with_leg(no, out, input);
        self.settle(now, out);
    }

    /// Does something with one leg, and tags what comes out. Its wishes are read by `settle`.
    fn with_leg<T>(
        &mut self,
        no: LegNo,
        out: &mut Vec<ExchangeOut>,
        input: impl FnOnce(&mut CompanyCall, &mut Vec<CompanyOut>) -> T,
    ) -> Option<T> {
        let mut outs = std::mem::take(&mut self.scratch);
        let leg = self.legs.get_mut(no.0 as usize)?;
        let result = input(leg, &mut outs);
        for item in outs.drain(..) {
            if item == CompanyOut::CallOver {
                self.live.remove(&no);
            }
            out.push((no, item));
        }
        self.scratch = outs;
        self.work.push_back(no);
        Some(result)
    }

    /// Fulfils wishes until there are none.
    fn settle(&mut self, now: Mono, out: &mut Vec<ExchangeOut>) {
        while let Some(no) = self.work.pop_front() {
            let wishes = self.legs[no.0 as usize].take_wishes();
            for wish in wishes {
                self.fulfil(now, no, wish, out);
            }
        }
    }

    /// What a leg said is heard by those it is connected with.
    fn mix(&mut self, no: LegNo) {
        let Some(said) = self.legs[no.0 as usize].take_said() else { return };
        for other in self.others(no) {
            self.legs[other.0 as usize].overhear(&said);
        }
    }

    /// Those with whom a leg is connected, or would be.
    fn others(&self, no: LegNo) -> Vec<LegNo> {
        match &self.ties[no.0 as usize] {
            Tie::Free => Vec::new(),
            Tie::Dialling { bridged, .. } => bridged.iter().map(|(child, _)| *child).collect(),
            Tie::Child { parent } => vec![*parent],
            Tie::Room(room) => {
                self.rooms[*room].members.iter().map(|member| member.leg).filter(|leg| *leg != no).collect()
            }
        }
    }

    fn kit(&self) -> Kit {
        let config = &self.config;
        Kit { phone: config.phone.clone(), company: config.knobs.clone(), capture: config.capture }
    }

    fn violation(&mut self, at: Mono, code: u32, what: impl Into<String>) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { at, code, what: what.into() });
        }
    }
}

const VIOLATIONS_MAX: usize = 256;

#[cfg(test)]
mod tests;
