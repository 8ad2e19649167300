//! Tests of `writer`.

use std::fs::File;
use std::path::PathBuf;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use super::*;
use crate::ports::store::{Directory, Entry, History, Journal, OrgRow};
use crate::session::effect::{Event, Opening, Record, RecordId};
use crate::store::StoreSettings;
use crate::types::{CallId, Caller, Direction, Wall};

const CALL: CallId = CallId(Uuid::from_u128(7));
const LIMIT: Duration = Duration::from_secs(15);

fn entry(no: u32) -> Entry {
    let opening = || Opening {
        call: CALL,
        org: "clinic".parse().unwrap(),
        leg: Some("CA00000000000000000000000000000001".parse().unwrap()),
        caller: Caller::Withheld,
        dialled: None,
        direction: Direction::Inbound,
        consent: None,
    };
    let record = if no == 0 { Record::Opened(opening()) } else { Record::Event(Event::TimeWarning) };
    Entry { call: CALL, no: RecordId(no), at: Wall(1), record }
}

/// A writer whose disk can be made to refuse, and whose database can be locked.
struct World {
    dir: PathBuf,
    store: Store,
    journal: crate::store::DiskJournal,
    spool: Arc<Mutex<Spool>>,
    tasks: tokio::task::JoinSet<()>,
    told: UnboundedReceiver<Receipt>,
    tell: crate::ports::store::ReceiptSender,
}

impl World {
    async fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("switchboard-writer-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&dir).unwrap();
        let url = format!("sqlite://{}", dir.join("test.db").display());
        let store = Store::open(&url, StoreSettings::default()).await.unwrap();
        store.create_org(&OrgRow { id: "clinic".into(), ..OrgRow::default() }).await.unwrap();
        let settings = JournalSettings { probe_every: Duration::from_millis(20), ..JournalSettings::new(&dir) };
        let (journal, writer) = crate::store::DiskJournal::parts(store.clone(), settings).unwrap();
        let spool = Arc::clone(&writer.spool);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(writer.run());
        let (tell, told) = unbounded_channel();
        Self { dir, store, journal, spool, tasks, told, tell }
    }

    /// Exchanges the spool's file; one that is open for reading only refuses like a full disk.
    fn exchange(&self, file: File) -> File {
        std::mem::replace(&mut self.spool.lock().unwrap().file, file)
    }

    fn read_only(&self) -> File {
        File::open(self.dir.join("spool/journal.spool")).unwrap()
    }

    async fn lock(&self) -> crate::store::db::Tx {
        self.store.db.begin().await.unwrap()
    }

    fn append(&self, no: u32) {
        self.journal.append(entry(no), &self.tell).unwrap();
    }

    async fn until(&mut self, done: impl FnMut(&Gauge) -> bool) {
        let mut gauge = self.journal.gauge.clone();
        tokio::time::timeout(LIMIT, gauge.wait_for(done)).await.unwrap().unwrap();
    }

    async fn assert_all_arrived(&mut self, count: u32) {
        for no in 0..count {
            let receipt = tokio::time::timeout(LIMIT, self.told.recv()).await.unwrap().unwrap();
            assert_eq!(receipt.no, RecordId(no));
        }
        self.journal.replayed(LIMIT).await.unwrap();
        let events = self.store.call(CALL).await.unwrap().events;
        assert_eq!(events.iter().map(|event| event.no).collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.abort_all();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[tokio::test]
async fn with_neither_disk_nor_database_entries_wait_without_receipts() {
    let mut world = World::new().await;
    let lock = world.lock().await;
    let _writable = world.exchange(world.read_only());
    world.append(0);
    world.append(1);
    world.until(|gauge| gauge.stuck).await;
    assert!(!world.journal.has_room() && !world.journal.is_healthy());
    assert!(world.told.try_recv().is_err());
    // The database comes back first.
    drop(lock);
    world.assert_all_arrived(2).await;
    assert!(world.journal.has_room() && world.journal.is_healthy());
}

#[tokio::test]
async fn a_disk_that_comes_back_first_takes_what_waited() {
    let mut world = World::new().await;
    let lock = world.lock().await;
    let writable = world.exchange(world.read_only());
    world.append(0);
    world.until(|gauge| gauge.stuck).await;
    let _ = world.exchange(writable);
    world.until(|gauge| !gauge.stuck && gauge.safe == 1).await;
    assert!(!world.journal.is_healthy());
    world.append(1);
    drop(lock);
    world.assert_all_arrived(2).await;
}

#[tokio::test]
async fn a_disk_that_fills_up_while_the_database_is_away_keeps_the_order() {
    let mut world = World::new().await;
    let lock = world.lock().await;
    world.append(0);
    world.until(|gauge| gauge.safe == 1).await;
    let _writable = world.exchange(world.read_only());
    world.append(1);
    world.until(|gauge| gauge.stuck).await;
    world.append(2);
    assert_eq!(world.journal.gauge.borrow().safe, 1);
    // The database takes first what is in the spool, which cannot even be emptied, then the rest.
    drop(lock);
    world.assert_all_arrived(3).await;
}
