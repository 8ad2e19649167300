//! Staff and a database that is away: a live call needs none to hear what they want of it.

use serde_json::json;
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::ports::door::Door;

use crate::e2e::ground::{Folder, PATIENCE, quiet, until};
use crate::e2e::outside::patient_model;
use crate::e2e::ward::silent_plan;
use crate::support::postgres::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_command_live_calls_while_the_database_is_away() {
    let Some(server) = Postgres::start() else { return };
    let folder = Folder::new("staff-without-database");
    let mut options = StageOptions::new(folder.path(), patient_model());
    options.database_url = server.database().await;
    let stage = Stage::start(options).await.unwrap();
    quiet(stage.gateway.store()).await;
    let _call = stage.place(silent_plan());
    let board = stage.gateway.switchboard().clone();
    until("a live call", || board.live().len() == 1).await;
    let call = board.live()[0].call;
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let post = async |key: &str, what: &str, body: serde_json::Value| {
        let url = format!("http://{}/api/calls/{call}/{what}", stage.gateway.addr());
        client.post(url).bearer_auth(key).json(&body).send().await.unwrap().status().as_u16()
    };
    let key = stage.admin_key().unwrap().expose();

    server.stop();
    assert_eq!(post(key, "say", json!({ "text": "One moment, please." })).await, 202);
    assert_eq!(post("sb_nobody", "hangup", json!({})).await, 503, "nobody can tell whose key this is");
    assert_eq!(post(key, "hangup", json!({})).await, 202);
    until("the end of the call", || board.live().is_empty()).await;
}
