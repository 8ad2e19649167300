//! Garbage at every door of a running gateway, while a call goes on that must not notice.

mod media;
mod model;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use switchboard::assistant::demo_org;
use switchboard::ports::store::{Directory, OrgRow};
use switchboard::sim::carrier::CallPlan;
use switchboard::sim::model::ModelScript;
use switchboard::store::{Store, StoreSettings};
use switchboard::types::org::AudioFormat;
use tokio::task::JoinSet;

use crate::e2e::child::{Gateway, Heard};
use crate::e2e::ground::{Folder, PATIENCE, coded_until, quiet_config, until};
use crate::e2e::knock::Knocker;
use crate::e2e::outside::{Outside, talking};
use crate::e2e::stored::Stored;
use model::{EVILS, Front};

/// Twenty-four seconds of the call that must not notice; it goes on until the garbage has come to its end.
const FRAMES: u32 = 1200;

/// Who dials this number talks with the hostile model.
const EVIL_NUMBER: &str = "+15550100666";

/// Descriptors that may stay: connections that are kept for the next request, and the database's.
const DESCRIPTORS_KEPT: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_at_every_door_is_refused_and_other_calls_do_not_notice() {
    let folder = Folder::new("hostile");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    make_orgs(&url).await;
    let outside = Outside::start(ModelScript::echo()).await;
    let front = Front::start(outside.model.addr()).await;
    let mut settings = outside.settings(folder.path(), &url);
    settings.retain(|(name, _)| *name != "OPENAI_REALTIME_URL");
    settings.push(("OPENAI_REALTIME_URL", front.url()));
    settings.push(("REALTIME_AUDIO_FORMAT", "pcmu".to_owned()));
    settings.push(("CALLS_PER_CALLER_MAX", "0".to_owned()));
    let mut gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    let descriptors = gateway.descriptors();

    let is_done = Arc::new(AtomicBool::new(false));
    let good = outside.carrier.place_call(coded_until(AudioFormat::Pcmu, 1, FRAMES, is_done.clone()));
    let mut watched = JoinSet::new();
    watched.spawn(good.report());
    let evil: Vec<_> = (0..EVILS)
        .map(|number| CallPlan { to: EVIL_NUMBER.to_owned(), ..talking(number) })
        .map(|plan| outside.carrier.place_call(plan))
        .collect();
    let knocker = Knocker::new(outside.gateway);
    tokio::join!(webhooks::abuse(&knocker), media::abuse(&knocker));
    for handle in evil {
        let report = tokio::time::timeout(PATIENCE, handle.report()).await.unwrap().unwrap();
        assert_eq!(report.violations, []);
    }
    front.all_met();

    assert!(watched.try_join_next().is_none(), "the call must be there all the time");
    is_done.store(true, Ordering::Relaxed);
    let report = tokio::time::timeout(PATIENCE, watched.join_next()).await.unwrap().unwrap().unwrap().unwrap();
    let code = report.code.unwrap();
    assert!(code.is_clean() && code.sent >= u64::from(FRAMES), "{code:?}");
    assert_eq!(report.violations, []);

    outside.carrier.stop().await;
    drop(knocker);
    let mut heard = Heard::default();
    gateway.meanwhile(&mut heard, Stored::terminal(&url, 1)).await;
    until("descriptors as before", || gateway.descriptors() <= descriptors + DESCRIPTORS_KEPT).await;
    gateway.kill(&mut heard).await;
    assert_eq!(heard.panics, Vec::<String>::new());
}

/// Two quiet organizations; the calls of one go to another model.
async fn make_orgs(url: &str) {
    let store = Store::open(url, StoreSettings::default()).await.unwrap();
    let quiet = OrgRow { config: quiet_config().to_string(), ..demo_org() };
    store.create_org(&quiet).await.unwrap();
    let mut config = quiet_config();
    config["model"] = json!("evil");
    let evil = OrgRow { id: "evil".to_owned(), config: config.to_string(), ..demo_org() };
    store.create_org(&evil).await.unwrap();
    store.assign_number(&EVIL_NUMBER.parse().unwrap(), &"evil".parse().unwrap()).await.unwrap();
    store.close().await;
}
