//! At start: every call that an earlier process left without an outcome gets one.
//!
//! The carrier knows best how such a call ended. What it cannot say within a minute is `lost`, so no call stays open.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::calls::records::RecordLog;
use crate::calls::registry::{OrphanNews, Over};
use crate::calls::route::Switchboard;
use crate::ports::carrier::CarrierError;
use crate::ports::store::CallRow;
use crate::session::effect::Ending;
use crate::session::input::LegStatus;
use crate::types::{LegId, Millis, Outcome, Reason};

impl Switchboard {
    /// Begins the sweep and returns at once. Calls of this process are left alone.
    pub fn sweep(self: &Arc<Self>) {
        let board = Arc::clone(self);
        self.sweeps.spawn(board.sweep_all());
    }

    async fn sweep_all(self: Arc<Self>) {
        let rows = loop {
            match self.ports.history.unfinished().await {
                Ok(rows) => break rows,
                Err(error) => tracing::warn!(%error, "cannot read which calls an earlier process left open"),
            }
            if self.registry.is_draining() {
                return;
            }
            sleep(STORE_RETRY).await;
        };
        let requests = Arc::new(Semaphore::new(REQUESTS_AT_ONCE_MAX));
        for row in rows {
            let board = Arc::clone(&self);
            let (sender, news) = mpsc::channel(NEWS_MAX);
            if let Some(leg) = &row.leg
                && !self.registry.adopt(leg, sender)
            {
                continue;
            }
            counter!("switchboard_calls_swept_total").increment(1);
            let requests = Arc::clone(&requests);
            self.sweeps.spawn(async move { board.sweep_one(row, news, &requests).await });
        }
    }

    async fn sweep_one(&self, row: CallRow, news: mpsc::Receiver<OrphanNews>, requests: &Semaphore) {
        let (outcome, reason) = match &row.leg {
            Some(leg) => timeout(ORPHAN_WAIT, self.fate(leg, news, requests)).await.unwrap_or(LOST),
            None => LOST,
        };
        if let Some(leg) = &row.leg {
            self.registry.finish(leg, Over::Broken);
        }
        tracing::info!(call = %row.id, outcome = outcome.as_str(), "a call of an earlier process is closed");
        self.record_end(&row, outcome, reason).await;
    }

    /// Waits for the first thing that decides: the carrier's word, by request or by callback, or the caller's return.
    async fn fate(&self, leg: &LegId, mut news: mpsc::Receiver<OrphanNews>, requests: &Semaphore) -> (Outcome, Reason) {
        loop {
            if let Some(fate) = self.ask_carrier(leg, requests).await {
                return fate;
            }
            let wait = async {
                loop {
                    match news.recv().await {
                        Some(OrphanNews::Status(status)) if status.is_terminal() => return outcome_of(status),
                        // The caller has been told that we are sorry and is being hung up on.
                        Some(OrphanNews::AfterStream) => return LOST,
                        Some(OrphanNews::Status(_)) => {}
                        None => std::future::pending().await,
                    }
                }
            };
            if let Ok(fate) = timeout(ASK_AGAIN, wait).await {
                return fate;
            }
        }
    }

    /// `None`: the leg is still up, or nobody can say.
    async fn ask_carrier(&self, leg: &LegId, requests: &Semaphore) -> Option<(Outcome, Reason)> {
        if !self.ports.carrier.is_configured() {
            return None;
        }
        let _turn = requests.acquire().await.ok()?;
        match self.ports.carrier.status(leg).await {
            Ok(status) if status.is_terminal() => Some(outcome_of(status)),
            Ok(_) => None,
            Err(CarrierError::Gone) => Some(LOST),
            Err(error) => {
                tracing::warn!(%error, "the carrier does not say what became of a leg");
                None
            }
        }
    }

    async fn record_end(&self, row: &CallRow, outcome: Outcome, reason: Reason) {
        let no = loop {
            match self.ports.history.next_record(row.id).await {
                Ok(no) => break no,
                Err(error) => tracing::warn!(%error, call = %row.id, "cannot read how far a call's records go"),
            }
            sleep(STORE_RETRY).await;
        };
        let wall = self.ports.clock.now().wall;
        let lasted_ms = wall.0.saturating_sub(row.started_at.0) / 1000;
        let at = Millis(u32::try_from(lasted_ms.max(0)).unwrap_or(u32::MAX));
        // Nobody waits for the receipt.
        let receipts = mpsc::unbounded_channel().0;
        let mut log = RecordLog::resume(row.id, no, Arc::clone(&self.ports.journal), receipts);
        match self.ports.history.call(row.id).await {
            Ok(known) => known.lines.iter().for_each(|line| log.knows_line(line.seq)),
            Err(error) => tracing::warn!(%error, call = %row.id, "cannot read the lines of a call"),
        }
        log.end(wall, Ending { outcome, reason, at });
        log.hand_over().await;
    }
}

/// How a call ended whose leg the carrier has ended while the gateway was away. `Completed` says only that the line is
/// down: most likely the caller hung up, and the reason tells that nobody watched.
const fn outcome_of(status: LegStatus) -> (Outcome, Reason) {
    let outcome = match status {
        LegStatus::Completed => Outcome::CallerHungUp,
        LegStatus::Busy => Outcome::Busy,
        LegStatus::NoAnswer => Outcome::NoAnswer,
        LegStatus::Failed => Outcome::Failed,
        LegStatus::Canceled => Outcome::Canceled,
        LegStatus::Queued | LegStatus::Initiated | LegStatus::Ringing | LegStatus::InProgress => Outcome::Lost,
    };
    (outcome, Reason::Crashed)
}

/// Nobody knows how it ended.
const LOST: (Outcome, Reason) = (Outcome::Lost, Reason::Crashed);

/// From the start of the process to the outcome of the last call that an earlier one left behind.
const ORPHAN_WAIT: Duration = Duration::from_secs(60);

/// Between two questions about one leg.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Between two tries at a database or journal that is away.
const STORE_RETRY: Duration = Duration::from_secs(2);

/// Questions to the carrier at once.
const REQUESTS_AT_ONCE_MAX: usize = 4;

/// Callbacks about one leg that may wait.
const NEWS_MAX: usize = 8;
