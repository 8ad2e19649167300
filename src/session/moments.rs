//! What changes by itself in the course of a call: a new day, the opening, the close. The model is told as it happens.
//!
//! A connection that is made later is told by its instructions, which the shell writes for that moment.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::effect::{Effects, ModelEffect};
use crate::session::links::Model;
use crate::session::timer::Timer;
use crate::types::{Mono, Wall};

/// A connection that is being made was told how things were when it was begun.
const ONCE_MORE: Duration = Duration::from_secs(1);

impl CallSession {
    /// Waits for the next moment, if there is one.
    pub(super) fn await_moment(&mut self, now: Mono) {
        if let Some(moment) = self.facts.moments.get(self.counters.moments) {
            self.timers.set(Timer::Moment, now + between(self.wall, moment.at));
        }
    }

    pub(super) fn on_moment_due(&mut self, now: Mono, out: &mut Effects) {
        let passed = self.facts.moments.partition_point(|moment| moment.at <= self.wall);
        let news = self.facts.moments[..passed].get(self.counters.moments..).and_then(<[_]>::last);
        match (news, self.model) {
            (Some(_), Model::Connecting { .. } | Model::Configuring { .. }) => {
                self.timers.set(Timer::Moment, now + ONCE_MORE);
                return;
            }
            (Some(moment), Model::Ready) => {
                let text = moment.text.to_string();
                let no = self.next_request();
                self.send(ModelEffect::Note { no, text }, out);
            }
            // Nobody to tell now: the wall clock was set back, or the next connection's instructions know.
            (_, _) => {}
        }
        self.counters.moments = self.counters.moments.max(passed);
        self.await_moment(now);
    }
}

/// From one wall time to another; zero if it has passed.
fn between(from: Wall, to: Wall) -> Duration {
    Duration::from_micros(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0))
}
