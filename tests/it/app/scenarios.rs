//! Every built-in scenario, end to end.

use std::time::Duration;

use switchboard::app::{play, stage::Stage};
use switchboard::sim::scenario::Scenario;

async fn run(name: &str) {
    let dir = std::env::temp_dir().join(format!("switchboard-it-{}-{name}", std::process::id()));
    let scenario = Scenario::named(name).unwrap();
    let mut stage = Stage::start(play::options(&scenario, &dir).unwrap()).await.unwrap();
    let played = play::play(&mut stage, &scenario, |entry| eprintln!("{:?}", entry.record)).await.unwrap();
    eprintln!("{:?}", played.report.talk);
    assert_eq!(played.problems, Vec::<String>::new());
    assert_eq!(stage.stop(Duration::ZERO).await, 0);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_appointment() {
    run("new-appointment").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupt() {
    run("interrupt").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_caller() {
    run("silent-caller").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hang_up_mid_word() {
    run("hang-up-mid-word").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn model_down() {
    run("model-down").await;
}
