//! The journal: takes entries without waiting, and says when they are safe.
//!
//! Calls hand entries over and go on; one writer task (`writer`) puts them into the database, or into the spool while
//! the database is away. Only what is on disk gets a receipt.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::ports::store::{Entry, Journal, JournalFull, ReceiptSender};
use crate::store::Store;
use crate::store::refused::Refused;
use crate::store::spool::{self, Spool, SpoolError};
use crate::store::writer::Writer;

/// Limits of the journal, with their defaults.
#[derive(Clone, Debug)]
pub struct JournalSettings {
    /// The spool lives in `spool/` below it.
    pub data_dir: PathBuf,
    /// Beyond it nothing is taken; new calls are refused a little earlier. A batch in hand may exceed it.
    pub spool_bytes_max: u64,
    /// Entries that wait for the writer.
    pub queue_entries_max: usize,
    /// Entries of one transaction.
    pub batch_entries_max: usize,
    /// Between attempts to reach a database that is away.
    pub probe_every: Duration,
}

impl JournalSettings {
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            spool_bytes_max: 256 << 20,
            queue_entries_max: 8192,
            batch_entries_max: 256,
            probe_every: Duration::from_millis(500),
        }
    }
}

/// What the writer tells the journal about itself.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Gauge {
    /// Entries go to the spool.
    pub spooling: bool,
    /// Neither the database nor the spool takes anything.
    pub stuck: bool,
    pub spool_bytes: u64,
    /// Entries that have their receipt.
    pub safe: u64,
    /// The writer has ended.
    pub ended: bool,
}

/// An entry on its way to the writer.
pub(crate) struct Queued {
    pub entry: Entry,
    pub receipts: ReceiptSender,
}

/// Entries were not safe in time.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{entries} entries are not on disk yet")]
pub struct NotFlushed {
    pub entries: u64,
}

/// The handle that calls write to. When it is dropped, the writer takes what is queued and ends.
///
/// An entry that the schema refuses gets its receipt, too: it is on disk, in `spool/refused.jsonl`.
pub struct DiskJournal {
    queue: mpsc::Sender<Queued>,
    /// Entries taken so far.
    taken: Arc<AtomicU64>,
    pub(crate) gauge: watch::Receiver<Gauge>,
    spool_bytes_max: u64,
}

impl DiskJournal {
    /// Opens the spool and returns the journal with its writer, which the caller spawns. What an earlier process left
    /// in the spool is replayed first.
    pub fn open(
        store: Store,
        settings: JournalSettings,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), SpoolError> {
        let (journal, writer) = Self::parts(store, settings)?;
        Ok((journal, writer.run()))
    }

    pub(crate) fn parts(store: Store, settings: JournalSettings) -> Result<(Self, Writer), SpoolError> {
        let dir = spool::dir(&settings.data_dir);
        let spool = Spool::open(&dir)?;
        let (queue, waiting) = mpsc::channel(settings.queue_entries_max);
        let start = Gauge { spooling: !spool.is_replayed(), spool_bytes: spool.len(), ..Gauge::default() };
        let (tell, gauge) = watch::channel(start);
        let journal = Self { queue, taken: Arc::default(), gauge, spool_bytes_max: settings.spool_bytes_max };
        Ok((journal, Writer::new(store, spool, Refused::new(&dir), waiting, tell, &settings)))
    }

    /// Waits until everything appended before this call is on disk (database or spool).
    pub async fn flush(&self, limit: Duration) -> Result<(), NotFlushed> {
        let target = self.taken.load(Ordering::Acquire);
        let missing = |gauge: &Gauge| target.saturating_sub(gauge.safe);
        self.wait(limit, |gauge| missing(gauge) == 0).await;
        match missing(&self.gauge.borrow()) {
            0 => Ok(()),
            entries => Err(NotFlushed { entries }),
        }
    }

    /// Waits until the spool is empty: before that, the database does not know all that was acknowledged.
    pub async fn replayed(&self, limit: Duration) -> Result<(), JournalBehind> {
        self.wait(limit, |gauge| !gauge.spooling).await;
        if self.gauge.borrow().spooling { Err(JournalBehind) } else { Ok(()) }
    }

    /// Bytes in the spool.
    pub fn spool_bytes(&self) -> u64 {
        self.gauge.borrow().spool_bytes
    }

    async fn wait(&self, limit: Duration, done: impl Fn(&Gauge) -> bool) {
        let mut gauge = self.gauge.clone();
        // Too late and a dead writer look the same to the caller, who asks the gauge.
        let _ = tokio::time::timeout(limit, gauge.wait_for(|gauge| done(gauge) || gauge.ended)).await;
    }
}

/// The spool still holds entries that the database does not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the spool is not replayed yet")]
pub struct JournalBehind;

impl Journal for DiskJournal {
    fn append(&self, entry: Entry, receipts: &ReceiptSender) -> Result<(), JournalFull> {
        let full = self.gauge.borrow().spool_bytes >= self.spool_bytes_max;
        if full || self.queue.try_send(Queued { entry, receipts: receipts.clone() }).is_err() {
            metrics::counter!("switchboard_journal_full_total").increment(1);
            return Err(JournalFull);
        }
        self.taken.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Keeps an eighth of the spool and a quarter of the queue for the calls that are live already.
    fn has_room(&self) -> bool {
        let gauge = *self.gauge.borrow();
        let spool_room = gauge.spool_bytes < self.spool_bytes_max - self.spool_bytes_max / 8;
        let queue_room = self.queue.capacity() > self.queue.max_capacity() / 4;
        spool_room && queue_room && !gauge.stuck && !gauge.ended
    }

    fn is_healthy(&self) -> bool {
        let gauge = *self.gauge.borrow();
        !gauge.spooling && !gauge.ended
    }
}
