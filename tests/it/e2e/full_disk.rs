//! The disk fills up during a call: an emergency still rings somebody, and with space again everything is as before.

use serde_json::{Value, json};
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::ports::door::Door;
use switchboard::ports::store::{Directory, History};
use switchboard::sim::carrier::Person;

use crate::e2e::ground::{PATIENCE, company_until, eventually, until};
use crate::e2e::outside::patient_model;
use crate::e2e::ward::{clinic_row, number_of, silent_plan};
use crate::support::small_disk::SmallDisk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_rings_somebody_on_a_full_disk_and_the_gateway_is_ready_again_with_space() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let stage = Stage::start(StageOptions::new(disk.path(), patient_model())).await.unwrap();
    stage.gateway.store().update_org(&clinic_row(1)).await.unwrap();
    stage.carrier.add_person(&number_of(0), Person::never());
    let handle = stage.place(silent_plan());
    let board = stage.gateway.switchboard().clone();
    until("a live call", || board.live().len() == 1).await;
    let call = board.live()[0].call;
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let at = format!("http://{}", stage.gateway.addr());
    let key = stage.admin_key().unwrap().expose();
    let command = async |what: &str, body: Value| {
        let url = format!("{at}/api/calls/{call}/{what}");
        client.post(url).bearer_auth(key).json(&body).send().await.unwrap().status().as_u16()
    };
    let readiness = async || {
        let answer = client.get(format!("{at}/readyz")).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let reserve = disk.path().join("spool/reserve");
    until("the reserve", || reserve.exists()).await;

    disk.fill();
    // Records of a live call, until the reserve is needed for them.
    let full = eventually(async || {
        command("say", json!({ "text": "One moment, please." })).await;
        let (status, body) = readiness().await;
        if status == 503 { Ok(body) } else { Err((status, body)) }
    });
    assert_eq!(full.await["status"], "full");
    assert!(!reserve.exists());
    assert_eq!(command("escalate", json!({ "urgency": "emergency" })).await, 202);
    company_until("a phone rings", &stage.carrier, |carrier| !carrier.report().dialled.is_empty()).await;

    disk.empty();
    eventually(async || {
        let (status, body) = readiness().await;
        if body == json!({ "status": "ready" }) { Ok(()) } else { Err((status, body)) }
    })
    .await;
    assert!(reserve.exists());
    handle.hang_up();
    until("the end of the call", || board.live().is_empty()).await;
    stage.gateway.journal().replayed(PATIENCE).await.unwrap();
    let detail = stage.gateway.store().call(call).await.unwrap();
    assert!(detail.escalations.len() == 1 && detail.call.outcome.is_some(), "{detail:?}");
}
