//! Moments that people and processes meet often, and worlds of which nothing is known but a seed almost never: both say
//! goodbye at once; the gateway is killed while a phone rings in an emergency, and asks a carrier that is busy.

use fastrand::Rng;

use crate::session::input::StaffInput;
use crate::sim::carrier::person::{Leave, Person, PickUp};
use crate::sim::world::plan::WorldPlan;
use crate::sim::world::plan::transfer::{Interlude, millis};
use crate::types::Urgency;

/// One world of eight gets one of them; the others stay as they were.
pub(super) fn rare_moment(plan: &mut WorldPlan, rng: &mut Rng) {
    match rng.u8(..16) {
        0 => common_goodbye(plan, rng),
        1 => killed_while_ringing(plan, rng),
        _ => {}
    }
}

/// The operator hangs up, and the caller just after, perhaps before they could be fetched.
fn common_goodbye(plan: &mut WorldPlan, rng: &mut Rng) {
    let Some(transfer) = &mut plan.transfer else {
        return;
    };
    for (_, person) in &mut transfer.persons {
        *person = Person::pressing(&["5", "1"]).leaving(Leave::Talking(millis(rng, 2500, 8000)));
        person.pick_up = PickUp::After(millis(rng, 300, 3000));
    }
    transfer.habits.leaves = vec![Leave::Alone(millis(rng, 0, 300))];
    transfer.interludes = vec![(millis(rng, 500, 6000), asks(Urgency::Medium))];
    plan.company.hang_up_after = None;
}

/// What an earlier process rang has to be ended by requests that are refused for a while, and the same phone is wanted.
fn killed_while_ringing(plan: &mut WorldPlan, rng: &mut Rng) {
    let Some(transfer) = &mut plan.transfer else {
        return;
    };
    for (_, person) in &mut transfer.persons {
        person.pick_up = PickUp::Never;
    }
    let (asked, rings) = (millis(rng, 500, 4000), millis(rng, 1500, 5000));
    let killed = asked + rings;
    transfer.interludes = vec![
        (asked, asks(Urgency::Emergency)),
        (killed, Interlude::Crash),
        (killed + millis(rng, 300, 1500), Interlude::Return),
    ];
    let limited = rng.u16(300..700);
    plan.company.rest.limited = limited;
    transfer.knobs.rest.limited = limited;
    plan.company.hang_up_after = None;
    transfer.habits.leaves = Vec::new();
}

fn asks(urgency: Urgency) -> Interlude {
    Interlude::Staff(StaffInput::Escalate { target: None, urgency, reason: "The caller needs somebody.".to_owned() })
}
