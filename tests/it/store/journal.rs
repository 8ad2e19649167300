//! The journal while its database works, and what it finds at a start after a crash.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use sqlx::{Connection, Executor, SqliteConnection};
use switchboard::ports::store::{Entry, History, Journal, JournalFull};
use switchboard::store::{DiskJournal, JournalSettings, SpoolError, Store};
use switchboard::types::{AttemptState, Direction, EscalationState, Outcome};
use tokio::sync::mpsc::unbounded_channel;

use crate::store::given::{self, Dir, LIMIT, Running, call, ended, line, opened, receipts};

/// Another process that holds SQLite's write lock.
struct Lock(SqliteConnection);

impl Lock {
    async fn take(dir: &Dir) -> Self {
        let mut conn = SqliteConnection::connect(&dir.sqlite_url()).await.unwrap();
        conn.execute("begin immediate").await.unwrap();
        Self(conn)
    }

    async fn release(mut self) {
        self.0.execute("rollback").await.unwrap();
        self.0.close().await.unwrap();
    }
}

fn settings(dir: &Dir) -> JournalSettings {
    JournalSettings { probe_every: Duration::from_millis(50), ..JournalSettings::new(dir.path()) }
}

/// The texts of a call's lines, which must have no gaps and no doubles.
async fn assert_lines(store: &Store, number: u32, count: u32) {
    let lines = store.call(call(number)).await.unwrap().lines;
    let texts: Vec<_> = lines.into_iter().map(|line| (line.seq, line.text)).collect();
    assert_eq!(texts, (0..count).map(|seq| (seq, format!("line {seq}"))).collect::<Vec<_>>());
}

/// Leaves entries in the spool, as a gateway does that dies while its database is locked.
async fn leave_in_spool(store: &Store, dir: &Dir, entries: &[Entry]) {
    let lock = Lock::take(dir).await;
    let running = Running::open(store, settings(dir));
    let (tell, mut told) = unbounded_channel();
    for entry in entries {
        running.journal.append(entry.clone(), &tell).unwrap();
    }
    receipts(&mut told, entries.len()).await;
    running.crash().await;
    lock.release().await;
}

#[tokio::test]
async fn a_receipt_means_that_the_database_has_it() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let running = Running::open(&store, settings(&dir));
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(1), &tell).unwrap();
    assert_eq!(receipts(&mut told, 1).await, [(call(1), 0)]);
    assert!(store.call(call(1)).await.is_ok());

    for seq in 0..600 {
        running.journal.append(line(1, seq + 1, seq), &tell).unwrap();
    }
    running.journal.flush(LIMIT).await.unwrap();
    assert_lines(&store, 1, 600).await;
    let expected: Vec<_> = (1..=600).map(|no| (call(1), no)).collect();
    assert_eq!(receipts(&mut told, 600).await, expected);
    assert!(running.journal.is_healthy() && running.journal.has_room());
    running.close().await;
}

#[tokio::test]
async fn closing_takes_what_is_queued() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let running = Running::open(&store, settings(&dir));
    let (tell, _told) = unbounded_channel();
    for entry in [opened(1), line(1, 1, 0), line(1, 2, 1)] {
        running.journal.append(entry, &tell).unwrap();
    }
    running.close().await;
    assert_lines(&store, 1, 2).await;
}

#[tokio::test]
async fn a_full_queue_takes_nothing_and_never_waits() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let (tell, mut told) = unbounded_channel();
    let small = JournalSettings { queue_entries_max: 8, ..settings(&dir) };
    // The writer does not run yet.
    let (journal, writer) = DiskJournal::open(store.clone(), small).unwrap();
    let taken = (0..20).map(|no| journal.append(opened(no), &tell)).filter(Result::is_ok).count();
    assert_eq!(taken, 8);
    assert!(!journal.has_room());
    assert_eq!(journal.flush(Duration::ZERO).await.unwrap_err().entries, 8);
    drop(journal);
    writer.await;
    assert_eq!(receipts(&mut told, 8).await.len(), 8);
    assert_eq!(store.calls(None, 50, 0).await.unwrap().1, 8);
}

