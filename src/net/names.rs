//! What names mean, remembered: a name server that is slow or dead must not cost a call.
//!
//! An answer is fresh for a minute. After that it is still used at once, while the name is asked for behind it, and it
//! is kept until a better answer comes: TLS proves who answers there, so an old address can fail and cannot betray.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::Instant;

/// Asks what a name means.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    async fn look_up(&self, host: String) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver, on threads of the runtime; it may take half a minute.
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn look_up(&self, host: String) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.map(|address| address.ip()).collect())
    }
}

/// All names that were asked for. They come from the settings, so there are few.
pub(super) struct Names {
    lookup: Arc<dyn Lookup>,
    names: Mutex<BTreeMap<String, Name>>,
}

/// What is known about a name at once.
pub(super) struct Known {
    pub(super) addresses: Vec<IpAddr>,
    /// Not just asked for: it may be wrong by now.
    pub(super) is_remembered: bool,
}

#[derive(Default)]
struct Name {
    /// The one that worked last comes first.
    addresses: Vec<IpAddr>,
    /// When the last answer came.
    answered: Option<Instant>,
    asking: Option<Asking>,
}

/// A look-up under way: everybody who wants to know waits for the same one, and it outlives those who give up.
#[derive(Clone)]
struct Asking {
    began: Instant,
    answer: Shared<BoxFuture<'static, Arc<[IpAddr]>>>,
}

impl Names {
    pub(super) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, names: Mutex::default() }
    }

    /// The addresses of a name: at once if any are remembered, else those that the look-up gives.
    pub(super) async fn known(&self, host: &str) -> Known {
        let (addresses, asking) = {
            let mut names = self.names();
            let name = names.entry(host.to_owned()).or_default();
            name.settle();
            let is_fresh = name.answered.is_some_and(|at| at.elapsed() < FRESH);
            (name.addresses.clone(), if is_fresh { None } else { Some(name.ask(&self.lookup, host)) })
        };
        match asking {
            Some(asking) if addresses.is_empty() => {
                Known { addresses: self.answer(host, asking).await, is_remembered: false }
            }
            asking => {
                // Sets it going; whoever comes next takes the answer.
                let _ = asking.and_then(|asking| asking.answer.now_or_never());
                Known { addresses, is_remembered: true }
            }
        }
    }

    /// The addresses that a look-up gives which ends from now on; none if it fails.
    pub(super) async fn asked(&self, host: &str) -> Vec<IpAddr> {
        let asking = {
            let mut names = self.names();
            let name = names.entry(host.to_owned()).or_default();
            name.settle();
            name.ask(&self.lookup, host)
        };
        self.answer(host, asking).await
    }

    /// Waits for a look-up, and takes its answer.
    async fn answer(&self, host: &str, asking: Asking) -> Vec<IpAddr> {
        let addresses = asking.answer.await;
        if let Some(name) = self.names().get_mut(host) {
            name.settle();
        }
        if addresses.is_empty() {
            metrics::counter!("switchboard_lookups_failed_total").increment(1);
        }
        addresses.to_vec()
    }

    /// A connection to this address was made: it is the first that is tried next time.
    pub(super) fn worked(&self, host: &str, address: IpAddr) {
        if let Some(name) = self.names().get_mut(host) {
            prefer(&mut name.addresses, address);
        }
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, Name>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Name {
    /// Takes the answer of a look-up that has ended. One that failed changes nothing.
    fn settle(&mut self) {
        let Some(answer) = self.asking.as_ref().and_then(|asking| asking.answer.clone().now_or_never()) else {
            return;
        };
        self.asking = None;
        if answer.is_empty() {
            return;
        }
        let worked = self.addresses.first().copied();
        self.addresses = answer.iter().copied().take(ADDRESSES_MAX).collect();
        if let Some(worked) = worked {
            prefer(&mut self.addresses, worked);
        }
        self.answered = Some(Instant::now());
    }

    /// The look-up under way, or a new one.
    fn ask(&mut self, lookup: &Arc<dyn Lookup>, host: &str) -> Asking {
        if let Some(asking) = self.asking.as_ref().filter(|asking| asking.began.elapsed() < ASKING_MAX) {
            return asking.clone();
        }
        let (lookup, host) = (lookup.clone(), host.to_owned());
        let answer = async move {
            let addresses =
                lookup.look_up(host).await.inspect_err(|error| tracing::debug!(%error, "a name is unknown"));
            Arc::from(alternate(addresses.unwrap_or_default()))
        };
        let asking = Asking { began: Instant::now(), answer: answer.boxed().shared() };
        self.asking = Some(asking.clone());
        asking
    }
}

/// Moves an address that is in the list to its front.
fn prefer(addresses: &mut [IpAddr], address: IpAddr) {
    if let Some(at) = addresses.iter().position(|known| *known == address) {
        addresses[..=at].rotate_right(1);
    }
}

/// The two families by turns, the resolver's favourite first (RFC 8305, 4), so that a route that is broken for one of
/// them costs one step.
fn alternate(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let v6_first = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|ip| ip.is_ipv6() == v6_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut list: Vec<IpAddr> = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return list;
        }
        for address in pair.into_iter().flatten() {
            if !list.contains(&address) {
                list.push(address);
            }
        }
    }
}

/// So long an answer is used without asking again. The records of the carrier and of the model change in minutes.
const FRESH: Duration = Duration::from_secs(60);

/// A look-up that takes longer is given up for a new one; the system's resolver may never come back.
const ASKING_MAX: Duration = Duration::from_secs(12);

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

#[cfg(test)]
mod tests;
