//! At start: every call that an earlier process left without an outcome goes on here, or gets its outcome.
//!
//! Each is live in the registry at once, so that webhooks and staff find it; what they say waits in its queue until its
//! past is read and its task is started. A call of which nobody can tell enough is `lost`, so no call stays open.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::calls::actor::{Before, Command};
use crate::calls::begin::{Entered, sign};
use crate::calls::opening::Occasion;
use crate::calls::records::RecordLog;
use crate::calls::registry::{Course, Over, Sign};
use crate::calls::route::Switchboard;
use crate::ports::store::{CallRow, StoreError};
use crate::session::effect::Ending;
use crate::session::policy::Past;
use crate::types::{Caller, Millis, Outcome, PhoneNumber, Reason, RoomId};

/// A call that is in the registry and has no task yet.
struct Waiting {
    commands: mpsc::Receiver<Command>,
    shown: Sign,
}

impl Switchboard {
    /// Begins to take calls up and returns at once. Calls of this process are left alone.
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
        let places = Arc::new(Semaphore::new(AT_ONCE_MAX));
        for row in rows {
            let bell = Arc::new(Notify::new());
            let Some(entered) = self.enter_past(&row, Arc::clone(&bell)) else { continue };
            counter!("switchboard_calls_swept_total").increment(1);
            let (board, places) = (Arc::clone(&self), Arc::clone(&places));
            self.sweeps.spawn(async move {
                // In turn; or at once if somebody asks for this very call.
                let place = tokio::select! {
                    place = places.acquire() => place.ok(),
                    () = bell.notified() => None,
                };
                board.take_up(row, entered).await;
                drop(place);
            });
        }
        self.registry.all_listed();
    }

    /// `None`: it is a call of this process, or nothing more is taken on.
    fn enter_past(&self, row: &CallRow, bell: Arc<Notify>) -> Option<Waiting> {
        let shown = sign(row.phase);
        let (live, commands) = self.live(&row.leg, row.direction, Arc::clone(&shown), Course::Waiting(bell))?;
        self.registry.enter(row.id, live).then_some(Waiting { commands, shown })
    }

    async fn take_up(&self, row: CallRow, waiting: Waiting) {
        // A process that shuts down reads nothing any more.
        let past = match self.registry.is_draining() {
            false => timeout(READ_MAX, self.read_past(&row)).await.unwrap_or(None),
            true => None,
        };
        let org = self.ports.orgs.by_id(&row.org).await;
        let lines = self.lines_of(&row).await;
        if !self.registry.take_up(row.id) {
            return;
        }
        let (Some(org), Some(past)) = (org, &past) else {
            tracing::error!(call = %row.id, "too little is known of a call of an earlier process; it is lost");
            self.registry.finish(row.id, Over::Broken);
            // Whoever waits for an answer hears now that none comes.
            drop(waiting);
            self.give_up(&row, past).await;
            return;
        };
        let before = Before { past: past.clone(), lines };
        tracing::info!(call = %row.id, "a call of an earlier process goes on");
        counter!("switchboard_calls_taken_up_total").increment(1);
        let caller = row.caller.as_deref().map_or(Caller::Withheld, Caller::parse);
        // It has been there before the limits; others are refused while it is.
        let permit = self.capacity.occupy(&org.id, &caller);
        let occasion = Occasion {
            call: row.id,
            leg: row.leg.clone(),
            caller,
            dialled: number(row.dialled.as_deref()),
            direction: row.direction,
            consent: None,
            direct: false,
        };
        let Waiting { commands, shown } = waiting;
        self.start(Entered { occasion, org, began: row.started_at, commands, shown }, permit, None, Some(before));
    }

    /// What was written down. A database that is away is waited for.
    async fn read_past(&self, row: &CallRow) -> Option<Past> {
        let lines_max = u32::try_from(self.settings.policy.recall_lines_max).unwrap_or(u32::MAX);
        loop {
            match self.ports.history.past(row.id, lines_max).await {
                Ok(past) => return Some(past),
                Err(StoreError::Unavailable) => sleep(STORE_RETRY).await,
                Err(error) => {
                    tracing::error!(%error, call = %row.id, "the past of a call cannot be read");
                    return None;
                }
            }
        }
    }

    /// Ends a call that cannot go on, and what it has at the carrier.
    async fn give_up(&self, row: &CallRow, past: Option<Past>) {
        if let Some(past) = past.filter(|_| self.ports.carrier.is_configured()) {
            self.end_people(row, &past).await;
        }
        self.record_end(row).await;
    }

    async fn end_people(&self, row: &CallRow, past: &Past) {
        let carrier = &self.ports.carrier;
        for leg in past.attempts().filter_map(|attempt| attempt.leg.as_ref()) {
            if let Err(error) = carrier.hang_up(leg).await {
                tracing::error!(%error, call = %row.id, "an operator's leg of a lost call could not be ended");
            }
        }
        let Some(open) = &past.open else { return };
        let room = RoomId { call: row.id, escalation: open.fact.no };
        if let Err(error) = carrier.end_room(&room).await {
            tracing::error!(%error, call = %row.id, "the room of a lost call could not be ended");
        }
    }

    async fn record_end(&self, row: &CallRow) {
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
        self.lines_of(row).await.into_iter().for_each(|seq| log.knows_line(seq));
        log.end(wall, Ending { outcome: Outcome::Lost, reason: Reason::Crashed, at });
        log.hand_over().await;
    }

    async fn lines_of(&self, row: &CallRow) -> Vec<u32> {
        match self.ports.history.call(row.id).await {
            Ok(known) => known.lines.iter().map(|line| line.seq).collect(),
            Err(error) => {
                tracing::warn!(%error, call = %row.id, "cannot read the lines of a call");
                Vec::new()
            }
        }
    }
}

fn number(text: Option<&str>) -> Option<PhoneNumber> {
    text?.parse().ok()
}

/// From a call's turn until it is given up because its past cannot be read.
const READ_MAX: Duration = Duration::from_secs(60);

/// Between two tries at a database or journal that is away.
const STORE_RETRY: Duration = Duration::from_secs(2);

/// Calls that are read at once.
const AT_ONCE_MAX: usize = 4;
