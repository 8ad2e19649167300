//! Opening a database: pools with limits, and the schema brought up to date before anyone uses it.
//!
//! A database that is newer than the binary is left alone: guessing would destroy what a newer release wrote.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use crate::store::db::Db;
use crate::store::fault::{Fault, limited};
use crate::store::migrations::{self, NEWEST};

/// How long a read may wait for another process's lock in SQLite.
const SQLITE_BUSY: Duration = Duration::from_secs(5);
/// The same for our writes: below every limit of a caller, so that no statement outlives the one who waits for it.
const SQLITE_WRITE_BUSY: Duration = Duration::from_millis(1500);
/// For webhooks, keys and calls.
const SQLITE_READERS: u32 = 4;
/// For lists that staff look at.
const SQLITE_STAFF_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;
const POSTGRES_STAFF_CONNECTIONS: u32 = 4;
/// For a free connection, or a new one.
const ACQUIRE: Duration = Duration::from_millis(800);
/// Enforced by Postgres itself, so that a statement given up by us ends there too.
const POSTGRES_STATEMENT_MS: &str = "1500";
const POSTGRES_IDLE_IN_TRANSACTION_MS: &str = "10000";
/// For the first connection, at start.
const CONNECT: Duration = Duration::from_secs(5);
/// Between attempts to open a locked SQLite file.
const BUSY_AGAIN: Duration = Duration::from_millis(20);
/// For all migrations together, including the wait for another node that migrates.
const MIGRATE: Duration = Duration::from_secs(600);

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a URL that we understand. Does not quote it: it may hold a password.
    #[error("DATABASE_URL must be sqlite://<file> or postgres://<user>@<host>/<database> ({0})")]
    Url(&'static str),
    /// A file that cannot be made or read.
    #[error("the database file {} cannot be opened", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    /// A file that is there, and that SQLite cannot open: a directory, somebody else's, or locked for long.
    #[error("the database file {} cannot be opened ({cause})", path.display())]
    Unopened { path: PathBuf, cause: Fault },
    /// No file, and nobody asked for a new one.
    #[error("there is no database at {}; `switchboard serve` or `switchboard migrate` makes one", path.display())]
    Missing { path: PathBuf },
    /// The schema must be brought up to date, and nothing can be written.
    #[error("the database at {place} can only be read, and its schema is older than this binary")]
    ReadOnly { place: String },
    /// Nobody answers, or not in time.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Fault),
    /// The file is not a database, or is damaged. Nothing was changed.
    #[error("the file {place} is damaged or is no SQLite database; nothing was changed")]
    Damaged { place: String },
    /// A newer release has been here.
    #[error("the database has schema version {found}, this binary knows {NEWEST}; use a newer release")]
    Newer { found: i64 },
    /// An applied migration differs from ours: not our schema.
    #[error("migration {version} of this database is not the one that this binary knows")]
    Foreign { version: i64 },
    /// A migration does not work.
    #[error("migration {version} failed")]
    Migration {
        version: i64,
        #[source]
        cause: Fault,
    },
}

impl OpenError {
    /// The schema is the problem, not the connection or the settings.
    pub const fn is_schema(&self) -> bool {
        matches!(self, Self::Newer { .. } | Self::Foreign { .. } | Self::Migration { .. })
    }
}

/// What becomes of a file that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Make,
    Refuse,
}

/// An open database.
pub(crate) struct Opened {
    pub(crate) db: Db,
    /// The same, with readers of its own.
    pub(crate) staff: Db,
    /// Where it is, for people. Holds no password.
    pub(crate) place: Arc<str>,
}

/// Connects, migrates, and returns the pools.
pub(crate) async fn open(url: &str, missing: Missing) -> Result<Opened, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        open_postgres(url).await
    } else if url.starts_with("sqlite:") {
        open_sqlite(url, missing).await
    } else {
        Err(OpenError::Url("unknown scheme"))
    }
}

async fn open_sqlite(url: &str, missing: Missing) -> Result<Opened, OpenError> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::Url("a database in memory keeps nothing"));
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| OpenError::Url("not an SQLite URL"))?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY)
        .disable_statement_logging();
    let path = std::path::absolute(options.get_filename()).unwrap_or_else(|_| options.get_filename().to_owned());
    match missing {
        Missing::Make => create_private(&path).map_err(|cause| OpenError::File { path: path.clone(), cause })?,
        Missing::Refuse if !path.exists() => return Err(OpenError::Missing { path }),
        Missing::Refuse => {}
    }
    let place: Arc<str> = path.display().to_string().into();

    let mut migrating = connect_sqlite(&options, &path).await?;
    in_time(&place, migrate_sqlite(&mut migrating)).await?;
    limited(CONNECT, migrating.close()).await.map_err(OpenError::Unavailable)?;

    let writer = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).idle_timeout(None);
    // A full disk ends a transaction by itself, and the connection does not notice: it would refuse to begin another.
    let writer = writer.after_release(|conn, _| {
        Box::pin(async move {
            conn.ping().await?;
            Ok(!conn.is_in_transaction())
        })
    });
    let writer = writer.max_lifetime(None).connect_lazy_with(options.clone().busy_timeout(SQLITE_WRITE_BUSY));
    let read_options = options.pragma("query_only", "on");
    let readers = |count| {
        let readers = SqlitePoolOptions::new().max_connections(count).acquire_timeout(ACQUIRE);
        readers.connect_lazy_with(read_options.clone())
    };
    Ok(Opened {
        db: Db::Lite { writer: writer.clone(), readers: readers(SQLITE_READERS) },
        staff: Db::Lite { writer, readers: readers(SQLITE_STAFF_READERS) },
        place,
    })
}

