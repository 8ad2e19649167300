//! File descriptors: how many this process may have, and how many of them strangers may use.
//!
//! A call needs two, and whoever opens connections and does nothing uses one each. Those that the gateway itself opens
//! (the model, the carrier, the database) are kept back, so that nobody outside can take them from a call.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More is of no use, and some programs that we may start look at each one.
const RAISED_MAX: u64 = 1 << 20;

/// For the database, the spool, the log, requests to the carrier, and the runtime.
const OWN: usize = 128;

/// Descriptors of a call: its stream, and the model.
const PER_CALL: usize = 2;

/// Besides calls: our own, and webhooks.
const BESIDES_CALLS: usize = 200;

/// Raises the limit as far as it goes without rights, and returns it. Most shells and service managers begin low.
pub(super) fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let target = maximum.map_or(RAISED_MAX, |maximum| maximum.min(RAISED_MAX));
    if current.is_some_and(|current| current < target) {
        // Where it cannot be raised, what is there must do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(target), maximum });
    }
    limit()
}

/// Descriptors that this process may have.
pub(super) fn limit() -> usize {
    let current = getrlimit(Resource::Nofile).current.unwrap_or(RAISED_MAX);
    usize::try_from(current).unwrap_or(usize::MAX)
}

/// How many connections may come in: the rest is kept back. `calls_max`: `None` is no limit.
pub(super) fn for_strangers(limit: usize, calls_max: Option<u32>) -> usize {
    let models = calls_max.map_or(limit, |calls| usize::try_from(calls).unwrap_or(limit));
    let kept_back = OWN.saturating_add(models).min(limit / 2);
    limit - kept_back
}

/// How many so many calls need, if that is known.
pub(super) fn wanted(calls_max: Option<u32>) -> Option<usize> {
    let calls = usize::try_from(calls_max?).ok()?;
    Some(calls.saturating_mul(PER_CALL).saturating_add(BESIDES_CALLS))
}

#[cfg(test)]
mod tests;
