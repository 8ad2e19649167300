//! One call in virtual time: the phone company, a caller, the model, and everything of the gateway but its sockets.
//!
//! The gateway's own engine, codecs and documents run here; only the shell around them (tasks, sockets, database) is
//! replaced by `gateway`. Time jumps from event to event, so a minute of call takes milliseconds, and one seed gives one
//! history. `invariants` judges it. What happens at one instant happens in an order that dice decide; `meeting` sees to it
//! that sound and deadlines meet often.

mod carrier;
mod gateway;
mod invariants;
mod meeting;
mod model;
mod people;
pub mod plan;

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

pub use invariants::{Finding, Invariant};
pub use plan::{CallerKind, Interlude, TransferPlan, WorldPlan};

use crate::session::effect::{Ending, Line, Record};
use crate::sim::carrier::company::{CompanyCall, CompanyConfig, CompanyOut};
use crate::sim::carrier::exchange::{Exchange, ExchangeOut, ExchangeReport, LegNo};
use crate::sim::carrier::rest::RestRequest;
use crate::sim::clock::{Agenda, earlier};
use crate::sim::world::carrier::Carrier;
use crate::sim::world::gateway::{Gateway, ToWorld};
use crate::sim::world::invariants::Watch;
use crate::sim::world::meeting::Meeting;
use crate::sim::world::people::PeopleWatch;
use crate::types::Mono;

/// The longest history; every call must be over long before.
const WORLD_MAX: Duration = Duration::from_secs(1800);

/// Steps at one instant; more means that somebody waits for a time that has passed.
const STEPS_AT_ONCE_MAX: u32 = 20_000;

/// From one end to the other inside the gateway's own network.
const WEBHOOK_DELAY: Duration = Duration::from_millis(3);

/// What a world came to.
pub struct History {
    pub findings: Vec<Finding>,
    /// Changes with every text, record and action, and with their times.
    pub trace: u64,
    pub records: Vec<(Mono, Record)>,
    pub lines: Vec<Line>,
    pub ending: Option<Ending>,
    /// For each barge-in: what we said was heard, what the phone had played of the item when the clear arrived, and how
    /// far apart the two may be for the delays of this line. Milliseconds.
    pub truncations: Vec<Truncation>,
    pub lasted: Mono,
    /// Both directions of the model's connection, as the checker reads them, if asked for.
    pub recording: String,
    /// The phone company's books, if people could be brought in.
    pub exchange: Option<ExchangeReport>,
    /// Requests to the phone company, and documents for it with their contexts; for the checkers.
    pub requests: Vec<RestRequest>,
    pub documents: Vec<(&'static str, String)>,
    /// What was asked of the phone company and what the gateway was told about legs, in words.
    pub notes: Vec<(Mono, String)>,
}

/// One truncation against the truth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Truncation {
    pub said_ms: f64,
    pub played_ms: f64,
    pub tolerance_ms: f64,
    /// The clear was held up by a line that stood still, and the phone played on for so long.
    pub late_ms: f64,
}

/// A call between its machines.
pub struct World {
    now: Mono,
    carrier: Carrier,
    gateway: Gateway,
    watch: Watch,
    people: Option<PeopleWatch>,
    interludes: Agenda<Interlude>,
    wire: Agenda<Cargo>,
    meeting: Meeting,
    carrier_out: Vec<ExchangeOut>,
    requests: Vec<RestRequest>,
    trace: DefaultHasher,
}

/// What is under way between the company and the gateway.
enum Cargo {
    ToGateway(LegNo, CompanyOut),
    ToWorld(ToWorld),
}

