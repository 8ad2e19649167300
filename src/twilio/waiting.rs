//! Seats for media sockets that have not said `start` yet.
//!
//! A ticket in the path is good until its stream says `start`, so one that leaked before opens any number of sockets. They
//! share a few seats, and a new socket takes the seat of the one that has waited longest: real streams say `start` at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Sockets that may wait for `start` at the same time.
pub const WAITING_SOCKETS_MAX: usize = 256;

/// The room with its seats.
pub struct Waiting {
    seats: Mutex<Seats>,
    max: usize,
}

#[derive(Default)]
struct Seats {
    next: u64,
    /// By age; to drop the sender is to evict the one who sits there.
    taken: BTreeMap<u64, oneshot::Sender<()>>,
}

/// One socket's seat; given back when it is dropped.
pub struct Seat {
    number: u64,
    room: Arc<Waiting>,
    evicted: oneshot::Receiver<()>,
}

impl Waiting {
    /// A room of at least one seat.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { seats: Mutex::default(), max: max.max(1) })
    }

    /// Takes a seat, if need be from whoever has waited longest.
    pub fn take(self: &Arc<Self>) -> Seat {
        let mut seats = self.lock();
        while seats.taken.len() >= self.max {
            seats.taken.pop_first();
        }
        let number = seats.next;
        seats.next += 1;
        let (sender, evicted) = oneshot::channel();
        seats.taken.insert(number, sender);
        Seat { number, room: Arc::clone(self), evicted }
    }

    /// How many are waiting.
    pub fn len(&self) -> usize {
        self.lock().taken.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Returns when the seat has been given to somebody else.
    pub async fn evicted(&mut self) {
        let _ = (&mut self.evicted).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.lock().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