#[tokio::test]
async fn a_refused_entry_is_put_aside_and_the_others_go_on() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let (tell, mut told) = unbounded_channel();
    let (journal, writer) = DiskJournal::open(store.clone(), settings(&dir)).unwrap();
    let double_number = line(1, 2, 0);
    let unknown_call = line(9, 1, 0);
    let entries = [opened(1), line(1, 1, 0), double_number, unknown_call, line(1, 3, 1), opened(2)];
    for entry in &entries {
        journal.append(entry.clone(), &tell).unwrap();
    }
    drop(journal);
    writer.await;
    // On disk, if not where it wanted to be.
    assert_eq!(receipts(&mut told, entries.len()).await.len(), entries.len());
    assert_lines(&store, 1, 2).await;
    assert!(store.call(call(2)).await.is_ok());

    let file = dir.path().join("spool/refused.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let aside = fs::read_to_string(&file).unwrap();
    let aside: Vec<serde_json::Value> = aside.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<_> = aside.iter().map(|one| one["entry"]["no"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(aside[0]["entry"]["text"], "line 0");
}

#[tokio::test]
async fn a_locked_database_fills_the_spool_and_gets_everything_back() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let running = Running::open(&store, settings(&dir));
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(1), &tell).unwrap();
    receipts(&mut told, 1).await;

    let lock = Lock::take(&dir).await;
    for seq in 0..40 {
        running.journal.append(line(1, seq + 1, seq), &tell).unwrap();
    }
    receipts(&mut told, 40).await;
    assert!(!running.journal.is_healthy() && running.journal.has_room());
    assert_lines(&store, 1, 0).await;
    lock.release().await;

    for seq in 40..80 {
        running.journal.append(line(1, seq + 1, seq), &tell).unwrap();
    }
    running.journal.append(ended(1, 81, Outcome::Completed), &tell).unwrap();
    let expected: Vec<_> = (41..=81).map(|no| (call(1), no)).collect();
    assert_eq!(receipts(&mut told, 41).await, expected);
    running.journal.replayed(LIMIT).await.unwrap();
    assert_lines(&store, 1, 80).await;
    assert_eq!(running.journal.spool_bytes(), 0);
    assert!(running.journal.is_healthy());
}

#[tokio::test]
async fn what_a_crash_left_in_the_spool_is_there_after_the_next_start() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let entries: Vec<_> = [opened(1)].into_iter().chain((0..20).map(|seq| line(1, seq + 1, seq))).collect();
    leave_in_spool(&store, &dir, &entries).await;
    assert!(store.call(call(1)).await.is_err());
    assert_eq!(fs::metadata(dir.path().join("spool")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(dir.path().join("spool/journal.spool")).unwrap().permissions().mode() & 0o777, 0o600);

    // It crashed after the database had taken a part, and before the spool knew.
    store.apply(&entries[..7]).await.unwrap();
    let running = Running::open(&store, settings(&dir));
    let (tell, _told) = unbounded_channel();
    running.journal.append(line(1, 21, 20), &tell).unwrap();
    running.journal.flush(LIMIT).await.unwrap();
    running.journal.replayed(LIMIT).await.unwrap();
    assert_lines(&store, 1, 21).await;
    running.close().await;
    assert_eq!(fs::metadata(dir.path().join("spool/journal.spool")).unwrap().len(), 0);
}

#[tokio::test]
async fn closing_while_the_database_is_away_ends_and_keeps_the_spool() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let lock = Lock::take(&dir).await;
    let running = Running::open(&store, settings(&dir));
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(1), &tell).unwrap();
    running.close().await;
    assert_eq!(receipts(&mut told, 1).await, [(call(1), 0)]);
    lock.release().await;
    assert!(store.call(call(1)).await.is_err());
    let running = Running::open(&store, settings(&dir));
    running.journal.replayed(LIMIT).await.unwrap();
    assert!(store.call(call(1)).await.is_ok());
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_kept_aside() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    leave_in_spool(&store, &dir, &[opened(1), line(1, 1, 0), line(1, 2, 1)]).await;
    let spool = dir.path().join("spool/journal.spool");
    let whole = fs::read(&spool).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&spool).unwrap();
    // The beginning of a record, as a power cut leaves it.
    file.write_all(&whole[..whole.len() / 5]).unwrap();
    drop(file);

    let running = Running::open(&store, settings(&dir));
    running.journal.replayed(LIMIT).await.unwrap();
    assert_lines(&store, 1, 2).await;
    assert_eq!(fs::read(dir.path().join("spool/torn-1.bin")).unwrap(), &whole[..whole.len() / 5]);
}

