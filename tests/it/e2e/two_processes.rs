//! Two gateways on one database: neither touches what the other has, until the other is dead.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use switchboard::ports::store::Directory;
use switchboard::sim::carrier::company::Beat;
use switchboard::store::{Store, StoreSettings};
use switchboard::types::CallId;
use uuid::Uuid;

use crate::e2e::child::{self, Gateway, Heard};
use crate::e2e::ground::{Folder, company_until, eventually};
use crate::e2e::outside::{Outside, patient_model, talking};
use crate::e2e::stored::Stored;
use crate::e2e::ward::{beats, clinic_row};
use crate::support::postgres::Postgres;

/// The second process's life beside the first: longer than a lease.
const BESIDE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_gateway_leaves_live_calls_alone_and_takes_them_up_when_the_first_is_dead() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database().await;
    open_clinic(&url).await;
    let (one, two) = (Folder::new("first"), Folder::new("second"));
    let outside = Outside::start(patient_model()).await;
    let first_settings = outside.settings(one.path(), &url);
    let mut first = Gateway::start(one.path(), outside.gateway, &first_settings).await;
    let call = outside.carrier.place_call(talking(0));
    company_until("a stream", &outside.carrier, |carrier| {
        beats(&carrier.report(), &call.leg, |beat| *beat == Beat::Streaming) > 0
    })
    .await;
    let id = first.meanwhile(&mut Heard::default(), call_of(&url, call.leg.as_str())).await;

    // The second serves beside it, and hears of the first one's call from the carrier, as behind a balancer.
    let second_addr = child::free_address();
    let second_settings = outside.settings(two.path(), &url);
    let mut second = Gateway::start(two.path(), second_addr, &second_settings).await;
    let (mut first_heard, mut second_heard) = (Heard::default(), Heard::default());
    tokio::join!(
        first.listen(&mut first_heard, BESIDE, |_| false),
        second.listen(&mut second_heard, BESIDE, |_| false)
    );
    assert_eq!(second_heard.records.len(), 0, "the second wrote records of the first one's call");
    let report = outside.carrier.report();
    assert_eq!(beats(&report, &call.leg, |beat| *beat == Beat::Streaming), 1, "the caller was moved");
    assert!(report.leg(&call.leg).unwrap().ended.is_none(), "the caller was cut off");
    let said = first_heard.lines.get(&id.to_string()).map_or(0, BTreeSet::len);
    assert!(said > 0, "the first goes on with its call");

    // The first dies. Its call is closed or goes on, by the second.
    first.kill(&mut first_heard).await;
    second.meanwhile(&mut second_heard, taken_up(&url, id)).await;
    call.hang_up();
    let stored = second.meanwhile(&mut second_heard, Stored::terminal(&url, 1)).await;
    // On a machine that is busy its last records may be in its spool, and wait there for a process of its directory.
    first_heard.forget_spooled();
    stored.must_hold(&first_heard);
    stored.must_hold(&second_heard);
    assert_eq!((first_heard.panics.len(), second_heard.panics.len()), (0, 0));
}

async fn open_clinic(url: &str) {
    let store = Store::open(url, StoreSettings::default()).await.unwrap();
    store.create_org(&clinic_row(1)).await.unwrap();
    store.close().await;
}

async fn call_of(url: &str, leg: &str) -> CallId {
    eventually(async || {
        let mut db = PgConnection::connect(url).await.unwrap();
        let found = sqlx::query_scalar::<_, Uuid>("select id from calls where leg = $1").bind(leg);
        found.fetch_optional(&mut db).await.unwrap().map(CallId).ok_or("the row of the call")
    })
    .await
}

/// Waits until the timeline says that another process went on with the call, or closed it.
async fn taken_up(url: &str, call: CallId) {
    let sql = "select count(*) from call_events where call_id = $1 and kind in ('taken_up', 'ended')";
    eventually(async || {
        let mut db = PgConnection::connect(url).await.unwrap();
        let count: i64 = sqlx::query_scalar(sql).bind(call.0).fetch_one(&mut db).await.unwrap();
        if count > 0 { Ok(()) } else { Err("the call is taken up") }
    })
    .await;
}
