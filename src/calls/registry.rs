//! Who is who: every call and every caller's leg that this process knows, what became of it, and the way to its task.
//!
//! Plain maps behind a lock that is held for moments and never across a wait; no frame ever comes here.

mod line;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{counter, gauge};
use tokio::sync::{Notify, mpsc, watch};

use crate::calls::actor::Command;
use crate::calls::progress::Progress;
use crate::calls::tickets::Tickets;
use crate::ports::door::{Answer, LiveCall, Refusal};
use crate::session::input::{CarrierInput, LegStatus};
use crate::types::{CallId, Direction, EscalationState, LegId, Phase, TargetId};

pub(super) use line::{Handed, Line};

/// All calls of this process.
pub(super) struct Registry {
    inner: Mutex<Inner>,
    live: watch::Sender<usize>,
    /// The calls that an earlier process left are all entered.
    listed: watch::Sender<bool>,
}

#[derive(Default)]
struct Inner {
    legs: HashMap<LegId, Leg>,
    live: HashMap<CallId, Live>,
    over: HashMap<CallId, Over>,
    /// Calls that are over, oldest first, with their legs.
    fading: VecDeque<(CallId, Option<LegId>)>,
    draining: bool,
}

/// Whose leg it is.
enum Leg {
    /// Its first webhook is being answered.
    Opening(OpeningLeg),
    Of(CallId),
}

struct OpeningLeg {
    /// Others of the same leg wait for it.
    answer: watch::Receiver<Option<Answer>>,
    /// What the carrier told of the leg meanwhile; the call hears of the furthest once it has a queue.
    progress: Progress,
    told: Option<LegStatus>,
}

/// A live call, as the registry holds it.
pub(super) struct Live {
    /// `None`: an outbound call whose leg is not known yet.
    pub(super) leg: Option<LegId>,
    pub(super) direction: Direction,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) tickets: Tickets,
    pub(super) shown: Sign,
    pub(super) progress: Progress,
    /// Of the operators' legs, by the number of the attempt.
    pub(super) operators: BTreeMap<u32, Progress>,
    pub(super) course: Course,
}

/// Where a live call comes from.
#[derive(Clone)]
pub(super) enum Course {
    /// It began in this process.
    Here,
    /// The same, and its caller is put through at once: no stream, so a repeated webhook asks the call anew.
    Direct,
    /// An earlier process left it, and its task is not started yet; what it is told waits in its queue. The bell asks
    /// that it be started next.
    Waiting(Arc<Notify>),
    /// An earlier process left it, and it goes on here.
    TakenUp,
}

/// What the list of live calls shows of a call; its task writes it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) phase: Phase,
    pub(super) escalation: Option<(EscalationState, Option<TargetId>)>,
}

pub(super) type Sign = Arc<Mutex<Shown>>;

/// How a call that is no longer live ended, as far as an answer depends on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Over {
    /// By its own end.
    Ended,
    /// The gateway failed it: the caller, if still there, hears that we are sorry.
    Broken,
    /// It was never taken, and told so in this language, with these words about emergencies.
    Refused(Refusal, Option<Arc<str>>, Arc<str>),
}

/// Where a webhook of a leg finds it.
pub(super) enum Arrived {
    /// The first: the caller of `begin` answers it.
    First(OpeningGuard),
    /// Another one is being answered.
    Wait(watch::Receiver<Option<Answer>>),
    Known(Answer),
    /// The call knows what its leg is to do: it began in an earlier process, or without a stream.
    Past,
}

/// Where a request about a call goes.
pub(super) enum Found {
    Live(Line),
    Over(Over),
    Unknown,
}