#[tokio::test]
async fn a_full_spool_takes_nothing_until_it_is_replayed() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let lock = Lock::take(&dir).await;
    let running = Running::open(&store, JournalSettings { spool_bytes_max: 4_000, ..settings(&dir) });
    let (tell, mut told) = unbounded_channel();
    running.journal.append(opened(1), &tell).unwrap();
    receipts(&mut told, 1).await;
    let mut taken = 0;
    let (mut room_left_at, mut refused) = (None, None);
    while refused.is_none() && taken < 1_000 {
        if running.journal.has_room() {
            room_left_at = Some(taken);
        }
        match running.journal.append(line(1, taken + 1, taken), &tell) {
            Ok(()) => taken += 1,
            Err(full) => refused = Some(full),
        }
        running.journal.flush(LIMIT).await.unwrap();
    }
    assert_eq!(refused, Some(JournalFull));
    assert!(!running.journal.has_room());
    assert!(room_left_at.unwrap() + 1 < taken, "new calls are refused before live ones lose anything");
    lock.release().await;
    running.journal.replayed(LIMIT).await.unwrap();
    assert!(running.journal.has_room());
    running.journal.append(line(1, taken + 1, taken), &tell).unwrap();
    running.journal.flush(LIMIT).await.unwrap();
    assert_lines(&store, 1, taken + 1).await;
}

#[tokio::test]
async fn records_of_another_release_are_put_aside() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    leave_in_spool(&store, &dir, &[opened(1)]).await;
    let spool = dir.path().join("spool/journal.spool");
    let payload = br#"{"call":"later","record":"hologram"}"#;
    let mut bytes = fs::read(&spool).unwrap();
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&<sha2::Sha256 as sha2::Digest>::digest(payload)[..16]);
    bytes.extend_from_slice(payload);
    fs::write(&spool, bytes).unwrap();

    let running = Running::open(&store, settings(&dir));
    running.journal.replayed(LIMIT).await.unwrap();
    assert!(store.call(call(1)).await.is_ok());
    assert!(fs::read_to_string(dir.path().join("spool/refused.jsonl")).unwrap().contains("hologram"));
}

#[tokio::test]
async fn a_spool_of_the_first_release_is_replayed() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let spool = dir.path().join("spool");
    fs::create_dir(&spool).unwrap();
    let (id, leg) = (call(1), given::leg(1));
    let records = [
        format!(r#""no":0,"at":1000,"record":"opened","org":"clinic","leg":"{leg}","caller":null,"dialled":null"#),
        r#""no":1,"at":1001,"record":"phase","phase":"escalation","escalated":true"#.to_owned(),
        r#""no":2,"at":1002,"record":"event","name":"leg_status","detail":"{}""#.to_owned(),
    ];
    let mut bytes = Vec::new();
    for record in records {
        let payload = format!(r#"{{"call":"{id}",{record}}}"#);
        bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&<sha2::Sha256 as sha2::Digest>::digest(&payload)[..16]);
        bytes.extend_from_slice(payload.as_bytes());
    }
    fs::write(spool.join("journal.spool"), bytes).unwrap();

    let running = Running::open(&store, settings(&dir));
    running.journal.replayed(LIMIT).await.unwrap();
    let detail = store.call(id).await.unwrap();
    assert_eq!((detail.call.direction, detail.call.leg), (Direction::Inbound, leg.parse().ok()));
    assert!(detail.call.escalated);
    assert_eq!(detail.events.len(), 3);
    assert!(!spool.join("refused.jsonl").exists());
}

#[tokio::test]
async fn a_transfer_goes_through_the_spool() {
    use AttemptState::{Dialing, Intended};
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let records = [
        given::escalation(1),
        given::attempt(1, 1),
        given::attempt_move(1, Intended, Dialing, Some(70)),
        given::escalation_move(1, EscalationState::Requested, EscalationState::Dialing),
    ];
    let entries = given::entries(1, records);
    leave_in_spool(&store, &dir, &entries).await;
    let running = Running::open(&store, settings(&dir));
    running.journal.replayed(LIMIT).await.unwrap();
    let through = store.call(call(1)).await.unwrap();

    let other_dir = Dir::new();
    let other = given::lite(&other_dir).await;
    other.apply(&entries).await.unwrap();
    assert_eq!(through, other.call(call(1)).await.unwrap());
    assert_eq!(through.escalations[0].attempts[0].state, Dialing);
}

#[tokio::test]
async fn two_gateways_never_share_a_spool() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let running = Running::open(&store, settings(&dir));
    let second = DiskJournal::open(store.clone(), settings(&dir));
    assert!(matches!(second.map(|_| ()), Err(SpoolError::InUse)));
    running.close().await;
    assert!(DiskJournal::open(store, settings(&dir)).is_ok());
}
