//! The journal's writer: one task that puts entries where they are safe, in the order in which they came.
//!
//! ```text
//! direct   --database away, or too slow-->   spooling
//! direct   <--spool replayed to its end---   spooling
//! ```
//!
//! While the spool holds anything, everything goes through it: a newer entry never overtakes an older one. A batch
//! that was given up may still commit later; it is then applied twice, which changes nothing.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use crate::ports::store::Receipt;
use crate::session::effect::Record;
use crate::store::Store;
use crate::store::entry::EntryRow;
use crate::store::fault::Fault;
use crate::store::journal::{Gauge, JournalSettings, Queued};
use crate::store::refused::Refused;
use crate::store::spool::{Batch, Spool};
use crate::types::Wall;

pub(crate) struct Writer {
    sink: Sink,
    spool: Arc<Mutex<Spool>>,
    queue: mpsc::Receiver<Queued>,
    gauge: watch::Sender<Gauge>,
    batch_entries_max: usize,
    /// Entries of the next transaction: half as many after one that failed, for it may have been too slow; twice as
    /// many after one that did not.
    batch_entries: usize,
    probe_every: Duration,
}

/// What comes after a mode of the writer.
enum Next {
    Direct,
    Spooling,
    /// Nobody appends any more, and everything that was queued is safe.
    End,
}

/// A batch of the spool on its way to the database.
struct Attempt {
    /// Where the batch ends in the spool.
    end: u64,
    /// Nothing of the spool is behind it: while it runs, the queue waits, so that the spool can become empty.
    is_last: bool,
    result: Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>,
}

impl Writer {
    pub(crate) fn new(
        store: Store,
        spool: Arc<Mutex<Spool>>,
        refused: Refused,
        queue: mpsc::Receiver<Queued>,
        gauge: watch::Sender<Gauge>,
        settings: &JournalSettings,
    ) -> Self {
        Self {
            sink: Sink { store, refused },
            spool,
            queue,
            gauge,
            batch_entries_max: settings.batch_entries_max,
            batch_entries: settings.batch_entries_max,
            probe_every: settings.probe_every,
        }
    }

    pub(crate) async fn run(mut self) {
        let mut next = if self.gauge.borrow().spooling { Next::Spooling } else { Next::Direct };
        loop {
            next = match next {
                Next::Direct => self.direct().await,
                Next::Spooling => self.spooling().await,
                Next::End => break,
            };
        }
        self.gauge.send_modify(|gauge| gauge.ended = true);
    }

    /// Writes to the database until it fails.
    async fn direct(&mut self) -> Next {
        let mut queued = Vec::new();
        loop {
            if self.queue.recv_many(&mut queued, self.batch_entries).await == 0 {
                return Next::End;
            }
            let rows = rows(&queued);
            let written = self.sink.write(&rows).await;
            self.adapt(&written);
            if let Err(fault) = written {
                tracing::warn!(%fault, "the database is away, the journal goes to the spool");
                self.gauge.send_modify(|gauge| gauge.spooling = true);
                let spooled = self.keep(rows).await;
                self.acknowledge(&mut queued, if spooled { SPOOL } else { DATABASE });
                if spooled {
                    return Next::Spooling;
                }
                self.gauge.send_modify(|gauge| gauge.spooling = false);
            } else {
                metrics::counter!("switchboard_journal_entries_total", "to" => "database").increment(rows.len() as u64);
                self.acknowledge(&mut queued, DATABASE);
            }
        }
    }

