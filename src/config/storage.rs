//! Where things are kept: the database and the data directory.

use std::path::PathBuf;

use crate::config::reader::Reader;
use crate::types::Secret;

/// Which database, and its URL as it was given (it may hold a password).
#[derive(Clone)]
pub enum Database {
    Sqlite(String),
    Postgres(Secret),
}

#[derive(Clone)]
pub struct Storage {
    pub database: Database,
    /// Directories in it are 0700, files 0600.
    pub data_dir: PathBuf,
}

impl Storage {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let database = reader.parse("DATABASE_URL", parse_database);
        let use_redis = reader.choice("USE_REDIS", &[("false", false), ("true", true)]);
        if use_redis {
            reader.fault("USE_REDIS", "true is not available yet: this version runs on one node; remove the setting");
        }
        Self {
            database: database.unwrap_or(Database::Sqlite(String::new())),
            data_dir: reader.text("DATA_DIR").map(PathBuf::from).unwrap_or_default(),
        }
    }
}

fn parse_database(text: &str) -> Result<Database, String> {
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_postgres {
        return Ok(Database::Postgres(Secret::new(text)));
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.trim_start_matches('/').is_empty() => Ok(Database::Sqlite(text.to_owned())),
        Some(_) => Err("names no file; write sqlite://switchboard.db".into()),
        None => Err("must begin with sqlite:// or postgres://".into()),
    }
}
