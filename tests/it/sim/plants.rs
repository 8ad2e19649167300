//! Planted bugs: the random calls find each of them, and the scenarios alone would not.

use switchboard::session::plant::Plant;
use switchboard::sim::clips::Library;
use switchboard::sim::world::{History, Invariant, World, WorldPlan};

use crate::sim::world::{scenario_failures, scenario_plans};

/// Calls that are tried for one bug. A bug that needs more is found too seldom.
const SEEDS_MAX: u64 = 600;

/// The same for transfers, which meet rare moments more often.
const TRANSFERS_MAX: u64 = 600;

/// What a planted bug breaks: the proof that each of these invariants can be broken, and is then found. Empty: found by
/// running a seed twice, or over sockets.
const fn breaks(plant: Plant) -> &'static [Invariant] {
    match plant {
        Plant::ForgetsDetach => &[Invariant::OneOutcome],
        Plant::LateStatusReopens => &[Invariant::FinalOutcome],
        Plant::LosesLine => &[Invariant::Numbered],
        Plant::ClaimsAllHeard => &[Invariant::HeardOnly],
        Plant::PlaysCutSound => &[Invariant::Cleared],
        Plant::SendsTooFar => &[Invariant::Outstanding],
        Plant::ForgetsLateMarks => &[Invariant::TrueToPlayout],
        Plant::LeavesItCut => &[Invariant::GoesOn],
        Plant::DeafInSilence => &[Invariant::ToldIfDeaf],
        Plant::InsistsOnSettings => &[Invariant::Configured],
        Plant::SendsEmptyFrame => &[Invariant::Wire],
        Plant::NoFiller => &[Invariant::NoSilence],
        Plant::AsksTwice => &[Invariant::OneCreate],
        Plant::MovesTwice => &[Invariant::OneRedirect],
        Plant::RingsTwice => &[Invariant::OneRing],
        Plant::ForgetsTalk => &[Invariant::TalkRecorded],
        Plant::TrustsReplays => &[Invariant::StreamKept],
        Plant::AnswersTwice => &[Invariant::OneOutput],
        Plant::TruncatesTooFar => &[Invariant::Truncated],
        Plant::AcknowledgesEarly => &[Invariant::Durable],
        Plant::CutsBytes | Plant::RulesPanic => &[Invariant::NoPanic],
        Plant::NotRepeatable | Plant::SharesBuffer => &[],
        Plant::DialsBeforeCommit => &[Invariant::Intended],
        Plant::BurnsList => &[Invariant::ListKept],
        Plant::SharesBudget => &[Invariant::OwnBudget],
        Plant::DialsAgain => &[Invariant::OneLeg],
        Plant::ForgetsOperator => &[Invariant::NoOrphan],
        Plant::LeavesOperatorAlone => &[Invariant::OperatorReleased],
        Plant::LeavesCallerAlone => &[Invariant::CallerServed],
        Plant::BridgesMachines => &[Invariant::NoMachine],
        Plant::SwallowsEmergency => &[Invariant::EmergencySaid],
        Plant::ForgetsEmergency => &[Invariant::CalledBack],
        Plant::BriefsWithoutEnd => &[Invariant::Discreet],
        Plant::GivesNoAnswer => &[Invariant::AnswersInTime, Invariant::RingsSoon],
        Plant::NeverReassures => &[Invariant::Reassured],
        Plant::PushesTimersAway => &[Invariant::Reassured],
        Plant::HangsUpInEmergency | Plant::DrainEndsEmergency => &[Invariant::LineKept],
        Plant::LeavesIntents => &[Invariant::Rows],
        Plant::KeepsModel => &[Invariant::AtRest],
        Plant::KeepsConnections => &[Invariant::Wire],
        Plant::DialsWhatIsSaid => &[Invariant::OnlyTargets],
    }
}

