//! Who can be brought into a call of an organization, in the words of the call core.
//!
//! The numbers stay behind: the core names a target, and only the dialler looks up what to ring.

use std::time::Duration;

use crate::assistant::hours::open_hours;
use crate::session::policy::{People, Reachable};
use crate::types::org::{Organization, Target};
use crate::types::{OpenHours, Wall};

/// Everybody in the order in which they are tried, with their hours from `at` on.
pub fn people(org: &Organization, at: Wall) -> People {
    let hours = open_hours(&org.hours, &org.time_zone, at);
    let reachable = |target: &Target| Reachable {
        id: target.id.clone(),
        name: target.name.as_str().into(),
        ring: target.ring,
        hours: hours_of(target, org, &hours, at),
    };
    People {
        targets: org.escalation.targets.iter().map(reachable).collect(),
        fallback: org.escalation.fallback,
        after_hours: org.escalation.after_hours,
        emergency_sentence: org.safety.emergency_sentence.as_str().into(),
        callback_due: Duration::from_secs(u64::from(org.escalation.callback_due_mins) * 60),
        hours,
    }
}

/// Most targets keep the organization's hours, which are worked out already.
fn hours_of(target: &Target, org: &Organization, hours: &OpenHours, at: Wall) -> OpenHours {
    if target.hours == org.hours { hours.clone() } else { open_hours(&target.hours, &org.time_zone, at) }
}

#[cfg(test)]
mod tests;
