//! The way to the journal: in order, and nothing lost while it is full.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::*;
use crate::ports::store::JournalFull;
use crate::types::{Millis, Outcome, Phase, Reason};

#[test]
fn records_reach_the_journal_in_order() {
    let journal = Arc::new(TestJournal::default());
    let mut log = log(&journal);
    for no in 0..3 {
        log.append(Wall(0), RecordId(no), Record::Phase(Phase::Intake));
    }
    assert_eq!(journal.numbers(), [0, 1, 2]);
}

#[test]
fn what_a_full_journal_refuses_is_offered_again_in_order() {
    let journal = Arc::new(TestJournal::default());
    let mut log = log(&journal);
    log.append(Wall(0), RecordId(0), Record::Phase(Phase::Intake));
    journal.full.store(true, Ordering::Relaxed);
    log.append(Wall(0), RecordId(1), Record::Phase(Phase::Intake));
    assert!(!log.retry());
    journal.full.store(false, Ordering::Relaxed);
    // Not before the one that waits.
    log.append(Wall(0), RecordId(2), Record::Phase(Phase::Intake));
    assert!(log.retry());
    assert_eq!(journal.numbers(), [0, 1, 2]);
}

#[test]
fn an_abrupt_end_takes_the_next_number_and_comes_once() {
    let journal = Arc::new(TestJournal::default());
    let mut log = log(&journal);
    log.append(Wall(0), RecordId(0), Record::Phase(Phase::Intake));
    log.end(Wall(0), ENDING);
    log.end(Wall(0), ENDING);
    assert_eq!(journal.numbers(), [0, 1]);
}

#[test]
fn a_call_that_has_ended_is_not_ended_again() {
    let journal = Arc::new(TestJournal::default());
    let mut log = log(&journal);
    log.append(Wall(0), RecordId(0), Record::Ended(ENDING));
    log.end(Wall(0), ENDING);
    assert_eq!(journal.numbers(), [0]);
}

#[test]
fn a_resumed_log_goes_on_where_the_call_stopped() {
    let journal = Arc::new(TestJournal::default());
    let port = Arc::clone(&journal) as Arc<dyn Journal>;
    let mut log = RecordLog::resume(CallId(Uuid::nil()), RecordId(7), port, mpsc::unbounded_channel().0);
    log.end(Wall(0), ENDING);
    assert_eq!(journal.numbers(), [7]);
}

#[test]
fn what_a_call_may_hold_is_bounded() {
    let journal = Arc::new(TestJournal::default());
    journal.full.store(true, Ordering::Relaxed);
    let mut log = log(&journal);
    for no in 0..RECORDS_HELD_MAX as u32 {
        log.append(Wall(0), RecordId(no), Record::Phase(Phase::Intake));
    }
    assert!(!log.is_overfull());
    log.append(Wall(0), RecordId(RECORDS_HELD_MAX as u32), Record::Phase(Phase::Intake));
    assert!(log.is_overfull());
}

#[tokio::test(start_paused = true)]
async fn handing_over_waits_until_the_journal_has_room() {
    let journal = Arc::new(TestJournal::default());
    journal.full.store(true, Ordering::Relaxed);
    let mut log = log(&journal);
    log.end(Wall(0), ENDING);
    let handed = tokio::time::timeout(RECORD_RETRY * 5, log.hand_over());
    let opened = async {
        sleep(RECORD_RETRY * 3).await;
        journal.full.store(false, Ordering::Relaxed);
    };
    let (handed, ()) = tokio::join!(handed, opened);
    handed.unwrap();
    assert_eq!(journal.numbers(), [0]);
}

const ENDING: Ending = Ending { outcome: Outcome::InternalError, reason: Reason::Panicked, at: Millis(0) };

fn log(journal: &Arc<TestJournal>) -> RecordLog {
    let port = Arc::clone(journal) as Arc<dyn Journal>;
    RecordLog::new(CallId(Uuid::nil()), port, mpsc::unbounded_channel().0)
}

#[derive(Default)]
struct TestJournal {
    full: AtomicBool,
    taken: Mutex<Vec<u32>>,
}

impl TestJournal {
    fn numbers(&self) -> Vec<u32> {
        self.taken.lock().unwrap().clone()
    }
}

impl Journal for TestJournal {
    fn append(&self, entry: Entry, _: &ReceiptSender) -> Result<(), JournalFull> {
        if self.full.load(Ordering::Relaxed) {
            return Err(JournalFull);
        }
        self.taken.lock().unwrap().push(entry.no.0);
        Ok(())
    }

    fn has_room(&self) -> bool {
        true
    }

    fn is_healthy(&self) -> bool {
        true
    }
}