/// Whether it takes people who are brought in to show it.
const fn is_of_transfers(plant: Plant) -> bool {
    matches!(
        plant,
        Plant::DialsBeforeCommit
            | Plant::BurnsList
            | Plant::SharesBudget
            | Plant::DialsAgain
            | Plant::MovesTwice
            | Plant::RingsTwice
            | Plant::ForgetsTalk
            | Plant::ForgetsOperator
            | Plant::LeavesOperatorAlone
            | Plant::LeavesCallerAlone
            | Plant::BridgesMachines
            | Plant::SwallowsEmergency
            | Plant::ForgetsEmergency
            | Plant::BriefsWithoutEnd
            | Plant::GivesNoAnswer
            | Plant::NeverReassures
            | Plant::PushesTimersAway
            | Plant::HangsUpInEmergency
            | Plant::DrainEndsEmergency
            | Plant::LeavesIntents
            | Plant::KeepsModel
            | Plant::KeepsConnections
            | Plant::DialsWhatIsSaid
            | Plant::RulesPanic
    )
}

/// One call is not enough for cross-talk (I11): `app::echo` plants that one on a whole gateway.
fn of_plain_calls() -> impl Iterator<Item = &'static Plant> {
    Plant::ALL.iter().filter(|plant| !is_of_transfers(**plant) && **plant != Plant::SharesBuffer)
}

/// What the bug should have broken and has not, in any of these calls.
fn hidden(plant: Plant, seeds: u64, plan: impl Fn(u64) -> WorldPlan) -> Vec<Invariant> {
    let mut hidden = breaks(plant).to_vec();
    for seed in 0..seeds {
        for finding in history(plant, plan(seed)).findings {
            hidden.retain(|invariant| *invariant != finding.invariant);
        }
        if hidden.is_empty() {
            break;
        }
    }
    hidden
}

fn history(plant: Plant, mut plan: WorldPlan) -> History {
    plan.policy.plant = Some(plant);
    World::new(plan).run()
}

#[test]
fn random_calls_find_every_planted_bug() {
    let library = Library::builtin();
    let hides = |plant: &Plant| hidden(*plant, SEEDS_MAX, |seed| WorldPlan::random(seed, &library));
    let all: Vec<_> =
        of_plain_calls().map(|plant| (plant, hides(plant))).filter(|(_, hidden)| !hidden.is_empty()).collect();
    assert!(all.is_empty(), "in {SEEDS_MAX} calls these do not show: {all:?}");
}

#[test]
fn what_no_seed_decides_shows_when_a_seed_is_run_twice() {
    let library = Library::builtin();
    let trace = |seed| history(Plant::NotRepeatable, WorldPlan::random(seed, &library)).trace;
    assert!((0..SEEDS_MAX).any(|seed| trace(seed) != trace(seed)));
}

#[test]
fn random_transfers_find_every_planted_bug() {
    let of_transfers = Plant::ALL.iter().filter(|plant| is_of_transfers(**plant));
    let hides = |plant: &Plant| hidden(*plant, TRANSFERS_MAX, WorldPlan::transfer);
    let all: Vec<_> =
        of_transfers.map(|plant| (plant, hides(plant))).filter(|(_, hidden)| !hidden.is_empty()).collect();
    assert!(all.is_empty(), "in {TRANSFERS_MAX} transfers these do not show: {all:?}");
}

/// The bugs that are found in transfers are not found without one: the judges are not just easily upset.
#[test]
fn transfers_without_a_planted_bug_upset_nobody() {
    for seed in 0..100 {
        assert_eq!(World::new(WorldPlan::transfer(seed)).run().findings, [], "seed {seed}");
    }
}

/// The rules panic at whatever is said: that is on the timeline, and nobody is hurt by it.
#[test]
fn transfers_without_a_net_that_judges_break_nothing_else() {
    for seed in 0..100 {
        let findings = history(Plant::RulesPanic, WorldPlan::transfer(seed)).findings;
        let others: Vec<_> = findings.iter().filter(|finding| finding.invariant != Invariant::NoPanic).collect();
        assert!(others.is_empty(), "seed {seed}: {others:?}");
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
