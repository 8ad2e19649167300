//! Shutting down in the middle of a call.

use std::time::Duration;

use switchboard::app::play;
use switchboard::app::stage::Stage;
use switchboard::session::effect::{Event, Record};
use switchboard::sim::caller::ScriptedCaller;
use switchboard::sim::carrier::CallPlan;
use switchboard::sim::scenario::{CallerStep, Scenario};
use switchboard::types::{Outcome, Prompt, Reason};

use super::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_hears_that_we_must_stop_and_nothing_is_forgotten() {
    let folder = Folder::new();
    let scenario = Scenario::named("silent-caller").unwrap();
    let stage = Stage::start(play::options(&scenario, folder.path()).unwrap()).await.unwrap();
    let stay = [CallerStep::Stay { max: Duration::from_secs(60) }];
    let call = stage.place(CallPlan::new(Box::new(ScriptedCaller::new(&stay, |_| None).unwrap())));
    let Stage { gateway, carrier, model, mut committed, .. } = stage;
    loop {
        let entry = committed.recv().await.unwrap();
        if matches!(entry.record, Record::Event(Event::ModelReady { .. })) {
            break;
        }
    }
    assert_eq!(gateway.shutdown(Duration::ZERO).await, 0, "the call ended before the gateway did");

    let report = call.report().await.unwrap();
    assert_eq!(report.violations, []);
    assert_eq!(report.complaints, Vec::<String>::new(), "the gateway hung up");
    let mut entries = Vec::new();
    while let Ok(entry) = committed.try_recv() {
        entries.push(entry.record);
    }
    let sentence = Record::Event(Event::LocalSentence { prompt: Prompt::Draining });
    assert!(entries.contains(&sentence), "{entries:?}");
    let Some(Record::Ended(ending)) = entries.last() else { panic!("{entries:?}") };
    assert_eq!((ending.outcome, ending.reason), (Outcome::Canceled, Reason::Drained));
    carrier.stop().await;
    model.stop().await;
}
