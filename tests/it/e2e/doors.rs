//! Who dials, and who attacks: a call through a channel, and sockets that take everything that a gateway has.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};
use switchboard::ports::store::{Directory, OrgRow};
use switchboard::sim::carrier::Person;
use switchboard::sim::carrier::company::Beat;
use switchboard::store::{Store, StoreSettings};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::e2e::child::Gateway;
use crate::e2e::ground::{Folder, PATIENCE, company_until, eventually, quiet_config};
use crate::e2e::knock::{Knocker, Pairs, leg, ringing};
use crate::e2e::outside::{Outside, patient_model};
use crate::e2e::stored::call_of;
use crate::e2e::ward::{beats, clinic_row, number_of, silent_plan};

pub(crate) const KEY: &str = "sk_doors_0123456789abcdef0123456789abcdef";

/// The field's input: a number of `north` with a channel in front of it, while another organization is the default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_through_a_channel_is_answered_by_the_numbers_owner_and_its_caller_is_known() {
    let case: Value = serde_json::from_str(include_str!("../../../fixtures/field/06-ring.json")).unwrap();
    let folder = Folder::new("channel");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let store = Store::open(&url, StoreSettings::default()).await.unwrap();
    for id in ["demo", "north"] {
        let config = quiet_config().to_string();
        store
            .create_org(&OrgRow { id: id.to_owned(), name: id.to_owned(), config, ..OrgRow::default() })
            .await
            .unwrap();
    }
    store.assign_number(&"+12025550199".parse().unwrap(), &"north".parse().unwrap()).await.unwrap();
    store.close().await;
    let outside = Outside::start(patient_model()).await;
    let settings = outside.settings(folder.path(), &url);
    let _gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    let knocker = Knocker::new(outside.gateway);

    let field: Pairs =
        case["form"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let bare =
        [("From", "447700900123"), ("To", "12025550199")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (number, given) in [(1, field), (2, bare.to_vec())] {
        let leg = leg(number);
        let mut pairs = ringing(&leg);
        pairs.retain(|(name, _)| given.iter().all(|(other, _)| other != name));
        is_taken(&knocker, &[pairs, given].concat()).await;
        let ends = eventually(async || ends_of(&url, &leg).await.ok_or("a row")).await;
        assert_eq!(ends, ["north", "+447700900123", "+12025550199"].map(str::to_owned), "{number}");
    }
}

/// The call is taken; on a machine that is busy, perhaps not at once.
async fn is_taken(knocker: &Knocker, pairs: &Pairs) {
    eventually(async || {
        let (status, document) = knocker.webhook("/twilio/voice", pairs).await;
        if status == 200 && document.contains("<Connect") { Ok(()) } else { Err((status, document)) }
    })
    .await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Whose call it is, who called, and which number.
async fn ends_of(url: &str, leg: &str) -> Option<[String; 3]> {
    let options: SqliteConnectOptions = url.parse().unwrap();
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    let sql =
        "select org_id, coalesce(caller, '') as caller, coalesce(dialled, '') as dialled from calls where leg = $1";
    let row = sqlx::query(sql).bind(leg).fetch_optional(&mut db).await.unwrap()?;
    Some(["org_id", "caller", "dialled"].map(|column| row.get(column)))
}

/// Descriptors of the gateway that is attacked: with fewer it would hardly run.
pub(crate) const DESCRIPTORS: u32 = 160;

/// Sockets that each want one of them, again and again.
pub(crate) const ATTACKERS: u32 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_that_never_read_stop_neither_an_emergency_nor_a_new_call() {
    let folder = Folder::new("deaf");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let store = Store::open(&url, StoreSettings::default()).await.unwrap();
    store.create_org(&clinic_row(1)).await.unwrap();
    store.close().await;
    let outside = Outside::start(patient_model()).await;
    outside.carrier.add_person(&number_of(0), Person::never());
    let mut settings = outside.settings(folder.path(), &url);
    settings.push(("ADMIN_API_KEY", KEY.to_owned()));
    let gateway = Gateway::with_descriptors(DESCRIPTORS, folder.path(), outside.gateway, &settings).await;
    let live = outside.carrier.place_call(silent_plan());
    company_until("a stream", &outside.carrier, |carrier| {
        beats(&carrier.report(), &live.leg, |beat| *beat == Beat::Streaming) > 0
    })
    .await;
    let id = eventually(async || call_of(&url, &live.leg).await.ok_or("a row")).await;

    let mut attack = JoinSet::new();
    for number in 0..ATTACKERS {
        attack.spawn(want_and_never_read(outside.gateway, number));
    }
    eventually(async || {
        let health = Knocker::new(outside.gateway).get("/health").await;
        if health.contains("connections") { Ok(()) } else { Err(health) }
    })
    .await;

    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let asked = client.post(format!("http://{}/api/calls/{id}/escalate", outside.gateway)).bearer_auth(KEY);
    let asked = asked.json(&json!({ "urgency": "emergency", "reason": "chest pain" })).send().await.unwrap();
    assert_eq!(asked.status(), 202);
    company_until("a phone that rings", &outside.carrier, |carrier| {
        carrier.report().dialled.iter().any(|dialled| dialled.number == number_of(0))
    })
    .await;
    is_taken(&Knocker::new(outside.gateway), &ringing(&leg(7))).await;
    assert!(gateway.descriptors() < DESCRIPTORS as usize);
    let report = outside.carrier.report();
    assert_eq!(beats(&report, &live.leg, |beat| *beat == Beat::Streaming), 1, "the live call kept its stream");
}

/// Asks for more and more, and reads nothing of it; or asks for nothing at all.
pub(crate) async fn want_and_never_read(gateway: SocketAddr, number: u32) {
    let request: &[u8] = match number % 3 {
        0 => b"GET /twilio/hold.wav HTTP/1.1\r\nHost: gw.test\r\n\r\n",
        1 => b"GET /livez HTTP/1.1\r\nHost: gw.test\r\n\r\n",
        _ => b"G",
    };
    let asks = request.repeat(64);
    loop {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        // The gateway's queue may be full.
        if let Ok(mut stream) = socket.connect(gateway).await {
            while stream.write_all(&asks).await.is_ok() && request.len() > 1 {}
            if request.len() == 1 {
                sleep(Duration::from_secs(1)).await;
            }
        }
        sleep(Duration::from_millis(500)).await;
    }
}
