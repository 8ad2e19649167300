//! Who is who: every leg that this process knows, what became of it, and the way to its call's task.
//!
//! A plain map behind a lock that is held for moments and never across a wait; no frame ever comes here.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{counter, gauge};
use tokio::sync::{mpsc, watch};

use crate::calls::actor::Command;
use crate::calls::tickets::Tickets;
use crate::ports::door::{Answer, LiveCall, Refusal};
use crate::session::input::LegStatus;
use crate::types::{CallId, Direction, LegId, Phase};

/// All legs of this process.
pub(super) struct Registry {
    inner: Mutex<Inner>,
    live: watch::Sender<usize>,
}

#[derive(Default)]
struct Inner {
    legs: HashMap<LegId, Entry>,
    calls: HashMap<CallId, LegId>,
    /// Legs whose entry is `Over`, oldest first.
    over: VecDeque<LegId>,
    draining: bool,
}

/// What is known about a leg.
enum Entry {
    /// Its first webhook is being answered; others of the same leg wait for that answer.
    Opening(watch::Receiver<Option<Answer>>),
    Live(Live),
    /// A call of an earlier process; the sweep decides what became of it.
    Orphan(mpsc::Sender<OrphanNews>),
    Over(Over),
}

/// A live call, as the registry holds it.
pub(super) struct Live {
    pub(super) call: CallId,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) tickets: Tickets,
    pub(super) phase: Arc<AtomicU8>,
    pub(super) progress: Progress,
}

/// How a leg that is no longer live ended, as far as an answer depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Over {
    /// By its own end.
    Ended,
    /// The gateway failed it: the caller, if still there, hears that we are sorry.
    Broken,
    /// It was never taken.
    Refused(Refusal),
}

/// What the sweep hears about a leg of an earlier process.
pub(super) enum OrphanNews {
    Status(LegStatus),
    AfterStream,
}

/// Where a webhook of a leg finds it.
pub(super) enum Arrived {
    /// The first: the caller of `begin` answers it.
    First(OpeningGuard),
    /// Another one is being answered.
    Wait(watch::Receiver<Option<Answer>>),
    Known(Answer),
}

/// Where a request about a leg goes.
pub(super) enum Found {
    Live(mpsc::Sender<Command>),
    Orphan(mpsc::Sender<OrphanNews>),
    Over(Over),
    Unknown,
}

impl Registry {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { inner: Mutex::default(), live: watch::Sender::new(0) })
    }

    /// A webhook of `leg` has arrived.
    pub(super) fn begin(self: &Arc<Self>, leg: &LegId) -> Arrived {
        let mut inner = self.lock();
        match inner.legs.get(leg) {
            Some(Entry::Opening(answer)) => Arrived::Wait(answer.clone()),
            Some(Entry::Live(live)) => Arrived::Known(Answer::Connect { ticket: live.tickets.first() }),
            Some(Entry::Over(Over::Refused(refusal))) => Arrived::Known(Answer::Refuse(*refusal)),
            Some(Entry::Over(Over::Ended | Over::Broken) | Entry::Orphan(_)) => Arrived::Known(Answer::HangUp),
            None => {
                let answer = watch::Sender::new(None);
                inner.legs.insert(leg.clone(), Entry::Opening(answer.subscribe()));
                Arrived::First(OpeningGuard { registry: Arc::clone(self), leg: leg.clone(), answer })
            }
        }
    }

    pub(super) fn find(&self, leg: &LegId) -> Found {
        match self.lock().legs.get(leg) {
            Some(Entry::Live(live)) => Found::Live(live.commands.clone()),
            Some(Entry::Orphan(news)) => Found::Orphan(news.clone()),
            Some(Entry::Over(over)) => Found::Over(*over),
            Some(Entry::Opening(_)) | None => Found::Unknown,
        }
    }

    pub(super) fn find_call(&self, call: CallId) -> Option<mpsc::Sender<Command>> {
        let inner = self.lock();
        let leg = inner.calls.get(&call)?;
        inner.legs.get(leg).and_then(Entry::live).map(|live| live.commands.clone())
    }

    /// Changes what is held of a live call; `None` if the leg has none.
    pub(super) fn with_live<T>(&self, leg: &LegId, change: impl FnOnce(&mut Live) -> T) -> Option<T> {
        match self.lock().legs.get_mut(leg) {
            Some(Entry::Live(live)) => Some(change(live)),
            Some(Entry::Opening(_) | Entry::Orphan(_) | Entry::Over(_)) | None => None,
        }
    }

    /// A call of an earlier process, while the sweep looks after it. False if the leg is known already.
    pub(super) fn adopt(&self, leg: &LegId, news: mpsc::Sender<OrphanNews>) -> bool {
        let mut inner = self.lock();
        let is_new = !inner.legs.contains_key(leg);
        if is_new {
            inner.legs.insert(leg.clone(), Entry::Orphan(news));
        }
        is_new
    }

    /// The leg is live no longer. What is known of it is kept until `OVER_LEGS_MAX` newer ones are over.
    pub(super) fn finish(&self, leg: &LegId, over: Over) {
        let mut inner = self.lock();
        let before = inner.legs.insert(leg.clone(), Entry::Over(over));
        if let Some(Entry::Live(live)) = &before {
            inner.calls.remove(&live.call);
        }
        if !matches!(before, Some(Entry::Over(_))) {
            inner.over.push_back(leg.clone());
        }
        if inner.over.len() > OVER_LEGS_MAX
            && let Some(oldest) = inner.over.pop_front()
        {
            inner.legs.remove(&oldest);
        }
        self.publish(&inner);
    }

    pub(super) fn live(&self) -> Vec<LiveCall> {
        let inner = self.lock();
        let live = inner.legs.iter().filter_map(|(leg, entry)| {
            let live = entry.live()?;
            let phase = Phase::ALL.get(usize::from(live.phase.load(Ordering::Relaxed)));
            Some(LiveCall {
                call: live.call,
                leg: Some(leg.clone()),
                direction: Direction::Inbound,
                phase: phase.copied().unwrap_or(Phase::Greeting),
                escalation: None,
            })
        });
        let mut calls: Vec<LiveCall> = live.collect();
        // Ids are in order of time.
        calls.sort_by_key(|live| live.call);
        calls
    }

    /// The number of live calls, as it changes.
    pub(super) fn count(&self) -> watch::Receiver<usize> {
        self.live.subscribe()
    }

    pub(super) fn start_draining(&self) {
        self.lock().draining = true;
    }

    pub(super) fn is_draining(&self) -> bool {
        self.lock().draining
    }

    /// Tells every live call. Returns how many could not be told, because their queue is full.
    pub(super) fn tell_all(&self, command: impl Fn() -> Command) -> usize {
        let inner = self.lock();
        let live = inner.legs.values().filter_map(Entry::live);
        live.filter(|live| live.commands.try_send(command()).is_err()).count()
    }

    /// A poisoned lock is as good as a sound one: nothing here is left half done.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, inner: &Inner) {
        let count = inner.calls.len();
        gauge!("switchboard_calls_live").set(count as f64);
        self.live.send_replace(count);
    }
}

