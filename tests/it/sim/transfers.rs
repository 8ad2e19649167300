//! Bringing a person in, in virtual time: thousands of random transfers under faults, judged by the invariants.

use std::collections::BTreeMap;

use switchboard::session::effect::Record;
use switchboard::sim::world::{History, World, WorldPlan};
use switchboard::types::{AttemptState, EscalationState};

use crate::support::conformance;

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

#[test]
fn one_seed_gives_one_transfer() {
    let trace = |seed: u64| World::new(WorldPlan::transfer(seed)).run().trace;
    for seed in 0..50 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
}

/// Random worlds are worth something only if they get far: every end of an escalation and of an attempt is reached.
#[test]
fn random_transfers_end_in_every_way() {
    let (mut escalations, mut attempts) = (Vec::new(), Vec::new());
    for seed in 0..600 {
        for (_, record) in World::new(WorldPlan::transfer(seed)).run().records {
            match record {
                Record::EscalationMove(change) => escalations.push(change.to),
                Record::AttemptMove(change) => attempts.push(change.to),
                _ => {}
            }
        }
    }
    let count = |state: EscalationState| escalations.iter().filter(|to| **to == state).count();
    let rare: Vec<_> = EscalationState::ALL.iter().filter(|state| count(**state) < 3).collect();
    assert_eq!(rare, [&EscalationState::Requested], "it begins there");
    let missing: Vec<_> = AttemptState::ALL.iter().filter(|state| !attempts.contains(state)).collect();
    // It begins with the first; operators' legs are dialled without detection, so that nobody waits for its verdict.
    assert_eq!(missing, [&AttemptState::Intended, &AttemptState::Machine]);
}

/// Everything that a sample of worlds asks and answers, held against the official descriptions.
#[test]
fn what_random_transfers_say_to_the_carrier_conforms() {
    let histories: Vec<History> = (0..60).map(|seed| World::new(WorldPlan::transfer(seed)).run()).collect();
    let requests = histories.iter().flat_map(|history| &history.requests);
    let line = |request: &switchboard::sim::carrier::RestRequest| {
        let is_post = request.method == "POST";
        let content_type = is_post.then_some("application/x-www-form-urlencoded");
        let authorization =
            "Basic QUM1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTo3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nw==";
        let request = serde_json::json!({
            "method": request.method, "path": request.path, "authorization": authorization,
            "content_type": content_type, "body": request.body,
        });
        format!("{request}\n")
    };
    let lines: String = requests.map(line).collect();
    assert!(lines.lines().count() > 100, "{lines}");
    if let Some(spec) = conformance::rest_spec() {
        let path = conformance::scratch("transfer-requests.jsonl");
        std::fs::write(&path, &lines).unwrap();
        let arguments = [spec.to_str().unwrap(), path.to_str().unwrap()];
        if let Some(output) = conformance::run("check_twilio_rest.py", &arguments) {
            conformance::assert_content(&output);
        }
    }
    let folder = conformance::scratch("transfer-twiml");
    std::fs::create_dir_all(&folder).unwrap();
    let mut documents: Vec<_> = histories.iter().flat_map(|history| &history.documents).collect();
    documents.sort();
    documents.dedup();
    for context in ["document", "number-url", "wait-url"] {
        let of_it = documents.iter().filter(|(of, _)| *of == context).enumerate().map(|(no, (_, text))| {
            let path = folder.join(format!("{context}-{no}.xml"));
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        });
        let files: Vec<String> = of_it.collect();
        assert!(!files.is_empty(), "no {context}");
        let mut arguments = vec!["--werror"];
        if context != "document" {
            arguments.extend(["--context", context]);
        }
        arguments.extend(files.iter().map(String::as_str));
        if let Some(output) = conformance::run("check_twiml.py", &arguments) {
            conformance::assert_content(&output);
        }
    }
}
