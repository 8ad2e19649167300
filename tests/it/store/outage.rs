//! The journal while Postgres is stopped, or does not answer.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use switchboard::ports::store::{History, Journal, StoreError};
use switchboard::store::{JournalSettings, OPERATION_MAX, Store};
use tokio::sync::mpsc::unbounded_channel;

use crate::store::given::{self, Dir, LIMIT, Running, call, line, opened, opened_store, receipts, with_clinic};
use crate::support::postgres::Postgres;

const CALLS: u32 = 5;

/// Entries that are written one after the other while the database is slow.
const LATER: u32 = 30;

async fn assert_lines(store: &Store, count: u32) {
    for number in 0..CALLS {
        let lines = store.call(call(number)).await.unwrap().lines;
        let seqs: Vec<_> = lines.iter().map(|line| line.seq).collect();
        assert_eq!(seqs, (0..count).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_postgres_loses_nothing_and_catches_up() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database().await;
    let store = with_clinic(opened_store(&url).await).await;
    let dir = Dir::new();
    let running = Running::open(&store, JournalSettings::new(dir.path()));
    let (tell, mut told) = unbounded_channel();
    let mut next = 0;
    // Lines of all calls in turn; their receipts must come in the same order.
    let mut say = async |count: u32| {
        let before = next;
        next += count;
        let mut expected = Vec::new();
        for seq in before..next {
            for number in 0..CALLS {
                running.journal.append(line(number, seq + 1, seq), &tell).unwrap();
                expected.push((call(number), seq + 1));
            }
        }
        assert_eq!(receipts(&mut told, expected.len()).await, expected);
    };
    let (quiet, _) = unbounded_channel();
    for number in 0..CALLS {
        running.journal.append(opened(number), &quiet).unwrap();
    }
    say(20).await;
    assert!(running.journal.is_healthy());

    server.stop();
    say(20).await;
    assert!(!running.journal.is_healthy() && running.journal.has_room());
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable)));
    say(20).await;

    server.start_again();
    say(20).await;
    running.journal.replayed(LIMIT).await.unwrap();
    assert_lines(&store, 80).await;

    // And the gateway dies in the next outage.
    server.stop();
    say(20).await;
    running.crash().await;
    server.start_again();
    let store = opened_store(&url).await;
    assert_lines(&store, 80).await;
    let running = Running::open(&store, JournalSettings::new(dir.path()));
    running.journal.replayed(LIMIT).await.unwrap();
    assert_lines(&store, 100).await;
}

#[tokio::test]
async fn a_slow_postgres_counts_as_away() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database().await;
    let store = with_clinic(opened_store(&url).await).await;
    let dir = Dir::new();
    let probe_every = Duration::from_millis(50);
    let running = Running::open(&store, JournalSettings { probe_every, ..JournalSettings::new(dir.path()) });

    let mut other = PgConnection::connect(&url).await.unwrap();
    other.execute("begin; lock table calls in access exclusive mode").await.unwrap();
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(0), &tell).unwrap();
    running.journal.append(line(0, 1, 0), &tell).unwrap();
    assert_eq!(receipts(&mut told, 2).await, [(call(0), 0), (call(0), 1)]);
    assert!(!running.journal.is_healthy());
    // Receipts of later entries do not wait for the database any more, even while an attempt hangs: if each of these
    // waited for one, they would take a minute and more.
    let later = async {
        for seq in 1..=LATER {
            running.journal.append(line(0, seq + 1, seq), &tell).unwrap();
            assert_eq!(receipts(&mut told, 1).await, [(call(0), seq + 1)]);
        }
    };
    tokio::time::timeout(OPERATION_MAX * LATER / 2, later).await.expect("without waiting");
    assert!(matches!(store.call(call(0)).await, Err(StoreError::Unavailable)));
    other.execute("commit").await.unwrap();
    running.journal.replayed(LIMIT).await.unwrap();
    assert_eq!(store.call(call(0)).await.unwrap().lines.len(), LATER as usize + 1);
}

#[tokio::test]
async fn postgres_puts_a_refused_entry_aside() {
    let Some(store) = given::postgres().await else { return };
    let dir = Dir::new();
    let running = Running::open(&store, JournalSettings::new(dir.path()));
    let (tell, mut told) = unbounded_channel();
    for entry in [opened(0), line(0, 1, 0), line(7, 1, 0), line(0, 2, 0), line(0, 3, 1)] {
        running.journal.append(entry, &tell).unwrap();
    }
    receipts(&mut told, 5).await;
    assert!(running.journal.is_healthy());
    assert_eq!(store.call(call(0)).await.unwrap().lines.len(), 2);
    let aside = std::fs::read_to_string(dir.path().join("spool/refused.jsonl")).unwrap();
    assert_eq!(aside.lines().count(), 2);
}
