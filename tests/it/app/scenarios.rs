//! Every built-in scenario, end to end, and what everyone who watched it has to say.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::app::play::{self, Played};
use switchboard::app::stage::Stage;
use switchboard::ports::store::LineRow;
use switchboard::sim::scenario::Scenario;

use super::{Folder, assert_quiet};
use crate::support::conformance;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_ends_as_it_says() {
    let plays = [
        ("new-appointment", "pcm"),
        ("new-appointment", "pcmu"),
        ("interrupt", "pcm"),
        ("interrupt", "pcmu"),
        ("silent-caller", "pcm"),
        ("hang-up-mid-word", "pcmu"),
        ("model-down", "pcm"),
        ("model-down-cold", "pcm"),
        ("chest-pain", "pcm"),
        ("nobody-answers", "pcmu"),
        ("operator-declines", "pcmu"),
        ("caller-leaves-while-ringing", "pcm"),
        ("call-back-later", "pcmu"),
        ("operator-leaves-first", "pcm"),
        ("outbound-voicemail", "pcmu"),
    ];
    let names: Vec<_> = Scenario::builtin().into_iter().map(|scenario| scenario.name).collect();
    assert!(names.iter().all(|name| plays.iter().any(|(played, _)| played == name)), "{names:?}");
    futures_util::future::join_all(plays.map(|(name, format)| run(name, format))).await;
}

async fn run(name: &str, format: &str) {
    let what = format!("{name} in {format}");
    let (folder, scenario) = (Folder::new(), Scenario::named(name).unwrap());
    let log = folder.path().join("realtime");
    let options = play::options(&scenario, folder.path())
        .unwrap()
        .with("REALTIME_AUDIO_FORMAT", format)
        .with("REALTIME_LOG_DIR", log.to_str().unwrap());
    let mut stage = Stage::start(options).await.unwrap();
    let played = play::play(&mut stage, &scenario, |_| {}).await.unwrap();
    assert_eq!(played.problems, Vec::<String>::new(), "{what}");
    assert_quiet(&stage).await;

    assert!(stage.carrier.live_legs().is_empty() && stage.carrier.live_rooms().is_empty(), "{what}");
    assert_read_back(&stage, &played).await;
    assert_twiml(&what, &played);
    assert_rest(&what, &stage.carrier.requests_jsonl());
    assert!(stage.gateway.flush_model_log().await);
    let recording = log.join(format!("{}.jsonl", played.call));
    if scenario.model_down {
        assert!(!recording.exists(), "{what}");
    } else {
        assert_realtime(recording.to_str().unwrap());
    }

    assert_eq!(stage.stop(Duration::ZERO).await, 0, "{what}");
}

/// The API gives what is stored, to those who have the key.
async fn assert_read_back(stage: &Stage, played: &Played) {
    let url = format!("http://{}/api/calls/{}", stage.gateway.addr(), played.call);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let answer = client.get(&url).bearer_auth(stage.admin_key().unwrap().expose()).send().await.unwrap();
    let call: Value = answer.json().await.unwrap();
    assert_eq!(call["outcome"], played.detail.call.outcome.unwrap().as_str());
    assert_eq!(call["status"], played.detail.call.status.as_str());
    let said = |line: &LineRow| json!([line.seq, line.speaker.as_str(), line.text]);
    let expected: Vec<Value> = played.detail.lines.iter().map(said).collect();
    let lines = call["transcripts"].as_array().unwrap().iter();
    let found: Vec<Value> = lines.map(|line| json!([line["seq"], line["speaker"], line["text"]])).collect();
    assert_eq!(found, expected);
    assert!(!call["timeline"].as_array().unwrap().is_empty());
}

/// Every document that any leg was given, in the place where it was given.
fn assert_twiml(what: &str, played: &Played) {
    let reports = || std::iter::once(&played.report).chain(&played.others);
    let mut checked = 0;
    for context in ["document", "number-url", "wait-url"] {
        let folder = Folder::new();
        let mut arguments: Vec<String> = ["--werror", "--context", context].map(str::to_owned).into();
        let logs = reports().flat_map(|report| &report.webhooks);
        let documents = logs.filter(|log| log.status != 0 && log.context == Some(context));
        let begun = arguments.len();
        for (index, log) in documents.enumerate() {
            assert_eq!(log.status, 200, "{what}: {:?}", log.kind);
            let path = folder.path().join(format!("{index}.xml"));
            std::fs::write(&path, &log.body).unwrap();
            arguments.push(path.to_str().unwrap().to_owned());
        }
        checked += arguments.len() - begun;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if arguments.len() > begun
            && let Some(output) = conformance::run("check_twiml.py", &arguments)
        {
            conformance::assert_content(&output);
        }
    }
    assert!(checked > 0, "{what}: no document was asked for");
}

fn assert_rest(what: &str, lines: &str) {
    assert!(what.starts_with("hang-up") || !lines.is_empty(), "{what}: the gateway hangs up by request");
    let Some(spec) = conformance::rest_spec() else { return };
    let folder = Folder::new();
    let path = folder.path().join("requests.jsonl");
    std::fs::write(&path, lines).unwrap();
    if let Some(output) = conformance::run("check_twilio_rest.py", &[spec.to_str().unwrap(), path.to_str().unwrap()]) {
        conformance::assert_content(&output);
    }
}

fn assert_realtime(recording: &str) {
    assert!(std::fs::metadata(recording).unwrap().len() > 0);
    if let Some(output) = conformance::run("check_realtime_events.py", &["--werror", recording]) {
        conformance::assert_content(&output);
    }
}
