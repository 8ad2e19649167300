//! A disk that fills up: what cannot be written waits in memory, and is written when there is space again.

use std::time::Duration;

use switchboard::ports::store::{History, Journal};
use switchboard::store::JournalSettings;
use tokio::sync::mpsc::unbounded_channel;

use crate::store::given::{self, LIMIT, Running, call, line, opened, opened_store, receipts};
use crate::support::small_disk::SmallDisk;

#[tokio::test]
async fn when_there_is_space_again_everything_is_written_and_the_journal_is_well() {
    let Some(disk) = SmallDisk::mount(4) else { return };
    let url = format!("sqlite://{}", disk.path().join("test.db").display());
    let store = given::with_clinic(opened_store(&url).await).await;
    let settings = JournalSettings { probe_every: Duration::from_millis(50), ..JournalSettings::new(disk.path()) };
    let running = Running::open(&store, settings);
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(1), &tell).unwrap();
    receipts(&mut told, 1).await;

    disk.fill();
    let mut seq = 0;
    // Until neither takes anything any more.
    while running.journal.has_room() {
        for _ in 0..200 {
            running.journal.append(line(1, seq + 1, seq), &tell).unwrap();
            seq += 1;
        }
        let _ = running.journal.flush(Duration::from_millis(500)).await;
    }
    assert!(!running.journal.is_healthy());

    disk.empty();
    running.journal.flush(LIMIT).await.expect("what waited is written");
    running.journal.replayed(LIMIT).await.expect("the database has it");
    assert!(running.journal.is_healthy() && running.journal.has_room());
    assert_eq!(store.call(call(1)).await.unwrap().lines.len(), seq as usize);
    running.close().await;
}

#[tokio::test]
async fn the_reserve_takes_what_live_calls_record_on_a_full_disk() {
    let Some(disk) = SmallDisk::mount(6) else { return };
    let url = format!("sqlite://{}", disk.path().join("test.db").display());
    let store = given::with_clinic(opened_store(&url).await).await;
    let probe_every = Duration::from_millis(50);
    let settings = JournalSettings { probe_every, reserve_bytes: 1 << 20, ..JournalSettings::new(disk.path()) };
    let running = Running::open(&store, settings);
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(1), &tell).unwrap();
    receipts(&mut told, 1).await;
    assert!(!running.journal.look_at_disk().await.unwrap().is_full);

    disk.fill();
    let full = running.journal.look_at_disk().await.unwrap();
    assert!(full.used_percent() == 100 && running.journal.has_room(), "nobody needs the reserve yet");
    let mut seq = 0;
    while running.journal.has_room() {
        running.journal.append(line(1, seq + 1, seq), &tell).unwrap();
        receipts(&mut told, 1).await;
        seq += 1;
    }
    // The reserve is in use: new calls are not taken, and what live ones record is safe at once.
    assert!(running.journal.look_at_disk().await.unwrap().is_full);
    assert!(!running.journal.is_stuck());
    for _ in 0..50 {
        running.journal.append(line(1, seq + 1, seq), &tell).unwrap();
        receipts(&mut told, 1).await;
        seq += 1;
    }

    disk.empty();
    running.journal.replayed(LIMIT).await.expect("the database has it");
    assert!(!running.journal.look_at_disk().await.unwrap().is_full);
    assert!(running.journal.has_room() && running.journal.is_healthy());
    assert_eq!(store.call(call(1)).await.unwrap().lines.len(), seq as usize);
    running.close().await;
}