impl Entry {
    const fn live(&self) -> Option<&Live> {
        match self {
            Self::Live(live) => Some(live),
            Self::Opening(_) | Self::Orphan(_) | Self::Over(_) => None,
        }
    }
}

/// The right and duty to answer a leg's first webhook. Dropped before that, it leaves the leg as it was: unknown.
pub(super) struct OpeningGuard {
    registry: Arc<Registry>,
    leg: LegId,
    answer: watch::Sender<Option<Answer>>,
}

impl OpeningGuard {
    /// The leg has a call from now on; false if calls are no longer taken.
    pub(super) fn enter(&self, live: Live) -> bool {
        let mut inner = self.registry.lock();
        if inner.draining {
            return false;
        }
        inner.calls.insert(live.call, self.leg.clone());
        inner.legs.insert(self.leg.clone(), Entry::Live(live));
        self.registry.publish(&inner);
        true
    }

    /// Tells those who wait.
    pub(super) fn settle(self, answer: Answer) -> Answer {
        self.answer.send_replace(Some(answer.clone()));
        answer
    }
}

impl Drop for OpeningGuard {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        if matches!(inner.legs.get(&self.leg), Some(Entry::Opening(_))) {
            inner.legs.remove(&self.leg);
        }
    }
}

/// How far a leg has come, by the carrier's callbacks: they arrive in any order, twice, or not at all.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Progress {
    rank: u8,
    sequence: Option<u32>,
}

impl Progress {
    /// True if the status is news. The rank of a status never falls, and a terminal one is believed once.
    pub(super) fn advance(&mut self, status: LegStatus, sequence: Option<u32>) -> bool {
        let is_late = match (self.sequence, sequence) {
            (Some(last), Some(this)) => this <= last && !status.is_terminal(),
            (_, None) | (None, _) => false,
        };
        let rank = rank(status);
        if is_late || rank <= self.rank {
            counter!("switchboard_leg_status_ignored_total").increment(1);
            return false;
        }
        self.rank = rank;
        self.sequence = sequence.or(self.sequence);
        true
    }
}

const fn rank(status: LegStatus) -> u8 {
    match status {
        LegStatus::Queued => 1,
        LegStatus::Initiated => 2,
        LegStatus::Ringing => 3,
        LegStatus::InProgress => 4,
        LegStatus::Completed | LegStatus::Busy | LegStatus::NoAnswer | LegStatus::Failed | LegStatus::Canceled => 5,
    }
}

/// Legs that are over and still remembered, so that late requests about them get the right answer. Older ones are found
/// in the history.
const OVER_LEGS_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
