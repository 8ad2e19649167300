//! Whole calls in virtual time: scenarios, and thousands of random ones under faults, judged by the invariants.

use std::collections::BTreeMap;

use switchboard::sim::clips::Library;
use switchboard::sim::world::{Finding, World, WorldPlan};

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
