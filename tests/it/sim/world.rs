//! Whole calls in virtual time: scenarios, and thousands of random ones under faults, judged by the invariants.

use std::collections::BTreeMap;

use switchboard::sim::clips::Library;
use switchboard::sim::model::{ModelScript, Pace};
use switchboard::sim::world::{CallerKind, Finding, World, WorldPlan};

fn run(seed: u64, library: &Library) -> (Vec<Finding>, u64) {
    let history = World::new(WorldPlan::random(seed, library)).run();
    (history.findings, history.trace)
}

#[test]
fn random_calls_hold_every_invariant() {
    let library = Library::builtin();
    let count = std::env::var("SWITCHBOARD_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000);
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seed in 0..count {
        for finding in run(seed, &library).0 {
            let kind = format!("{:?}", finding.invariant);
            kinds.entry(kind).or_default().push(format!("seed {seed} at {:?}: {}", finding.at, finding.what));
        }
    }
    let counts: Vec<_> = kinds.iter().map(|(kind, all)| (kind, all.len(), &all[..all.len().min(5)])).collect();
    assert!(counts.is_empty(), "{counts:#?}");
}

/// Prints one world: `SWITCHBOARD_SEED=39 cargo test --test it one_seed -- --nocapture`.
#[test]
fn one_seed_is_told_in_full() {
    let Some(seed) = std::env::var("SWITCHBOARD_SEED").ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let library = Library::builtin();
    let plan = WorldPlan::random(seed, &library);
    println!("{:#?}\n{:?}\n{:?} delay {:?}", plan.phone, plan.company, plan.model, plan.model_delay);
    let history = World::new(plan).run();
    for (at, record) in &history.records {
        println!("{:>10.3} {record:?}", at.0 as f64 / 1e6);
    }
    println!("{:#?}", history.findings);
}

/// Barge-in against the truth: what the phone had played of the item when the clear arrived.
#[test]
fn truncation_points_are_where_the_caller_heard_them() {
    let library = Library::builtin();
    let mut checked = 0;
    for seed in 0..u64::MAX {
        let mut plan = WorldPlan::quiet(seed, CallerKind::Random, ModelScript::random(&library));
        plan.model.pace = [Pace::Natural, Pace::Burst, Pace::Times(1.0)][(seed % 3) as usize];
        let history = World::new(plan).run();
        assert_eq!(history.findings, [], "seed {seed}");
        for cut in &history.truncations {
            let off = (cut.said_ms - cut.played_ms).abs();
            assert!(off <= cut.tolerance_ms, "seed {seed}: {cut:?}");
        }
        checked += history.truncations.iter().filter(|cut| cut.played_ms > 0.0).count();
        if checked >= 100 {
            return;
        }
    }
}

#[test]
fn lost_and_late_marks_move_a_truncation_point_by_little() {
    let library = Library::builtin();
    let mut checked = 0;
    for seed in 0..u64::MAX {
        let mut plan = WorldPlan::quiet(seed, CallerKind::Random, ModelScript::random(&library));
        plan.phone.lose_marks = [100, 500, 1000][(seed % 3) as usize];
        let history = World::new(plan).run();
        assert_eq!(history.findings, [], "seed {seed}");
        for cut in &history.truncations {
            // The clock goes on to the next mark that is out, and a lost one is waited for up to a second.
            assert!(cut.said_ms <= cut.played_ms + cut.tolerance_ms, "seed {seed}: {cut:?}");
            assert!(cut.said_ms >= cut.played_ms - cut.tolerance_ms - 1100.0, "seed {seed}: {cut:?}");
        }
        checked += history.truncations.iter().filter(|cut| cut.played_ms > 0.0).count();
        if checked >= 100 {
            return;
        }
    }
}

#[test]
fn one_seed_gives_one_history() {
    let library = Library::builtin();
    for seed in 0..100 {
        assert_eq!(run(seed, &library).1, run(seed, &library).1, "seed {seed}");
    }
}
