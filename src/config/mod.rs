//! Settings: defaults, file, `.env`, environment and flags, read into one struct per concern.
//!
//! Everything is checked here, at start, and all faults are reported at once, so that a wrong setting never surfaces
//! in the middle of a call.

mod address;
mod limits;
mod log;
mod model;
mod network;
mod prices;
mod proxies;
mod reader;
mod resolved;
mod server;
mod settings;
mod sources;
mod storage;
mod telephony;

use std::fmt;

pub use address::{BaseUrl, PublicUrl};
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use model::{Access, Model};
pub use network::Network;
pub use prices::PriceTable;
pub use proxies::{Proxies, subscriber};
pub use resolved::{Layer, Resolved, Shown};
pub use server::{CorsOrigins, Server};
pub(crate) use settings::did_you_mean;
pub use settings::{Kind, SETTINGS, Setting};
pub use sources::{DEFAULT_FILE, FileText, Sources};
pub use storage::{Database, Storage};
pub use telephony::{ApiKey, SharedKey, Telephony};

use reader::Reader;

/// Every setting, parsed and checked. Holds secrets, so it cannot be printed; `Resolved::show` can.
#[derive(Clone)]
pub struct Config {
    pub server: Server,
    pub telephony: Telephony,
    pub model: Model,
    pub storage: Storage,
    pub limits: Limits,
    pub network: Network,
    pub log: Log,
}

impl Config {
    /// Resolves and checks. The error names every fault that was found, not only the first.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        Self::check(&Resolved::new(sources)?)
    }

    /// Checks settings that are resolved already.
    pub fn check(resolved: &Resolved) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(resolved);
        let server = Server::read(&mut reader);
        let loopback = server.is_loopback();
        let config = Self {
            telephony: Telephony::read(&mut reader, loopback),
            model: Model::read(&mut reader, loopback),
            storage: Storage::read(&mut reader),
            limits: Limits::read(&mut reader),
            network: Network::read(&mut reader),
            log: Log::read(&mut reader),
            server,
        };
        reader.finish(config)
    }
}

/// What is wrong with the settings; the program ends with exit code 3.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<Fault>);

impl ConfigError {
    pub(crate) fn one(setting: impl Into<String>, detail: impl Into<String>) -> Self {
        Self(vec![Fault { setting: setting.into(), detail: detail.into() }])
    }
}

/// One fault. Neither field ever holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting's name, or the file that cannot be read.
    pub setting: String,
    /// What is wrong and what to do about it.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.detail)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}
