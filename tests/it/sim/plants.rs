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
        Plant::DialsBeforeCommit
        | Plant::DialsAgain
        | Plant::ForgetsOperator
        | Plant::LeavesOperatorAlone
        | Plant::LeavesCallerAlone
        | Plant::BridgesMachines
        | Plant::SwallowsEmergency
        | Plant::BriefsWithoutEnd
        | Plant::GivesNoAnswer
        | Plant::DialsWhatIsSaid => return None,
    })
}

/// Bugs of plain calls; those of transfers come after them.
fn of_plain_calls() -> impl Iterator<Item = &'static Plant> {
    Plant::ALL.iter().filter(|plant| **plant == Plant::NotRepeatable || breaks(**plant).is_some())
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
        of_plain_calls().filter(|plant| !(0..SEEDS_MAX).any(|seed| is_found(**plant, seed, &library))).collect();
    assert!(hidden.is_empty(), "not found in {SEEDS_MAX} calls: {hidden:?}");
}

#[test]
fn scenarios_alone_would_not_find_them() {
    let library = Library::builtin();
    for plant in of_plain_calls() {
        for (scenario, mut plan) in scenario_plans(&library) {
            plan.policy.plant = Some(*plant);
            let failures = scenario_failures(&scenario, &World::new(plan).run());
            assert!(failures.is_empty(), "{plant} shows in {}: {failures:?}", scenario.name);
        }
    }
}
