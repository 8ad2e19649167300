//! What must be true when people are brought in, judged from outside: by the phone company's books and the rows.
//!
//! While the world runs, this only takes notes; `legs`, `rows` and `times` judge them at the end.

mod emergencies;
mod legs;
mod rows;
mod times;
mod truth;

use std::sync::Arc;
use std::time::Duration;

use crate::session::document::Document;
use crate::session::effect::{CarrierEffect, Effect, MediaEffect, ModelEffect, Record, RespondKind, Source};
use crate::sim::carrier::company::CallPlan;
use crate::sim::carrier::exchange::{Dialled, DialledBy, Exchange, ExchangeReport};
use crate::sim::carrier::rest::RestRequest;
use crate::sim::world::gateway::Gateway;
use crate::sim::world::invariants::{Finding, Invariant};
use crate::sim::world::meeting::HELD_MAX;
use crate::sim::world::plan::{Interlude, Settings, TransferPlan};
use crate::types::{LegId, Mono, Prompt};

use rows::Rows;

/// What the caller was sent to hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sound {
    Local(Prompt),
    Model,
    Hold,
}

/// A time from one moment to another; `None`: to the end.
type Span = (Mono, Option<Mono>);

pub(super) struct PeopleWatch {
    findings: Vec<Finding>,
    /// Requests are answered soon, and mean what they say.
    rest_works: bool,
    /// Callbacks of legs and rooms come within half a second, and all of them.
    outage: Option<(Mono, Mono)>,
    numbers: Vec<String>,
    /// Our own limit; emergencies are not under it.
    dials_per_minute_max: u32,
    /// The organization's own words in an emergency, and when the assistant was asked to say them.
    own_sentence: Arc<str>,
    sentence_asked: Vec<Mono>,
    escalation_max: Duration,
    briefing_max: Duration,
    goodbye_max: Duration,
    emergency_open: Duration,
    emergency_again: Duration,
    /// When the gateway began to shut down.
    drained: Option<Mono>,
    /// Longest way of a sound, there and back.
    line: Duration,
    greets: bool,
    sounds: Vec<(Mono, Sound)>,
    /// Documents that send the caller somewhere without a stream.
    sent: Vec<Mono>,
    air: Vec<Span>,
    down: Vec<Span>,
    /// Legs by the attempt that they were created for.
    created: Vec<(LegId, u32)>,
}

impl PeopleWatch {
    pub(super) fn new(plan: &TransferPlan, call: &CallPlan, settings: &Settings) -> Self {
        let policy = &settings.policy;
        let held = if settings.coincident { HELD_MAX } else { Duration::ZERO };
        let outage = settings.outage.map(|(at, lasts)| (Mono::ZERO + at, Mono::ZERO + at + lasts));
        Self {
            findings: Vec::new(),
            rest_works: plan.rest_works(&call.company),
            outage,
            numbers: plan.numbers(),
            dials_per_minute_max: plan.crew.escalation.dials_per_minute_max,
            own_sentence: plan.crew.people.emergency_sentence.clone(),
            sentence_asked: Vec::new(),
            escalation_max: policy.escalation_max,
            briefing_max: policy.briefing_max,
            goodbye_max: policy.goodbye_max,
            emergency_open: policy.emergency_open,
            emergency_again: policy.emergency_again,
            drained: plan
                .interludes
                .iter()
                .find_map(|(at, what)| matches!(what, Interlude::Drain).then_some(Mono::ZERO + *at)),
            line: (call.phone.uplink.max() + call.phone.downlink.max() + settings.model_delay + held) * 2,
            greets: !settings.greeting.is_empty(),
            sounds: Vec::new(),
            sent: Vec::new(),
            air: Vec::new(),
            down: Vec::new(),
            created: Vec::new(),
        }
    }

    /// Notes what happened in a step.
    pub(super) fn observe(&mut self, now: Mono, gateway: &Gateway, effects: &[Effect]) {
        note(&mut self.air, now, gateway.socket().is_some());
        note(&mut self.down, now, !gateway.is_alive());
        for effect in effects {
            match effect {
                Effect::Media(MediaEffect::Play { source, .. }) => {
                    let sound = match source {
                        Source::Local(prompt) => Sound::Local(*prompt),
                        Source::Model(_) => Sound::Model,
                        Source::Hold => Sound::Hold,
                    };
                    self.sounds.push((now, sound));
                }
                Effect::Answer(document) | Effect::Carrier(_, CarrierEffect::Redirect { document, .. }) => {
                    if matches!(document, Document::Voicemail { .. } | Document::Goodbye(_) | Document::Apologise) {
                        self.sent.push(now);
                    }
                }
                Effect::Model(ModelEffect::Respond { kind: RespondKind::Say(text), .. })
                    if *text == self.own_sentence =>
                {
                    self.sentence_asked.push(now);
                }
                Effect::Media(_) | Effect::Model(_) | Effect::Carrier(..) | Effect::Record(..) => {}
            }
        }
    }