impl World {
    /// A world whose call has begun: somebody dials, or staff place it.
    pub fn new(plan: WorldPlan) -> Self {
        let config = CompanyConfig::new(gateway::ORIGIN, gateway::account());
        let (call, settings, transfer) = plan.split();
        let watch = Watch::new(&call.phone, &call.company, &settings);
        let people = transfer.as_ref().map(|transfer| PeopleWatch::new(transfer, &call, &settings));
        let mut interludes = Agenda::new();
        for (at, interlude) in transfer.iter().flat_map(|transfer| &transfer.interludes) {
            interludes.add(Mono::ZERO + *at, interlude.clone());
        }
        let mut out = Vec::new();
        let is_placed = transfer.as_ref().is_some_and(|transfer| transfer.crew.outbound);
        let carrier = match transfer {
            None => {
                let mut leg = CompanyCall::new(Arc::new(config), call, settings.rng(1));
                let mut outs = Vec::new();
                leg.start(Mono::ZERO, &mut outs);
                out.extend(outs.into_iter().map(|item| (carrier::CALLER, item)));
                Carrier::Leg(leg)
            }
            Some(transfer) => {
                let mut exchange = Exchange::new(transfer.config(config), settings.rng(1));
                for (number, person) in transfer.persons {
                    exchange.add_person(&number, person);
                }
                if !is_placed {
                    exchange.place_call(Mono::ZERO, call, &mut out);
                }
                Carrier::Exchange(exchange)
            }
        };
        let leg = carrier.caller().map(|leg| leg.leg().clone());
        let meeting = Meeting::new(settings.rng(7), settings.coincident);
        let mut gateway = Gateway::new(settings, leg);
        if is_placed {
            gateway.place(Mono::ZERO);
        }
        Self {
            now: Mono::ZERO,
            gateway,
            carrier,
            watch,
            people,
            interludes,
            wire: Agenda::new(),
            meeting,
            carrier_out: out,
            requests: Vec::new(),
            trace: DefaultHasher::new(),
        }
    }

    /// Plays the call to its end and judges it.
    pub fn run(mut self) -> History {
        self.settle();
        let mut at_once = 0;
        while let Some(next) = self.next_time() {
            at_once = if next > self.now { 0 } else { at_once + 1 };
            if at_once > STEPS_AT_ONCE_MAX || next > Mono::ZERO + WORLD_MAX {
                self.watch.never_ends(self.now);
                break;
            }
            self.now = next.max(self.now);
            self.step();
        }
        self.finish()
    }

    fn next_time(&self) -> Option<Mono> {
        let machines = earlier(self.carrier.next_deadline(), self.gateway.next_deadline());
        earlier(earlier(machines, self.wire.next_deadline()), self.interludes.next_deadline())
    }

    fn step(&mut self) {
        let mut out = std::mem::take(&mut self.carrier_out);
        while let Some((_, interlude)) = self.interludes.pop_due(self.now) {
            match interlude {
                Interlude::Staff(input) => self.gateway.staff(self.now, input),
                Interlude::Drain => self.gateway.drain(self.now),
                Interlude::Crash => self.gateway.crash(),
                Interlude::Return => self.gateway.come_back(self.now),
            }
        }
        // At one instant either may come first: what arrives, or what the gateway does of itself.
        let gateway_first = self.meeting.gateway_first();
        if gateway_first {
            self.gateway.advance(self.now);
        }
        while let Some((_, cargo)) = self.wire.pop_due(self.now) {
            match cargo {
                Cargo::ToGateway(leg, cargo) => self.gateway.receive(self.now, leg, cargo),
                Cargo::ToWorld(cargo) => self.deliver(cargo, &mut out),
            }
        }
        self.carrier.advance(self.now, &mut out);
        self.carrier_out = out;
        if !gateway_first {
            self.settle();
            self.gateway.advance(self.now);
        }
        self.settle();
    }

    /// Passes on what the machines want until none wants anything.
    fn settle(&mut self) {
        loop {
            let mut idle = true;
            for (leg, out) in std::mem::take(&mut self.carrier_out) {
                idle = false;
                self.carry(leg, out);
            }
            let wishes: VecDeque<ToWorld> = self.gateway.take_out();
            for wish in wishes {
                idle = false;
                self.fulfil(wish);
            }
            let effects = self.gateway.take_effects();
            if let Some(people) = &mut self.people {
                people.observe(self.now, &self.gateway, &effects);
            }
            self.watch.observe(self.now, &self.gateway, &effects, self.carrier.caller());
            if idle {
                return;
            }
        }
    }

