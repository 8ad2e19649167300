//! The call core: one pure state machine per call.
//!
//! `handle` is the only mutation and returns every effect. No clock, no I/O, no locks, no randomness.

pub mod effect;
pub mod input;
pub mod policy;

use crate::session::effect::Effects;
use crate::session::input::Input;
use crate::session::policy::{CallFacts, Policy};
use crate::types::{Mono, Now, Phase};

/// The state of one call.
pub struct CallSession {
    facts: CallFacts,
    policy: Policy,
}

/// What a list of live calls shows.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub phase: Phase,
    /// A stream is attached.
    pub on_air: bool,
}

impl CallSession {
    /// Begins a call whose webhook is being answered: opens the model and waits for the stream.
    pub fn new(now: Now, facts: CallFacts, policy: Policy, out: &mut Effects) -> Self {
        let _ = (now, out);
        Self { facts, policy }
    }

    /// Takes one input and appends every effect of it to `out`.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut Effects) {
        let _ = (now, input, out, &self.facts, &self.policy);
    }

    /// When `Input::Deadline` is due at the latest.
    pub fn next_deadline(&self) -> Option<Mono> {
        None
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot { phase: Phase::Greeting, on_air: false }
    }

    /// The outcome is recorded and nothing more is owed.
    pub fn is_over(&self) -> bool {
        false
    }
}
