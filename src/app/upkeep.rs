//! What must be done now and then: the sweep, the directory, keys, browsers' sessions, and a look at disk and database.
//!
//! What is wrong with either is reported as a trouble of the installation, so that somebody hears of it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::app::keyring::KeyRing;
use crate::app::{OrgCache, SystemClock};
use crate::calls::Switchboard;
use crate::ports::door::Door as _;
use crate::ports::sessions::Sessions as _;
use crate::ports::store::Journal as _;
use crate::store::{BEAT_EVERY, Beat, Disk, DiskJournal, Fault, LeaseKeeper, Store};
use crate::telemetry::{Metrics, Trouble, Troubles};

/// What it looks after. Calls and journal belong to the gateway, which ends them.
pub(super) struct Upkeep {
    pub(super) orgs: Arc<OrgCache>,
    pub(super) keys: Arc<KeyRing>,
    pub(super) metrics: Metrics,
    pub(super) journal: Weak<DiskJournal>,
    pub(super) board: Weak<Switchboard>,
    pub(super) store: Store,
    pub(super) troubles: Troubles,
    pub(super) clock: SystemClock,
    pub(super) signs: Arc<Signs>,
}

/// What the tasks of the upkeep tell each other.
#[derive(Default)]
pub(super) struct Signs {
    /// The database answered when it was asked last; a journal that has nothing to write does not know.
    answers: AtomicBool,
    /// The spool was replayed, and the calls of earlier processes are taken up: before that nobody knows how far their
    /// records go.
    swept: AtomicBool,
}

impl Upkeep {
    /// Goes on until the gateway stops.
    pub(super) async fn run(self) {
        tokio::join!(self.sweep(), self.watch(), self.tidy());
    }

    /// Takes up what earlier processes left, as soon as the database has everything.
    async fn sweep(&self) {
        loop {
            let Some(journal) = self.journal.upgrade() else { return };
            if journal.replayed(REPLAY_WAIT).await.is_ok() {
                break;
            }
            drop(journal);
            tracing::info!("the spool is still being replayed");
            sleep(TIDY_EVERY).await;
        }
        if let Some(board) = self.board.upgrade()
            && !board.is_draining()
        {
            self.signs.swept.store(true, Ordering::Relaxed);
            board.sweep();
        }
    }

    /// Reports what is wrong with disk, spool and database.
    async fn watch(&self) {
        let mut tick = interval(WATCH_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let Some(journal) = self.journal.upgrade() else { return };
            self.look_at_journal(&journal);
            self.look_at_disk(&journal).await;
        }
    }

    fn look_at_journal(&self, journal: &DiskJournal) {
        let age_secs = journal.oldest_waiting().map_or(0, |oldest| (self.clock.wall().0 - oldest.0).max(0) / 1_000_000);
        metrics::gauge!("switchboard_journal_spool_age_seconds").set(age_secs as f64);
        self.stands(Trouble::RecordsInMemory, journal.is_stuck(), "disk and database");
        if !journal.is_healthy() {
            let is_old = age_secs >= SPOOL_AGE_MAX.as_secs() as i64;
            self.troubles.raise(Trouble::Database, if is_old { "spool_is_old" } else { "spooling" });
        } else if self.signs.answers.load(Ordering::Relaxed) {
            self.troubles.clear(Trouble::Database);
        }
    }

    async fn look_at_disk(&self, journal: &DiskJournal) {
        let Some(disk) = journal.look_at_disk().await else { return };
        metrics::gauge!("switchboard_disk_available_bytes").set(disk.available_bytes as f64);
        self.stands(Trouble::DiskFull, disk.is_full, "the reserve is in use");
        if disk.used_percent() >= DISK_USED_PERCENT_MAX {
            self.troubles.raise(Trouble::DiskNearlyFull, "data_dir");
        } else {
            self.stands(Trouble::DiskNearlyFull, self.is_database_disk_nearly_full().await, "database");
        }
    }

    /// A database elsewhere has its own people.
    async fn is_database_disk_nearly_full(&self) -> bool {
        let Some(folder) = self.store.folder().map(Path::to_owned) else { return false };
        let disk = tokio::task::spawn_blocking(move || Disk::of(&folder)).await;
        matches!(disk, Ok(Ok(disk)) if disk.used_percent() >= DISK_USED_PERCENT_MAX)
    }

    fn stands(&self, trouble: Trouble, stands: bool, cause: &str) {
        if stands {
            self.troubles.raise(trouble, cause);
        } else {
            self.troubles.clear(trouble);
        }
    }

    async fn tidy(&self) {
        let mut tick = interval(TIDY_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 1_u64.. {
            tick.tick().await;
            self.metrics.upkeep();
            if let Err(error) = self.store.end_overdue(self.clock.wall()).await {
                tracing::debug!(%error, "sessions in browsers whose time is up cannot be ended now");
            }
            if let Err(error) = self.keys.refresh().await {
                tracing::debug!(%error, "the keys cannot be read now; those that are known count");
            }
            if round % DIRECTORY_ROUNDS == 0
                && let Err(error) = self.orgs.refresh().await
            {
                tracing::debug!(%error, "the organizations cannot be read now");
            }
        }
    }
}

/// Renews this process's lease, and takes up the calls of processes that are dead.
pub(super) async fn keep_lease(
    mut lease: LeaseKeeper,
    board: Weak<Switchboard>,
    troubles: Troubles,
    signs: Arc<Signs>,
) {
    let mut tick = interval(BEAT_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(board) = board.upgrade() else { return };
        let beaten = lease.beat().await;
        signs.answers.store(beaten.is_ok(), Ordering::Relaxed);
        match beaten {
            Ok(beat) => react(beat, &board, &troubles, &signs),
            Err(fault) => complain(&fault, &troubles, lease.place()),
        }
    }
}

fn react(beat: Beat, board: &Arc<Switchboard>, troubles: &Troubles, signs: &Signs) {
    troubles.clear(Trouble::DatabaseReadOnly);
    if beat.was_lost {
        tracing::error!("this process was taken for dead by another; calls from before may be served twice");
        troubles.raise(Trouble::LeaseLost, "taken for dead");
    }
    if beat.taken > 0 && signs.swept.load(Ordering::Relaxed) && !board.is_draining() {
        board.sweep();
    }
}

fn complain(fault: &Fault, troubles: &Troubles, place: &str) {
    if fault.is_read_only() {
        troubles.raise(Trouble::DatabaseReadOnly, place);
    } else {
        tracing::debug!(%fault, "the lease is not renewed");
        troubles.raise(Trouble::Database, "lease");
    }
}

const REPLAY_WAIT: Duration = Duration::from_secs(30);

/// Between two looks at disk and journal.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// A spool whose oldest entry is older than this is more than a hiccup.
const SPOOL_AGE_MAX: Duration = Duration::from_secs(60);

const DISK_USED_PERCENT_MAX: u64 = 90;

const TIDY_EVERY: Duration = Duration::from_secs(5);

/// The organizations are read again every minute.
const DIRECTORY_ROUNDS: u64 = 12;
