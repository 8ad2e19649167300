//! The composition root: the only place that names all parts and puts them together.
//!
//! `serve`, `demo`, `bench` and the end-to-end tests start the same [`Gateway`]; they differ in settings and options
//! only. The one clock of the process lives here, too.

mod banner;
mod bench;
mod browser;
mod commands;
pub mod demo;
mod descriptors;
mod directory;
mod gateway;
mod key_watch;
mod keyring;
mod lookout;
pub mod play;
mod serve;
mod server;
mod simulated;
pub mod stage;
pub mod tape;
mod upkeep;
pub mod watch;
mod wiring;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use commands::run;
pub use directory::OrgCache;
pub use gateway::{Gateway, GatewayOptions, StartError, WrapJournal};

use crate::calls::{Clock, Reading};
use crate::types::{Mono, Wall};

/// The one clock of the process: everything that needs the time is given it.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// `Mono::ZERO` is now.
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Time since the clock was started.
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    pub fn mono(&self) -> Mono {
        Mono(u64::try_from(Instant::now().duration_since(self.began).as_micros()).unwrap_or(u64::MAX))
    }

    /// What a person reads on a clock.
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    pub fn wall(&self) -> Wall {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Wall(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// The wall clock at `Mono::ZERO`, as it looks now.
    pub fn epoch(&self) -> Wall {
        Wall(self.wall().0.saturating_sub_unsigned(self.mono().0))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Reading {
        Reading { monotonic_us: self.mono().0, wall: self.wall() }
    }
}
