//! Whole calls in virtual time: scenarios, and thousands of random ones under faults, judged by the invariants.

use std::collections::BTreeMap;

use switchboard::session::effect::{Event, Record};
use switchboard::sim::clips::Library;
use switchboard::sim::model::{ModelScript, Pace, ResponseFault};
use switchboard::sim::scenario::Scenario;
use switchboard::sim::world::{CallerKind, Finding, History, World, WorldPlan};

use crate::support::conformance;

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
        let plan_loses_all = plan.phone.lose_marks == 1000;
        let history = World::new(plan).run();
        assert_eq!(history.findings, [], "seed {seed}");
        for cut in &history.truncations {
            // The clock goes on to the next mark that is out, and a lost one is waited for up to a second; on a line that
            // has returned none at all, which may as well stand still, for six.
            let patience = if plan_loses_all { 6100.0 } else { 1100.0 };
            assert!(cut.said_ms <= cut.played_ms + cut.tolerance_ms, "seed {seed}: {cut:?}");
            assert!(cut.said_ms >= cut.played_ms - cut.tolerance_ms - patience, "seed {seed}: {cut:?}");
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

/// The built-in scenarios as worlds.
pub(super) fn scenario_plans(library: &Library) -> Vec<(Scenario, WorldPlan)> {
    let plan = |scenario: Scenario| {
        let org: serde_json::Value = serde_json::from_str(&scenario.org).expect("a test has read every scenario");
        let text = |key: &str| org[key].as_str().unwrap_or_default().to_owned();
        let plan = WorldPlan::scenario(&scenario, library, &text("greeting"), &text("disclosure"));
        (scenario, plan.expect("every clip is there"))
    };
    // Whoever needs a person on the phone plays over sockets.
    Scenario::builtin().into_iter().filter(Scenario::is_plain).map(plan).collect()
}

/// What a scenario expects and the history does not show.
pub(super) fn scenario_failures(scenario: &Scenario, history: &History) -> Vec<String> {
    let mut failures = Vec::new();
    let expect = &scenario.expect;
    let ending = history.ending.map(|ending| (ending.outcome.as_str(), ending.reason.as_str()));
    let (outcome, reason) = ending.unwrap_or_default();
    if expect.outcome.as_deref().is_some_and(|expected| expected != outcome) {
        failures.push(format!("outcome {outcome}"));
    }
    if expect.reason.as_deref().is_some_and(|expected| expected != reason) {
        failures.push(format!("reason {reason}"));
    }
    let mut lines = history.lines.iter();
    for (speaker, part) in &expect.lines {
        if !lines.any(|line| line.speaker.as_str() == speaker && line.text.contains(part.as_str())) {
            failures.push(format!("no line {speaker}: {part}"));
        }
    }
    let count = |wanted: fn(&Record) -> bool| history.records.iter().filter(|(_, record)| wanted(record)).count();
    let barge_ins = count(|record| matches!(record, Record::Event(Event::BargeIn { .. })));
    if expect.barge_ins.is_some_and(|expected| expected as usize != barge_ins) {
        failures.push(format!("{barge_ins} barge-ins"));
    }
    let completed = count(|record| matches!(record, Record::Intake(intake) if intake.completed)) > 0;
    if expect.intake_completed.is_some_and(|expected| expected != completed) {
        failures.push(format!("intake completed: {completed}"));
    }
    failures
}

#[test]
fn scenarios_play_as_they_expect_in_virtual_time() {
    let library = Library::builtin();
    for (scenario, plan) in scenario_plans(&library) {
        let history = World::new(plan).run();
        assert_eq!(scenario_failures(&scenario, &history), [] as [String; 0], "{}", scenario.name);
        assert_eq!(history.findings, [], "{}", scenario.name);
    }
}

#[test]
fn what_we_say_to_the_model_conforms_in_scenarios_and_under_faults() {
    let library = Library::builtin();
    for (scenario, plan) in scenario_plans(&library).into_iter().filter(|(scenario, _)| !scenario.model_down) {
        let recording = World::new(plan).run().recording;
        assert!(!recording.is_empty(), "{}", scenario.name);
        super::conformance::assert_conforms(&recording);
    }

    let mut faulty = String::new();
    for seed in 0..40 {
        let mut plan = WorldPlan::random(seed, &library);
        // A create that is never answered is asked again, and the checker cannot know that nobody waits for the first.
        plan.model.on_response.retain(|(_, fault)| *fault != ResponseFault::Swallowed);
        plan.record_model = true;
        faulty.push_str(&World::new(plan).run().recording);
    }
    // What the model sends is broken on purpose here.
    if let Some(output) = conformance::realtime(&faulty, &["--client-only"]) {
        conformance::assert_content(&output);
    }
}
