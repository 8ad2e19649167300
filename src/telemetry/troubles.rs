//! What is wrong with this installation right now: one list that health, the log and the counters are fed from.
//!
//! A fault that nobody notices hurts the next caller as well. Whoever meets one raises it here; it is said aloud at once
//! and then once a minute for each cause, and it stands until somebody clears it or nobody has met it for a while.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{counter, gauge};

use crate::types::vocabulary::words;

words! {
    /// A kind of fault of the installation, not of one call.
    Trouble {
        /// The carrier's REST API refuses our credentials.
        CarrierRefused = "carrier_refused",
        /// The carrier's REST API does not answer.
        CarrierUnreachable = "carrier_unreachable",
        /// The model's provider refuses our key, or the model's name.
        ModelRefused = "model_refused",
        /// The model's provider refuses a setting that calls can do without, and do.
        ModelSetting = "model_setting",
        /// The model's provider does not answer.
        ModelUnreachable = "model_unreachable",
        /// The names of the carrier or the model cannot be looked up; what was known before is used.
        Names = "names",
        /// What callers say is not transcribed, so the safety net hears nothing.
        Transcription = "transcription",
        /// The database is away, or does not take what calls leave behind.
        Database = "database",
        /// The database can be read and not written.
        DatabaseReadOnly = "database_read_only",
        /// The disk is nearly full.
        DiskNearlyFull = "disk_nearly_full",
        /// The disk is full: the reserve is in use, and new callers are not taken.
        DiskFull = "disk_full",
        /// Another process took this one for dead.
        LeaseLost = "lease_lost",
        /// Neither database nor spool take records: they are in memory only.
        RecordsInMemory = "records_in_memory",
        /// File descriptors, or places for connections, are used up.
        Connections = "connections",
        /// Dials are refused by our own limits.
        Dialling = "dialling",
        /// A pure part (a rule, a tool) panicked, and calls go on without it.
        Panic = "panic",
    }
}

/// One fault that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub trouble: Trouble,
    /// The latest cause: a code or a closed word, never anything that a caller said.
    pub cause: String,
    /// Microseconds of the process's monotonic clock.
    pub since_us: u64,
    pub last_us: u64,
}

/// Where faults are reported. Clones share one list.
#[derive(Clone)]
pub struct Troubles(Arc<Inner>);

struct Inner {
    /// Microseconds of the process's monotonic clock.
    now_us: Box<dyn Fn() -> u64 + Send + Sync>,
    list: Mutex<BTreeMap<Trouble, Entry>>,
}

struct Entry {
    cause: String,
    since_us: u64,
    last_us: u64,
    /// When each cause was last said aloud.
    said: BTreeMap<String, u64>,
    standing: bool,
}

impl Troubles {
    /// `now_us` reads the process's monotonic clock in microseconds.
    pub fn new(now_us: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { now_us: Box::new(now_us), list: Mutex::default() }))
    }

    /// A list of its own, whose clock stands still; for tests.
    pub fn detached() -> Self {
        Self::new(|| 0)
    }

    /// Somebody met this fault. `cause`: a code or a closed word; longer ones are cut.
    pub fn raise(&self, trouble: Trouble, cause: &str) {
        let now_us = (self.0.now_us)();
        let cause: String = cause.chars().filter(|c| !c.is_control()).take(CAUSE_CHARS_MAX).collect();
        counter!("switchboard_troubles_total", "trouble" => trouble.as_str()).increment(1);
        gauge!("switchboard_trouble", "trouble" => trouble.as_str()).set(1.0);
        let mut list = self.list();
        let entry = list.entry(trouble).or_insert_with(|| Entry::new(now_us));
        if !entry.stands(now_us) {
            entry.since_us = now_us;
        }
        (entry.standing, entry.last_us) = (true, now_us);
        entry.cause.clone_from(&cause);
        if entry.may_say(&cause, now_us) {
            drop(list);
            tracing::warn!(%trouble, cause, "something is wrong with this installation");
        }
    }

    /// It works again.
    pub fn clear(&self, trouble: Trouble) {
        let mut list = self.list();
        let Some(entry) = list.get_mut(&trouble).filter(|entry| entry.standing) else {
            return;
        };
        entry.standing = false;
        entry.said.clear();
        drop(list);
        gauge!("switchboard_trouble", "trouble" => trouble.as_str()).set(0.0);
        tracing::info!(%trouble, "it works again");
    }

    /// Every fault that stands, in the order of the list.
    pub fn standing(&self) -> Vec<Standing> {
        let now_us = (self.0.now_us)();
        let list = self.list();
        let standing = list.iter().filter(|(_, entry)| entry.stands(now_us));
        standing
            .map(|(trouble, Entry { cause, since_us, last_us, .. })| Standing {
                trouble: *trouble,
                cause: cause.clone(),
                since_us: *since_us,
                last_us: *last_us,
            })
            .collect()
    }

    pub fn stands(&self, trouble: Trouble) -> bool {
        let now_us = (self.0.now_us)();
        self.list().get(&trouble).is_some_and(|entry| entry.stands(now_us))
    }

    fn list(&self) -> MutexGuard<'_, BTreeMap<Trouble, Entry>> {
        self.0.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.standing()).finish()
    }
}

impl Entry {
    const fn new(now_us: u64) -> Self {
        Self { cause: String::new(), since_us: now_us, last_us: now_us, said: BTreeMap::new(), standing: false }
    }

    const fn stands(&self, now_us: u64) -> bool {
        self.standing && now_us.saturating_sub(self.last_us) < LAPSES_US
    }

    /// Once a minute for each cause; of too many causes at once only the first are said.
    fn may_say(&mut self, cause: &str, now_us: u64) -> bool {
        self.said.retain(|_, said_us| now_us.saturating_sub(*said_us) < SAID_EVERY_US);
        if self.said.contains_key(cause) || self.said.len() >= CAUSES_MAX {
            return false;
        }
        self.said.insert(cause.to_owned(), now_us);
        true
    }
}

/// A fault that nobody has met for so long is over, also if nobody says so.
const LAPSES_US: u64 = 150_000_000;

/// Between two log lines about one cause.
const SAID_EVERY_US: u64 = 60_000_000;

/// Causes of one fault that are remembered.
const CAUSES_MAX: usize = 16;

const CAUSE_CHARS_MAX: usize = 80;

#[cfg(test)]
mod tests;