    /// Writes to the spool, and replays it as soon as the database is back.
    async fn spooling(&mut self) -> Next {
        let mut queued = Vec::new();
        let mut attempt: Option<Attempt> = None;
        let (mut is_back, mut is_closed) = (false, false);
        let mut probe = tokio::time::interval(self.probe_every);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let queue_waits = is_closed || attempt.as_ref().is_some_and(|attempt| attempt.is_last && is_back);
            tokio::select! {
                result = finished(&mut attempt), if attempt.is_some() => {
                    let end = attempt.take().map_or(0, |attempt| attempt.end);
                    self.adapt(&result);
                    is_back = match result {
                        Ok(()) => self.advance(end).await,
                        Err(fault) => {
                            tracing::debug!(%fault, "the spool is not replayed");
                            false
                        }
                    };
                    if self.is_replayed() {
                        tracing::info!("the database is back and has everything");
                        self.gauge.send_modify(|gauge| (gauge.spooling, gauge.oldest) = (false, None));
                        return Next::Direct;
                    }
                    if is_back {
                        attempt = self.attempt().await;
                    } else if is_closed {
                        return Next::End;
                    }
                    probe.reset();
                }
                received = self.queue.recv_many(&mut queued, self.batch_entries_max), if !queue_waits => {
                    is_closed = received == 0;
                    if !is_closed && !self.keep_more(&mut queued, &mut attempt).await {
                        return Next::Direct;
                    }
                }
                _ = probe.tick(), if attempt.is_none() => attempt = self.attempt().await,
            }
        }
    }

    /// Spools what came in. A full disk is the one case in which the database must make room first. False: the spool
    /// became empty on the way.
    async fn keep_more(&mut self, queued: &mut Vec<Queued>, attempt: &mut Option<Attempt>) -> bool {
        let rows = rows(queued);
        if let Err(rows) = self.spool(rows).await {
            // It would go on with an offset of a spool that may be emptied under it.
            *attempt = None;
            if !self.keep(rows).await {
                self.acknowledge(queued, DATABASE);
                self.gauge.send_modify(|gauge| (gauge.spooling, gauge.oldest) = (false, None));
                return false;
            }
        }
        self.acknowledge(queued, SPOOL);
        true
    }

    /// Makes rows safe whatever it takes, and says whether they are in the spool (else in the database).
    async fn keep(&mut self, mut rows: Vec<EntryRow>) -> bool {
        loop {
            rows = match self.spool(rows).await {
                Ok(()) => break,
                Err(rows) => rows,
            };
            self.gauge.send_modify(|gauge| gauge.stuck = true);
            tokio::time::sleep(self.probe_every).await;
            if !self.is_replayed() {
                self.replay_once().await;
            } else if self.sink.write(&rows).await.is_ok() {
                self.gauge.send_modify(|gauge| gauge.stuck = false);
                return false;
            }
        }
        self.gauge.send_modify(|gauge| gauge.stuck = false);
        true
    }

    /// Appends rows to the spool; gives them back when the disk does not take them.
    async fn spool(&self, rows: Vec<EntryRow>) -> Result<(), Vec<EntryRow>> {
        let count = rows.len() as u64;
        let (result, rows) = self.on_disk(move |spool| (spool.append(&rows), rows)).await;
        self.measure();
        match result {
            Ok(()) => {
                metrics::counter!("switchboard_journal_entries_total", "to" => "spool").increment(count);
                Ok(())
            }
            Err(error) => {
                tracing::error!(kind = ?error.kind(), "the spool does not take entries; they wait in memory");
                Err(rows)
            }
        }
    }

    async fn replay_once(&mut self) {
        let Some(attempt) = self.attempt().await else { return };
        let result = attempt.result.await;
        self.adapt(&result);
        if result.is_ok() {
            self.advance(attempt.end).await;
        }
    }

    /// A batch that does not fit its time would never fit it.
    fn adapt(&mut self, written: &Result<(), Fault>) {
        self.batch_entries = match written {
            Ok(()) => (self.batch_entries * 2).min(self.batch_entries_max),
            Err(_) => (self.batch_entries / 2).max(1),
        };
    }

    /// Starts to write the oldest batch of the spool to the database.
    async fn attempt(&self) -> Option<Attempt> {
        let rows_max = self.batch_entries;
        let (read, len) = self.on_disk(move |spool| (spool.oldest(rows_max), spool.len())).await;
        match read {
            Ok(batch) => {
                if let Some(oldest) = batch.rows.first().map(|row| Wall(row.at)) {
                    self.gauge.send_modify(|gauge| gauge.oldest = Some(oldest));
                }
                let (end, sink, spool) = (batch.end, self.sink.clone(), Arc::clone(&self.spool));
                let result = Box::pin(async move { sink.replay(batch, spool).await });
                Some(Attempt { end, is_last: end == len, result })
            }
            Err(error) => {
                tracing::error!(kind = ?error.kind(), "the spool cannot be read");
                None
            }
        }
    }

    /// Notes how far the database is; false if the disk does not take the note.
    async fn advance(&self, end: u64) -> bool {
        let result = self.on_disk(move |spool| spool.advance(end)).await;
        self.measure();
        if let Err(error) = &result {
            tracing::error!(kind = ?error.kind(), "the spool cannot be emptied");
        }
        result.is_ok()
    }

    /// `to`: where they are.
    fn acknowledge(&self, queued: &mut Vec<Queued>, to: &'static str) {
        let count = queued.len() as u64;
        for Queued { entry, receipts } in queued.drain(..) {
            let line = line_number(&entry.record);
            tracing::debug!(call = %entry.call, no = entry.no.0, line, to, "a record is safe");
            // A call that is over does not listen any more.
            let _ = receipts.send(Receipt { call: entry.call, no: entry.no });
        }
        self.gauge.send_modify(|gauge| gauge.safe += count);
    }

    fn is_replayed(&self) -> bool {
        self.lock().is_replayed()
    }

    fn measure(&self) {
        let bytes = self.lock().len();
        metrics::gauge!("switchboard_journal_spool_bytes").set(bytes as f64);
        self.gauge.send_modify(|gauge| gauge.spool_bytes = bytes);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Spool> {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs file work beside the event loop: an fsync may take long.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce(&mut Spool) -> T + Send + 'static) -> T {
        let spool = Arc::clone(&self.spool);
        let run = move || work(&mut spool.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(run).await.expect("file work neither panics nor is cancelled")
    }
}

/// The database and the file for what it refuses.
#[derive(Clone)]
struct Sink {
    store: Store,
    refused: Refused,
}

impl Sink {
    /// Writes rows in one transaction. If the database refuses one of them, one by one, so that only that one is left
    /// out. An error means that the database is away, and that nothing is known.
    async fn write(&self, rows: &[EntryRow]) -> Result<(), Fault> {
        match self.store.apply_rows(rows).await {
            Err(Fault::Refused { .. }) => {}
            done_or_away => return done_or_away,
        }
        let mut refusals = Vec::new();
        for row in rows {
            match self.store.apply_rows(std::slice::from_ref(row)).await {
                Ok(()) => {}
                Err(fault @ Fault::Refused { .. }) => refusals.push((row.clone(), fault)),
                Err(away) => return Err(away),
            }
        }
        let refused = self.refused.clone();
        let count = refusals.len() as u64;
        for (row, fault) in &refusals {
            tracing::error!(call = %row.call, no = row.no, %fault, "an entry was refused and put aside");
        }
        aside(move || refusals.iter().try_for_each(|(row, fault)| refused.keep(row, fault))).await?;
        metrics::counter!("switchboard_journal_refused_total").increment(count);
        Ok(())
    }

    /// Writes a batch of the spool.
    async fn replay(&self, batch: Batch, spool: Arc<Mutex<Spool>>) -> Result<(), Fault> {
        if !batch.rows.is_empty() {
            self.write(&batch.rows).await?;
        }
        let left_out = (batch.unreadable.len() + batch.damaged.len()) as u64;
        if left_out == 0 {
            return Ok(());
        }
        let refused = self.refused.clone();
        aside(move || {
            batch.unreadable.iter().try_for_each(|payload| refused.keep_unreadable(payload))?;
            let spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
            batch.damaged.iter().try_for_each(|(from, to)| spool.keep_damaged(*from, *to))
        })
        .await?;
        tracing::error!(records = left_out, "records of the spool were damaged or not understood, and put aside");
        metrics::counter!("switchboard_journal_refused_total").increment(left_out);
        Ok(())
    }
}

/// Runs file work beside the event loop. If it fails, the entries are not safe: the same as a database that is away.
async fn aside(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), Fault> {
    let result = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
    result.map_err(|error| Fault::Away { code: format!("files kept aside: {:?}", error.kind()) })
}

/// Where a record is safe, in the log: in the database for all processes, in the spool for those of this directory.
const DATABASE: &str = "database";
const SPOOL: &str = "spool";

/// For the log, which must not say more of a line than its number.
fn line_number(record: &Record) -> Option<u32> {
    if let Record::Line(line) = record { Some(line.seq) } else { None }
}

fn rows(queued: &[Queued]) -> Vec<EntryRow> {
    queued.iter().map(|queued| EntryRow::from(&queued.entry)).collect()
}

/// The result of the attempt that runs; for ever if there is none.
async fn finished(attempt: &mut Option<Attempt>) -> Result<(), Fault> {
    match attempt {
        Some(attempt) => attempt.result.as_mut().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
