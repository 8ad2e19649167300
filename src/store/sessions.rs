//! The port `Sessions`: each request is one transaction that locks the call's row, looks, and writes.
//!
//! What is written are the records of any call, applied as the journal's are, so that transcript, timeline and outcome
//! look the same. The journal itself is passed by: whoever posts a line waits for it, and can post it again.

use async_trait::async_trait;
use uuid::Uuid;

use crate::ports::sessions::{NewSession, PostedLine, SessionError, Sessions};
use crate::ports::store::{Entry, StoreError};
use crate::session::effect::{Ending, Record, RecordId};
use crate::store::db::{Arg, Tx, fetch, fetch_in};
use crate::store::entry::{EntryRow, RecordRow, storable};
use crate::store::fault::{Fault, limited};
use crate::store::history::small;
use crate::store::{OPERATION_MAX, Store};
use crate::types::{CallId, Millis, Outcome, Phase, Reason, Speaker, Wall};

/// Sessions that one sweep ends.
const OVERDUE_MAX: i64 = 100;

/// Where a posted line comes from, beside `speech`, `local` and `keys`: nobody but the page vouches for it.
const ORIGIN: &str = "posted";

/// Changes nothing, but lets sessions of one organization begin one after the other, so that each is counted.
const LOCK_ORG: &str = "update organizations set id = id where id = $1";

const OPEN: &str = "
    insert into calls (id, org_id, started_at, status, phase, channel, deadline)
    select $1, $2, $3, 'in_progress', 'greeting', 'browser', $4
    where (select count(*) from calls where channel = 'browser' and outcome is null and org_id = $2) < $5";

/// Changes nothing, but locks the row until the transaction ends, in both databases.
const LOCK: &str = "
    update calls set phase = phase where id = $1 and channel = 'browser'
    returning phase, outcome, started_at, coalesce(deadline, started_at)";

const KNOWN: &str = "select channel from calls where id = $1";

/// What the next record and the next line are.
const COUNTERS: &str = "
    select
        (select coalesce(max(no) + 1, 0) from call_records where call_id = $1),
        (select coalesce(max(seq) + 1, 0) from call_transcripts where call_id = $1)";

const OVERDUE: &str = "
    select id from calls where channel = 'browser' and outcome is null and deadline <= $1 order by deadline limit $2";

/// A session whose row is locked, and that is not over.
struct Open<'a> {
    store: &'a Store,
    tx: Tx,
    call: CallId,
    began: Wall,
    is_greeting: bool,
    next_record: u32,
    next_line: u32,
}

