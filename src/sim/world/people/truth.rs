//! What must not be told wrong: where a leg is, whether a phone rings already, and who talked with whom.

use std::time::Duration;

use crate::session::effect::Record;
use crate::sim::carrier::company::{Beat, EndedBy};
use crate::sim::carrier::exchange::{ExchangeReport, LegSummary};
use crate::sim::world::carrier::CALLER;
use crate::sim::world::gateway::Gateway;
use crate::sim::world::invariants::Invariant;
use crate::sim::world::people::rows::Rows;
use crate::sim::world::people::{PeopleWatch, over_at};
use crate::types::{Mono, Outcome};

/// Two who heard each other for so long have talked.
const TALK_MIN: Duration = Duration::from_secs(2);

/// So long is waited for the end of an older leg at least.
const OLD_LEG_WAIT: Duration = Duration::from_millis(2900);

/// Ways of requests, and the granularity of everything.
const SLACK: Duration = Duration::from_millis(500);

impl PeopleWatch {
    pub(super) fn judge_truth(&mut self, now: Mono, gateway: &Gateway, report: &ExchangeReport) {
        for at in &gateway.overtaken {
            self.find(Invariant::OneRedirect, *at, "a redirect before the answer to another".to_owned());
        }
        self.judge_rings(&Rows::read(&gateway.records), report);
        if self.rest_works {
            self.judge_talk(now, gateway, report);
        }
    }

    /// The end of what rang for the call is waited for before the same phone is rung again, whichever process rang it.
    fn judge_rings(&mut self, rows: &Rows, report: &ExchangeReport) {
        let of = |leg: &LegSummary| rows.tries.values().find(|of| of.leg.as_ref() == Some(&leg.leg));
        let rung: Vec<_> = report.legs.iter().filter(|leg| leg.no != CALLER && leg.parent.is_none()).collect();
        let pairs = rung.iter().flat_map(|old| rung.iter().map(move |new| (*old, *new)));
        let doubled = |(old, new): &(&LegSummary, &LegSummary)| {
            let rings = old.dialled_at < new.dialled_at && old.ended.is_none_or(|end| end.at > new.dialled_at);
            rings && old.to == new.to
        };
        // Whose name was written down can be ended; and somebody has to be reached in the end.
        let hasty = |(old, new): &(&LegSummary, &LegSummary)| {
            of(old).is_some() && of(new).is_some_and(|of| new.dialled_at.since(of.at) < OLD_LEG_WAIT)
        };
        let judged = pairs.filter(doubled).filter(hasty);
        let doubled: Vec<_> = judged.map(|(_, new)| (new.dialled_at, new.to.clone())).collect();
        for (at, to) in doubled {
            self.find(Invariant::OneRing, at, format!("{to} is rung while it still rings"));
        }
    }

    /// A caller who hung up while talking with a person is `transferred`.
    fn judge_talk(&mut self, now: Mono, gateway: &Gateway, report: &ExchangeReport) {
        let caller = report.legs.iter().find(|leg| leg.no == CALLER);
        let Some((caller, end)) = caller.and_then(|leg| Some((leg, leg.ended?))) else {
            return;
        };
        // With the assistant again, if only for a moment: that call did not end with the talk.
        let returned = |since: Mono| {
            caller.story.iter().any(|moment| moment.beat == Beat::Streaming && moment.at >= since && moment.at < end.at)
        };
        let to_the_end = report.bridges.iter().find(|bridge| {
            let ends = bridge.to.is_none_or(|to| to + SLACK >= end.at && !returned(to));
            bridge.legs.contains(&caller.leg) && ends && end.at.since(bridge.from) >= TALK_MIN
        });
        let Some(bridge) = to_the_end.filter(|_| end.by == EndedBy::Caller) else {
            return;
        };
        let over = over_at(gateway).unwrap_or(now);
        let outcome = gateway.records.iter().find_map(|(_, record)| match record {
            Record::Ended(ending) => Some(ending.outcome),
            _ => None,
        });
        if outcome == Some(Outcome::CallerHungUp) && !self.was_down(bridge.from, over) {
            let lasted = end.at.since(bridge.from);
            self.find(Invariant::TalkRecorded, end.at, format!("a talk of {lasted:?} is written down as none"));
        }
    }
}
