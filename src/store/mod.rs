//! Storage: SQLite or Postgres behind the ports, and the journal that calls write.
//!
//! One SQL text serves both databases, and one contract suite proves that they behave the same. What calls record goes
//! through [`DiskJournal`]: to the database while it answers, to a spool file while it does not.

mod apply;
mod callbacks;
mod db;
mod directory;
mod entry;
mod escalations;
mod fault;
mod history;
mod idempotency;
mod journal;
mod keys;
mod lease;
pub mod migrations;
mod open;
mod past;
mod refused;
mod reserve;
mod sessions;
mod spool;
mod transfers;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use crate::store::fault::Fault;
pub use crate::store::journal::{DiskJournal, JournalBehind, JournalSettings, NotFlushed};
pub use crate::store::lease::{BEAT_EVERY, Beat, LeaseKeeper};
pub use crate::store::open::OpenError;
pub use crate::store::reserve::Disk;
pub use crate::store::spool::SpoolError;

use crate::ports::store::StoreError;
use crate::store::db::{Db, fetch};
use crate::store::fault::limited;
use crate::store::lease::Lease;
use crate::types::usage::Prices;

/// Longest wait for one read, one change or one batch.
pub const OPERATION_MAX: Duration = Duration::from_secs(2);

/// What the store must know besides where it is.
#[derive(Clone, Copy, Default, Debug)]
pub struct StoreSettings {
    /// What tokens cost; the cost of a call is computed when its usage is written.
    pub prices: Prices,
}

/// An open database with the newest schema. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: Db,
    /// The same database by readers of its own, for lists that staff look at: however long these take, webhooks, keys
    /// and calls do not wait for them.
    staff: Db,
    prices: Prices,
    /// `None`: nobody else writes calls into this database.
    lease: Option<Lease>,
    place: Arc<str>,
}

impl Store {
    /// Connects to `sqlite://<file>` or `postgres://...` and brings the schema up to date. Makes a missing file.
    pub async fn open(url: &str, settings: StoreSettings) -> Result<Self, OpenError> {
        Ok(Self::opened(open::open(url, open::Missing::Make).await?, settings))
    }

    /// The same, but a missing file stays missing.
    pub async fn open_existing(url: &str, settings: StoreSettings) -> Result<Self, OpenError> {
        Ok(Self::opened(open::open(url, open::Missing::Refuse).await?, settings))
    }

    fn opened(opened: open::Opened, settings: StoreSettings) -> Self {
        let open::Opened { db, staff, place } = opened;
        Self { db, staff, prices: settings.prices, lease: None, place }
    }

    /// `sqlite` or `postgres`, for people.
    pub const fn kind(&self) -> &'static str {
        match self.db {
            Db::Lite { .. } => "sqlite",
            Db::Pg(_) => "postgres",
        }
    }

    /// Where it is, for people: the whole path of a file, or the host and the name of a database.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The folder of a database that is a file.
    pub fn folder(&self) -> Option<&Path> {
        match self.db {
            Db::Lite { .. } => Path::new(&*self.place).parent(),
            Db::Pg(_) => None,
        }
    }

    /// The version of the schema that the database has.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        let sql = "select coalesce(max(version), 0) from _sqlx_migrations";
        let (version,) = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_one, (i64,), sql) }).await?;
        Ok(version)
    }

    /// Closes every connection and waits for it, for `OPERATION_MAX` at most.
    pub async fn close(&self) {
        let both = async { tokio::join!(self.staff.close_readers(), self.db.close()) };
        if tokio::time::timeout(OPERATION_MAX, both).await.is_err() {
            tracing::warn!("the database did not close in time");
        }
    }
}
