//! One call in virtual time: the phone company, a caller, the model, and everything of the gateway but its sockets.
//!
//! The gateway's own engine, codecs and documents run here; only the shell around them (tasks, sockets, database) is
//! replaced by `gateway`. Time jumps from event to event, so a minute of call takes milliseconds, and one seed gives one
//! history. `invariants` judges it.

mod gateway;
mod invariants;
mod model;
mod plan;

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

pub use invariants::{Finding, Invariant};
pub use plan::{CallerKind, WorldPlan};

use crate::session::effect::{Ending, Line, Record};
use crate::sim::carrier::company::{CompanyCall, CompanyConfig, CompanyOut};
use crate::sim::clock::{Agenda, earlier};
use crate::sim::world::gateway::{Gateway, ToWorld};
use crate::sim::world::invariants::Watch;
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
}

/// One truncation against the truth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Truncation {
    pub said_ms: f64,
    pub played_ms: f64,
    pub tolerance_ms: f64,
}

/// A call between its machines.
pub struct World {
    now: Mono,
    company: CompanyCall,
    gateway: Gateway,
    watch: Watch,
    wire: Agenda<Cargo>,
    company_out: Vec<CompanyOut>,
    trace: DefaultHasher,
}

/// What is under way between the company and the gateway.
enum Cargo {
    ToGateway(CompanyOut),
    ToWorld(ToWorld),
}

impl World {
    pub fn new(plan: WorldPlan) -> Self {
        let config = Arc::new(CompanyConfig::new(gateway::ORIGIN, gateway::account()));
        let (call, settings) = plan.split();
        let watch = Watch::new(&call.phone, &call.company, &settings);
        let company = CompanyCall::new(config, call, settings.rng(1));
        Self {
            now: Mono::ZERO,
            gateway: Gateway::new(settings, company.leg().clone()),
            company,
            watch,
            wire: Agenda::new(),
            company_out: Vec::new(),
            trace: DefaultHasher::new(),
        }
    }

    /// Plays the call to its end and judges it.
    pub fn run(mut self) -> History {
        let mut company_out = std::mem::take(&mut self.company_out);
        self.company.start(self.now, &mut company_out);
        self.company_out = company_out;
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
        let machines = earlier(self.company.next_deadline(), self.gateway.next_deadline());
        earlier(machines, self.wire.next_deadline())
    }

    fn step(&mut self) {
        let mut out = std::mem::take(&mut self.company_out);
        while let Some((_, cargo)) = self.wire.pop_due(self.now) {
            match cargo {
                Cargo::ToGateway(cargo) => self.gateway.receive(self.now, cargo),
                Cargo::ToWorld(cargo) => self.deliver(cargo, &mut out),
            }
        }
        self.company.advance(self.now, &mut out);
        self.company_out = out;
        self.gateway.advance(self.now);
        self.settle();
    }

    /// Passes on what the machines want until none wants anything.
    fn settle(&mut self) {
        loop {
            let mut idle = true;
            for out in std::mem::take(&mut self.company_out) {
                idle = false;
                self.carry(out);
            }
            let wishes: VecDeque<ToWorld> = self.gateway.take_out();
            for wish in wishes {
                idle = false;
                self.fulfil(wish);
            }
            self.watch.observe(self.now, &mut self.gateway, &self.company);
            if idle {
                return;
            }
        }
    }

    fn carry(&mut self, out: CompanyOut) {
        self.note(&format!("{out:?}"));
        match out {
            CompanyOut::Webhook { .. } | CompanyOut::Fetch { .. } | CompanyOut::OpenStream { .. } => {
                self.wire.add(self.now + WEBHOOK_DELAY, Cargo::ToGateway(out));
            }
            CompanyOut::StreamText { .. } | CompanyOut::CloseStream { .. } | CompanyOut::ResetStream { .. } => {
                self.gateway.receive(self.now, out);
            }
            CompanyOut::CallOver => {}
        }
    }

    fn fulfil(&mut self, wish: ToWorld) {
        self.note(&format!("{wish:?}"));
        let delay = match &wish {
            ToWorld::Answer { .. } | ToWorld::StreamOpened { .. } => WEBHOOK_DELAY,
            ToWorld::Rest { .. } => WEBHOOK_DELAY,
            // The phone has a wire of its own.
            ToWorld::Text { .. } | ToWorld::CloseStream { .. } => Duration::ZERO,
        };
        if delay.is_zero() {
            let mut out = std::mem::take(&mut self.company_out);
            self.deliver(wish, &mut out);
            self.company_out = out;
        } else {
            self.wire.add(self.now + delay, Cargo::ToWorld(wish));
        }
    }

    fn deliver(&mut self, cargo: ToWorld, out: &mut Vec<CompanyOut>) {
        match cargo {
            ToWorld::Answer { id, answer } => self.company.webhook_answered(self.now, id, answer, out),
            ToWorld::StreamOpened { socket } => self.company.stream_opened(self.now, socket, out),
            ToWorld::Text { socket, text } => self.company.stream_text(self.now, socket, &text, out),
            ToWorld::CloseStream { socket } => self.company.stream_closed(self.now, socket, out),
            ToWorld::Rest { action, request } => {
                let answer = self.company.rest(self.now, &request, out);
                self.gateway.rest_answered(self.now, action, &answer);
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
        let (findings, truncations) = self.watch.judge(self.now, &self.gateway, self.company);
        History {
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
