//! What the store's tests begin with: databases, directories, and the records of a call.

use std::path::{Path, PathBuf};
use std::time::Duration;

use switchboard::ports::store::{Directory, Entry, OrgRow, Receipt};
use switchboard::session::effect::{Ending, Event, Heard, Line, LineOrigin, Opening, Record, RecordId};
use switchboard::session::fact::{AttemptFact, AttemptMove, EscalationFact, EscalationMove};
use switchboard::store::{DiskJournal, JournalSettings, Store, StoreSettings};
use switchboard::types::usage::Prices;
use switchboard::types::{
    AttemptState, CallId, Caller, Cause, Direction, EscalationState, ItemId, Millis, OrgId, Outcome, Reason, Speaker,
    TransferMode, Urgency, Wall,
};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::postgres::Postgres;

/// Longest wait for anything that must happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) const PRICES: Prices = Prices {
    text_in: 4_000,
    text_cached: 400,
    text_out: 24_000,
    audio_in: 32_000,
    audio_cached: 400,
    audio_out: 64_000,
    transcribed_minute: 6_000,
};

/// A directory that goes with the test.
pub(crate) struct Dir(PathBuf);

/// Where Linux has a file system in memory: a disk that stops for two seconds is to the store a database that is away,
/// and most of these tests are about one that is not.
const MEMORY: &str = "/dev/shm";

impl Dir {
    pub(crate) fn new() -> Self {
        let memory = Path::new(MEMORY);
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let dir = base.join(format!("switchboard-store-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn sqlite_url(&self) -> String {
        format!("sqlite://{}", self.0.join("test.db").display())
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) async fn opened_store(url: &str) -> Store {
    Store::open(url, StoreSettings { prices: PRICES }).await.unwrap()
}

/// A fresh SQLite store with the organization `clinic`.
pub(crate) async fn lite(dir: &Dir) -> Store {
    with_clinic(opened_store(&dir.sqlite_url()).await).await
}

/// A fresh Postgres store with the organization `clinic`; `None` where Postgres is not installed.
pub(crate) async fn postgres() -> Option<Store> {
    let url = Postgres::shared()?.database().await;
    Some(with_clinic(opened_store(&url).await).await)
}

pub(crate) async fn with_clinic(store: Store) -> Store {
    store.create_org(&org_row("clinic")).await.unwrap();
    store
}

pub(crate) fn org_row(id: &str) -> OrgRow {
    OrgRow { id: id.into(), name: format!("The {id}"), config: "{}".into(), ..OrgRow::default() }
}

pub(crate) fn org(id: &str) -> OrgId {
    id.parse().unwrap()
}

/// A call's id, chosen by a small number.
pub(crate) fn call(number: u32) -> CallId {
    CallId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

pub(crate) fn leg(number: u32) -> String {
    format!("CA{number:032x}")
}

/// Entry `no` of a call, one millisecond after the one before.
pub(crate) fn entry(number: u32, no: u32, record: Record) -> Entry {
    let at = Wall(1_700_000_000_000_000 + i64::from(number) * 1_000_000 + i64::from(no) * 1_000);
    Entry { call: call(number), no: RecordId(no), at, record }
}

pub(crate) fn opened(number: u32) -> Entry {
    let opening = Opening {
        call: call(number),
        org: org("clinic"),
        leg: Some(leg(number).parse().unwrap()),
        caller: Caller::parse("+15550100142"),
        dialled: Some("+15550100199".parse().unwrap()),
        direction: Direction::Inbound,
        consent: None,
    };
    entry(number, 0, Record::Opened(opening))
}

/// A line whose text is its number, so that gaps, doubles and wrong order show.
pub(crate) fn line(number: u32, no: u32, seq: u32) -> Entry {
    let line = Line {
        seq,
        speaker: Speaker::Caller,
        text: format!("line {seq}"),
        start: Millis(seq * 100),
        end: Millis(seq * 100 + 80),
        heard: Heard::Full,
        origin: LineOrigin::Item(ItemId::from("item_1")),
    };
    entry(number, no, Record::Line(line))
}

pub(crate) fn event(number: u32, no: u32) -> Entry {
    entry(number, no, Record::Event(Event::TimeWarning))
}

pub(crate) fn ended(number: u32, no: u32, outcome: Outcome) -> Entry {
    let ending = Ending { outcome, reason: Reason::AssistantEnded, at: Millis(9_000) };
    entry(number, no, Record::Ended(ending))
}

/// Escalation `no` of a call; its state is `requested`.
pub(crate) fn escalation(no: u32) -> Record {
    Record::Escalation(EscalationFact {
        no,
        cause: Cause::Assistant,
        urgency: Urgency::High,
        reason: "wants\0 a person".into(),
        summary: "Maria has a fever".into(),
    })
}

pub(crate) fn escalation_move(no: u32, from: EscalationState, to: EscalationState) -> Record {
    Record::EscalationMove(EscalationMove { no, from, to })
}

/// Attempt `no` of a call for an escalation; its state is `intended`.
pub(crate) fn attempt(no: u32, escalation: u32) -> Record {
    let target = "front-desk".parse().unwrap();
    Record::Attempt(AttemptFact { no, escalation, target, mode: TransferMode::Warm })
}

/// A move of an attempt; `on` is a number for its leg.
pub(crate) fn attempt_move(no: u32, from: AttemptState, to: AttemptState, on: Option<u32>) -> Record {
    Record::AttemptMove(AttemptMove { no, from, to, leg: on.map(|number| leg(number).parse().unwrap()), fault: None })
}

/// The entries of a call, with its opening, numbered from 0.
pub(crate) fn entries(number: u32, records: impl IntoIterator<Item = Record>) -> Vec<Entry> {
    let rest = (1..).zip(records).map(|(no, record)| entry(number, no, record));
    std::iter::once(opened(number)).chain(rest).collect()
}

/// A journal whose writer runs until `crash` or the end of the test.
pub(crate) struct Running {
    pub(crate) journal: DiskJournal,
    tasks: JoinSet<()>,
}

impl Running {
    pub(crate) fn open(store: &Store, settings: JournalSettings) -> Self {
        let (journal, writer) = DiskJournal::open(store.clone(), settings).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(writer);
        Self { journal, tasks }
    }

    /// Stops the writer wherever it is. What it has not acknowledged may be lost.
    pub(crate) async fn crash(mut self) {
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Drops the handle and waits for the writer's own end.
    pub(crate) async fn close(self) {
        let Self { journal, mut tasks } = self;
        drop(journal);
        tokio::time::timeout(LIMIT, tasks.join_next()).await.unwrap().unwrap().unwrap();
    }
}

/// The next receipts, as pairs of call and record numbers.
pub(crate) async fn receipts(from: &mut UnboundedReceiver<Receipt>, count: usize) -> Vec<(CallId, u32)> {
    let mut got = Vec::new();
    while got.len() < count {
        let receipt = tokio::time::timeout(LIMIT, from.recv()).await.expect("a receipt in time").expect("a receipt");
        got.push((receipt.call, receipt.no.0));
    }
    got
}