/// Connects, and asks again while another process holds a lock: changing a file to WAL does not wait by itself.
async fn connect_sqlite(options: &SqliteConnectOptions, path: &Path) -> Result<SqliteConnection, OpenError> {
    let patient = async {
        loop {
            match SqliteConnection::connect_with(options).await {
                Err(error) if is_busy(&error) => tokio::time::sleep(BUSY_AGAIN).await,
                connected_or_not => return connected_or_not,
            }
        }
    };
    limited(CONNECT, patient).await.map_err(|cause| match is_damage(&cause) {
        true => OpenError::Damaged { place: path.display().to_string() },
        false => OpenError::Unopened { path: path.to_owned(), cause },
    })
}

/// Runs all migrations under SQLite's own write lock, because two gateways may start at once.
async fn migrate_sqlite(conn: &mut SqliteConnection) -> Result<(), MigrateError> {
    let mut all = conn.begin_with("begin immediate").await?;
    migrations::sqlite().run(&mut *all).await?;
    Ok(all.commit().await?)
}

async fn open_postgres(url: &str) -> Result<Opened, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError::Url("not a Postgres URL"))?
        .application_name("switchboard")
        .options([("synchronous_commit", "on"), ("client_min_messages", "warning")])
        .disable_statement_logging();
    let place = format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or_default());
    let mut migrating = limited(CONNECT, PgConnection::connect_with(&options)).await.map_err(OpenError::Unavailable)?;
    in_time(&place, migrations::postgres().run(&mut migrating)).await?;
    limited(CONNECT, migrating.close()).await.map_err(OpenError::Unavailable)?;

    let options = options.options([
        ("statement_timeout", POSTGRES_STATEMENT_MS),
        ("idle_in_transaction_session_timeout", POSTGRES_IDLE_IN_TRANSACTION_MS),
    ]);
    let pool = |count| {
        let pool = PgPoolOptions::new().max_connections(count).acquire_timeout(ACQUIRE);
        Db::Pg(pool.connect_lazy_with(options.clone()))
    };
    Ok(Opened { db: pool(POSTGRES_CONNECTIONS), staff: pool(POSTGRES_STAFF_CONNECTIONS), place: place.into() })
}

/// Makes a missing database file, readable by its owner alone; SQLite gives its log the same mode.
fn create_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

async fn in_time(place: &str, run: impl Future<Output = Result<(), MigrateError>>) -> Result<(), OpenError> {
    match tokio::time::timeout(MIGRATE, run).await {
        Ok(result) => result.map_err(|error| unmigrated(error, place)),
        Err(_) => Err(OpenError::Unavailable(Fault::Away { code: "time limit".into() })),
    }
}

/// SQLite's code for a lock, whose low byte it is.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xFF == 5)
}

fn unmigrated(error: MigrateError, place: &str) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) if found > NEWEST => OpenError::Newer { found },
        MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
            OpenError::Foreign { version }
        }
        MigrateError::ExecuteMigration(error, version) => migration_failed(error, version, place),
        MigrateError::Execute(error) => migration_failed(error, 0, place),
        other => OpenError::Migration { version: 0, cause: Fault::from(sqlx::Error::Migrate(Box::new(other))) },
    }
}

fn migration_failed(error: sqlx::Error, version: i64, place: &str) -> OpenError {
    let about_connection = !matches!(error, sqlx::Error::Database(_)) || is_busy(&error);
    let cause = Fault::from(error);
    if is_damage(&cause) {
        OpenError::Damaged { place: place.to_owned() }
    } else if cause.is_read_only() {
        OpenError::ReadOnly { place: place.to_owned() }
    } else if about_connection {
        OpenError::Unavailable(cause)
    } else {
        OpenError::Migration { version, cause }
    }
}

/// SQLite's codes for a malformed image and for a file that is no database.
fn is_damage(fault: &Fault) -> bool {
    matches!(fault, Fault::Away { code } if code == "11" || code == "26")
}
