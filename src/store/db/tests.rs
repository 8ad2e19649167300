//! Tests of `db`.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::ports::store::{Directory as _, History as _, OrgRow, StoreError};
use crate::store::fault::limited;
use crate::store::{Store, StoreSettings};

/// A database in a folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("switchboard-db-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) async fn store(&self) -> Store {
        let url = format!("sqlite://{}", self.0.join("test.db").display());
        Store::open(&url, StoreSettings::default()).await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Hours of work.
const ENDLESS: &str = "
    with recursive number (n) as (select 1 union all select n + 1 from number) select count(*) from number where n < 0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_is_given_up_gives_its_connection_back() {
    let folder = Folder::new();
    let store = folder.store().await;
    // More of them than there are readers, one round after the other.
    for _ in 0..3 {
        let mut reading = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let db = store.db.clone();
            reading.spawn(async move {
                limited(Duration::from_millis(100), async { fetch!(&db, fetch_one, (i64,), ENDLESS) }).await
            });
        }
        assert!(reading.join_all().await.iter().all(Result::is_err));
    }
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_read_holds_up_nobody_else() {
    let folder = Folder::new();
    let store = folder.store().await;
    let mut reading = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let staff = store.staff.clone();
        reading.spawn(async move { fetch!(&staff, fetch_one, (i64,), ENDLESS) });
    }
    store.ping().await.unwrap();
    reading.shutdown().await;
}

/// How SQLite would do it, in its words.
pub(crate) async fn plan(store: &Store, sql: &str) -> String {
    let Db::Lite { writer, .. } = &store.db else { return String::new() };
    let sql = AssertSqlSafe(format!("explain query plan {sql}"));
    let query = sqlx::query_as::<_, (i64, i64, i64, String)>(sql);
    let steps = query.fetch_all(writer).await.unwrap();
    steps.into_iter().map(|(.., step)| step).collect::<Vec<_>>().join("; ")
}

#[test]
fn values_are_numbered_row_by_row() {
    let rows = [vec![Arg::Int(1), Arg::Bool(true)], vec![Arg::Int(2), Arg::Bool(false)]];
    assert_eq!(with_values("insert into t (a, b)", &rows, " x"), "insert into t (a, b) values ($1, $2), ($3, $4) x");
}

/// SQLite itself ends a transaction that meets a full disk.
#[tokio::test]
async fn a_database_that_was_full_is_written_again_when_there_is_room() {
    let folder = Folder::new();
    let store = folder.store().await;
    let Db::Lite { writer, .. } = &store.db else { unreachable!("a file") };
    let large = OrgRow { id: "large".into(), name: "x".repeat(1 << 20), ..OrgRow::default() };
    // As large as it is, and no larger.
    sqlx::query("pragma max_page_count = 1").execute(writer).await.unwrap();
    assert!(matches!(store.create_org(&large).await, Err(StoreError::Unavailable)));
    sqlx::query("pragma max_page_count = 1000000").execute(writer).await.unwrap();
    store.create_org(&large).await.unwrap();
}
