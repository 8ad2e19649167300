//! Places for connections: so many in all, and so many for one peer.
//!
//! When all are taken, whoever has kept us waiting longest has to go: a head that does not come, an answer that nobody
//! reads, a connection that is kept for later. A request that is being answered, and a socket that was upgraded, which
//! took a signature and a ticket, never have to.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{counter, gauge};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::{Proxies, subscriber};
use crate::telemetry::{Trouble, Troubles};

/// Whoever has been waited for less is not sent away: they may only just have come, to a machine that is busy.
const WAITED_MIN: Duration = Duration::from_secs(1);
/// The same for an answer that is not read: there the gateway has done its part.
const UNREAD_MIN: Duration = Duration::from_millis(100);

/// Until somebody is looked for again who can be sent away.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How many may come in.
pub(in crate::app) struct PlaceLimits {
    pub(in crate::app) all: usize,
    /// Of one peer, before they have shown a ticket.
    pub(in crate::app) per_peer: usize,
    /// Peers that speak for many.
    pub(in crate::app) proxies: Proxies,
}

/// All places.
pub(super) struct Places {
    limits: PlaceLimits,
    began: Instant,
    inner: Mutex<Inner>,
    freed: Notify,
    troubles: Troubles,
}

#[derive(Default)]
struct Inner {
    next: u64,
    taken: BTreeMap<u64, Arc<Conduct>>,
    /// Connections of each peer that count.
    peers: HashMap<IpAddr, usize>,
}

/// What a connection is doing.
pub(super) struct Conduct {
    /// Since when the peer is waited for, in microseconds of `Places::began` and one more; 0: it is not.
    waits_since: AtomicU64,
    upgraded: AtomicBool,
    /// An answer is there, and the peer does not take it.
    unread: AtomicBool,
    /// It must go.
    pub(super) out: CancellationToken,
}

/// One connection's place; free again when this is dropped.
pub(super) struct Place {
    number: u64,
    /// `None`: does not count for a peer.
    peer: Mutex<Option<IpAddr>>,
    places: Arc<Places>,
    conduct: Arc<Conduct>,
}

impl Places {
    pub(super) fn new(limits: PlaceLimits, troubles: Troubles) -> Arc<Self> {
        let inner = Mutex::default();
        Arc::new(Self { limits, began: Instant::now(), inner, freed: Notify::new(), troubles })
    }

    /// A place for a connection of this peer, as soon as there is one. `None`: the peer has enough.
    pub(super) async fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = (!self.limits.proxies.contains(peer)).then(|| subscriber(peer));
        loop {
            match self.try_take(peer) {
                Ok(place) => return Some(place),
                Err(Full::OfThisPeer) => {
                    counter!("switchboard_connections_refused_total", "why" => "one_peer").increment(1);
                    self.troubles.raise(Trouble::Connections, "one_peer");
                    return None;
                }
                Err(Full::OfAll) => {}
            }
            self.troubles.raise(Trouble::Connections, "no_places");
            self.send_one_away();
            // Nobody may go for now; then somebody leaves, or has been waited for long enough.
            let _ = timeout(LOOK_EVERY, self.freed.notified()).await;
        }
    }

    /// Makes whoever has been waited for longest go.
    pub(super) fn send_one_away(&self) {
        let now_us = self.now_us();
        let inner = self.lock();
        let waiting = inner.taken.values().filter(|conduct| conduct.may_go(now_us));
        if let Some(longest) = waiting.min_by_key(|conduct| conduct.waits_since.load(Ordering::Relaxed)) {
            longest.take_turn();
            longest.out.cancel();
            counter!("switchboard_connections_refused_total", "why" => "waited_longest").increment(1);
        }
    }

    fn try_take(self: &Arc<Self>, peer: Option<IpAddr>) -> Result<Place, Full> {
        let mut inner = self.lock();
        if peer.is_some_and(|peer| inner.peers.get(&peer).is_some_and(|count| *count >= self.limits.per_peer)) {
            return Err(Full::OfThisPeer);
        }
        if inner.taken.len() >= self.limits.all {
            return Err(Full::OfAll);
        }
        if let Some(peer) = peer {
            *inner.peers.entry(peer).or_default() += 1;
        }
        let number = inner.next;
        inner.next += 1;
        let conduct = Arc::new(Conduct {
            waits_since: AtomicU64::new(self.now_us() + 1),
            upgraded: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            out: CancellationToken::new(),
        });
        inner.taken.insert(number, Arc::clone(&conduct));
        gauge!("switchboard_connections").set(inner.taken.len() as f64);
        Ok(Place { number, peer: Mutex::new(peer), places: Arc::clone(self), conduct })
    }

    fn forget_peer(&self, peer: IpAddr) {
        let mut inner = self.lock();
        if let Some(count) = inner.peers.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                inner.peers.remove(&peer);
            }
        }
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no place.
enum Full {
    OfThisPeer,
    OfAll,
}

impl Conduct {
    /// It is the gateway's turn, which works on an answer: the peer is not waited for.
    pub(super) fn take_turn(&self) {
        self.waits_since.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }

    /// The peer does not take what is written, or takes it again.
    pub(super) fn set_unread(&self, unread: bool) {
        self.unread.store(unread, Ordering::Relaxed);
    }

    fn may_go(&self, now_us: u64) -> bool {
        let min = if self.unread.load(Ordering::Relaxed) { UNREAD_MIN } else { WAITED_MIN };
        u128::from(self.waited_us(now_us)) >= min.as_micros()
    }

    fn waited_us(&self, now_us: u64) -> u64 {
        match self.waits_since.load(Ordering::Relaxed) {
            since if since > 0 && !self.is_upgraded() => (now_us + 1).saturating_sub(since),
            _ => 0,
        }
    }
}

impl Place {
    pub(super) fn conduct(&self) -> &Arc<Conduct> {
        &self.conduct
    }

    /// It is the peer's turn: to read, or to ask for more.
    pub(super) fn waits(&self) {
        self.conduct.waits_since.store(self.places.now_us() + 1, Ordering::Relaxed);
    }

    /// The answer was an upgrade: from now on it is somebody's stream.
    pub(super) fn upgrade(&self) {
        self.conduct.upgraded.store(true, Ordering::Relaxed);
        self.leave_peer();
    }

    fn leave_peer(&self) {
        let peer = self.peer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(peer) = peer {
            self.places.forget_peer(peer);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave_peer();
        let mut inner = self.places.lock();
        inner.taken.remove(&self.number);
        gauge!("switchboard_connections").set(inner.taken.len() as f64);
        drop(inner);
        self.places.freed.notify_one();
    }
}

#[cfg(test)]
mod tests;
