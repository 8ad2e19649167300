//! What must be true of every call, whatever the caller, the line and the model do.
//!
//! The watch looks after every step, from outside: at the phone's play-out, the model's books, the records and their
//! order. Numbers follow the reliability notes (I1, I2, ...).

mod cuts;
mod line;
mod model;
mod silence;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) use silence::gaps;

use crate::session::effect::{Effect, Event, Heard, LineOrigin, MediaEffect, ModelEffect, Record, Source};
use crate::sim::carrier::company::{CompanyCall, SocketNo};
use crate::sim::carrier::knobs::{CompanyKnobs, PhoneKnobs};
use crate::sim::carrier::phone::Phone;
use crate::sim::model::ResponseFault;
use crate::sim::world::Truncation;
use crate::sim::world::gateway::Gateway;
use crate::sim::world::invariants::line::Line;
use crate::sim::world::invariants::model::refuses_setting_only;
use crate::sim::world::model::Connection;
use crate::sim::world::plan::Settings;
use crate::types::{ItemId, Mono};

/// What was broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Invariant {
    /// I1: one outcome, soon after the last event.
    OneOutcome,
    /// I2: nothing changes after it.
    FinalOutcome,
    /// I5: acknowledged is durable.
    Durable,
    /// I6: lines are numbered without gaps, once each.
    Numbered,
    /// I7: a cut line holds only what was played.
    HeardOnly,
    /// I9: nothing of a cut item is sent after its clear.
    Cleared,
    /// I10: sound outstanding at the carrier is bounded.
    Outstanding,
    /// I12: the carrier's strict parser is content.
    Wire,
    /// I13: no silence over four seconds at the phone while the assistant owes a word.
    NoSilence,
    /// I19: at most one create is un-answered.
    OneCreate,
    /// A stream that is there is not given up because a request says so.
    StreamKept,
    /// At most one redirect of a leg is un-answered.
    OneRedirect,
    /// A phone is not rung for a call while it rings for it already.
    OneRing,
    /// A caller who talked with a person to the end is written down as such.
    TalkRecorded,
    /// I20: a tool call gets exactly one output.
    OneOutput,
    /// A truncation is never above what was received.
    Truncated,
    /// I13: while somebody is being rung, the caller's phone is never silent for more than fifteen seconds.
    Reassured,
    /// I14: a committed intent precedes every create, and every document that dials.
    Intended,
    /// I14: no leg and no room is left without an owner.
    NoOrphan,
    /// I15: one operator's leg for an attempt.
    OneLeg,
    /// I16: somebody's phone rings, or the fallback's sentence begins, within five seconds.
    RingsSoon,
    /// I16: the final answer comes in time.
    AnswersInTime,
    /// I17: the caller is gone, and so are the operators.
    OperatorReleased,
    /// I17: the operator is gone, and the caller is served again.
    CallerServed,
    /// I17: nobody is connected with a machine.
    NoMachine,
    /// I18: only targets are dialled, and the party of an outbound call.
    OnlyTargets,
    /// In an emergency the organization's sentence comes at once.
    EmergencySaid,
    /// We never end a call whose emergency reached nobody for silence, or for a shutdown while somebody is rung; and the
    /// targets are rung once more.
    LineKept,
    /// An emergency ends with a talk, or with a task that is due at once.
    CalledBack,
    /// A stranger's voicemail hears nothing confidential; a briefing can be read aloud.
    Discreet,
    /// In an emergency, while there is time, no phone is given up for a fault that all phones share.
    ListKept,
    /// No limit of ordinary dials stands in the way of an emergency.
    OwnBudget,
    /// Rows are changed by compare-and-set, and are final when the call is over.
    Rows,
    /// No text makes a pure part of the gateway panic.
    NoPanic,
    /// I29: nothing is held for a call that is over.
    AtRest,
    /// What we say was heard at an interruption is what was played, also after the line stood still.
    TrueToPlayout,
    /// An answer that the server cut is asked for to its end.
    GoesOn,
    /// When nobody could be understood, the model watches for emergencies by itself.
    ToldIfDeaf,
    /// A setting that the model does not know costs no call its assistant.
    Configured,
}

/// One broken invariant.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub invariant: Invariant,
    pub at: Mono,
    pub what: String,
}

/// From the end of the phone call to the end of ours.
const END_MAX: Duration = Duration::from_secs(60);

/// A tool call this old must have been answered.
const ANSWER_MAX: Duration = Duration::from_secs(3);

