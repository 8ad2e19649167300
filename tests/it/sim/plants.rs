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
        Plant::DialsBeforeCommit => Invariant::Intended,
        Plant::DialsAgain => Invariant::OneLeg,
        Plant::ForgetsOperator => Invariant::NoOrphan,
        Plant::LeavesOperatorAlone => Invariant::OperatorReleased,
        Plant::LeavesCallerAlone => Invariant::CallerServed,
        Plant::BridgesMachines => Invariant::NoMachine,
        Plant::SwallowsEmergency => Invariant::EmergencySaid,
        Plant::ForgetsEmergency => Invariant::CalledBack,
        Plant::BriefsWithoutEnd => Invariant::Discreet,
        Plant::GivesNoAnswer => Invariant::AnswersInTime,
        Plant::NeverReassures => Invariant::Reassured,
        Plant::LeavesIntents => Invariant::Rows,
        Plant::KeepsModel => Invariant::AtRest,
        Plant::DialsWhatIsSaid => Invariant::OnlyTargets,
    })
}

/// Whether it takes people who are brought in to show it.
const fn is_of_transfers(plant: Plant) -> bool {
    matches!(
        plant,
        Plant::DialsBeforeCommit
            | Plant::DialsAgain
            | Plant::ForgetsOperator
            | Plant::LeavesOperatorAlone
            | Plant::LeavesCallerAlone
            | Plant::BridgesMachines
            | Plant::SwallowsEmergency
            | Plant::ForgetsEmergency
            | Plant::BriefsWithoutEnd
            | Plant::GivesNoAnswer
            | Plant::NeverReassures
            | Plant::LeavesIntents
            | Plant::KeepsModel
            | Plant::DialsWhatIsSaid
    )
}

fn of_plain_calls() -> impl Iterator<Item = &'static Plant> {
    Plant::ALL.iter().filter(|plant| !is_of_transfers(**plant))
}

fn is_found(plant: Plant, plan: impl Fn() -> WorldPlan) -> bool {
    let history = || {
        let mut plan = plan();
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
    let hidden: Vec<_> = of_plain_calls()
        .filter(|plant| !(0..SEEDS_MAX).any(|seed| is_found(**plant, || WorldPlan::random(seed, &library))))
        .collect();
    assert!(hidden.is_empty(), "not found in {SEEDS_MAX} calls: {hidden:?}");
}

#[test]
fn random_transfers_find_every_planted_bug() {
    let hides = |plant: &Plant| !(0..SEEDS_MAX).any(|seed| is_found(*plant, || WorldPlan::transfer(seed)));
    let hidden: Vec<_> = Plant::ALL.iter().filter(|plant| is_of_transfers(**plant) && hides(plant)).collect();
    assert!(hidden.is_empty(), "not found in {SEEDS_MAX} transfers: {hidden:?}");
}

/// The bugs that are found in transfers are not found without one: the judges are not just easily upset.
#[test]
fn transfers_without_a_planted_bug_upset_nobody() {
    for seed in 0..100 {
        assert_eq!(World::new(WorldPlan::transfer(seed)).run().findings, [], "seed {seed}");
    }
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
