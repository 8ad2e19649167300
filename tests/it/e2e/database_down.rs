//! The database goes away under twenty calls, and then the gateway is killed: nothing that was safe is lost.

use std::time::Duration;

use crate::e2e::child::{Gateway, Heard};
use crate::e2e::ground::{Folder, PATIENCE};
use crate::e2e::outside::{Outside, patient_model, talking};
use crate::e2e::stored::Stored;
use crate::support::postgres::Postgres;

const CALLS: u32 = 20;

/// How long the database is away; longer if the machine is so slow that the calls have not said enough.
const OUTAGE: Duration = Duration::from_secs(30);

/// Lines of each call in this time.
const LINES: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_database_goes_and_the_gateway_is_killed() {
    let Some(server) = Postgres::start() else { return };
    let (url, folder) = (server.database().await, Folder::new("database-down"));
    let outside = Outside::start(patient_model()).await;
    let settings = outside.settings(folder.path(), &url);
    let mut gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;

    let mut heard = Heard::default();
    let _calls: Vec<_> = (0..CALLS).map(|number| outside.carrier.place_call(talking(number))).collect();
    let all_talk = |heard: &Heard| heard.lines.values().filter(|lines| lines.len() > 2).count() == CALLS as usize;
    gateway.listen(&mut heard, PATIENCE, all_talk).await;
    assert!(all_talk(&heard), "the calls do not talk: {:?}", heard.lines);

    server.stop();
    let before = heard.lines.clone();
    gateway.listen(&mut heard, OUTAGE / 2, |_| false).await;
    // Whoever calls meanwhile is served, too.
    let late = outside.carrier.place_call(talking(CALLS));
    gateway.listen(&mut heard, OUTAGE / 2, |_| false).await;
    let meanwhile = |heard: &Heard, call: &String| heard.lines[call].len() - before[call].len();
    let all_go_on = |heard: &Heard| before.keys().all(|call| meanwhile(heard, call) >= LINES);
    gateway.listen(&mut heard, PATIENCE, all_go_on).await;
    for call in before.keys() {
        let meanwhile = meanwhile(&heard, call);
        assert!(meanwhile >= LINES, "{call} got {meanwhile} lines without a database");
    }
    assert_eq!(heard.records.len(), CALLS as usize + 1, "the call that came in the outage");

    let killed_at = outside.carrier.now();
    gateway.kill(&mut heard).await;
    drop(late);
    assert_eq!(heard.panics, Vec::<String>::new());
    server.start_again();
    let behind = Stored::read(&url).await;
    let mut gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    // Nobody has to call again: whoever is still on the line talks on.
    gateway.meanwhile(&mut Heard::default(), outside.all_served(killed_at)).await;
    outside.hang_up_all();
    let stored = gateway.meanwhile(&mut Heard::default(), Stored::terminal(&url, CALLS as usize + 1)).await;
    stored.must_hold(&heard);

    // One batch may have been on its way when the database went.
    let known: usize = behind.lines.values().map(std::collections::BTreeSet::len).sum();
    assert!(heard.line_count() >= known + (LINES - 1) * CALLS as usize, "the spool held what the database did not");
    eprintln!("{} records and {} lines were acknowledged", heard.count(), heard.line_count());
}
