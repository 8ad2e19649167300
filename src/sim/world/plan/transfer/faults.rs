//! Faults of the phone company, and those that are no single phone's: refused credentials, a carrier that is away, our
//! own limits, a disk that stalls.

use std::time::Duration;

use fastrand::Rng;

use crate::sim::carrier::knobs::{CompanyKnobs, Delay};
use crate::sim::carrier::person::PickUp;
use crate::sim::world::plan::WorldPlan;
use crate::sim::world::plan::transfer::{knobs, millis};

/// Faults that every phone of the list shares. They are drawn apart, so that the other half of a world stays as it was.
pub(super) fn common_faults(plan: &mut WorldPlan, rng: &mut Rng) {
    let Some(transfer) = &mut plan.transfer else {
        return;
    };
    let kind = rng.u8(..24);
    for rest in [&mut plan.company.rest, &mut transfer.knobs.rest] {
        match kind {
            0 | 1 => rest.unauthorized = 1000,
            2 => rest.unavailable = 1000,
            3 => rest.limited = 1000,
            _ => {}
        }
    }
    match kind {
        // A disk that stalls: receipts come late, or not at all while it counts.
        4 | 5 => plan.outage = Some((millis(rng, 0, 20_000), millis(rng, 3000, 60_000))),
        6 | 7 => transfer.crew.escalation.dials_per_minute_max = 1,
        _ => {}
    }
}

/// A phone that the company calls for nobody of this account: only this one is given up.
pub(super) fn barred_phone(plan: &mut WorldPlan, rng: &mut Rng) {
    let Some(transfer) = plan.transfer.as_mut().filter(|_| rng.u8(..16) == 0) else {
        return;
    };
    let barred = rng.usize(..transfer.persons.len());
    transfer.persons[barred].1.pick_up = PickUp::Barred;
}

/// Half of the companies are flawless for every leg, so that times can be held against the gateway; of the others, each
/// half by itself.
pub(super) fn random_knobs(rng: &mut Rng, flawless: bool) -> CompanyKnobs {
    let mut quiet = knobs();
    quiet.ask.jitter = millis(rng, 0, 200);
    quiet.dial = Delay { latency: millis(rng, 0, 1500), jitter: Duration::ZERO };
    quiet.callback.jitter = millis(rng, 0, 400);
    quiet.rest.ended_is_not_found = rng.bool();
    quiet.action_after_hang_up = rng.u8(..4) == 0;
    if flawless || rng.bool() {
        return quiet;
    }
    let mut knobs = CompanyKnobs::random(rng);
    (knobs.hang_up_after, knobs.dial) = (None, quiet.dial);
    if rng.u8(..4) == 0 {
        knobs.rest.unanswered = rng.u16(100..500);
    }
    knobs
}
