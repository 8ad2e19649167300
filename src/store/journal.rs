//! The journal: takes entries without waiting, and says when they are safe.
//!
//! Calls hand entries over and go on; one writer task (`writer`) puts them into the database, or into the spool while
//! the database is away. Only what is on disk gets a receipt.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::ports::store::{Entry, Journal, JournalFull, ReceiptSender};
use crate::store::Store;
use crate::store::refused::Refused;
use crate::store::reserve::Disk;
use crate::store::spool::{self, Spool, SpoolError};
use crate::store::writer::Writer;
use crate::types::Wall;

/// Limits of the journal, with their defaults.
#[derive(Clone, Debug)]
pub struct JournalSettings {
    /// The spool lives in `spool/` below it.
    pub data_dir: PathBuf,
    /// Beyond it nothing is taken; new calls are refused a little earlier. A batch in hand may exceed it.
    pub spool_bytes_max: u64,
    /// Held free on the disk, for when it is full; made by `look_at_disk`.
    pub reserve_bytes: u64,
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
            reserve_bytes: 8 << 20,
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
    /// When the oldest entry was made that the database does not have.
    pub oldest: Option<Wall>,
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
    /// The reserve is freed and not made again.
    is_in_reserve: Arc<AtomicBool>,
    /// The writer's. Its file is closed, and free for the next gateway, when the writer has ended.
    spool: Weak<Mutex<Spool>>,
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
        let spool = Spool::open(&dir, settings.reserve_bytes)?;
        let (queue, waiting) = mpsc::channel(settings.queue_entries_max);
        let start = Gauge { spooling: !spool.is_replayed(), spool_bytes: spool.len(), ..Gauge::default() };
        let (tell, gauge) = watch::channel(start);
        let is_in_reserve = spool.reserve.freed();
        let spool = Arc::new(Mutex::new(spool));
        let journal = Self {
            queue,
            taken: Arc::default(),
            gauge,
            spool_bytes_max: settings.spool_bytes_max,
            is_in_reserve,
            spool: Arc::downgrade(&spool),
        };
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

    /// How full the disk is. Makes the reserve when it is missing and there is room for it; to be called now and then.
    pub async fn look_at_disk(&self) -> Option<Disk> {
        let spool = self.spool.upgrade()?;
        let look = move || spool.lock().unwrap_or_else(PoisonError::into_inner).reserve.look();
        tokio::task::spawn_blocking(look).await.ok()?.ok()
    }

    /// When the oldest entry was made that the database does not have, as far as that is known.
    pub fn oldest_waiting(&self) -> Option<Wall> {
        self.gauge.borrow().oldest
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

    /// Keeps an eighth of the spool, a quarter of the queue and the disk's reserve for the calls that are live already.
    fn has_room(&self) -> bool {
        let gauge = *self.gauge.borrow();
        let spool_room = gauge.spool_bytes < self.spool_bytes_max - self.spool_bytes_max / 8;
        let queue_room = self.queue.capacity() > self.queue.max_capacity() / 4;
        let disk_room = !self.is_in_reserve.load(Ordering::Relaxed);
        spool_room && queue_room && disk_room && !gauge.stuck && !gauge.ended
    }

    fn is_stuck(&self) -> bool {
        let gauge = *self.gauge.borrow();
        gauge.stuck || gauge.ended
    }

    fn is_healthy(&self) -> bool {
        let gauge = *self.gauge.borrow();
        !gauge.spooling && !gauge.ended
    }
}
