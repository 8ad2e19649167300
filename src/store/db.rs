//! The two databases behind one face: a transaction, typed arguments, and one SQL text with `$1` for both.
//!
//! sqlx's own `Any` driver knows no UUID and no boolean of both sides, so the choice is an enum of our own.

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

/// Open pools. SQLite has one connection that writes and some that only read, so writers queue here and not in the file.
#[derive(Clone)]
pub(crate) enum Db {
    Lite { writer: SqlitePool, readers: SqlitePool },
    Pg(PgPool),
}

/// A value to bind.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a> {
    Id(Uuid),
    Int(i64),
    MaybeInt(Option<i64>),
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Bool(bool),
}

/// A write transaction; dropping it rolls back.
pub(crate) enum Tx {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

macro_rules! bind {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match *arg {
                Arg::Id(value) => query.bind(value),
                Arg::Int(value) => query.bind(value),
                Arg::MaybeInt(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::MaybeText(value) => query.bind(value),
                Arg::Bool(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Tx {
    /// Executes one statement and returns the number of rows that it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Lite(tx) => bind!(sql, args).execute(&mut **tx).await?.rows_affected(),
            Self::Pg(tx) => bind!(sql, args).execute(&mut **tx).await?.rows_affected(),
        })
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Lite(tx) => tx.commit().await,
            Self::Pg(tx) => tx.commit().await,
        }
    }
}

impl Db {
    /// Begins a write. SQLite takes its write lock now: taking it later could fail without waiting.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        Ok(match self {
            Self::Lite { writer, .. } => Tx::Lite(writer.begin_with("begin immediate").await?),
            Self::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// One statement in a transaction of its own.
    pub(crate) async fn execute(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64, sqlx::Error> {
        let mut tx = self.begin().await?;
        let changed = tx.execute(sql, args).await?;
        tx.commit().await?;
        Ok(changed)
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Lite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Pg(pool) => pool.close().await,
        }
    }
}

/// Reads rows as tuples from either database: `fetch!(db, fetch_all, (String, i64), SQL, args...)`.
macro_rules! fetch {
    ($db:expr, $how:ident, $row:ty, $sql:expr $(, $arg:expr)*) => {
        match $db {
            crate::store::db::Db::Lite { readers, .. } => {
                sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(readers).await
            }
            crate::store::db::Db::Pg(pool) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(pool).await,
        }
    };
}
pub(crate) use fetch;

/// The same within a transaction, which sees what it has written: `fetch_in!(tx, fetch_all, (i64,), SQL, args...)`.
macro_rules! fetch_in {
    ($tx:expr, $how:ident, $row:ty, $sql:expr $(, $arg:expr)*) => {
        match $tx {
            crate::store::db::Tx::Lite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(&mut **tx).await,
            crate::store::db::Tx::Pg(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(&mut **tx).await,
        }
    };
}
pub(crate) use fetch_in;
