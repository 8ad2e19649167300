//! Where settings come from, as plain maps, so that a test needs neither files nor a process environment.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crate::config::ConfigError;

/// Read when it exists and no other file is named.
pub const DEFAULT_FILE: &str = "switchboard.toml";

const DOTENV_FILE: &str = ".env";

/// A settings file's name, for messages, and its text.
#[derive(Clone)]
pub struct FileText {
    pub name: String,
    pub text: String,
}

/// The layers above the built-in defaults, lowest first. Holds secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub struct Sources {
    pub file: Option<FileText>,
    pub dotenv: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    /// Keyed by the setting's name (`BIND`), not by the flag's.
    pub flags: BTreeMap<String, String>,
}

impl Sources {
    /// Reads the working directory's files and the process environment. `config` must exist if it is given.
    pub fn from_process(config: Option<&Path>, flags: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let path = config.unwrap_or(Path::new(DEFAULT_FILE));
        let file = match std::fs::read_to_string(path) {
            Ok(text) => Some(FileText { name: path.display().to_string(), text }),
            Err(error) if error.kind() == ErrorKind::NotFound && config.is_none() => None,
            Err(error) => {
                return Err(ConfigError::one(path.display().to_string(), format!("cannot be read: {}", error.kind())));
            }
        };
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self { file, dotenv: read_dotenv(Path::new(DOTENV_FILE))?, environment, flags })
    }
}

/// Reads a `.env` file; one that does not exist is empty.
fn read_dotenv(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(BTreeMap::new()),
        Err(_) => return Err(ConfigError::one(DOTENV_FILE, "cannot be read")),
    };
    // The parser's own message quotes the line, which may hold a secret.
    lines
        .enumerate()
        .map(|(index, line)| {
            line.map_err(|_| ConfigError::one(DOTENV_FILE, format!("entry {} is not NAME=value", index + 1)))
        })
        .collect()
}
