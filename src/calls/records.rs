//! One call's way to the journal: in order, without waiting, and without losing a record while the process lives.
//!
//! The journal may be full for a while (its spool has a limit); what it does not take is held here and offered again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::time::sleep;

use crate::ports::store::{Entry, Journal, ReceiptSender};
use crate::session::effect::{Ending, Record, RecordId};
use crate::types::{CallId, Wall};

/// The records of one call on their way out.
pub(super) struct RecordLog {
    call: CallId,
    journal: Arc<dyn Journal>,
    receipts: ReceiptSender,
    /// Not yet taken by the journal, oldest first.
    held: VecDeque<Entry>,
    /// The number that the next record must have.
    next: RecordId,
    ended: bool,
}

impl RecordLog {
    pub(super) const fn new(call: CallId, journal: Arc<dyn Journal>, receipts: ReceiptSender) -> Self {
        Self::resume(call, RecordId(0), journal, receipts)
    }

    /// Goes on with a call that an earlier process left; `next` is the number that its next record must have.
    pub(super) const fn resume(
        call: CallId,
        next: RecordId,
        journal: Arc<dyn Journal>,
        receipts: ReceiptSender,
    ) -> Self {
        Self { call, journal, receipts, held: VecDeque::new(), next, ended: false }
    }

    /// Hands a record to the journal, or holds it.
    pub(super) fn append(&mut self, at: Wall, no: RecordId, record: Record) {
        self.next = RecordId(no.0 + 1);
        self.ended |= matches!(record, Record::Ended(_));
        let entry = Entry { call: self.call, no, at, record };
        if !self.held.is_empty() || self.journal.append(entry.clone(), &self.receipts).is_err() {
            counter!("switchboard_records_held_total").increment(1);
            self.held.push_back(entry);
        }
    }

    /// Offers what is held again. True when nothing is left.
    pub(super) fn retry(&mut self) -> bool {
        while let Some(entry) = self.held.front() {
            if self.journal.append(entry.clone(), &self.receipts).is_err() {
                return false;
            }
            self.held.pop_front();
        }
        true
    }

    /// Offers what is left until the journal has taken it all. The call is over; only its memory is left.
    pub(super) async fn hand_over(mut self) {
        while !self.retry() {
            sleep(RECORD_RETRY).await;
        }
    }

    /// Whether more is held than a call may hold; it must end then.
    pub(super) fn is_overfull(&self) -> bool {
        self.held.len() > RECORDS_HELD_MAX
    }

    /// Ends a call whose core can no longer do so. Nothing happens if its end is recorded already.
    pub(super) fn end(&mut self, at: Wall, ending: Ending) {
        if !self.ended {
            self.append(at, self.next, Record::Ended(ending));
        }
    }
}

/// Records that one call may hold while the journal is full: more than the longest call makes.
const RECORDS_HELD_MAX: usize = 8_192;

/// Between two offers of records that the journal did not take.
const RECORD_RETRY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