    fn carry(&mut self, leg: LegNo, out: CompanyOut) {
        self.note(&format!("{out:?}"));
        match out {
            CompanyOut::Webhook { .. } | CompanyOut::Fetch { .. } | CompanyOut::OpenStream { .. } => {
                self.wire.add(self.now + WEBHOOK_DELAY, Cargo::ToGateway(leg, out));
            }
            CompanyOut::StreamText { .. } | CompanyOut::CloseStream { .. } | CompanyOut::ResetStream { .. } => {
                match self.meeting.arrival(self.now, self.gateway.deadline()) {
                    at if at > self.now => self.wire.add(at, Cargo::ToGateway(leg, out)),
                    _ => self.gateway.receive(self.now, leg, out),
                }
            }
            CompanyOut::CallOver => {}
        }
    }

    fn fulfil(&mut self, wish: ToWorld) {
        self.note(&format!("{wish:?}"));
        match &wish {
            ToWorld::Answer { .. }
            | ToWorld::NoAnswer { .. }
            | ToWorld::StreamOpened { .. }
            | ToWorld::StreamRefused { .. }
            | ToWorld::Rest { .. } => self.wire.add(self.now + WEBHOOK_DELAY, Cargo::ToWorld(wish)),
            // The phone has a wire of its own.
            ToWorld::Text { .. } | ToWorld::CloseStream { .. } => {
                let mut out = std::mem::take(&mut self.carrier_out);
                self.deliver(wish, &mut out);
                self.carrier_out = out;
            }
        }
    }

    fn deliver(&mut self, cargo: ToWorld, out: &mut Vec<ExchangeOut>) {
        let (now, carrier) = (self.now, &mut self.carrier);
        match cargo {
            ToWorld::Answer { leg, id, answer } => carrier.webhook_answered(now, leg, id, answer, out),
            ToWorld::NoAnswer { leg, id, failure } => carrier.webhook_failed(now, leg, id, failure, out),
            ToWorld::StreamOpened { leg, socket } => carrier.stream_opened(now, leg, socket, out),
            ToWorld::StreamRefused { leg, socket } => carrier.stream_refused(now, leg, socket, out),
            ToWorld::Text { socket, text } => carrier.stream_text(now, socket, &text, out),
            ToWorld::CloseStream { socket } => carrier.stream_closed(now, socket, out),
            ToWorld::Rest { no, request } => {
                let legs_before = carrier.exchange().map_or(0, |exchange| exchange.dialled().len());
                let answer = carrier.rest(now, &request, out);
                if let (Some(people), Some(exchange)) = (&mut self.people, carrier.exchange()) {
                    people.created(&request, &exchange.dialled()[legs_before..]);
                    self.requests.push(request);
                }
                self.gateway.rest_answered(now, no, &answer);
            }
        }
    }

    fn note(&mut self, text: &str) {
        (self.now, text).hash(&mut self.trace);
    }

    fn finish(mut self) -> History {
        for (at, record) in &self.gateway.records {
            (at, format!("{record:?}")).hash(&mut self.trace);
        }
        let lines = self.gateway.lines();
        let (mut findings, truncations) = self.watch.judge(self.now, &self.gateway, self.carrier.caller());
        let exchange = self.carrier.exchange();
        let report = exchange.map(Exchange::report);
        if let (Some(people), Some(exchange), Some(report)) = (self.people, exchange, &report) {
            findings.extend(people.judge(self.now, &self.gateway, exchange, report));
        }
        let legs = exchange.into_iter().flat_map(|exchange| (0..).map_while(|no| exchange.leg(LegNo(no))));
        let documents = legs.flat_map(|leg| leg.webhooks().iter());
        let documents = documents.filter(|log| !log.body.is_empty());
        let asked = self.gateway.asked.iter().map(|asked| (asked.at, format!("asks {:?}", asked.for_what)));
        let learned = self.gateway.learned.iter().map(|(at, learned)| (*at, format!("learns {learned:?}")));
        History {
            notes: asked.chain(learned).collect(),
            documents: documents.filter_map(|log| Some((log.context?, log.body.clone()))).collect(),
            requests: self.requests,
            exchange: report,
            findings,
            trace: self.trace.finish(),
            ending: self.gateway.ending(),
            lines,
            truncations,
            lasted: self.now,
            recording: self.gateway.take_recording(),
            records: self.gateway.records,
        }
    }
}
