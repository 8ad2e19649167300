//! Shutdowns, which often come while an emergency rings, and emergencies in which nobody answers.

use std::time::Duration;

use fastrand::Rng;

use crate::calls::FAREWELL_WAIT;
use crate::session::input::StaffInput;
use crate::sim::carrier::person::{Habits, PickUp};
use crate::sim::world::plan::transfer::{Interlude, SECRET, millis};
use crate::sim::world::plan::{CallerKind, Guest, WorldPlan};
use crate::types::Urgency;

/// Staff hear of an emergency.
fn emergency(at: Duration) -> (Duration, Interlude) {
    let (target, urgency, reason) = (None, Urgency::Emergency, format!("Staff heard of the {SECRET}."));
    (at, Interlude::Staff(StaffInput::Escalate { target, urgency, reason }))
}

/// The gateway shuts down and comes back, often while an emergency rings.
pub(super) fn drain(plan: &mut WorldPlan, rng: &mut Rng) {
    let Some(transfer) = &mut plan.transfer else {
        return;
    };
    let at = millis(rng, 3000, 40_000);
    transfer.interludes.retain(|(_, what)| !matches!(what, Interlude::Crash | Interlude::Return));
    if rng.u8(..3) > 0 {
        transfer.interludes.push(emergency(at - millis(rng, 100, 2900)));
    }
    transfer.interludes.push((at, Interlude::Drain));
    transfer.interludes.push((at + FAREWELL_WAIT, Interlude::Crash));
    transfer.interludes.push((at + FAREWELL_WAIT + millis(rng, 500, 5000), Interlude::Return));
}

/// Nobody answers in an emergency, and the caller says nothing more and does not hang up.
pub(super) fn strand(plan: &mut WorldPlan, rng: &mut Rng) {
    let Some(transfer) = &mut plan.transfer else {
        return;
    };
    plan.caller = CallerKind::Scripted(Box::new(Guest::new(Vec::new(), None)));
    plan.company.hang_up_after = None;
    transfer.habits = Habits::default();
    for (_, person) in &mut transfer.persons {
        person.pick_up = PickUp::Busy(millis(rng, 300, 3000));
    }
    transfer.interludes = vec![emergency(millis(rng, 500, 6000))];
}
