//! Callback tasks and voicemails: what is left to do when nobody was reached.
//!
//! Whom to call back is read from the call's row, which is the only place that holds the caller's number.

use uuid::Uuid;

use crate::ports::store::{CallbackChange, CallbackRow, StoreError, VoicemailRow};
use crate::store::db::{Arg, Db, fetch};
use crate::store::directory::parsed;
use crate::store::entry::storable;
use crate::store::fault::limited;
use crate::store::history::{small, unsigned, word};
use crate::store::{OPERATION_MAX, Store};
use crate::types::{CallId, CallbackState, OrgId, Urgency, Wall};

type CallbackTuple = (Uuid, String, i64, String, String, String, Option<String>, i64, i64, Option<String>, Option<i64>);
type VoicemailTuple = (i64, String, i64, i64);

/// The columns of `CallbackTuple`.
macro_rules! select_callbacks {
    ($($rest:expr),+) => {
        concat!(
            "select b.call_id, b.org_id, b.no, b.state, b.urgency, b.reason, c.caller, b.created_at, b.due, b.assignee,",
            " b.done_at from callbacks b join calls c on c.id = b.call_id ",
            $($rest),+
        )
    };
}

/// A page of the list and how many there are in all. The page is found in an index that holds nothing else; the state
/// is a part of the text, because a partial index serves the open ones.
struct Texts {
    page: &'static str,
    count: &'static str,
}

/// `$1` rows behind `$2`. The count has its own text, because there an organization is the only argument.
macro_rules! texts {
    ($narrow:expr) => {
        texts!($narrow, $narrow)
    };
    ($narrow:expr, $narrow_count:expr) => {
        Texts {
            page: select_callbacks!(
                "join (select call_id, no from callbacks",
                $narrow,
                " order by due, call_id, no limit $1 offset $2) p on p.call_id = b.call_id and p.no = b.no",
                " order by b.due, b.call_id, b.no"
            ),
            count: concat!("select count(*) from callbacks", $narrow_count),
        }
    };
}

const ALL: Texts = texts!("");
const OPEN: Texts = texts!(" where state = 'open'");
const DONE: Texts = texts!(" where state = 'done'");
const OF_ORG: Texts = texts!(" where org_id = $3", " where org_id = $1");
const OPEN_OF_ORG: Texts = texts!(" where org_id = $3 and state = 'open'", " where org_id = $1 and state = 'open'");
const DONE_OF_ORG: Texts = texts!(" where org_id = $3 and state = 'done'", " where org_id = $1 and state = 'done'");
const ONE: &str = select_callbacks!("where b.call_id = $1 and b.no = $2");

/// `$3` is the new state, or null; `$4` says whether the assignee changes, to `$5`. Done twice is done since the first.
const CHANGE: &str = "
    update callbacks set
        state = coalesce($3, state),
        assignee = case when $4 then $5 else assignee end,
        done_at = case when coalesce($3, state) = 'done' then coalesce(done_at, $6) else null end
    where call_id = $1 and no = $2";

const VOICEMAILS: &str = "select no, recording, duration_secs, at from voicemails where call_id = $1 order by no";

impl Store {
    /// By due time, with how many there are in all.
    pub(crate) async fn read_callbacks(
        &self,
        org: Option<&OrgId>,
        state: Option<CallbackState>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<CallbackRow>, u64), StoreError> {
        let (limit, offset) = (i64::from(limit), i64::from(offset));
        let read = limited(OPERATION_MAX, async {
            Ok(match org.map(OrgId::as_str) {
                None => {
                    let Texts { page, count } = of_state(state, ALL, OPEN, DONE);
                    let rows = fetch!(&self.staff, fetch_all, CallbackTuple, page, limit, offset)?;
                    (rows, fetch!(&self.staff, fetch_one, (i64,), count)?)
                }
                Some(org) => {
                    let Texts { page, count } = of_state(state, OF_ORG, OPEN_OF_ORG, DONE_OF_ORG);
                    let rows = fetch!(&self.staff, fetch_all, CallbackTuple, page, limit, offset, org)?;
                    (rows, fetch!(&self.staff, fetch_one, (i64,), count, org)?)
                }
            })
        });
        let (page, (total,)) = read.await?;
        Ok((page.into_iter().map(callback_row).collect::<Result<_, _>>()?, unsigned(total)))
    }

    /// Changes what is given and returns the task as it is then.
    pub(crate) async fn update_callback(
        &self,
        call: CallId,
        no: u32,
        change: CallbackChange,
    ) -> Result<CallbackRow, StoreError> {
        let CallbackChange { state, assignee, at } = change;
        let no = i64::from(no);
        let assigned = assignee.as_ref().and_then(|name| name.as_deref()).map(storable);
        let args = [
            Arg::Id(call.0),
            Arg::Int(no),
            Arg::MaybeText(state.map(CallbackState::as_str)),
            Arg::Bool(assignee.is_some()),
            Arg::MaybeText(assigned.as_deref()),
            Arg::Int(at.0),
        ];
        let read = limited(OPERATION_MAX, async {
            self.db.execute(CHANGE, &args).await?;
            fetch!(&self.staff, fetch_optional, CallbackTuple, ONE, call.0, no)
        });
        callback_row(read.await?.ok_or(StoreError::NotFound)?)
    }
}

fn of_state<T>(state: Option<CallbackState>, all: T, open: T, done: T) -> T {
    match state {
        None => all,
        Some(CallbackState::Open) => open,
        Some(CallbackState::Done) => done,
    }
}

/// Reads the messages of one call, oldest first; a part of a larger read, which has the time limit.
pub(crate) async fn fetch_voicemails(db: &Db, call: CallId) -> Result<Vec<VoicemailRow>, sqlx::Error> {
    let rows = fetch!(db, fetch_all, VoicemailTuple, VOICEMAILS, call.0)?;
    Ok(rows.into_iter().map(|row| voicemail_row(call, row)).collect())
}

fn callback_row(tuple: CallbackTuple) -> Result<CallbackRow, StoreError> {
    let (call, org, no, state, urgency, reason, caller, created, due, assignee, done) = tuple;
    Ok(CallbackRow {
        call: CallId(call),
        org: parsed(org.parse(), "callbacks.org_id")?,
        no: small(no),
        state: word(CallbackState::parse(&state), "callbacks.state")?,
        urgency: word(Urgency::parse(&urgency), "callbacks.urgency")?,
        reason,
        caller,
        created_at: Wall(created),
        due: Wall(due),
        assignee,
        done_at: done.map(Wall),
    })
}

fn voicemail_row(call: CallId, (no, recording, duration_secs, at): VoicemailTuple) -> VoicemailRow {
    VoicemailRow { call, no: small(no), recording, duration_secs: small(duration_secs), at: Wall(at) }
}

#[cfg(test)]
mod tests;
