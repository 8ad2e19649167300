//! Browsers, seen by the whole gateway: secrets from the model's own door, and sessions that nobody ended.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::app::play;
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::ports::door::Door as _;
use switchboard::ports::sessions::{NewSession, Sessions as _};
use switchboard::ports::store::{Directory as _, History as _, OrgRow};
use switchboard::sim::model::{ModelKnobs, Refusal};
use switchboard::sim::scenario::Scenario;
use switchboard::store::{Store, StoreSettings};
use switchboard::types::{CallId, Outcome, Reason, Wall};
use uuid::Uuid;

use super::Folder;

/// Longest wait for anything that must happen.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(20);

fn options(folder: &Folder) -> StageOptions {
    play::options(&Scenario::named("silent-caller").unwrap(), folder.path()).unwrap()
}

/// Status and body of `POST /api/realtime/session` for the demonstration's organization.
async fn ask(stage: &Stage) -> (u16, Value) {
    let org = stage.gateway.default_org().unwrap().as_str();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let request = client.post(format!("http://{}/api/realtime/session", stage.gateway.addr()));
    let request = request.bearer_auth(stage.admin_key().unwrap().expose()).json(&json!({ "org_id": org }));
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_gets_a_secret_for_a_session_that_the_model_accepts() {
    let folder = Folder::new();
    let stage = Stage::start(options(&folder).with("REALTIME_AUDIO_FORMAT", "pcmu")).await.unwrap();
    let (status, body) = ask(&stage).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["client_secret"].as_str().unwrap().starts_with("ek_sess"), "{body}");
    assert!(body["session_id"].as_str().unwrap().starts_with("sess"), "{body}");
    let left = body["expires_at"].as_i64().unwrap() - stage.clock.wall().0 / 1_000_000;
    assert!((590..=600).contains(&left), "{left} s");

    let config = &body["session_config"];
    assert_eq!((&config["type"], &config["model"]), (&json!("realtime"), &json!(null)), "as `session.update` takes it");
    let pcm = json!({ "type": "audio/pcm", "rate": 24_000 });
    assert_eq!((&config["audio"]["input"]["format"], &config["audio"]["output"]["format"]), (&pcm, &pcm));
    assert_eq!(config["audio"]["input"]["turn_detection"]["interrupt_response"], true);
    let tools: Vec<_> = config["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(tools, ["complete_intake", "end_call"], "nobody can be put through to a browser");
    let prompt = config["instructions"].as_str().unwrap();
    assert!(!prompt.contains("+1202555"), "nor is told a number that the gateway could ring: {prompt}");
    stage.stop(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_refuses_or_is_away_is_said_without_its_words() {
    for (refuse, code) in [
        (Refusal::Status(401), "model_refused"),
        (Refusal::Status(429), "model_busy"),
        (Refusal::Status(500), "model_unavailable"),
        (Refusal::Connection, "model_unavailable"),
    ] {
        let folder = Folder::new();
        let knobs = ModelKnobs { refuse: Some(refuse), ..ModelKnobs::default() };
        let stage = Stage::start(StageOptions { knobs, ..options(&folder) }).await.unwrap();
        let (status, body) = ask(&stage).await;
        assert_eq!((status, &body["code"]), (502, &json!(code)));
        assert!(!body.to_string().contains("secret words"), "{body}");
        stage.stop(Duration::ZERO).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_ends_sessions_whose_time_was_up_and_leaves_the_others() {
    let folder = Folder::new();
    let options = options(&folder);
    let store = Store::open(&options.database_url, StoreSettings::default()).await.unwrap();
    let org = OrgRow { id: "clinic".into(), name: "The clinic".into(), config: "{}".into(), ..OrgRow::default() };
    store.create_org(&org).await.unwrap();
    let (overdue, open) = (CallId(Uuid::from_u128(1)), CallId(Uuid::from_u128(2)));
    for (call, deadline) in [(overdue, Wall(1_000_000)), (open, Wall(i64::MAX))] {
        let session = NewSession { call, org: "clinic".parse().unwrap(), at: Wall(0), deadline };
        store.open(session, 10).await.unwrap();
    }

    let stage = Stage::start(options).await.unwrap();
    let ended = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            let row = store.call(overdue).await.unwrap().call;
            if row.outcome.is_some() {
                break row;
            }
        }
    };
    let row = tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert_eq!((row.outcome, row.reason), (Some(Outcome::Limit), Some(Reason::Duration)));
    assert_eq!(row.ended_at, Some(Wall(1_000_000)));
    assert_eq!(store.call(open).await.unwrap().call.outcome, None);
    assert!(stage.gateway.switchboard().live().is_empty(), "nobody takes a session up as a call by phone");
    stage.stop(Duration::ZERO).await;
    store.close().await;
}
