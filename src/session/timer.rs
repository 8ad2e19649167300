//! Every reason to wake a call, in one table.
//!
//! The shell knows only the earliest; the core asks which ones are due. A timer that is set again moves, but states are
//! looked at after every step, and the caller's sound makes fifty of them in a second: what is set in each step must not
//! move a time that has come. So it is remembered when each timer fired last.

use std::time::Duration;

use crate::types::Mono;

/// Why the call wakes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// No stream came after the webhook, or after a reconnect.
    Stream,
    /// An attempt to open the model takes too long.
    Connect,
    /// The model does not accept its configuration.
    Configure,
    /// The stream is there and the model is not: fill the gap with a local sentence.
    Ready,
    /// Something is owed to the caller and it has been quiet for long.
    DeadAir,
    /// The model owes an answer: ask once more.
    ResponseSlow,
    /// The model owes an answer for too long: it counts as lost.
    ResponseLost,
    /// Ask for a response again, after a failure or a collision.
    RespondAgain,
    /// The disclosure's protection ends.
    Protected,
    /// Look at the play-out again, should nothing else cause it.
    Playout,
    /// The caller has spoken for long without a pause, or the end of their speech was lost.
    Speech,
    /// The caller says nothing.
    Silence,
    /// The caller has stopped pressing keys.
    Keys,
    /// The longest call is near.
    Warn,
    /// The longest call is reached.
    CallMax,
    /// The farewell must be over by now.
    Farewell,
    /// The stream is gone: who knows whether the caller is?
    Detach,
    /// Our hang-up was not confirmed.
    HangUp,
    /// A caller's transcript is late.
    Transcript,
    /// The emergency sentence is not said yet.
    Emergency,
    /// The final answer to a caller who wants a person is due.
    Escalation,
    /// The targets of an emergency in which nobody was reached are rung once more.
    Vigil,
    /// The gateway shuts down, and an emergency still rings.
    Handover,
    /// The present state of an attempt takes too long.
    Attempt,
    /// The receipt of an intent is late.
    Commit,
    /// A dial that the carrier did not process is asked for again.
    Redial,
    /// In an emergency: nobody knows whether a phone rings.
    Unheard,
    /// The caller has heard nothing for long while a phone rings.
    Reassure,
    /// Look at the legs of two who talk.
    Bridge,
    /// The operator has left, and the carrier does not ask what the caller is to do.
    Return,
    /// A message, left by or for somebody, takes too long.
    Message,
    /// The day, or whether the organization is open, changes.
    Moment,
    /// Operators' legs that should have ended by now are ended.
    Cleanup,
}

/// Before a timer fires again that had no effect.
pub(crate) const RETRY: Duration = Duration::from_millis(500);

const COUNT: usize = Timer::Cleanup as usize + 1;

/// All timers in the order in which they fire when several are due.
const ALL: [Timer; COUNT] = [
    Timer::Stream,
    Timer::Connect,
    Timer::Configure,
    Timer::Ready,
    Timer::DeadAir,
    Timer::ResponseSlow,
    Timer::ResponseLost,
    Timer::RespondAgain,
    Timer::Protected,
    Timer::Playout,
    Timer::Speech,
    Timer::Silence,
    Timer::Keys,
    Timer::Warn,
    Timer::CallMax,
    Timer::Farewell,
    Timer::Detach,
    Timer::HangUp,
    Timer::Transcript,
    Timer::Emergency,
    Timer::Escalation,
    Timer::Vigil,
    Timer::Handover,
    Timer::Attempt,
    Timer::Commit,
    Timer::Redial,
    Timer::Unheard,
    Timer::Reassure,
    Timer::Bridge,
    Timer::Return,
    Timer::Message,
    Timer::Moment,
    Timer::Cleanup,
];

/// One optional due time for each timer.
pub(crate) struct Timers {
    due: [Option<Mono>; COUNT],
    /// When each fired last.
    fired: [Option<Mono>; COUNT],
}

impl Default for Timers {
    fn default() -> Self {
        Self { due: [None; COUNT], fired: [None; COUNT] }
    }
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Mono) {
        self.due[timer as usize] = Some(at);
    }

    /// Sets it unless it runs already.
    pub(crate) fn set_once(&mut self, timer: Timer, at: Mono) {
        self.due[timer as usize].get_or_insert(at);
    }

    /// Sets it if it is still to come. A time that has passed stays as it is: due, or fired already.
    pub(crate) fn set_once_after(&mut self, timer: Timer, at: Mono, now: Mono) {
        if at > now {
            self.set(timer, at);
        }
    }

    /// Sets it, step after step. A time that has passed without a firing stays due, however often this is called; one
    /// that has fired has changed nothing, and comes again a little later.
    pub(crate) fn set_later(&mut self, timer: Timer, at: Mono) {
        match self.fired[timer as usize] {
            Some(fired) if fired >= at => self.set(timer, fired + RETRY),
            Some(_) | None => self.set(timer, at),
        }
    }

    pub(crate) const fn stop(&mut self, timer: Timer) {
        self.due[timer as usize] = None;
    }

    pub(crate) fn stop_all(&mut self) {
        self.due = [None; COUNT];
    }

    pub(crate) fn due(&self, timer: Timer) -> Option<Mono> {
        self.due[timer as usize]
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.due[timer as usize].is_some()
    }

    /// The next timer to fire; the table's order decides between equal times.
    pub(crate) fn next(&self) -> Option<(Mono, Timer)> {
        ALL.iter().filter_map(|timer| self.due[*timer as usize].map(|at| (at, *timer))).min_by_key(|(at, _)| *at)
    }

    /// Takes the next timer that is due.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<Timer> {
        let (at, timer) = self.next()?;
        if at > now {
            return None;
        }
        self.stop(timer);
        self.fired[timer as usize] = Some(now);
        Some(timer)
    }
}

#[cfg(test)]
mod tests;
