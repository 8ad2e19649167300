//! What a failed statement means: the database is away, or it refuses what we wrote.
//!
//! The difference decides everything: what is away is waited for, what is refused would be refused again.

use std::time::Duration;

use sqlx::error::DatabaseError;

use crate::ports::store::StoreError;

/// Why a statement or transaction did not work. Holds codes and constraint names only: a database's own message may
/// quote what people said.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// Away, slow, locked, full, read-only, or without our tables: the same statement may work later.
    #[error("the database is away or slow ({code})")]
    Away { code: String },
    /// The values break a rule of the schema: the same statement never works.
    #[error("the database refuses the values ({code}, {constraint})")]
    Refused {
        code: String,
        /// Empty when the database does not name one.
        constraint: String,
        /// A row that this one refers to is missing.
        missing_parent: bool,
    },
}

impl Fault {
    fn away(code: impl Into<String>) -> Self {
        Self::Away { code: code.into() }
    }

    /// The database can be read, and does not take what is written.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Away { code } if code == READ_ONLY)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => classify(database.as_ref()),
            sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => {
                Self::Refused { code: "encode".into(), constraint: String::new(), missing_parent: false }
            }
            sqlx::Error::PoolTimedOut => Self::away("no connection in time"),
            sqlx::Error::Io(io) => Self::away(format!("{:?}", io.kind())),
            _ => Self::away("connection"),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away { .. } => Self::Unavailable,
            Fault::Refused { .. } => Self::Database(Box::new(fault)),
        }
    }
}

fn classify(error: &dyn DatabaseError) -> Fault {
    let code = error.code().unwrap_or_default().into_owned();
    let refused = match error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
        Some(_) => code.parse().is_ok_and(sqlite_refuses),
        None => postgres_refuses(&code),
    };
    let is_sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    let read_only = if is_sqlite { code.parse().is_ok_and(sqlite_is_read_only) } else { code == POSTGRES_READ_ONLY };
    if !refused {
        return Fault::away(if read_only { READ_ONLY.to_owned() } else { code });
    }
    Fault::Refused {
        code,
        constraint: error.constraint().unwrap_or_default().to_owned(),
        missing_parent: error.is_foreign_key_violation(),
    }
}

/// Result codes of SQLite: too big, constraint, mismatch, range. The low byte is the primary code.
fn sqlite_refuses(code: u32) -> bool {
    matches!(code & 0xFF, 18 | 19 | 20 | 25)
}

/// In its low byte, as always.
const fn sqlite_is_read_only(code: u32) -> bool {
    code & 0xFF == 8
}

/// `read_only_sql_transaction`: a standby, or a cluster that was told so.
const POSTGRES_READ_ONLY: &str = "25006";

const READ_ONLY: &str = "read-only";

/// SQLSTATE classes: data exception, integrity violation, program limit. A missing table or right (class 42) is not
/// among them: there, every row would be refused, and waiting for the operator loses nothing.
fn postgres_refuses(code: &str) -> bool {
    ["22", "23", "54"].iter().any(|class| code.starts_with(class))
}

/// Runs a database operation with a time limit; too late counts as away.
pub(crate) async fn limited<T>(
    limit: Duration,
    operation: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(limit, operation).await {
        Ok(result) => result.map_err(Fault::from),
        Err(_) => Err(Fault::away("time limit")),
    }
}

#[cfg(test)]
mod tests;
