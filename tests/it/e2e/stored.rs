//! What is in a database, read past the gateway's own code.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use switchboard::types::{AttemptState, CallId, EscalationState, LegId};
use uuid::Uuid;

use crate::e2e::child::Heard;
use crate::e2e::ground::eventually;

/// States of escalations and attempts, and the call of each.
const PEOPLE: &str = "select call_id, 'escalation' as what, state from escalations \
    union all select call_id, 'attempt' as what, state from escalation_attempts";

/// Escalations and attempts of all calls in an SQLite database, in words, that are not final.
pub(crate) async fn people_open(url: &str) -> Vec<String> {
    let options: SqliteConnectOptions = url.parse().unwrap();
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    let rows = sqlx::query(PEOPLE).fetch_all(&mut db).await.unwrap();
    let open = rows.iter().filter_map(|row| {
        let (what, state): (String, String) = (row.get("what"), row.get("state"));
        let is_final = match what.as_str() {
            "attempt" => AttemptState::parse(&state).unwrap().is_final(),
            _ => EscalationState::parse(&state).unwrap().is_final(),
        };
        (!is_final).then(|| format!("{what} of {} is {state}", row.get::<Uuid, _>("call_id")))
    });
    open.collect()
}

/// The call of a leg.
pub(crate) async fn call_of(url: &str, leg: &LegId) -> Option<CallId> {
    let options: SqliteConnectOptions = url.parse().unwrap();
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    let found = sqlx::query_scalar::<_, Uuid>("select id from calls where leg = $1").bind(leg.as_str());
    found.fetch_optional(&mut db).await.unwrap().map(CallId)
}

/// Numbers, by call.
type Numbers = BTreeMap<String, BTreeSet<u32>>;

/// What calls left behind.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) records: Numbers,
    pub(crate) lines: Numbers,
    /// Outcomes by call; `None`: not over.
    pub(crate) outcomes: BTreeMap<String, Option<String>>,
}

const RECORDS: &str = "select call_id, no as number from call_records";
const LINES: &str = "select call_id, seq as number from call_transcripts";
const OUTCOMES: &str = "select id as call_id, outcome from calls";

impl Stored {
    pub(crate) async fn read(url: &str) -> Self {
        if url.starts_with("postgres") { Self::of_postgres(url).await } else { Self::of_sqlite(url).await }
    }

    /// Waits until there are so many calls, and all of them are over.
    pub(crate) async fn terminal(url: &str, calls: usize) -> Self {
        eventually(async || {
            let stored = Self::read(url).await;
            if stored.open() == 0 && stored.outcomes.len() >= calls { Ok(stored) } else { Err(stored.outcomes) }
        })
        .await
    }

    async fn of_postgres(url: &str) -> Self {
        let mut db = PgConnection::connect(url).await.unwrap();
        let (mut records, mut lines, mut outcomes) = (Numbers::new(), Numbers::new(), BTreeMap::new());
        for (sql, numbers) in [(RECORDS, &mut records), (LINES, &mut lines)] {
            for row in sqlx::query(sql).fetch_all(&mut db).await.unwrap() {
                note(numbers, row.get("call_id"), row.get("number"));
            }
        }
        for row in sqlx::query(OUTCOMES).fetch_all(&mut db).await.unwrap() {
            outcomes.insert(row.get::<Uuid, _>("call_id").to_string(), row.get("outcome"));
        }
        Self { records, lines, outcomes }
    }

    async fn of_sqlite(url: &str) -> Self {
        let options: SqliteConnectOptions = url.parse().unwrap();
        let mut db = SqliteConnection::connect_with(&options).await.unwrap();
        let (mut records, mut lines, mut outcomes) = (Numbers::new(), Numbers::new(), BTreeMap::new());
        for (sql, numbers) in [(RECORDS, &mut records), (LINES, &mut lines)] {
            for row in sqlx::query(sql).fetch_all(&mut db).await.unwrap() {
                note(numbers, row.get("call_id"), row.get("number"));
            }
        }
        for row in sqlx::query(OUTCOMES).fetch_all(&mut db).await.unwrap() {
            outcomes.insert(row.get::<Uuid, _>("call_id").to_string(), row.get("outcome"));
        }
        let integrity: String = sqlx::query_scalar("pragma integrity_check").fetch_one(&mut db).await.unwrap();
        assert_eq!(integrity, "ok");
        Self { records, lines, outcomes }
    }

    /// Calls without an outcome.
    pub(crate) fn open(&self) -> usize {
        self.outcomes.values().filter(|outcome| outcome.is_none()).count()
    }

    /// Everything that was acknowledged is here, records have no gaps, and every call has its outcome.
    pub(crate) fn must_hold(&self, heard: &Heard) {
        for (what, acknowledged, stored) in
            [("records", &heard.records, &self.records), ("lines", &heard.lines, &self.lines)]
        {
            for (call, numbers) in acknowledged {
                let kept = stored.get(call).cloned().unwrap_or_default();
                let lost: Vec<_> = numbers.difference(&kept).collect();
                assert!(lost.is_empty(), "acknowledged {what} of {call} are lost: {lost:?}");
            }
        }
        for (call, numbers) in &self.records {
            let last = numbers.last().copied().unwrap();
            assert_eq!(numbers.len(), last as usize + 1, "records of {call} have gaps: {numbers:?}");
        }
        // A line that was open at the kill is filled in when the call is closed.
        for (call, numbers) in &self.lines {
            let last = numbers.last().copied().unwrap();
            assert_eq!(numbers.len(), last as usize + 1, "lines of {call} have gaps: {numbers:?}");
        }
        assert_eq!(self.open(), 0, "{:?}", self.outcomes);
    }
}

fn note(numbers: &mut Numbers, call: Uuid, number: i64) {
    numbers.entry(call.to_string()).or_default().insert(u32::try_from(number).unwrap());
}
