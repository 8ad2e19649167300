//! A switchboard whose every port is a fake that the test holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use switchboard::audio::prompts;
use switchboard::calls::{CallLimits, CallsPorts, CallsSettings, Clock, Reading, Switchboard};
use switchboard::dialling::Ceiling;
use switchboard::ports::door::{Answer, Claim, Door as _, Refusal, Ring};
use switchboard::ports::store::CallRow;
use switchboard::session::document::Document;
use switchboard::session::effect::{Ending, Record};
use switchboard::session::input::Question;
use switchboard::session::policy::{People, Policy, Reachable};
use switchboard::telemetry::Troubles;
use switchboard::types::org::{AudioFormat, Organization, WeekHours};
use switchboard::types::{CallId, Caller, Direction, LegId, OpenHours, Outcome, Phase, Reason, Secret, StreamId, Wall};
use tokio::time::{Instant, sleep};

pub(crate) use super::ends::*;
pub(crate) use super::fakes::{FakeCarrier, FakeHistory, FakeOrgs, FakeTransfers};
pub(crate) use super::journal::FakeJournal;

/// A switchboard and what it was given.
pub(crate) struct World {
    pub(crate) board: Arc<Switchboard>,
    pub(crate) journal: Arc<FakeJournal>,
    pub(crate) history: Arc<FakeHistory>,
    pub(crate) carrier: Arc<FakeCarrier>,
    pub(crate) orgs: Arc<FakeOrgs>,
    pub(crate) connector: Arc<FakeConnector>,
    pub(crate) transfers: Arc<FakeTransfers>,
    pub(crate) troubles: Troubles,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_limits(CallLimits::default())
    }

    pub(crate) fn with_limits(limits: CallLimits) -> Self {
        let journal = Arc::new(FakeJournal::default());
        let history = Arc::new(FakeHistory::default());
        let carrier = Arc::new(FakeCarrier::default());
        let orgs = Arc::new(FakeOrgs::default());
        let connector = Arc::new(FakeConnector::default());
        let transfers = Arc::new(FakeTransfers::default());
        let troubles = Troubles::detached();
        let ports = CallsPorts {
            clock: Arc::new(TestClock(Instant::now())),
            orgs: Arc::clone(&orgs) as _,
            journal: Arc::clone(&journal) as _,
            history: Arc::clone(&history) as _,
            transfers: Arc::clone(&transfers) as _,
            carrier: Arc::clone(&carrier) as _,
            connector: Arc::clone(&connector) as _,
            troubles: troubles.clone(),
        };
        let board = Switchboard::new(settings(limits), ports);
        Self { board, journal, history, carrier, orgs, connector, transfers, troubles }
    }

    /// Rings from a number of its own for each leg.
    pub(crate) async fn ring(&self, n: u32) -> Answer {
        self.ring_from(n, &format!("+1555000{n:04}")).await
    }

    pub(crate) async fn ring_from(&self, n: u32, caller: &str) -> Answer {
        self.board.ring(ring(n, caller)).await
    }

    /// Rings and returns the ticket.
    pub(crate) async fn open(&self, n: u32) -> String {
        ticket(&self.ring(n).await)
    }

    /// Rings, claims and attaches a quiet stream.
    pub(crate) async fn on_air(&self, n: u32) -> Peer {
        let ticket = self.open(n).await;
        let claim = self.claim(&ticket, n);
        let (link, peer) = media_link(n);
        self.board.attach(claim, link).unwrap();
        peer
    }

    /// What the carrier is answered when the stream has ended, and the ticket of a new one.
    pub(crate) async fn after_stream(&self, n: u32) -> (Document, Option<Secret>) {
        let script = self.board.ask(&leg(n), Question::AfterStream).await.expect("an answer");
        (script.document, script.ticket)
    }

    pub(crate) fn claim(&self, ticket: &str, n: u32) -> Claim {
        self.board.claim(ticket, &leg(n)).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn live(&self) -> usize {
        self.board.live().len()
    }

    /// Waits, in virtual time, until no call is live and no task of a call is left.
    pub(crate) async fn quiet(&self, max: Duration) {
        let began = Instant::now();
        while self.live() > 0 || self.board.task_count() > 0 {
            assert!(began.elapsed() <= max, "{} calls, {} tasks", self.live(), self.board.task_count());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The only live call.
    pub(crate) fn call(&self) -> CallId {
        let live = self.board.live();
        assert_eq!(live.len(), 1, "{live:?}");
        live[0].call
    }

    /// Lets everything happen that is due within a moment.
    pub(crate) async fn settle(&self) {
        sleep(Duration::from_millis(50)).await;
    }

    /// The one ending of the one call of this leg.
    pub(crate) fn ending(&self, n: u32) -> Ending {
        let records = self.journal.records_of_leg(n);
        let endings: Vec<Ending> = records.iter().filter_map(as_ending).collect();
        assert_eq!(endings.len(), 1, "{records:?}");
        assert!(matches!(records.last(), Some(Record::Ended(_))), "{records:?}");
        endings[0]
    }
}

pub(crate) fn as_ending(record: &Record) -> Option<Ending> {
    let Record::Ended(ending) = record else { return None };
    Some(*ending)
}

pub(crate) fn ticket(answer: &Answer) -> String {
    match answer {
        Answer::Connect { ticket } => ticket.expose().to_owned(),
        Answer::Refuse { refusal, .. } => panic!("refused: {refusal:?}"),
        Answer::Follow(_) => panic!("connected directly"),
        Answer::AskAgain => panic!("asked again"),
        Answer::HangUp => panic!("hung up"),
    }
}

pub(crate) fn refusal(answer: &Answer) -> Option<Refusal> {
    match answer {
        Answer::Refuse { refusal, .. } => Some(*refusal),
        Answer::Connect { .. } | Answer::Follow(_) | Answer::AskAgain | Answer::HangUp => None,
    }
}

pub(crate) fn leg(n: u32) -> LegId {
    format!("CA{n:032x}").parse().unwrap()
}

pub(crate) fn stream_id(n: u32) -> StreamId {
    format!("MZ{n:032x}").parse().unwrap()
}

pub(crate) fn ring(n: u32, caller: &str) -> Ring {
    Ring { leg: leg(n), caller: Caller::parse(caller), dialled: Some("+15551234567".parse().unwrap()), guess: None }
}

/// A call that an earlier process left open.
pub(crate) fn open_row(n: u32) -> CallRow {
    CallRow {
        id: CallId(uuid::Uuid::from_u128(u128::from(n))),
        org: "demo".parse().unwrap(),
        leg: Some(leg(n)),
        caller: None,
        dialled: None,
        direction: Direction::Inbound,
        channel: switchboard::types::Channel::Phone,
        started_at: Wall(WALL_START - 90_000_000),
        ended_at: None,
        status: switchboard::types::Status::InProgress,
        escalated: false,
        phase: Phase::Intake,
        outcome: None,
        reason: None,
        cost_micro_usd: 0,
    }
}

/// Everybody is there at all hours.
fn people(org: &Organization, _: Wall) -> People {
    let targets = org.escalation.targets.iter().map(|target| Reachable {
        id: target.id.clone(),
        name: target.name.as_str().into(),
        ring: target.ring,
        hours: OpenHours::Always,
    });
    // Whoever keeps hours is closed for good.
    let hours = if org.hours == WeekHours::Always { OpenHours::Always } else { OpenHours::Spans([].into()) };
    People { targets: targets.collect(), hours, ..People::nobody() }
}

fn settings(limits: CallLimits) -> CallsSettings {
    CallsSettings {
        limits,
        dialling: Ceiling::default(),
        policy: Policy::default(),
        model: "model".to_owned(),
        transcribe_model: "transcribe".to_owned(),
        voice: "voice".to_owned(),
        format: AudioFormat::Pcmu,
        safety_salt: Secret::new("salt"),
        instructions: |org, _| format!("You answer for {}.", org.name),
        moments: |_, _| Vec::new(),
        settle_dates: |_, _, _| {},
        tools: |_| Vec::new(),
        prompts: prompts::for_language,
        hold: prompts::hold,
        people,
        render: |_| "{}".to_owned(),
    }
}

/// Where the tests' wall clock begins.
pub(crate) const WALL_START: i64 = 1_800_000_000_000_000;

struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Reading {
        let passed = self.0.elapsed().as_micros() as u64;
        Reading { monotonic_us: passed, wall: Wall(WALL_START + passed as i64) }
    }
}

/// Outcome and reason, to compare.
pub(crate) const fn fate(ending: Ending) -> (Outcome, Reason) {
    (ending.outcome, ending.reason)
}
