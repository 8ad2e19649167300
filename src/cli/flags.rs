//! Flags that stand for settings: the highest layer. Secrets have none, because other users can read a command line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::config::{ConfigError, Sources};

#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Settings")]
pub struct SettingFlags {
    /// Settings file [default: switchboard.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen (BIND)
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub bind: Option<String>,
    /// Origin that the carrier calls (PUBLIC_BASE_URL)
    #[arg(long, global = true, value_name = "URL")]
    pub public_base_url: Option<String>,
    /// sqlite://... or postgres://... (DATABASE_URL)
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Directory for everything but the database (DATA_DIR)
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// off, error, warn, info, debug, trace (LOG_LEVEL)
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// text or json (LOG_FORMAT)
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl SettingFlags {
    /// The flags that were given, by the names of their settings.
    pub fn as_settings(&self) -> BTreeMap<String, String> {
        let flags = [
            ("BIND", &self.bind),
            ("PUBLIC_BASE_URL", &self.public_base_url),
            ("DATABASE_URL", &self.database_url),
            ("DATA_DIR", &self.data_dir),
            ("LOG_LEVEL", &self.log_level),
            ("LOG_FORMAT", &self.log_format),
        ];
        flags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
    }

    /// All layers as this process sees them.
    pub fn sources(&self) -> Result<Sources, ConfigError> {
        Sources::from_process(self.config.as_deref(), self.as_settings())
    }
}