pub(super) struct Watch {
    findings: Vec<Finding>,
    line: Line,
    /// Sound as we sent it: socket, source, index of the first byte, bytes.
    sent: Vec<(SocketNo, Source, u64, u64)>,
    cursor: BTreeMap<u32, u64>,
    /// Clears as we sent them: which of its socket, and when.
    clears: Vec<(SocketNo, usize, Mono)>,
    cut: BTreeSet<ItemId>,
    /// What we said was heard at a clear: which one, item, milliseconds.
    said: Vec<(usize, ItemId, u32)>,
    tools: BTreeMap<String, Mono>,
    ended_at: Option<Mono>,
    records_seen: usize,
    restarts: u32,
    end_max: Duration,
    /// People may be brought in: streams come and go, and so does the process.
    people: bool,
    swallowed: bool,
    expects_greeting: bool,
    /// The only thing that the model may refuse is a setting that a call can do without.
    refuses_setting_only: bool,
}

impl Watch {
    pub(super) fn new(phone: &PhoneKnobs, company: &CompanyKnobs, settings: &Settings) -> Self {
        let faults = &settings.model.on_response;
        Self {
            findings: Vec::new(),
            line: Line::of(phone, settings),
            sent: Vec::new(),
            cursor: BTreeMap::new(),
            clears: Vec::new(),
            cut: BTreeSet::new(),
            said: Vec::new(),
            tools: BTreeMap::new(),
            ended_at: None,
            records_seen: 0,
            restarts: 0,
            end_max: end_max(company, settings),
            people: settings.crew.is_some(),
            swallowed: faults.iter().any(|(_, fault)| matches!(fault, ResponseFault::Swallowed)),
            refuses_setting_only: refuses_setting_only(&settings.model),
            expects_greeting: !settings.greeting.is_empty() || !settings.disclosure.is_empty(),
        }
    }

    /// Looks at everything after a step.
    pub(super) fn observe(&mut self, now: Mono, gateway: &Gateway, effects: &[Effect], company: Option<&CompanyCall>) {
        let socket = gateway.socket();
        for effect in effects {
            self.effect(now, socket, effect);
        }
        if gateway.restarts > self.restarts {
            self.restarts = gateway.restarts;
            self.records_seen = self.records_seen.min(gateway.records.len());
            let is_end = |(_, record): &(Mono, Record)| matches!(record, Record::Ended(_));
            self.ended_at = self.ended_at.filter(|_| gateway.records.iter().any(is_end));
        }
        if gateway.acknowledged > gateway.durable {
            self.find(Invariant::Durable, now, "a record was acknowledged before it was on disk");
        }
        for (_, record) in &gateway.records[self.records_seen..] {
            if self.ended_at.is_some() {
                let what = format!("a record after the last one: {record:?}");
                self.findings.push(Finding { invariant: Invariant::FinalOutcome, at: now, what });
            }
            if matches!(record, Record::Ended(_)) {
                self.ended_at = Some(now);
            }
            if let Record::Event(Event::PartFailed { part }) = record {
                let what = format!("{part} panicked");
                self.findings.push(Finding { invariant: Invariant::NoPanic, at: now, what });
            }
            let is_told = matches!(record, Record::Event(Event::StreamDetached { cause: "stopped" }));
            let is_open = |company: &CompanyCall| company.streams().last().is_some_and(Phone::is_open);
            if is_told && company.is_some_and(is_open) {
                let what = "a stream that is there counts as ended".to_owned();
                self.findings.push(Finding { invariant: Invariant::StreamKept, at: now, what });
            }
        }
        self.records_seen = gateway.records.len();
        if let Some(connection) = gateway.connection() {
            for (call, _) in connection.model().ledger().calls.iter().skip(self.tools.len()) {
                self.tools.entry(call.clone()).or_insert(now);
            }
        }
        if let Some(company) = company {
            self.outstanding(now, company);
        }
    }

    /// Time stands still, or the call goes on for ever.
    pub(super) fn never_ends(&mut self, now: Mono) {
        self.find(Invariant::OneOutcome, now, "the call never ends, or time stands still");
    }

    /// The last look, when nothing can happen any more.
    pub(super) fn judge(
        mut self,
        now: Mono,
        gateway: &Gateway,
        company: Option<&CompanyCall>,
    ) -> (Vec<Finding>, Vec<Truncation>) {
        self.judge_end(now, gateway, company);
        self.judge_model(now, gateway);
        self.judge_setting(now, gateway);
        self.judge_deafness(now, gateway);
        let Some(company) = company else {
            return (self.findings, Vec::new());
        };
        self.judge_lines(now, gateway, company);
        self.judge_wire(company);
        if !self.people {
            self.judge_silence(company, gateway);
            self.judge_cuts(now, gateway, company);
        }
        let truncations = self.truncations(company);
        self.judge_truncations(now, &truncations);
        (self.findings, truncations)
    }