impl Registry {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { inner: Mutex::default(), live: watch::Sender::new(0), listed: watch::Sender::new(false) })
    }

    /// A webhook of `leg` has arrived.
    pub(super) fn begin(self: &Arc<Self>, leg: &LegId) -> Arrived {
        let mut inner = self.lock();
        let call = match inner.legs.get(leg) {
            Some(Leg::Opening(opening)) => return Arrived::Wait(opening.answer.clone()),
            Some(Leg::Of(call)) => *call,
            None => {
                let answer = watch::Sender::new(None);
                let opening = OpeningLeg { answer: answer.subscribe(), progress: Progress::default(), told: None };
                inner.legs.insert(leg.clone(), Leg::Opening(opening));
                return Arrived::First(OpeningGuard { registry: Arc::clone(self), leg: leg.clone(), answer });
            }
        };
        if let Some(live) = inner.live.get(&call) {
            return match live.course {
                Course::Here => Arrived::Known(Answer::Connect { ticket: live.tickets.first() }),
                Course::Direct | Course::Waiting(_) | Course::TakenUp => Arrived::Past,
            };
        }
        match inner.over.get(&call) {
            Some(Over::Refused(refusal, language, emergency)) => {
                let (language, emergency) = (language.clone(), Arc::clone(emergency));
                Arrived::Known(Answer::Refuse { refusal: *refusal, language, emergency })
            }
            Some(Over::Ended | Over::Broken) | None => Arrived::Known(Answer::HangUp),
        }
    }

    /// Keeps a status for the call that is just being made. False: its leg is not at that stage.
    pub(super) fn keep_status(&self, leg: &LegId, status: LegStatus, sequence: Option<u32>) -> bool {
        let mut inner = self.lock();
        let Some(Leg::Opening(opening)) = inner.legs.get_mut(leg) else { return false };
        if opening.progress.advance(status, sequence) {
            opening.told = Some(status);
        }
        true
    }

    pub(super) fn find(&self, leg: &LegId) -> Found {
        let inner = self.lock();
        match inner.legs.get(leg) {
            Some(Leg::Of(call)) => inner.found(*call),
            Some(Leg::Opening(_)) | None => Found::Unknown,
        }
    }

    pub(super) fn find_call(&self, call: CallId) -> Found {
        self.lock().found(call)
    }

    /// Changes what is held of a live call; `None` if it is none.
    pub(super) fn with_call<T>(&self, call: CallId, change: impl FnOnce(&mut Live) -> T) -> Option<T> {
        self.lock().live.get_mut(&call).map(change)
    }

    /// The same, by the caller's leg.
    pub(super) fn with_leg<T>(&self, leg: &LegId, change: impl FnOnce(CallId, &mut Live) -> T) -> Option<T> {
        let mut inner = self.lock();
        let Some(Leg::Of(call)) = inner.legs.get(leg) else { return None };
        let call = *call;
        inner.live.get_mut(&call).map(|live| change(call, live))
    }

    /// Whether this holds for any live call.
    pub(super) fn any_live(&self, holds: impl Fn(&Live) -> bool) -> bool {
        self.lock().live.values().any(holds)
    }

    /// The call is live from now on. False if it is known, its leg belongs to another, or calls are no longer taken.
    pub(super) fn enter(&self, call: CallId, mut live: Live) -> bool {
        let mut inner = self.lock();
        let is_taken = live.leg.as_ref().is_some_and(|leg| matches!(inner.legs.get(leg), Some(Leg::Of(_))));
        if inner.draining || is_taken || !matches!(inner.found(call), Found::Unknown) {
            return false;
        }
        if let Some(leg) = &live.leg {
            let before = inner.legs.insert(leg.clone(), Leg::Of(call));
            if let Some(Leg::Opening(OpeningLeg { progress, told: Some(status), .. })) = before {
                live.progress = progress;
                if live.commands.try_send(Command::Carrier(CarrierInput::Leg(status))).is_err() {
                    counter!("switchboard_commands_dropped_total").increment(1);
                }
            }
        }
        inner.live.insert(call, live);
        self.publish(&inner);
        true
    }

    /// The leg of an outbound call is known. Nothing changes if the call has one, or the leg belongs to another.
    pub(super) fn bind(&self, call: CallId, leg: &LegId) {
        let mut inner = self.lock();
        let is_free = !inner.legs.contains_key(leg);
        let Some(live) = inner.live.get_mut(&call) else { return };
        if is_free && live.leg.is_none() {
            live.leg = Some(leg.clone());
            inner.legs.insert(leg.clone(), Leg::Of(call));
        }
    }

    /// A call of an earlier process goes on from now on. False if calls are no longer taken: then it is forgotten.
    pub(super) fn take_up(&self, call: CallId) -> bool {
        let mut inner = self.lock();
        if inner.draining {
            inner.forget(call);
            return false;
        }
        if let Some(live) = inner.live.get_mut(&call) {
            live.course = Course::TakenUp;
        }
        self.publish(&inner);
        true
    }

    /// The call is live no longer. What is known of it is kept until `OVER_CALLS_MAX` newer ones are over.
    pub(super) fn finish(&self, call: CallId, over: Over) {
        let mut inner = self.lock();
        if let Some(live) = inner.live.remove(&call) {
            inner.remember(call, live.leg, over);
            self.publish(&inner);
        }
    }

    /// A call that was never taken; a repeated webhook gets the same answer.
    pub(super) fn refuse(&self, call: CallId, leg: &LegId, answer: &Answer) {
        let Answer::Refuse { refusal, language, emergency } = answer else { return };
        let mut inner = self.lock();
        inner.legs.insert(leg.clone(), Leg::Of(call));
        let over = Over::Refused(*refusal, language.clone(), Arc::clone(emergency));
        inner.remember(call, Some(leg.clone()), over);
    }

    pub(super) fn live(&self) -> Vec<LiveCall> {
        let inner = self.lock();
        let live = inner.live.iter().map(|(call, live)| {
            let Shown { phase, escalation } = live.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
            LiveCall { call: *call, leg: live.leg.clone(), direction: live.direction, phase, escalation }
        });
        let mut calls: Vec<LiveCall> = live.collect();
        // Ids are in order of time.
        calls.sort_by_key(|live| live.call);
        calls
    }

    /// The number of calls with a task, as it changes.
    pub(super) fn count(&self) -> watch::Receiver<usize> {
        self.live.subscribe()
    }

    /// Whether the calls of earlier processes are all known, as it changes.
    pub(super) fn listed(&self) -> watch::Receiver<bool> {
        self.listed.subscribe()
    }

    pub(super) fn all_listed(&self) {
        self.listed.send_replace(true);
    }

    pub(super) fn start_draining(&self) {
        let mut inner = self.lock();
        inner.draining = true;
        for live in inner.live.values() {
            if let Course::Waiting(bell) = &live.course {
                bell.notify_one();
            }
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.lock().draining
    }

    /// Tells every call with a task. Returns how many could not be told, because their queue is full.
    pub(super) fn tell_all(&self, command: impl Fn() -> Command) -> usize {
        let inner = self.lock();
        let running = inner.live.values().filter(|live| live.is_running());
        running.filter(|live| live.commands.try_send(command()).is_err()).count()
    }

    /// A poisoned lock is as good as a sound one: nothing here is left half done.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, inner: &Inner) {
        let count = inner.live.values().filter(|live| live.is_running()).count();
        gauge!("switchboard_calls_live").set(count as f64);
        self.live.send_replace(count);
    }
}

