//! Several addresses raced (happy eyeballs, RFC 8305): the next one starts when the one before fails or dawdles.
//!
//! A route that swallows packets, as broken IPv6 does, gives no error for minutes; waiting for it would cost the call.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

/// Each address has so much time alone before the next one starts beside it.
pub(super) const HEAD_START: Duration = Duration::from_millis(250);

/// The first connection that is made, to one of `first` in their order, or of `more` when these do not help. Those
/// that lose are dropped. Waits as long as any address is still being tried; the limit is the caller's.
pub(super) async fn race<C, F, S>(
    first: Vec<SocketAddr>,
    more: impl Future<Output = Vec<SocketAddr>>,
    connect: C,
) -> io::Result<(SocketAddr, S)>
where
    C: Fn(SocketAddr) -> F,
    F: Future<Output = io::Result<S>>,
{
    let mut waiting: VecDeque<SocketAddr> = first.into();
    let mut tried = Vec::new();
    let mut running = FuturesUnordered::new();
    let mut more = pin!(more);
    // Whether those in `waiting` have had their time, and whether `more` has been taken.
    let (mut wants_more, mut has_more) = (false, true);
    let mut error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = waiting.pop_front() {
            if tried.contains(&address) {
                continue;
            }
            tried.push(address);
            let connecting = connect(address);
            running.push(async move { (address, connecting.await) });
        }
        let may_ask = has_more && waiting.is_empty();
        tokio::select! {
            Some((address, made)) = running.next() => match made {
                Ok(stream) => return Ok((address, stream)),
                Err(failed) => error = failed,
            },
            () = sleep(HEAD_START), if !waiting.is_empty() || (may_ask && !wants_more) => {
                wants_more = waiting.is_empty();
            }
            addresses = &mut more, if may_ask && (wants_more || running.is_empty()) => {
                has_more = false;
                waiting.extend(addresses);
            }
            else => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
