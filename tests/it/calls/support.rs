//! A switchboard whose every port is a fake that the test holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{Stream, sink, stream};
use switchboard::audio::prompts;
use switchboard::calls::{CallLimits, CallsPorts, CallsSettings, Clock, Reading, Switchboard};
use switchboard::ports::carrier::{Carrier, CarrierError, DialOrder, FoundLeg, Script};
use switchboard::ports::door::{Answer, Claim, Door as _, Refusal, Ring};
use switchboard::ports::link::{LinkError, Texts};
use switchboard::ports::media::{EncodeMedia, MediaCommand, MediaEvent, MediaLink};
use switchboard::ports::model::{EncodeModel, ModelCommand, ModelConnector, ModelEvent, ModelLink, ModelSetup};
use switchboard::ports::store::{
    CallDetail, CallRow, Entry, History, Journal, JournalFull, OrgLookup, Receipt, ReceiptSender, StoreError,
};
use switchboard::session::document::Document;
use switchboard::session::effect::{Ending, Record, RecordId};
use switchboard::session::input::{LegStatus, LostCause, ModelInput, Question};
use switchboard::session::policy::{Past, Policy};
use switchboard::types::org::{
    AudioFormat, EscalationSettings, Organization, OutboundSettings, SafetySettings, SilenceSteps, TurnDetection,
    WeekHours,
};
use switchboard::types::{
    CallId, Caller, Direction, LegId, OrgId, Outcome, Phase, PhoneNumber, Reason, RoomId, Secret, StreamId, Wall,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// A switchboard and what it was given.
pub(crate) struct World {
    pub(crate) board: Arc<Switchboard>,
    pub(crate) journal: Arc<FakeJournal>,
    pub(crate) history: Arc<FakeHistory>,
    pub(crate) carrier: Arc<FakeCarrier>,
    pub(crate) orgs: Arc<FakeOrgs>,
    pub(crate) connector: Arc<FakeConnector>,
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
        let ports = CallsPorts {
            clock: Arc::new(TestClock(Instant::now())),
            orgs: Arc::clone(&orgs) as _,
            journal: Arc::clone(&journal) as _,
            history: Arc::clone(&history) as _,
            carrier: Arc::clone(&carrier) as _,
            connector: Arc::clone(&connector) as _,
        };
        let board = Switchboard::new(settings(limits), ports);
        Self { board, journal, history, carrier, orgs, connector }
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
        Answer::Refuse(refusal) => panic!("refused: {refusal:?}"),
        Answer::HangUp => panic!("hung up"),
    }
}

pub(crate) fn refusal(answer: &Answer) -> Option<Refusal> {
    match answer {
        Answer::Refuse(refusal) => Some(*refusal),
        Answer::Connect { .. } | Answer::HangUp => None,
    }
}

pub(crate) fn leg(n: u32) -> LegId {
    format!("CA{n:032x}").parse().unwrap()
}

pub(crate) fn stream_id(n: u32) -> StreamId {
    format!("MZ{n:032x}").parse().unwrap()
}

