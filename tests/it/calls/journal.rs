//! A journal that a test can read: what calls have written down, checked for gaps.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use switchboard::ports::store::{Entry, Journal, JournalFull, Receipt, ReceiptSender};
use switchboard::session::effect::{Ending, Record};
use switchboard::types::CallId;

use super::support::{as_ending, leg};

/// Keeps what it takes, and says at once that it is safe.
#[derive(Default)]
pub(crate) struct FakeJournal {
    pub(crate) entries: Mutex<Vec<Entry>>,
    pub(crate) full: AtomicBool,
    pub(crate) no_room: AtomicBool,
}

impl FakeJournal {
    /// The records of the only call of a leg; checks that they are numbered without gaps.
    pub(crate) fn records_of_leg(&self, n: u32) -> Vec<Record> {
        let entries = self.entries.lock().unwrap();
        let calls: Vec<CallId> = entries
            .iter()
            .filter(|entry| matches!(&entry.record, Record::Opened(opening) if opening.leg == Some(leg(n))))
            .map(|entry| entry.call)
            .collect();
        assert_eq!(calls.len(), 1, "one call of leg {n}");
        let of_call: Vec<&Entry> = entries.iter().filter(|entry| entry.call == calls[0]).collect();
        let numbers: Vec<u32> = of_call.iter().map(|entry| entry.no.0).collect();
        assert_eq!(numbers, (0..numbers.len() as u32).collect::<Vec<u32>>());
        of_call.iter().map(|entry| entry.record.clone()).collect()
    }

    pub(crate) fn openings(&self) -> usize {
        self.entries.lock().unwrap().iter().filter(|entry| matches!(entry.record, Record::Opened(_))).count()
    }

    /// What was written of a call, in order; the numbers go on from `first` without gaps.
    pub(crate) fn records_of(&self, call: CallId, first: u32) -> Vec<Record> {
        let entries = self.entries.lock().unwrap();
        let of_call: Vec<&Entry> = entries.iter().filter(|entry| entry.call == call).collect();
        let numbers: Vec<u32> = of_call.iter().map(|entry| entry.no.0).collect();
        assert_eq!(numbers, (first..first + numbers.len() as u32).collect::<Vec<u32>>());
        of_call.iter().map(|entry| entry.record.clone()).collect()
    }

    /// How a call ended, if it did.
    pub(crate) fn ending_of(&self, call: CallId, first: u32) -> Option<Ending> {
        let records = self.records_of(call, first);
        assert!(records.iter().filter(|record| as_ending(record).is_some()).count() <= 1, "{records:?}");
        as_ending(records.last()?)
    }
}

impl Journal for FakeJournal {
    fn append(&self, entry: Entry, receipts: &ReceiptSender) -> Result<(), JournalFull> {
        if self.full.load(Ordering::Relaxed) {
            return Err(JournalFull);
        }
        let receipt = Receipt { call: entry.call, no: entry.no };
        self.entries.lock().unwrap().push(entry);
        let _ = receipts.send(receipt);
        Ok(())
    }

    fn has_room(&self) -> bool {
        !self.no_room.load(Ordering::Relaxed)
    }

    fn is_healthy(&self) -> bool {
        true
    }
}
