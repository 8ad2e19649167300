//! A Postgres that is far away: what works beside it must work over a long line, too.

use std::time::Duration;

use switchboard::ports::store::{History, Journal};
use switchboard::store::JournalSettings;
use tokio::sync::mpsc::unbounded_channel;

use crate::store::given::{Dir, LIMIT, Running, call, event, line, opened, opened_store, receipts, with_clinic};
use crate::support::latency::LongLine;
use crate::support::postgres::Postgres;

const CALLS: u32 = 10;

/// Of each call, beside its opening: as many lines as events.
const ENTRIES: u32 = 59;

async fn a_spool_drains_over(round_trip: Duration) {
    let Some(server) = Postgres::start() else { return };
    let url = server.database().await;
    let store = with_clinic(opened_store(&url).await).await;
    let line_to = LongLine::to(url_addr(&url), round_trip).await;
    let far = opened_store(&line_to.url(&url)).await;
    let dir = Dir::new();

    // All of it goes into the spool while the database is away.
    server.stop();
    let running = Running::open(&far, JournalSettings::new(dir.path()));
    let (tell, mut told) = unbounded_channel();
    for number in 0..CALLS {
        running.journal.append(opened(number), &tell).unwrap();
        for no in 1..=ENTRIES {
            let entry = if no % 2 == 1 { line(number, no, no / 2) } else { event(number, no) };
            running.journal.append(entry, &tell).unwrap();
        }
    }
    receipts(&mut told, ((ENTRIES + 1) * CALLS) as usize).await;
    server.start_again();

    running.journal.replayed(LIMIT).await.expect("the spool drains");
    for number in 0..CALLS {
        let detail = store.call(call(number)).await.unwrap();
        assert_eq!((detail.lines.len(), detail.events.len()), (30, 30), "call {number}");
    }
    running.close().await;
}

fn url_addr(url: &str) -> std::net::SocketAddr {
    let host = url.split_once('@').unwrap().1;
    host.split_once('/').unwrap().0.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_of_six_hundred_entries_drains_at_a_round_trip_of_five_milliseconds() {
    a_spool_drains_over(Duration::from_millis(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_of_six_hundred_entries_drains_at_a_round_trip_of_fifty_milliseconds() {
    a_spool_drains_over(Duration::from_millis(50)).await;
}