pub(crate) fn ring(n: u32, caller: &str) -> Ring {
    Ring { leg: leg(n), caller: Caller::parse(caller), dialled: Some("+15551234567".parse().unwrap()) }
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

fn settings(limits: CallLimits) -> CallsSettings {
    CallsSettings {
        limits,
        policy: Policy::default(),
        model: "model".to_owned(),
        transcribe_model: "transcribe".to_owned(),
        voice: "voice".to_owned(),
        format: AudioFormat::Pcmu,
        safety_salt: Secret::new("salt"),
        instructions: |org| format!("You answer for {}.", org.name),
        tools: |_| Vec::new(),
        prompts: prompts::for_language,
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

/// The far end of a media stream. Dropping it ends the stream.
pub(crate) struct Peer {
    pub(crate) events: mpsc::Sender<MediaEvent>,
    pub(crate) sent: Arc<Mutex<Vec<MediaCommand>>>,
}

impl Peer {
    pub(crate) fn frames(&self) -> Vec<Vec<u8>> {
        let sent = self.sent.lock().unwrap();
        let frames = sent.iter().filter_map(|command| match command {
            MediaCommand::Frame(audio) => Some(audio.bytes().to_vec()),
            MediaCommand::Mark(_) | MediaCommand::Clear => None,
        });
        frames.collect()
    }
}

pub(crate) fn media_link(n: u32) -> (MediaLink, Peer) {
    let (events, mut receiver) = mpsc::channel(256);
    let sent = Arc::<Mutex<Vec<MediaCommand>>>::default();
    let peer = Peer { events, sent: Arc::clone(&sent) };
    (link_with(n, stream::poll_fn(move |cx| receiver.poll_recv(cx)), sent), peer)
}

/// A stream whose decoder panics at the first event.
pub(crate) fn panicking_link(n: u32) -> MediaLink {
    link_with(n, stream::poll_fn(|_| panic!("planted")), Arc::default())
}

/// A stream that always has something to say.
pub(crate) fn flooding_link(n: u32) -> MediaLink {
    link_with(n, stream::repeat(MediaEvent::Digit('1')), Arc::default())
}

fn link_with(
    n: u32,
    events: impl Stream<Item = MediaEvent> + Send + 'static,
    sent: Arc<Mutex<Vec<MediaCommand>>>,
) -> MediaLink {
    MediaLink { stream: stream_id(n), events: Box::pin(events), texts: swallow(), encode: Box::new(Keep(sent)) }
}

/// A socket that takes everything; what matters was kept by the encoder.
fn swallow() -> Texts {
    Box::pin(sink::unfold((), |(), _: String| async { Ok::<(), LinkError>(()) }))
}

struct Keep<T>(Arc<Mutex<Vec<T>>>);

impl EncodeMedia for Keep<MediaCommand> {
    fn encode(&mut self, command: &MediaCommand) -> String {
        self.0.lock().unwrap().push(command.clone());
        String::new()
    }
}

impl EncodeModel for Keep<ModelCommand> {
    fn encode(&mut self, command: &ModelCommand) -> String {
        self.0.lock().unwrap().push(command.clone());
        String::new()
    }
}

/// Keeps what it takes, and says at once that it is safe.
#[derive(Default)]
pub(crate) struct FakeJournal {
    pub(crate) entries: Mutex<Vec<Entry>>,
    pub(crate) full: AtomicBool,
    pub(crate) no_room: AtomicBool,
}

impl FakeJournal {
    /// The records of the only call of a leg; checks that they are numbered without gaps.
    pub(crate) fn records_of_leg(&self, n: u32) -> Vec<Record> {
        let entries = self.entries.lock().unwrap();
        let calls: Vec<CallId> = entries
            .iter()
            .filter(|entry| matches!(&entry.record, Record::Opened(opening) if opening.leg == Some(leg(n))))
            .map(|entry| entry.call)
            .collect();
        assert_eq!(calls.len(), 1, "one call of leg {n}");
        let of_call: Vec<&Entry> = entries.iter().filter(|entry| entry.call == calls[0]).collect();
        let numbers: Vec<u32> = of_call.iter().map(|entry| entry.no.0).collect();
        assert_eq!(numbers, (0..numbers.len() as u32).collect::<Vec<u32>>());
        of_call.iter().map(|entry| entry.record.clone()).collect()
    }

    pub(crate) fn openings(&self) -> usize {
        self.entries.lock().unwrap().iter().filter(|entry| matches!(entry.record, Record::Opened(_))).count()
    }

    /// What was written of a call that the sweep closed: number, outcome, reason.
    pub(crate) fn swept(&self, row: &CallRow) -> Option<(u32, Ending)> {
        let entries = self.entries.lock().unwrap();
        let mut of_call = entries.iter().filter(|entry| entry.call == row.id);
        let entry = of_call.next()?;
        assert!(of_call.next().is_none(), "one record");
        Some((entry.no.0, as_ending(&entry.record).unwrap()))
    }
}

impl Journal for FakeJournal {
    fn append(&self, entry: Entry, receipts: &ReceiptSender) -> Result<(), JournalFull> {
        if self.full.load(Ordering::Relaxed) {
            return Err(JournalFull);
        }
        let receipt = Receipt { call: entry.call, no: entry.no };
        self.entries.lock().unwrap().push(entry);
        let _ = receipts.send(receipt);
        Ok(())
    }

    fn has_room(&self) -> bool {
        !self.no_room.load(Ordering::Relaxed)
    }

    fn is_healthy(&self) -> bool {
        true
    }
}

/// A history of calls that earlier processes left.
#[derive(Default)]
pub(crate) struct FakeHistory {
    pub(crate) unfinished: Mutex<Vec<CallRow>>,
    pub(crate) by_leg: Mutex<HashMap<LegId, CallRow>>,
    /// Answers nothing, ever.
    pub(crate) hangs: AtomicBool,
    /// Says so many times that the database is away.
    pub(crate) away: AtomicUsize,
}

impl FakeHistory {
    /// The number that every call's next record has.
    pub(crate) const NEXT: u32 = 42;

    fn check(&self) -> Result<(), StoreError> {
        let away = self.away.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if away.is_ok() { Err(StoreError::Unavailable) } else { Ok(()) }
    }
}

#[async_trait]
impl History for FakeHistory {
    async fn calls(&self, _: Option<&OrgId>, _: u32, _: u32) -> Result<(Vec<CallRow>, u64), StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn call(&self, _: CallId) -> Result<CallDetail, StoreError> {
        Err(StoreError::NotFound)
    }

    async fn unfinished(&self) -> Result<Vec<CallRow>, StoreError> {
        self.check()?;
        Ok(self.unfinished.lock().unwrap().clone())
    }

    async fn by_leg(&self, leg: &LegId) -> Result<Option<CallRow>, StoreError> {
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.check()?;
        Ok(self.by_leg.lock().unwrap().get(leg).cloned())
    }

    async fn next_record(&self, _: CallId) -> Result<RecordId, StoreError> {
        self.check()?;
        Ok(RecordId(Self::NEXT))
    }

    async fn past(&self, _: CallId, _: u32) -> Result<Past, StoreError> {
        Err(StoreError::NotFound)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A carrier that knows what the test told it about legs; others are in progress.
#[derive(Default)]
pub(crate) struct FakeCarrier {
    pub(crate) unconfigured: AtomicBool,
    pub(crate) statuses: Mutex<HashMap<LegId, LegStatus>>,
    pub(crate) gone: Mutex<Vec<LegId>>,
    pub(crate) hung_up: Mutex<Vec<LegId>>,
}

#[async_trait]
impl Carrier for FakeCarrier {
    fn is_configured(&self) -> bool {
        !self.unconfigured.load(Ordering::Relaxed)
    }

    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError> {
        self.hung_up.lock().unwrap().push(leg.clone());
        Ok(())
    }

    async fn status(&self, leg: &LegId) -> Result<LegStatus, CarrierError> {
        assert!(self.is_configured(), "asked without credentials");
        if self.gone.lock().unwrap().contains(leg) {
            return Err(CarrierError::Gone);
        }
        Ok(self.statuses.lock().unwrap().get(leg).copied().unwrap_or(LegStatus::InProgress))
    }

    async fn dial(&self, _: &DialOrder) -> Result<LegId, CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn find(&self, _: &PhoneNumber, _: &PhoneNumber, _: Wall) -> Result<Vec<FoundLeg>, CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn redirect(&self, _: &LegId, _: &Script) -> Result<(), CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn end_room(&self, _: &RoomId) -> Result<(), CarrierError> {
        Err(CarrierError::NotConfigured)
    }
}

/// One organization that owns every number.
#[derive(Default)]
pub(crate) struct FakeOrgs {
    pub(crate) delay_ms: AtomicU64,
    pub(crate) none: AtomicBool,
}

#[async_trait]
impl OrgLookup for FakeOrgs {
    async fn for_number(&self, _: Option<&PhoneNumber>) -> Option<Arc<Organization>> {
        sleep(Duration::from_millis(self.delay_ms.load(Ordering::Relaxed))).await;
        if self.none.load(Ordering::Relaxed) {
            return None;
        }
        Some(Arc::new(organization()))
    }

    async fn by_id(&self, _: &OrgId) -> Option<Arc<Organization>> {
        Some(Arc::new(organization()))
    }

    async fn is_ours(&self, _: &PhoneNumber) -> bool {
        false
    }
}

fn organization() -> Organization {
    Organization {
        id: "demo".parse().unwrap(),
        name: "Riverside Clinic".to_owned(),
        business_hours: String::new(),
        after_hours_policy: String::new(),
        services_offered: Vec::new(),
        escalation_phone: String::new(),
        greeting: String::new(),
        disclosure: String::new(),
        language: "en".to_owned(),
        voice: None,
        model: None,
        audio_format: None,
        turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        intake_fields: Vec::new(),
        silence: SilenceSteps {
            ask: Duration::from_secs(6),
            again: Duration::from_secs(8),
            end: Duration::from_secs(10),
        },
        call_secs_max: None,
        time_zone: "UTC".to_owned(),
        hours: WeekHours::Always,
        escalation: EscalationSettings::default(),
        safety: SafetySettings::default(),
        outbound: OutboundSettings::default(),
    }
}

/// The far end of a model's connection.
pub(crate) struct ModelPeer {
    pub(crate) setup: ModelSetup,
    pub(crate) events: mpsc::UnboundedSender<ModelEvent>,
    pub(crate) sent: Arc<Mutex<Vec<ModelCommand>>>,
}

/// A model that is open and ready at once, and then says what the test says.
#[derive(Default)]
pub(crate) struct FakeConnector {
    pub(crate) peers: Mutex<Vec<ModelPeer>>,
    pub(crate) panics: AtomicBool,
    /// Does not greet us.
    pub(crate) mute: AtomicBool,
    /// Cannot be reached so many times.
    pub(crate) unreachable: AtomicUsize,
    /// Refuses every connection.
    pub(crate) refuses: AtomicBool,
}

#[async_trait]
impl ModelConnector for FakeConnector {
    async fn connect(&self, setup: &ModelSetup) -> Result<ModelLink, LostCause> {
        assert!(!self.panics.load(Ordering::Relaxed), "planted");
        if self.refuses.load(Ordering::Relaxed) {
            return Err(LostCause::Refused);
        }
        let away = self.unreachable.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if away.is_ok() {
            return Err(LostCause::Unreachable);
        }
        let (events, mut receiver) = mpsc::unbounded_channel();
        if !self.mute.load(Ordering::Relaxed) {
            for input in [ModelInput::Opened, ModelInput::Ready] {
                let _ = events.send(ModelEvent::Input(input));
            }
        }
        let sent = Arc::<Mutex<Vec<ModelCommand>>>::default();
        self.peers.lock().unwrap().push(ModelPeer { setup: setup.clone(), events, sent: Arc::clone(&sent) });
        let events: Pin<Box<dyn Stream<Item = ModelEvent> + Send>> =
            Box::pin(stream::poll_fn(move |cx| receiver.poll_recv(cx)));
        Ok(ModelLink { events, texts: swallow(), encode: Box::new(Keep(sent)) })
    }
}

/// Outcome and reason, to compare.
pub(crate) const fn fate(ending: Ending) -> (Outcome, Reason) {
    (ending.outcome, ending.reason)
}
