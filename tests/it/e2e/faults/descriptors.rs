//! The row of a gateway whose descriptors are taken by strangers: a process of its own, since a limit concerns a process.

use serde_json::{Value, json};
use switchboard::ports::store::Directory as _;
use switchboard::sim::carrier::company::Beat;
use switchboard::sim::carrier::{CallPlan, ExchangeReport};
use switchboard::sim::server::carrier::CarrierServer;
use switchboard::store::{Store, StoreSettings};
use tokio::task::JoinSet;

use crate::e2e::child::Gateway;
use crate::e2e::doors::{ATTACKERS, DESCRIPTORS, KEY, want_and_never_read};
use crate::e2e::faults::{Legs, operator, what_they_meet};
use crate::e2e::ground::{Folder, PATIENCE, company_until, eventually};
use crate::e2e::outside::{Outside, patient_model};
use crate::e2e::stored::call_of;
use crate::e2e::ward::{beats, clinic_row, number_of, silent_plan};

pub(super) async fn row() -> String {
    let folder = Folder::new("no-descriptors");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let store = Store::open(&url, StoreSettings::default()).await.unwrap();
    store.create_org(&clinic_row(1)).await.unwrap();
    store.close().await;
    let outside = Outside::start(patient_model()).await;
    let carrier = &outside.carrier;
    carrier.add_person(&number_of(0), operator(std::time::Duration::from_secs(4)));
    let mut settings = outside.settings(folder.path(), &url);
    settings.push(("ADMIN_API_KEY", KEY.to_owned()));
    let _gateway = Gateway::with_descriptors(DESCRIPTORS, folder.path(), outside.gateway, &settings).await;
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let calls: Vec<_> = (0..3)
        .map(|number| carrier.place_call(CallPlan { from: format!("+155501200{number:02}"), ..silent_plan() }))
        .collect();
    let [calm, endangered, moving] = [0, 1, 2].map(|index: usize| &calls[index].leg);
    until(carrier, "three streams", |report| {
        calls.iter().all(|call| beats(report, &call.leg, |beat| *beat == Beat::Streaming) > 0)
    })
    .await;
    let escalate = async |leg, body: Value| {
        let id = eventually(async || call_of(&url, leg).await.ok_or("a row")).await;
        let asked = client.post(format!("http://{}/api/calls/{id}/escalate", outside.gateway)).bearer_auth(KEY);
        assert_eq!(asked.json(&body).send().await.unwrap().status(), 202);
    };
    escalate(moving, json!({ "urgency": "high", "reason": "the caller sounds unwell" })).await;
    until(carrier, "a phone", |report| !report.dialled.is_empty()).await;
    let operator = carrier.report().dialled[0].leg.clone();
    until(carrier, "the briefing", |report| beats(report, &operator, |beat| *beat == Beat::Gathering) >= 2).await;

    let mut attack = JoinSet::new();
    for number in 0..ATTACKERS {
        attack.spawn(want_and_never_read(outside.gateway, number));
    }
    let ready = async || {
        let answer = client
            .get(format!("http://{}/readyz", outside.gateway))
            .send()
            .await
            .map_err(|error| json!(error.to_string()))?;
        let body: Value = answer.json().await.map_err(|error| json!(error.to_string()))?;
        if body["causes"].as_array().is_some_and(|causes| causes.contains(&json!("connections"))) {
            Ok(body)
        } else {
            Err(body)
        }
    };
    let ready = eventually(ready).await;
    let broken_at = carrier.now();
    let newcomer = carrier.place_call(CallPlan { from: "+15550120009".to_owned(), ..silent_plan() });
    escalate(endangered, json!({ "urgency": "emergency", "reason": "chest pain" })).await;
    let legs = Legs { calm, endangered, moving, newcomer: &newcomer.leg, operator: &operator };
    let met = what_they_meet(carrier, "descriptors", broken_at, &legs).await;
    met.row("strangers take every descriptor", &ready)
}

async fn until(carrier: &CarrierServer, about: &str, so: impl Fn(&ExchangeReport) -> bool) {
    company_until(about, carrier, |carrier| so(&carrier.report())).await;
}
