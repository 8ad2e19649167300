//! Shows what calls record, as soon as it is safe on disk and not before.
//!
//! A journal in front of the journal: it passes entries on, and tells of each one when its receipt comes back.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::ports::store::{Entry, Journal, JournalFull, Receipt, ReceiptSender};
use crate::types::CallId;

/// Committed entries, in the order of their receipts.
pub type Committed = mpsc::UnboundedReceiver<Entry>;

/// Puts a watch in front of `inner`. Must be called on a runtime. Entries that nobody receives are dropped.
pub fn watch(inner: Arc<dyn Journal>) -> (Arc<dyn Journal>, Committed) {
    let (receipts, returned) = mpsc::unbounded_channel();
    let (tell, committed) = mpsc::unbounded_channel();
    let waiting = Arc::new(Waiting::default());
    #[expect(clippy::disallowed_methods, reason = "the composition root owns this task")]
    tokio::spawn(forward(returned, waiting.clone(), tell));
    (Arc::new(Watch { inner, receipts, waiting }), committed)
}

struct Watch {
    inner: Arc<dyn Journal>,
    receipts: ReceiptSender,
    waiting: Arc<Waiting>,
}

/// Entries without a receipt, by call; bounded by what the journal takes.
#[derive(Default)]
struct Waiting(Mutex<HashMap<CallId, VecDeque<(Entry, ReceiptSender)>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, VecDeque<(Entry, ReceiptSender)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a receipt is about.
    fn take(&self, receipt: Receipt) -> Vec<(Entry, ReceiptSender)> {
        let mut waiting = self.lock();
        let Some(of_call) = waiting.get_mut(&receipt.call) else { return Vec::new() };
        let safe = of_call.iter().take_while(|(entry, _)| entry.no <= receipt.no).count();
        let taken = of_call.drain(..safe).collect();
        if of_call.is_empty() {
            waiting.remove(&receipt.call);
        }
        taken
    }
}

impl Journal for Watch {
    fn append(&self, entry: Entry, receipts: &ReceiptSender) -> Result<(), JournalFull> {
        let call = entry.call;
        // Before it is passed on, because the receipt may be faster than this task.
        let mut waiting = self.waiting.lock();
        waiting.entry(call).or_default().push_back((entry.clone(), receipts.clone()));
        let taken = self.inner.append(entry, &self.receipts);
        if taken.is_err()
            && let Some(of_call) = waiting.get_mut(&call)
        {
            of_call.pop_back();
        }
        taken
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }

    fn is_healthy(&self) -> bool {
        self.inner.is_healthy()
    }
}

async fn forward(
    mut returned: mpsc::UnboundedReceiver<Receipt>,
    waiting: Arc<Waiting>,
    tell: mpsc::UnboundedSender<Entry>,
) {
    while let Some(receipt) = returned.recv().await {
        for (entry, receipts) in waiting.take(receipt) {
            // Neither must still listen: a call that is over does not.
            let _ = receipts.send(Receipt { call: entry.call, no: entry.no });
            let _ = tell.send(entry);
        }
    }
}
