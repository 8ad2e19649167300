//! One call's way to the journal: in order, without waiting, and without losing a record while the process lives.
//!
//! The journal may be full for a while (its spool has a limit); what it does not take is held here and offered again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::time::sleep;

use crate::ports::store::{Entry, Journal, ReceiptSender};
use crate::session::effect::{Ending, Heard, Line, LineOrigin, Record, RecordId};
use crate::types::{CallId, ItemId, Millis, Speaker, Wall};

/// The records of one call on their way out.
pub(super) struct RecordLog {
    call: CallId,
    journal: Arc<dyn Journal>,
    receipts: ReceiptSender,
    /// Not yet taken by the journal, oldest first.
    held: VecDeque<Entry>,
    /// The number that the next record must have.
    next: RecordId,
    /// Numbers of the lines that were written.
    lines: BTreeSet<u32>,
    /// How the call ended, once that is recorded.
    ending: Option<Ending>,
}

impl RecordLog {
    pub(super) fn new(call: CallId, journal: Arc<dyn Journal>, receipts: ReceiptSender) -> Self {
        Self::resume(call, RecordId(0), journal, receipts)
    }

    /// Goes on with a call that an earlier process left; `next` is the number that its next record must have.
    pub(super) fn resume(call: CallId, next: RecordId, journal: Arc<dyn Journal>, receipts: ReceiptSender) -> Self {
        Self { call, journal, receipts, held: VecDeque::new(), next, lines: BTreeSet::new(), ending: None }
    }

    /// An earlier process wrote this line.
    pub(super) fn knows_line(&mut self, seq: u32) {
        self.lines.insert(seq);
    }

    /// Hands a record to the journal, or holds it.
    pub(super) fn append(&mut self, at: Wall, no: RecordId, record: Record) {
        self.next = RecordId(no.0 + 1);
        if let Record::Ended(ending) = &record {
            self.ending = Some(*ending);
        }
        if let Record::Line(line) = &record {
            self.lines.insert(line.seq);
        }
        let entry = Entry { call: self.call, no, at, record };
        if !self.held.is_empty() || self.journal.append(entry.clone(), &self.receipts).is_err() {
            counter!("switchboard_records_held_total").increment(1);
            self.held.push_back(entry);
        }
    }

    /// How the call ended; `None`: that is not recorded yet.
    pub(super) const fn ending(&self) -> Option<Ending> {
        self.ending
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

    /// Ends a call whose core can no longer do so. Lines that had a number and were not written are filled in, so that
    /// the numbers have no gap. Nothing happens if the call's end is recorded already.
    pub(super) fn end(&mut self, at: Wall, ending: Ending) {
        if self.ending.is_some() {
            return;
        }
        self.fill_gaps(at);
        self.append(at, self.next, Record::Ended(ending));
    }

    /// Fills in the lines that had a number and that nobody can write any more. Returns the number of the next record.
    pub(super) fn fill_gaps(&mut self, at: Wall) -> RecordId {
        let last = self.lines.last().copied().unwrap_or_default();
        let missing: Vec<u32> = (0..last).filter(|seq| !self.lines.contains(seq)).collect();
        for seq in missing {
            self.append(at, self.next, Record::Line(lost_line(seq)));
        }
        self.next
    }
}

/// Stands for a line that had its number and was never settled: most likely the caller's, whose text was still to come.
fn lost_line(seq: u32) -> Line {
    Line {
        seq,
        speaker: Speaker::Caller,
        text: "(not understood)".to_owned(),
        start: Millis(0),
        end: Millis(0),
        heard: Heard::Full,
        origin: LineOrigin::Item(ItemId::from("")),
    }
}

/// Records that one call may hold while the journal is full: more than the longest call makes.
const RECORDS_HELD_MAX: usize = 8_192;

/// Between two offers of records that the journal did not take.
const RECORD_RETRY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