impl Inner {
    fn found(&self, call: CallId) -> Found {
        let Some(live) = self.live.get(&call) else {
            return self.over.get(&call).map_or(Found::Unknown, |over| Found::Over(over.clone()));
        };
        let bell = match &live.course {
            Course::Waiting(bell) => Some(Arc::clone(bell)),
            Course::Here | Course::Direct | Course::TakenUp => None,
        };
        Found::Live(Line { commands: live.commands.clone(), bell })
    }

    /// Leaves a call of an earlier process to the next one.
    fn forget(&mut self, call: CallId) {
        let leg = self.live.remove(&call).and_then(|live| live.leg);
        if let Some(leg) = leg {
            self.legs.remove(&leg);
        }
    }

    fn remember(&mut self, call: CallId, leg: Option<LegId>, over: Over) {
        self.over.insert(call, over);
        self.fading.push_back((call, leg));
        if self.fading.len() <= OVER_CALLS_MAX {
            return;
        }
        let Some((oldest, leg)) = self.fading.pop_front() else { return };
        self.over.remove(&oldest);
        if let Some(leg) = leg {
            self.legs.remove(&leg);
        }
    }
}

impl Live {
    const fn is_running(&self) -> bool {
        match self.course {
            Course::Here | Course::Direct | Course::TakenUp => true,
            Course::Waiting(_) => false,
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
    /// Tells those who wait.
    pub(super) fn settle(self, answer: Answer) -> Answer {
        self.answer.send_replace(Some(answer.clone()));
        answer
    }
}

impl Drop for OpeningGuard {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        if matches!(inner.legs.get(&self.leg), Some(Leg::Opening(_))) {
            inner.legs.remove(&self.leg);
        }
    }
}

/// Calls that are over and still remembered, so that late requests about them get the right answer. Older ones are
/// found in the history.
const OVER_CALLS_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
