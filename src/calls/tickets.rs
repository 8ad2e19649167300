//! Tickets: what a media stream must show to be bound to a call.
//!
//! 128 random bits, good once and for 60 s, and only together with the leg that they were made for. They are kept in
//! memory only: a stream that outlives the process has no call to be bound to.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::types::Secret;

/// The system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub(super) struct NoRandomness;

/// The tickets of one call. Times are readings of the process's monotonic clock, in microseconds.
pub(super) struct Tickets {
    /// Handed out by the voice webhook; the same webhook asked again gives it again, used or not.
    first: Secret,
    /// The one that a stream may use.
    current: Secret,
    expires_us: u64,
    used: bool,
}

impl Tickets {
    pub(super) fn new(now_us: u64) -> Result<Self, NoRandomness> {
        let first = mint()?;
        Ok(Self { current: first.clone(), first, expires_us: expiry(now_us), used: false })
    }

    pub(super) fn first(&self) -> Secret {
        self.first.clone()
    }

    /// A ticket for another stream of the same call: the one that is outstanding, or a fresh one.
    pub(super) fn renew(&mut self, now_us: u64) -> Result<Secret, NoRandomness> {
        if self.used || now_us >= self.expires_us {
            self.current = mint()?;
            self.used = false;
        }
        self.expires_us = expiry(now_us);
        Ok(self.current.clone())
    }

    /// Whether a stream may use this ticket. Compared in constant time.
    pub(super) fn is_open(&self, ticket: &str, now_us: u64) -> bool {
        let same = bool::from(self.current.expose().as_bytes().ct_eq(ticket.as_bytes()));
        same && !self.used && now_us < self.expires_us
    }

    /// Uses the ticket up. False if it is another one, used or expired.
    pub(super) fn take(&mut self, ticket: &str, now_us: u64) -> bool {
        let good = self.is_open(ticket, now_us);
        self.used |= good;
        good
    }
}

fn mint() -> Result<Secret, NoRandomness> {
    let mut bits = [0; TICKET_BYTES];
    getrandom::fill(&mut bits).map_err(|_| NoRandomness)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bits)))
}

const fn expiry(now_us: u64) -> u64 {
    now_us.saturating_add(TICKET_LIFE.as_micros() as u64)
}

/// From the webhook's answer to the stream's `start`.
const TICKET_LIFE: Duration = Duration::from_secs(60);

/// 128 bits.
const TICKET_BYTES: usize = 16;

#[cfg(test)]
mod tests;
