//! `serve` as a newcomer starts it: nothing is set but the token that signs webhooks, and the built-in model answers.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::SystemClock;
use switchboard::app::stage::ACCOUNT;
use switchboard::sim::server::carrier::{CarrierConfig, CarrierServer};

use crate::e2e::child::{Gateway, Heard, free_address};
use crate::e2e::ground::{Folder, PATIENCE, eventually};
use crate::e2e::outside::{TOKEN, talking};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_key_a_signed_call_has_a_conversation_and_a_browser_gets_its_secret() {
    let (folder, addr) = (Folder::new("empty-environment"), free_address());
    let clock = SystemClock::start();
    let carrier = CarrierServer::start(CarrierConfig {
        gateway: addr,
        public_base: format!("http://{addr}"),
        account: ACCOUNT.parse().unwrap(),
        token: TOKEN.to_owned(),
        clock: Arc::new(move || clock.mono()),
        epoch: clock.wall(),
        seed: 7,
    });
    let carrier = carrier.await.unwrap();
    let settings = [("TWILIO_AUTH_TOKEN", TOKEN.to_owned())];
    let (mut gateway, mut heard) = (Gateway::start(folder.path(), addr, &settings).await, Heard::default());
    let api = Api::of_first_start(folder.path(), &format!("http://{addr}"));

    let call = carrier.place_call(talking(1));
    let conversation = gateway.meanwhile(&mut heard, api.until_both_spoke_twice()).await;
    call.hang_up();
    assert_eq!(conversation["org_id"], "demo");
    let report = tokio::time::timeout(PATIENCE, call.report()).await.unwrap().unwrap();
    assert_eq!(report.violations, []);

    let answer = api.post("/api/realtime/session", &json!({ "org_id": "demo" })).await;
    assert!(answer["client_secret"].as_str().is_some_and(|secret| secret.starts_with("ek_")), "{answer}");
    gateway.kill(&mut heard).await;
    assert_eq!((heard.panics, heard.errors), (Vec::<String>::new(), Vec::new()));
}

/// The API with the key that the first start left in its folder.
struct Api {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Api {
    fn of_first_start(folder: &Path, url: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let key = std::fs::read_to_string(folder.join("data/admin.key")).unwrap().trim().to_owned();
        Self { client, url: url.to_owned(), key }
    }

    /// The one call, once the assistant has said three things, the last two of them after the caller.
    async fn until_both_spoke_twice(&self) -> Value {
        eventually(async || {
            let calls = self.get("/api/calls").await;
            let Some(id) = calls["calls"][0]["id"].as_str() else { return Err(calls) };
            let call = self.get(&format!("/api/calls/{id}")).await;
            let lines = call["transcripts"].as_array().cloned().unwrap_or_default();
            let said = |who: &str| lines.iter().filter(|line| line["speaker"] == who && line["text"] != "").count();
            if said("agent") >= 3 && said("user") >= 2 { Ok(call) } else { Err(call) }
        })
        .await
    }

    async fn get(&self, path: &str) -> Value {
        self.answer(self.client.get(format!("{}{path}", self.url))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.answer(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.bearer_auth(&self.key).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        answer.json().await.unwrap()
    }
}