    /// A request was carried out, and these legs came of it.
    pub(super) fn created(&mut self, request: &RestRequest, legs: &[Dialled]) {
        let attempt = request.body.split("%2Ftransfers%2F").nth(1).and_then(|rest| rest.split("%2F").next());
        let no = attempt.and_then(|id| id.rsplit('-').next()).and_then(|no| no.parse().ok());
        if let Some(no) = no {
            let by_request = legs.iter().filter(|leg| leg.by == DialledBy::Request);
            self.created.extend(by_request.map(|leg| (leg.leg.clone(), no)));
        }
    }

    /// The last look.
    pub(super) fn judge(
        mut self,
        now: Mono,
        gateway: &Gateway,
        exchange: &Exchange,
        report: &ExchangeReport,
    ) -> Vec<Finding> {
        let rows = Rows::read(&gateway.records);
        self.judge_rows(now, &rows, gateway);
        self.judge_legs(now, &rows, gateway, report);
        self.judge_rest(now, gateway, exchange);
        self.judge_emergencies(&rows, gateway);
        self.judge_open_lines(now, &rows, gateway);
        self.judge_times(now, &rows, gateway, exchange, report);
        self.judge_truth(now, gateway, report);
        for (at, what) in &gateway.indiscretions {
            self.find(Invariant::Discreet, *at, what.clone());
        }
        let on_legs = report.legs.iter().flat_map(|leg| leg.violations.iter());
        for violation in on_legs.chain(&report.violations) {
            let is_unanswered =
                matches!(violation.code, 11200 | 31902) || violation.what.contains("answered differently");
            if is_unanswered && self.down.iter().any(|(from, _)| *from <= violation.at + BEFORE) {
                // A process that is dead answers nothing.
                continue;
            }
            let what = format!("{} {}", violation.code, violation.what);
            self.find(Invariant::Wire, violation.at, what);
        }
        self.findings
    }

    fn judge_rest(&mut self, now: Mono, gateway: &Gateway, exchange: &Exchange) {
        let (legs, rooms) = (exchange.live_legs(), exchange.live_rooms());
        if !legs.is_empty() || !rooms.is_empty() {
            self.find(Invariant::NoOrphan, now, format!("at rest there are {legs:?} and {rooms:?}"));
        }
        if gateway.is_over() && !gateway.is_at_rest() {
            self.find(Invariant::AtRest, now, "a socket or a request of a call that is over".to_owned());
        }
    }

    /// The gateway's process was dead at some time of this span.
    fn was_down(&self, from: Mono, to: Mono) -> bool {
        overlaps(&self.down, from, to)
    }

    fn was_out(&self, from: Mono, to: Mono) -> bool {
        self.outage.is_some_and(|(began, ended)| began < to && from < ended)
    }

    /// The time on air that holds this moment.
    fn on_air(&self, at: Mono, now: Mono) -> Option<(Mono, Mono)> {
        let holds = |(from, to): &&Span| *from <= at && to.is_none_or(|to| at < to);
        self.air.iter().find(holds).map(|(from, to)| (*from, to.unwrap_or(now)))
    }

    fn find(&mut self, invariant: Invariant, at: Mono, what: String) {
        if self.findings.len() < super::invariants::FINDINGS_MAX {
            self.findings.push(Finding { invariant, at, what });
        }
    }
}

/// An answer may be owed for so long.
const BEFORE: Duration = Duration::from_secs(15);

/// When the call's last record was written.
fn over_at(gateway: &Gateway) -> Option<Mono> {
    gateway.records.iter().find(|(_, record)| matches!(record, Record::Ended(_))).map(|(at, _)| *at)
}

fn overlaps(spans: &[Span], from: Mono, to: Mono) -> bool {
    spans.iter().any(|(began, ended)| *began < to && ended.is_none_or(|ended| from < ended))
}

/// Goes on with a list of spans.
fn note(spans: &mut Vec<Span>, now: Mono, is_so: bool) {
    match spans.last_mut() {
        Some((_, to @ None)) if !is_so => *to = Some(now),
        Some((_, None)) => {}
        _ if is_so => spans.push((now, None)),
        _ => {}
    }
}
