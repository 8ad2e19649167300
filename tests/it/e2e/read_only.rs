//! A database that can be read and not written: the gateway answers calls, says so, and is not ready.

use serde_json::Value;
use switchboard::assistant::demo_org;
use switchboard::auth::hash_key;
use switchboard::ports::store::{Directory, Keys};
use switchboard::store::{Store, StoreSettings};

use crate::e2e::child::Gateway;
use crate::e2e::ground::{Folder, PATIENCE, eventually};
use crate::e2e::outside::{Outside, patient_model};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_whose_database_can_only_be_read_is_not_ready() {
    let folder = Folder::new("read-only");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let store = Store::open(&url, StoreSettings::default()).await.unwrap();
    store.create_org(&demo_org()).await.unwrap();
    store.add("desk", &hash_key("sb_desk")).await.unwrap();
    store.close().await;

    let outside = Outside::start(patient_model()).await;
    // As if the file were somebody else's; root may write everything.
    let settings = outside.settings(folder.path(), &format!("{url}?mode=ro"));
    let _gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    eventually(async || {
        let answer = client.get(format!("http://{}/readyz", outside.gateway)).send().await.unwrap();
        let (status, body): (_, Value) = (answer.status().as_u16(), answer.json().await.unwrap());
        let causes =
            body["causes"].as_array().is_some_and(|causes| causes.iter().any(|one| one == "database_read_only"));
        if status == 503 && body["status"] == "read_only" && causes { Ok(()) } else { Err((status, body)) }
    })
    .await;
}
