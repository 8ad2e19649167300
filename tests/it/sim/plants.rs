//! Planted bugs: the random calls find each of them, and the scenarios alone would not.

use switchboard::session::plant::Plant;
use switchboard::sim::clips::Library;
use switchboard::sim::world::{Invariant, World, WorldPlan};

use crate::sim::world::{scenario_failures, scenario_plans};

/// Calls that are tried for one bug. A bug that needs more is found too seldom.
const SEEDS_MAX: u64 = 600;

/// The invariant that a planted bug breaks; `None`: found by running a seed twice.
const fn breaks(plant: Plant) -> Option<Invariant> {
    Some(match plant {
        Plant::ForgetsDetach => Invariant::OneOutcome,
        Plant::LateStatusReopens => Invariant::FinalOutcome,
        Plant::LosesLine => Invariant::Numbered,
        Plant::ClaimsAllHeard => Invariant::HeardOnly,
        Plant::PlaysCutSound => Invariant::Cleared,
        Plant::SendsTooFar => Invariant::Outstanding,
        Plant::SendsEmptyFrame => Invariant::Wire,
        Plant::NoFiller => Invariant::NoSilence,
        Plant::AsksTwice => Invariant::OneCreate,
        Plant::AnswersTwice => Invariant::OneOutput,
        Plant::TruncatesTooFar => Invariant::Truncated,
        Plant::AcknowledgesEarly => Invariant::Durable,
        Plant::NotRepeatable => return None,
    })
}

fn is_found(plant: Plant, seed: u64, library: &Library) -> bool {
    let history = || {
        let mut plan = WorldPlan::random(seed, library);
        plan.policy.plant = Some(plant);
        World::new(plan).run()
    };
    match breaks(plant) {
        Some(invariant) => history().findings.iter().any(|finding| finding.invariant == invariant),
        None => history().trace != history().trace,
    }
}

#[test]
fn random_calls_find_every_planted_bug() {
    let library = Library::builtin();
    let hidden: Vec<_> =
        Plant::ALL.iter().filter(|plant| !(0..SEEDS_MAX).any(|seed| is_found(**plant, seed, &library))).collect();
    assert!(hidden.is_empty(), "not found in {SEEDS_MAX} calls: {hidden:?}");
}

#[test]
fn scenarios_alone_would_not_find_them() {
    let library = Library::builtin();
    for plant in Plant::ALL {
        for (scenario, mut plan) in scenario_plans(&library) {
            plan.policy.plant = Some(*plant);
            let failures = scenario_failures(&scenario, &World::new(plan).run());
            assert!(failures.is_empty(), "{plant} shows in {}: {failures:?}", scenario.name);
        }
    }
}
