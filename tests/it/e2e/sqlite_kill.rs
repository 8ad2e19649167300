//! The gateway on SQLite, killed again and again in the middle of calls: nothing that was safe is lost.

use fastrand::Rng;

use crate::e2e::child::{Gateway, Heard};
use crate::e2e::ground::{Folder, PATIENCE};
use crate::e2e::outside::{Outside, patient_model, talking};
use crate::e2e::stored::Stored;

const KILLS: u32 = 10;

/// New calls in each life of the gateway.
const CALLS: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_gateway_is_killed_in_the_middle_of_calls() {
    let folder = Folder::new("sqlite-kill");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let outside = Outside::start(patient_model()).await;
    let settings = outside.settings(folder.path(), &url);
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let (mut rng, mut heard) = (Rng::with_seed(seed), Heard::default());
    for life in 0..KILLS {
        let mut gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
        for number in 0..CALLS {
            // The call goes on without its handle.
            drop(outside.carrier.place_call(talking(life * CALLS + number)));
        }
        let enough = heard.count() + rng.usize(1..CALLS as usize * 16);
        gateway.listen(&mut heard, PATIENCE, |heard| heard.count() >= enough).await;
        assert!(heard.count() >= enough, "only {} records in life {life}", heard.count());
        gateway.kill(&mut heard).await;
    }
    assert_eq!(heard.panics, Vec::<String>::new());

    let killed_at = outside.carrier.now();
    let mut gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    gateway.meanwhile(&mut Heard::default(), outside.all_served(killed_at)).await;
    outside.hang_up_all();
    let stored = gateway.meanwhile(&mut Heard::default(), Stored::terminal(&url, heard.records.len())).await;
    stored.must_hold(&heard);
    assert!(heard.line_count() > 0 && stored.outcomes.len() >= heard.records.len());
    eprintln!(
        "{KILLS} kills, {} calls; {} records and {} lines were acknowledged",
        stored.outcomes.len(),
        heard.count(),
        heard.line_count()
    );
}
