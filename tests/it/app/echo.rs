//! Twenty calls at once with numbered frames and a model that gives each one back: none lost, doubled, out of order or
//! in another's ear, in both formats and on both databases.

use std::time::Duration;

use switchboard::app::stage::{Stage, StageOptions};
use switchboard::assistant::demo_org;
use switchboard::ports::store::{Directory as _, History as _, OrgRow};
use switchboard::sim::caller::ToneCoded;
use switchboard::sim::caller::code::Code;
use switchboard::sim::carrier::CallPlan;
use switchboard::sim::model::ModelScript;
use switchboard::types::Outcome;

use super::{Folder, assert_quiet};
use crate::support::eventually::PATIENCE;
use crate::support::postgres::Postgres;

const CALLS: u16 = 20;

/// Of 20 ms.
const FRAMES: u32 = 150;

/// How long a caller waits for the echo of the last frame.
const ECHO_WAIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_calls_at_once_lose_no_frame() {
    for (format, code) in [("pcm", Code::Tones), ("pcmu", Code::Bytes)] {
        let folder = Folder::new();
        run(format, code, options(&folder)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_calls_at_once_lose_no_frame_on_postgres() {
    let Some(postgres) = Postgres::shared() else { return };
    for (format, code) in [("pcm", Code::Tones), ("pcmu", Code::Bytes)] {
        let folder = Folder::new();
        run(format, code, StageOptions { database_url: postgres.database().await, ..options(&folder) }).await;
    }
}

fn options(folder: &Folder) -> StageOptions {
    StageOptions::new(folder.path(), ModelScript::echo())
}

async fn run(format: &str, code: Code, options: StageOptions) {
    let options = options.with("REALTIME_AUDIO_FORMAT", format).with("CALLS_PER_CALLER_MAX", "0");
    let stage = Stage::start(options).await.unwrap();
    let silent = OrgRow { config: r#"{"greeting":"","disclosure":""}"#.into(), ..demo_org() };
    stage.gateway.store().update_org(&silent).await.unwrap();

    let calls: Vec<_> = (0..CALLS)
        .map(|call| stage.place(CallPlan::new(Box::new(ToneCoded::new(code, call, FRAMES, ECHO_WAIT)))))
        .collect();
    for (call, handle) in calls.into_iter().enumerate() {
        let report = handle.report().await.unwrap();
        assert_eq!(report.violations, [], "call {call} in {format}");
        let heard = report.code.unwrap();
        assert!(heard.is_clean() && heard.sent == u64::from(FRAMES), "call {call} in {format}: {heard:?}");
    }
    assert_quiet(&stage).await;
    stage.gateway.journal().flush(PATIENCE).await.unwrap();
    stage.gateway.journal().replayed(PATIENCE).await.unwrap();
    let (rows, total) = stage.gateway.store().calls(None, 100, 0).await.unwrap();
    assert_eq!(total, u64::from(CALLS));
    assert!(rows.iter().all(|row| row.outcome == Some(Outcome::CallerHungUp)), "{rows:?}");
    assert_eq!(stage.stop(Duration::ZERO).await, 0);
}