#[async_trait]
impl Sessions for Store {
    async fn open(&self, session: NewSession, open_max: u32) -> Result<(), SessionError> {
        let NewSession { call, org, at, deadline } = session;
        let (org, open_max) = (Arg::Text(org.as_str()), Arg::Int(open_max.into()));
        let opened = limited(OPERATION_MAX, async {
            let mut tx = self.db.begin().await?;
            tx.execute(LOCK_ORG, &[org]).await?;
            let args = [Arg::Id(call.0), org, Arg::Int(at.0), Arg::Int(deadline.0), open_max];
            if tx.execute(OPEN, &args).await? == 0 {
                return Ok(false);
            }
            // The row is there; its first record only says so in the timeline.
            let record = RecordRow::Event { name: "opened".to_owned(), detail: "{}".to_owned() };
            self.apply_in(&mut tx, &[EntryRow { call: call.0, no: 0, at: at.0, record }]).await?;
            tx.commit().await?;
            Ok(true)
        });
        match opened.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SessionError::Full),
            Err(Fault::Refused { missing_parent: true, .. }) => Err(StoreError::NotFound.into()),
            Err(fault) => Err(StoreError::from(fault).into()),
        }
    }

    async fn post(&self, line: PostedLine, lines_max: u32) -> Result<u32, SessionError> {
        let posted = limited(OPERATION_MAX, async {
            let mut open = match self.lock_session(line.call, line.at).await? {
                Ok(open) if open.next_line >= lines_max => return Ok(Err(SessionError::Full)),
                Ok(open) => open,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let seq = open.next_line;
            open.say(&line).await?;
            open.tx.commit().await?;
            Ok(Ok(seq))
        });
        posted.await.map_err(StoreError::from)?
    }

    async fn end(&self, call: CallId, at: Wall) -> Result<bool, SessionError> {
        let ended = limited(OPERATION_MAX, async {
            match self.lock_session(call, at).await? {
                // The outcome of a call by phone that is ended by the same request.
                Ok(open) => open.end(at, Outcome::Completed, Reason::StaffEnded).await.map(|()| Ok(true)),
                Err(SessionError::Over) => Ok(Ok(false)),
                Err(refusal) => Ok(Err(refusal)),
            }
        });
        ended.await.map_err(StoreError::from)?
    }

    async fn end_overdue(&self, now: Wall) -> Result<(), StoreError> {
        let overdue = async { fetch!(&self.db, fetch_all, (Uuid,), OVERDUE, now.0, OVERDUE_MAX) };
        for (id,) in limited(OPERATION_MAX, overdue).await? {
            // To look at it is to end it.
            let _ = limited(OPERATION_MAX, self.lock_session(CallId(id), now)).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Locks a session for a change. One whose time is up is ended on the way, at the moment when it was.
    async fn lock_session(&self, call: CallId, now: Wall) -> Result<Result<Open<'_>, SessionError>, sqlx::Error> {
        type Row = (String, Option<String>, i64, i64);
        let mut tx = self.db.begin().await?;
        let Some((phase, outcome, began, deadline)) = fetch_in!(&mut tx, fetch_all, Row, LOCK, call.0)?.pop() else {
            let known = fetch_in!(&mut tx, fetch_optional, (String,), KNOWN, call.0)?;
            return Ok(Err(known.map_or(StoreError::NotFound.into(), |_| SessionError::ByPhone)));
        };
        if outcome.is_some() {
            return Ok(Err(SessionError::Over));
        }
        let (next_record, next_line) = fetch_in!(&mut tx, fetch_one, (i64, i64), COUNTERS, call.0)?;
        let open = Open {
            store: self,
            tx,
            call,
            began: Wall(began),
            is_greeting: phase == Phase::Greeting.as_str(),
            next_record: small(next_record),
            next_line: small(next_line),
        };
        if now.0 < deadline {
            return Ok(Ok(open));
        }
        open.end(Wall(deadline), Outcome::Limit, Reason::Duration).await?;
        metrics::counter!("switchboard_sessions_overdue_total").increment(1);
        Ok(Err(SessionError::Over))
    }
}

impl Open<'_> {
    /// Writes a line. When it was spoken is not known, only when it was posted.
    async fn say(&mut self, line: &PostedLine) -> Result<(), sqlx::Error> {
        if self.is_greeting && line.speaker == Speaker::Caller {
            self.record(line.at, Record::Phase(Phase::Intake)).await?;
        }
        let Millis(after) = self.after(line.at);
        let record = RecordRow::Line {
            seq: self.next_line,
            speaker: line.speaker.as_str().to_owned(),
            text: storable(&line.text).into_owned(),
            start_ms: after,
            end_ms: after,
            heard_ms: None,
            total_ms: None,
            origin: ORIGIN.to_owned(),
            metadata: "{}".to_owned(),
        };
        let row = EntryRow { call: self.call.0, no: self.next_record, at: line.at.0, record };
        self.apply(&row).await
    }

    async fn end(mut self, at: Wall, outcome: Outcome, reason: Reason) -> Result<(), sqlx::Error> {
        self.record(at, Record::Phase(Phase::Completed)).await?;
        self.record(at, Record::Ended(Ending { outcome, reason, at: self.after(at) })).await?;
        self.tx.commit().await
    }

    async fn record(&mut self, at: Wall, record: Record) -> Result<(), sqlx::Error> {
        let row = EntryRow::from(&Entry { call: self.call, no: RecordId(self.next_record), at, record });
        self.apply(&row).await
    }

    async fn apply(&mut self, row: &EntryRow) -> Result<(), sqlx::Error> {
        self.next_record += 1;
        self.store.apply_in(&mut self.tx, std::slice::from_ref(row)).await
    }

    /// Since the session began.
    fn after(&self, at: Wall) -> Millis {
        Millis(small(at.0.saturating_sub(self.began.0) / 1000))
    }
}
