//! Bringing a person in, in virtual time: thousands of random transfers under faults, judged by the invariants.

use std::collections::BTreeMap;

use switchboard::sim::world::{World, WorldPlan};

#[test]
fn random_transfers_hold_every_invariant() {
    let count = std::env::var("SWITCHBOARD_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3000);
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seed in 0..count {
        for finding in World::new(WorldPlan::transfer(seed)).run().findings {
            let kind = format!("{:?}", finding.invariant);
            kinds.entry(kind).or_default().push(format!("seed {seed} at {:?}: {}", finding.at, finding.what));
        }
    }
    let counts: Vec<_> = kinds.iter().map(|(kind, all)| (kind, all.len(), &all[..all.len().min(5)])).collect();
    assert!(counts.is_empty(), "{counts:#?}");
}

/// Prints one world: `SWITCHBOARD_SEED=39 cargo test --test it one_transfer -- --nocapture`.
#[test]
fn one_transfer_is_told_in_full() {
    let Some(seed) = std::env::var("SWITCHBOARD_SEED").ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let plan = WorldPlan::transfer(seed);
    println!("{:#?}\n{:?}\n{:?}\n{:?}", plan.phone, plan.company, plan.model, plan.outage);
    if let Some(transfer) = &plan.transfer {
        println!("{:?}\n{:#?}\n{:?}", transfer.knobs, transfer.persons, transfer.habits);
        println!("{:?}\n{:?}", transfer.interludes, transfer.crew.people);
    }
    let history = World::new(plan).run();
    let mut told: Vec<(u64, String)> =
        history.records.iter().map(|(at, record)| (at.0, format!("{record:?}"))).collect();
    for leg in history.exchange.iter().flat_map(|report| &report.legs) {
        let no = leg.no.0;
        told.extend(leg.story.iter().map(|moment| (moment.at.0, format!("        leg {no}: {:?}", moment.beat))));
        told.extend(leg.ended.iter().map(|end| (end.at.0, format!("        leg {no}: {end:?}"))));
    }
    told.sort_by_key(|(at, _)| *at);
    for (at, what) in told {
        println!("{:>10.3} {what}", at as f64 / 1e6);
    }
    println!("{:#?}", history.findings);
}