    fn effect(&mut self, now: Mono, socket: Option<SocketNo>, effect: &Effect) {
        match effect {
            Effect::Media(MediaEffect::Play { source, frame }) => {
                if let Source::Model(item) = source
                    && self.cut.contains(item)
                {
                    self.find(Invariant::Cleared, now, "sound of a cut item after its clear");
                }
                if let Some(socket) = socket {
                    let cursor = self.cursor.entry(socket.0).or_default();
                    self.sent.push((socket, source.clone(), *cursor, frame.len() as u64));
                    *cursor += frame.len() as u64;
                }
            }
            Effect::Media(MediaEffect::Clear) => {
                if let Some(socket) = socket {
                    let nth = self.clears.iter().filter(|(of, _, _)| *of == socket).count();
                    self.clears.push((socket, nth, now));
                }
            }
            Effect::Model(ModelEffect::Truncate { item, heard, .. }) => {
                if let Some((index, _)) = self.clears.iter().enumerate().next_back().filter(|(_, clear)| clear.2 == now)
                {
                    self.cut.insert(item.clone());
                    self.said.push((index, item.clone(), heard.0));
                }
            }
            Effect::Media(MediaEffect::Mark(_) | MediaEffect::Close)
            | Effect::Model(_)
            | Effect::Carrier(..)
            | Effect::Answer(_)
            | Effect::Record(..) => {}
        }
    }

    fn outstanding(&mut self, now: Mono, company: &CompanyCall) {
        let Some(phone) = company.streams().last().filter(|phone| phone.is_open()) else {
            return;
        };
        let stall = phone.knobs().stall.map_or(Duration::ZERO, |(_, lasts)| lasts);
        let max = Duration::from_secs(2) + self.line.down + self.line.up + stall + Duration::from_millis(200);
        let buffered = Duration::from_micros(phone.playout().buffered() * 125);
        if buffered > max {
            let what = format!("{buffered:?} are buffered at the carrier");
            self.find(Invariant::Outstanding, now, &what);
        }
    }

    fn judge_end(&mut self, now: Mono, gateway: &Gateway, company: Option<&CompanyCall>) {
        if !gateway.was_opened() {
            return;
        }
        let endings = gateway.records.iter().filter(|(_, record)| matches!(record, Record::Ended(_))).count();
        if endings != 1 || !gateway.is_over() {
            let what = format!("{endings} outcomes, over: {}", gateway.is_over());
            self.find(Invariant::OneOutcome, now, &what);
        }
        let late = self.ended_at.zip(company.and_then(CompanyCall::ended)).map(|(ours, theirs)| ours.since(theirs.at));
        if late.is_some_and(|late| late > self.end_max) {
            let what = format!("the outcome came {late:?} after the end");
            self.find(Invariant::OneOutcome, now, &what);
        }
    }

    fn judge_lines(&mut self, now: Mono, gateway: &Gateway, company: &CompanyCall) {
        let lines = gateway.lines();
        let numbers: Vec<u32> = lines.iter().map(|line| line.seq).collect();
        if numbers != (0..numbers.len() as u32).collect::<Vec<_>>() && gateway.is_over() {
            self.find(Invariant::Numbered, now, &format!("numbers of the lines: {numbers:?}"));
        }
        if lines.iter().any(|line| line.start > line.end) {
            self.find(Invariant::Numbered, now, "a line ends before it begins");
        }
        // Of a line that loses marks and stands still nobody knows what was heard.
        if self.line.stalls && (!self.line.stalls_little || self.line.marks_doubtful) {
            return;
        }
        for line in &lines {
            let (Heard::Cut { heard, .. }, LineOrigin::Item(item)) = (line.heard, &line.origin) else {
                continue;
            };
            let played = self.played_ms(&Source::Model(item.clone()), company);
            if f64::from(heard.0) > played + self.tolerance_ms() + self.unheard_of_ms() {
                let what = format!("{} ms are said to be heard of {item}, {played} were played", heard.0);
                self.find(Invariant::HeardOnly, now, &what);
            }
        }
    }

    fn judge_wire(&mut self, company: &CompanyCall) {
        let on_streams = company.streams().iter().flat_map(Phone::violations);
        let outside = company.violations().iter().filter(|violation| (12_000..13_000).contains(&violation.code));
        let found: Vec<_> = on_streams.chain(outside).cloned().collect();
        for violation in found {
            self.find(Invariant::Wire, violation.at, &violation.what);
        }
    }

    fn find(&mut self, invariant: Invariant, at: Mono, what: &str) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { invariant, at, what: what.to_owned() });
        }
    }
}

/// A lost word about the caller is noticed when the call wants something of them, or a timer does: a message to a machine
/// is given ninety seconds. Where no request is ever answered, a talk is taken for over when the carrier must have ended
/// it.
fn end_max(company: &CompanyKnobs, settings: &Settings) -> Duration {
    let rest = &company.rest;
    let never_answers = rest.limited.max(rest.unavailable).max(rest.unauthorized) >= 1000;
    match settings.crew {
        None => END_MAX,
        Some(_) if never_answers => END_MAX * 2 + settings.policy.bridge_max,
        Some(_) => END_MAX * 2,
    }
}

pub(super) const FINDINGS_MAX: usize = 100;
