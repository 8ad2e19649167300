//! Twenty calls at once, each with its own numbered frames, in both formats and on both databases.

use std::collections::BTreeSet;
use std::time::Duration;

use switchboard::app::stage::{Stage, StageOptions};
use switchboard::ports::door::Door;
use switchboard::ports::store::{CallRow, History};
use switchboard::sim::carrier::company::CallReport;
use switchboard::sim::model::ModelScript;
use switchboard::store::Store;
use switchboard::types::Outcome;
use switchboard::types::org::AudioFormat;
use tokio::sync::Semaphore;

use crate::e2e::ground::{Folder, PATIENCE, coded, quiet, until};
use crate::e2e::sockets::{self, Port};
use crate::support::postgres::Postgres;

const CALLS: u16 = 20;

/// Six seconds.
const FRAMES: u32 = 300;

/// Runs at once: each call is in real time, and the machine may be small.
static ROOM: Semaphore = Semaphore::const_new(2);

async fn twenty(name: &str, format: AudioFormat, database: Option<String>) {
    let _room = ROOM.acquire().await.unwrap();
    let folder = Folder::new(name);
    let mut options =
        StageOptions::new(folder.path(), ModelScript::echo()).with("REALTIME_AUDIO_FORMAT", format.as_str());
    if let Some(url) = database {
        options.database_url = url;
    }
    let Stage { gateway, carrier, model, mut committed, .. } = Stage::start(options).await.unwrap();
    quiet(gateway.store()).await;

    let handles: Vec<_> = (0..CALLS).map(|call| carrier.place_call(coded(format, call, FRAMES))).collect();
    let mut legs = BTreeSet::new();
    for handle in handles {
        let report = tokio::time::timeout(PATIENCE, handle.report()).await.unwrap().unwrap();
        judge(&report);
        legs.insert(report.leg.to_string());
    }
    let board = gateway.switchboard().clone();
    until("the end of every call", || board.live().is_empty()).await;
    until("the end of every task of a call", || board.task_count() == 0).await;
    assert_eq!(gateway.waiting_sockets(), 0);
    gateway.journal().flush(PATIENCE).await.unwrap();
    gateway.journal().replayed(PATIENCE).await.unwrap();
    judge_rows(gateway.store(), &legs).await;

    let ports = [Port::of(gateway.addr()), Port::of(model.addr()), Port::of_url(&carrier.rest_base())];
    assert!(sockets::connections(&ports) > 0, "connections of this process are seen");
    // Both ends keep idle connections for the next request; without the other ends only what leaked is left.
    carrier.stop().await;
    model.stop().await;
    until("the end of every connection", || sockets::connections(&ports) == 0).await;

    committed.close();
    drop(board);
    assert_eq!(gateway.shutdown(Duration::ZERO).await, 0);
    until("the end of the listening socket", || sockets::listening(&ports) == 0).await;
}

fn judge(report: &CallReport) {
    let code = report.code.clone().unwrap();
    assert_eq!(code.sent, u64::from(FRAMES), "{}", report.leg);
    assert!(code.is_clean(), "{}: {code:?}", report.leg);
    assert_eq!(report.violations, [], "{}", report.leg);
    assert_eq!(report.complaints, Vec::<String>::new(), "{}", report.leg);
    assert_eq!(report.streams.len(), 1, "{}", report.leg);
}

/// Every leg has one call, and every call one outcome.
async fn judge_rows(store: &Store, legs: &BTreeSet<String>) {
    let (rows, total) = store.calls(None, 100, 0).await.unwrap();
    assert_eq!(total, u64::from(CALLS));
    let stored: BTreeSet<_> = rows.iter().filter_map(|row| row.leg.as_ref()).map(ToString::to_string).collect();
    assert_eq!(&stored, legs);
    for CallRow { id, outcome, .. } in rows {
        assert_eq!(outcome, Some(Outcome::CallerHungUp));
        let detail = store.call(id).await.unwrap();
        assert_eq!(detail.events.iter().filter(|event| event.kind == "ended").count(), 1);
    }
}

async fn on_postgres(name: &str, format: AudioFormat) {
    let Some(server) = Postgres::shared() else { return };
    twenty(name, format, Some(server.database().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_pcm_on_sqlite() {
    twenty("pcm", AudioFormat::Pcm, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_pcmu_on_sqlite() {
    twenty("pcmu", AudioFormat::Pcmu, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_pcm_on_postgres() {
    on_postgres("pcm-postgres", AudioFormat::Pcm).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_pcmu_on_postgres() {
    on_postgres("pcmu-postgres", AudioFormat::Pcmu).await;
}
