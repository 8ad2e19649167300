//! A spool with damage in its middle: what is behind it was acknowledged, too.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use sqlx::{Connection, Executor, SqliteConnection};
use switchboard::ports::store::{Entry, History, Journal};
use switchboard::store::JournalSettings;
use tokio::sync::mpsc::unbounded_channel;

use crate::store::given::{self, Dir, LIMIT, Running, call, line, opened, receipts};

fn settings(dir: &Dir) -> JournalSettings {
    JournalSettings { probe_every: Duration::from_millis(50), ..JournalSettings::new(dir.path()) }
}

fn five_lines() -> Vec<Entry> {
    [opened(1)].into_iter().chain((0..5).map(|seq| line(1, seq + 1, seq))).collect()
}

/// Where the text of this line begins in the spool.
fn place_of(spool: &Path, text: &str) -> u64 {
    let bytes = fs::read(spool).unwrap();
    bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap() as u64
}

fn damage(spool: &Path, text: &str) {
    let at = place_of(spool, text);
    fs::OpenOptions::new().write(true).open(spool).unwrap().write_all_at(b"\xFF\0", at).unwrap();
}

async fn texts(store: &switchboard::store::Store) -> Vec<String> {
    store.call(call(1)).await.unwrap().lines.into_iter().map(|line| line.text).collect()
}

#[tokio::test]
async fn a_damaged_record_is_put_aside_and_the_rest_is_replayed() {
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    let spool = dir.path().join("spool/journal.spool");
    for round in 0..2 {
        let mut lock = SqliteConnection::connect(&dir.sqlite_url()).await.unwrap();
        lock.execute("begin immediate").await.unwrap();
        let running = Running::open(&store, settings(&dir));
        let (tell, mut told) = unbounded_channel();
        for entry in five_lines() {
            running.journal.append(entry, &tell).unwrap();
        }
        receipts(&mut told, 6).await;
        // Once under a running gateway, once between two.
        let running = if round == 0 {
            Some(running)
        } else {
            running.crash().await;
            None
        };
        damage(&spool, "line 2");
        lock.execute("rollback").await.unwrap();
        let running = running.unwrap_or_else(|| Running::open(&store, settings(&dir)));
        running.journal.replayed(LIMIT).await.expect("the spool drains");
        assert!(running.journal.is_healthy());
        assert_eq!(texts(&store).await, ["line 0", "line 1", "line 3", "line 4"]);
        running.close().await;
    }
    let mut aside: Vec<_> = fs::read_dir(dir.path().join("spool"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("damaged"))
        .collect();
    aside.sort();
    assert_eq!(aside.len(), 2, "each in a file of its own: {aside:?}");
    for name in aside {
        let bytes = fs::read(dir.path().join("spool").join(&name)).unwrap();
        assert!(!bytes.is_empty(), "{name} is what was damaged");
    }
}
