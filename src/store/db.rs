//! The two databases behind one face: a transaction, typed arguments, and one SQL text with `$1` for both.
//!
//! sqlx's own `Any` driver knows no UUID and no boolean of both sides, so the choice is an enum of our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};
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
    MaybeId(Option<Uuid>),
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
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match *arg {
                Arg::Id(value) => query.bind(value),
                Arg::MaybeId(value) => query.bind(value),
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
            Self::Lite(tx) => bind!(sqlx::query(sql), args).execute(&mut **tx).await?.rows_affected(),
            Self::Pg(tx) => bind!(sqlx::query(sql), args).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Inserts rows by as few statements as possible: each round trip to a database that is far away takes its time.
    /// `head` ends before the values.
    pub(crate) async fn insert(&mut self, head: &'static str, rows: &[Vec<Arg<'_>>]) -> Result<(), sqlx::Error> {
        for some in rows.chunks(ROWS_MAX) {
            let sql = AssertSqlSafe(with_values(head, some, ""));
            let args = some.iter().flatten();
            match self {
                Self::Lite(tx) => bind!(sqlx::query::<Sqlite>(sql).persistent(some.len() == 1), args)
                    .execute(&mut **tx)
                    .await
                    .map(drop),
                Self::Pg(tx) => bind!(sqlx::query::<Postgres>(sql).persistent(some.len() == 1), args)
                    .execute(&mut **tx)
                    .await
                    .map(drop),
            }?;
        }
        Ok(())
    }

    /// The same, and returns what `tail` says of each row that was inserted.
    pub(crate) async fn insert_returning(
        &mut self,
        head: &'static str,
        rows: &[Vec<Arg<'_>>],
        tail: &'static str,
    ) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
        let mut returned = Vec::new();
        for some in rows.chunks(ROWS_MAX) {
            let sql = AssertSqlSafe(with_values(head, some, tail));
            let (args, keeps) = (some.iter().flatten(), some.len() == 1);
            returned.extend(match self {
                Self::Lite(tx) => {
                    bind!(sqlx::query_as::<Sqlite, (Uuid, i64)>(sql).persistent(keeps), args).fetch_all(&mut **tx).await
                }
                Self::Pg(tx) => {
                    bind!(sqlx::query_as::<Postgres, (Uuid, i64)>(sql).persistent(keeps), args)
                        .fetch_all(&mut **tx)
                        .await
                }
            }?);
        }
        Ok(returned)
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

    /// For one that shares its writer with another.
    pub(crate) async fn close_readers(&self) {
        match self {
            Self::Lite { readers, .. } => readers.close().await,
            Self::Pg(pool) => pool.close().await,
        }
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

/// `values ($1, $2), ($3, $4)` between two parts that the program wrote.
fn with_values(head: &str, rows: &[Vec<Arg<'_>>], tail: &str) -> String {
    let (mut sql, mut number) = (format!("{head} values "), 0);
    for (index, row) in rows.iter().enumerate() {
        sql.push_str(if index == 0 { "(" } else { ", (" });
        for column in 0..row.len() {
            number += 1;
            let comma = if column == 0 { "" } else { ", " };
            sql.push_str(&format!("{comma}${number}"));
        }
        sql.push(')');
    }
    sql.push_str(tail);
    sql
}

/// Rows of one statement: far below what either database takes as arguments.
const ROWS_MAX: usize = 256;

/// A connection of SQLite for one read. When the read is given up, its statement ends, too: else it would go on in its
/// thread, and whoever gets the connection next would wait for it.
pub(crate) struct Reading {
    conn: PoolConnection<Sqlite>,
    given_up: Arc<AtomicBool>,
    is_done: bool,
}

impl Reading {
    pub(crate) async fn begin(readers: &SqlitePool) -> Result<Self, sqlx::Error> {
        let mut conn = readers.acquire().await?;
        let given_up = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&given_up);
        conn.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, move || !asked.load(Ordering::Relaxed));
        Ok(Self { conn, given_up, is_done: false })
    }

    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }

    pub(crate) fn end(mut self) {
        self.is_done = true;
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_done {
            self.given_up.store(true, Ordering::Relaxed);
        }
    }
}

/// Steps of SQLite's machine, some tens of microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// Reads rows as tuples from either database: `fetch!(db, fetch_all, (String, i64), SQL, args...)`.
macro_rules! fetch {
    ($db:expr, $how:ident, $row:ty, $sql:expr $(, $arg:expr)*) => {
        match $db {
            crate::store::db::Db::Lite { readers, .. } => match crate::store::db::Reading::begin(readers).await {
                Ok(mut reading) => {
                    let read = sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(reading.conn()).await;
                    reading.end();
                    read
                }
                Err(error) => Err(error),
            },
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

#[cfg(test)]
pub(crate) mod tests;
