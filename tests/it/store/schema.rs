//! Opening databases: migrations that are interrupted, repeated, foreign or from the future.

use std::os::unix::fs::PermissionsExt as _;

use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use switchboard::ports::store::History;
use switchboard::store::{OpenError, Store, StoreSettings, migrations};
use switchboard::types::Direction;

use crate::store::given::{Dir, call, opened_store};
use crate::support::postgres::Postgres;

async fn open_error(url: &str) -> OpenError {
    match Store::open(url, StoreSettings::default()).await {
        Ok(_) => panic!("the database was opened"),
        Err(error) => error,
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |migrator: sqlx::migrate::Migrator| {
        migrator.iter().map(|one| (one.version, one.description.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(names(migrations::sqlite()), names(migrations::postgres()));
    let versions: Vec<_> = migrations::sqlite().iter().map(|one| one.version).collect();
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    assert_eq!(versions.last(), Some(&migrations::NEWEST));
}

/// The newest migration before this one.
fn version_before(version: i64) -> Option<i64> {
    migrations::sqlite().iter().map(|one| one.version).filter(|known| *known < version).max()
}

#[tokio::test]
async fn a_new_file_belongs_to_its_owner_alone() {
    let dir = Dir::new();
    let store = opened_store(&dir.sqlite_url()).await;
    store.ping().await.unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap().flatten() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    let dir = Dir::new();
    opened_store(&dir.sqlite_url()).await.close().await;
    let store = opened_store(&dir.sqlite_url()).await;
    assert_eq!(store.schema_version().await.unwrap(), migrations::NEWEST);
}

#[tokio::test]
async fn sqlite_migrations_go_on_after_a_crash_at_any_statement() {
    for migration in migrations::sqlite().iter() {
        let sql = migration.sql.as_str();
        for (at, _) in sql.match_indices(";\n") {
            let dir = Dir::new();
            let url = format!("{}?mode=rwc", dir.sqlite_url());
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            if let Some(before) = version_before(migration.version) {
                migrations::sqlite().run_to(before, &mut conn).await.unwrap();
            }
            let mut tx = conn.begin().await.unwrap();
            tx.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql[..=at].to_owned()))).await.unwrap();
            drop(tx);
            drop(conn);
            assert_eq!(opened_store(&dir.sqlite_url()).await.schema_version().await.unwrap(), migrations::NEWEST);
        }
    }
}

#[tokio::test]
async fn postgres_migrations_go_on_after_a_crash_between_and_within() {
    let Some(server) = Postgres::shared() else { return };
    for migration in migrations::postgres().iter() {
        let url = server.database().await;
        let mut conn = PgConnection::connect(&url).await.unwrap();
        if let Some(before) = version_before(migration.version) {
            migrations::postgres().run_to(before, &mut conn).await.unwrap();
        }
        conn.execute("begin").await.unwrap();
        conn.execute(sqlx::raw_sql(migration.sql.clone())).await.unwrap();
        drop(conn);
        assert_eq!(opened_store(&url).await.schema_version().await.unwrap(), migrations::NEWEST);
    }
}

/// A call as the first release wrote it.
const OLD_CALL: &str = "
    insert into organizations (id, name) values ('clinic', 'The clinic');
    insert into calls (id, org_id, started_at, status, phase)
    values (ID, 'clinic', 1, 'in_progress', 'greeting')";

#[tokio::test]
async fn calls_of_older_releases_were_placed_by_their_callers() {
    let dir = Dir::new();
    let url = format!("{}?mode=rwc", dir.sqlite_url());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    migrations::sqlite().run_to(3, &mut conn).await.unwrap();
    let old = OLD_CALL.replace("ID", "x'01900000000070008000000000000001'");
    conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(old))).await.unwrap();
    drop(conn);
    let mut stores = vec![opened_store(&dir.sqlite_url()).await];
    if let Some(server) = Postgres::shared() {
        let url = server.database().await;
        let mut conn = PgConnection::connect(&url).await.unwrap();
        migrations::postgres().run_to(3, &mut conn).await.unwrap();
        let old = OLD_CALL.replace("ID", "'01900000-0000-7000-8000-000000000001'");
        conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(old))).await.unwrap();
        stores.push(opened_store(&url).await);
    }
    for store in stores {
        let rows = store.unfinished().await.unwrap();
        let calls: Vec<_> = rows.iter().map(|row| (row.id, row.direction)).collect();
        assert_eq!(calls, [(call(1), Direction::Inbound)]);
    }
}

#[tokio::test]
async fn several_processes_may_start_at_once() {
    let dir = Dir::new();
    let mut urls = vec![dir.sqlite_url()];
    if let Some(server) = Postgres::shared() {
        urls.push(server.database().await);
    }
    for url in urls {
        let (one, two, three) = tokio::join!(opened_store(&url), opened_store(&url), opened_store(&url));
        for store in [one, two, three] {
            assert_eq!(store.schema_version().await.unwrap(), migrations::NEWEST);
        }
    }
}

const FUTURE: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
    values (999, 'later', true, '', 0)";
const CHANGED: &str = "update _sqlx_migrations set checksum = '' where version = 2";

#[tokio::test]
async fn a_newer_or_foreign_schema_is_left_alone() {
    let dir = Dir::new();
    opened_store(&dir.sqlite_url()).await.close().await;
    let mut conn = SqliteConnection::connect(&dir.sqlite_url()).await.unwrap();
    conn.execute(FUTURE).await.unwrap();
    let error = open_error(&dir.sqlite_url()).await;
    assert!(matches!(error, OpenError::Newer { found: 999 }) && error.is_schema(), "{error}");
    conn.execute("delete from _sqlx_migrations where version = 999").await.unwrap();
    conn.execute("update _sqlx_migrations set checksum = x'00' where version = 2").await.unwrap();
    let error = open_error(&dir.sqlite_url()).await;
    assert!(matches!(error, OpenError::Foreign { version: 2 }) && error.is_schema(), "{error}");

    let Some(server) = Postgres::shared() else { return };
    let url = server.database().await;
    opened_store(&url).await.close().await;
    let mut conn = PgConnection::connect(&url).await.unwrap();
    conn.execute(FUTURE).await.unwrap();
    assert!(matches!(open_error(&url).await, OpenError::Newer { found: 999 }));
    conn.execute("delete from _sqlx_migrations where version = 999").await.unwrap();
    conn.execute(CHANGED).await.unwrap();
    assert!(matches!(open_error(&url).await, OpenError::Foreign { version: 2 }));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_kept() {
    let dir = Dir::new();
    let file = dir.path().join("test.db");
    let content = "This is a letter, not a database. ".repeat(200);
    std::fs::write(&file, &content).unwrap();
    let error = open_error(&dir.sqlite_url()).await;
    assert!(matches!(&error, OpenError::Damaged { place } if place.ends_with("test.db")), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
}

#[tokio::test]
async fn urls_that_cannot_work_are_refused_without_being_quoted() {
    for url in ["mysql://root:secret@host/x", "sqlite::memory:", "postgres://user:secret@:bad", "secret.db"] {
        let error = open_error(url).await;
        assert!(matches!(error, OpenError::Url(_)), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("secret"));
    }
    let error = open_error("sqlite:///no/such/folder/test.db").await;
    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
    let error = open_error("postgres://postgres@127.0.0.1:1/none").await;
    assert!(matches!(error, OpenError::Unavailable(_)) && !error.is_schema(), "{error:?}");
}
