//! Reading what calls left behind: the list, one call with everything, and what a crash left unfinished.
//!
//! A call's row is read before its lines, so an outcome is never shown without the lines that came before it.

use async_trait::async_trait;
use uuid::Uuid;

use crate::ports::store::{CallDetail, CallRow, EventRow, History, IntakeRow, LineRow, StoreError};
use crate::session::effect::{Consent, RecordId};
use crate::session::policy::Past;
use crate::store::db::fetch;
use crate::store::directory::parsed;
use crate::store::fault::limited;
use crate::store::{OPERATION_MAX, Store, callbacks, escalations};
use crate::types::usage::Usage;
use crate::types::{CallId, Channel, Direction, LegId, OrgId, Outcome, Phase, Reason, Speaker, Status, Urgency, Wall};

/// More unfinished calls than this are left for the next look.
const UNFINISHED_MAX: i64 = 10_000;

type CallTuple = (
    Uuid,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
    Option<i64>,
    String,
    bool,
    String,
    Option<String>,
    Option<String>,
    i64,
    String,
    String,
);
type ConsentTuple = (String, i64, String);
type LineTuple = (i64, String, String, i64, i64, i64, Option<i64>, Option<i64>, String);
type IntakeTuple = (String, Option<String>, bool);
type EventTuple = (i64, i64, String, String);
type UsageTuple = (i64, i64, i64, i64, i64, i64, i64);

/// The columns of a call's row, in the order of `CallTuple`, and the rest of the statement.
macro_rules! select_calls {
    ($rest:literal) => {
        concat!(
            "select id, org_id, leg, caller, dialled, started_at, ended_at, status, escalated, phase, outcome, reason,",
            " cost_micro_usd, direction, channel from calls ",
            $rest
        )
    };
}

/// A page is found in the index first: what is skipped is not read.
const NEWEST: &str = select_calls!(
    "where id in (select id from calls order by started_at desc, id desc limit $1 offset $2)
    order by started_at desc, id desc"
);
const NEWEST_OF_ORG: &str = select_calls!(
    "where id in (select id from calls where org_id = $3 order by started_at desc, id desc limit $1 offset $2)
    order by started_at desc, id desc"
);
const ONE_CALL: &str = select_calls!("where id = $1");
const UNFINISHED: &str = select_calls!("where outcome is null and channel = 'phone' order by started_at, id limit $1");
const UNFINISHED_OURS: &str =
    select_calls!("where outcome is null and channel = 'phone' and lease = $2 order by started_at, id limit $1");
/// Its process has not been found dead.
const ELSEWHERE: &str = "
    select c.status from calls c join leases l on l.id = c.lease where c.id = $1 and c.outcome is null and c.lease <> $2";
const BY_LEG: &str = select_calls!("where leg = $1 order by started_at desc, id desc limit 1");
const CONSENT: &str = "
    select consent_basis, consent_at, consent_by from calls where id = $1 and consent_basis is not null";
const COUNT: &str = "select count(*) from calls";
const COUNT_OF_ORG: &str = "select count(*) from calls where org_id = $1";
const LINES: &str = "
    select t.seq, t.speaker, t.text, t.timestamp, t.start_ms, t.end_ms, t.heard_ms, t.total_ms, t.origin
    from call_transcripts t where t.call_id = $1 order by t.seq";
const INTAKE: &str = "select structured_json, urgency_level, completed from call_intakes where call_id = $1";
const EVENTS: &str = "
    select e.no, e.timestamp, e.kind, e.detail from call_events e where e.call_id = $1 order by e.no";
const USAGE: &str = "
    select text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms
    from usage where call_id = $1";
const NEXT_RECORD: &str = "select coalesce(max(no) + 1, 0) from call_records where call_id = $1";
const PING: &str = "select version from _sqlx_migrations limit 1";

#[async_trait]
impl History for Store {
    async fn calls(&self, org: Option<&OrgId>, limit: u32, offset: u32) -> Result<(Vec<CallRow>, u64), StoreError> {
        let (limit, offset) = (i64::from(limit), i64::from(offset));
        let (rows, (total,)) = limited(OPERATION_MAX, async {
            Ok(match org {
                None => (
                    fetch!(&self.staff, fetch_all, CallTuple, NEWEST, limit, offset)?,
                    fetch!(&self.staff, fetch_one, (i64,), COUNT)?,
                ),
                Some(org) => (
                    fetch!(&self.staff, fetch_all, CallTuple, NEWEST_OF_ORG, limit, offset, org.as_str())?,
                    fetch!(&self.staff, fetch_one, (i64,), COUNT_OF_ORG, org.as_str())?,
                ),
            })
        })
        .await?;
        Ok((rows.into_iter().map(call_row).collect::<Result<_, _>>()?, unsigned(total)))
    }

    async fn call(&self, id: CallId) -> Result<CallDetail, StoreError> {
        let read = limited(OPERATION_MAX, async {
            let call = fetch!(&self.staff, fetch_optional, CallTuple, ONE_CALL, id.0)?;
            let consent = fetch!(&self.staff, fetch_optional, ConsentTuple, CONSENT, id.0)?;
            let lines = fetch!(&self.staff, fetch_all, LineTuple, LINES, id.0)?;
            let intake = fetch!(&self.staff, fetch_optional, IntakeTuple, INTAKE, id.0)?;
            let events = fetch!(&self.staff, fetch_all, EventTuple, EVENTS, id.0)?;
            let usage = fetch!(&self.staff, fetch_optional, UsageTuple, USAGE, id.0)?;
            let escalations = escalations::fetch_of(&self.staff, id).await?;
            let voicemails = callbacks::fetch_voicemails(&self.staff, id).await?;
            Ok((call, consent, lines, intake, events, usage, escalations, voicemails))
        });
        let (call, consent, lines, intake, events, usage, escalations, voicemails) = read.await?;
        Ok(CallDetail {
            call: call_row(call.ok_or(StoreError::NotFound)?)?,
            consent: consent.map(|(basis, at, by)| Consent { basis, at: Wall(at), by }),
            lines: lines.into_iter().map(line_row).collect::<Result<_, _>>()?,
            intake: intake.map(intake_row).transpose()?,
            events: events.into_iter().map(event_row).collect(),
            escalations: escalations.rows()?,
            voicemails,
            usage: usage.map(sum).unwrap_or_default(),
        })
    }

    async fn unfinished(&self) -> Result<Vec<CallRow>, StoreError> {
        let rows = limited(OPERATION_MAX, async {
            match self.lease() {
                Some(ours) => fetch!(&self.db, fetch_all, CallTuple, UNFINISHED_OURS, UNFINISHED_MAX, ours),
                None => fetch!(&self.db, fetch_all, CallTuple, UNFINISHED, UNFINISHED_MAX),
            }
        });
        rows.await?.into_iter().map(call_row).collect()
    }

    async fn is_elsewhere(&self, call: CallId) -> Result<bool, StoreError> {
        let Some(ours) = self.lease() else { return Ok(false) };
        let found =
            limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, (String,), ELSEWHERE, call.0, ours) });
        Ok(found.await?.is_some())
    }

    async fn by_leg(&self, leg: &LegId) -> Result<Option<CallRow>, StoreError> {
        let found = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, CallTuple, BY_LEG, leg.as_str()) });
        found.await?.map(call_row).transpose()
    }

    async fn next_record(&self, call: CallId) -> Result<RecordId, StoreError> {
        let (next,) =
            limited(OPERATION_MAX, async { fetch!(&self.db, fetch_one, (i64,), NEXT_RECORD, call.0) }).await?;
        Ok(RecordId(small(next)))
    }

    async fn past(&self, call: CallId, lines_max: u32) -> Result<Past, StoreError> {
        self.read_past(call, lines_max).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, (i64,), PING) }).await?;
        Ok(())
    }
}

fn call_row(tuple: CallTuple) -> Result<CallRow, StoreError> {
    let (
        id,
        org,
        leg,
        caller,
        dialled,
        started,
        ended,
        status,
        escalated,
        phase,
        outcome,
        reason,
        cost,
        direction,
        channel,
    ) = tuple;
    Ok(CallRow {
        id: CallId(id),
        org: parsed(org.parse(), "calls.org_id")?,
        leg: leg.map(|leg| parsed(leg.parse(), "calls.leg")).transpose()?,
        caller,
        dialled,
        direction: word(Direction::parse(&direction), "calls.direction")?,
        channel: word(Channel::parse(&channel), "calls.channel")?,
        started_at: Wall(started),
        ended_at: ended.map(Wall),
        status: word(Status::parse(&status), "calls.status")?,
        escalated,
        phase: word(Phase::parse(&phase), "calls.phase")?,
        outcome: outcome.map(|text| word(Outcome::parse(&text), "calls.outcome")).transpose()?,
        reason: reason.map(|text| word(Reason::parse(&text), "calls.reason")).transpose()?,
        cost_micro_usd: unsigned(cost),
    })
}

fn line_row(tuple: LineTuple) -> Result<LineRow, StoreError> {
    let (seq, speaker, text, at, start, end, heard, total, origin) = tuple;
    Ok(LineRow {
        seq: small(seq),
        speaker: word(Speaker::parse(&speaker), "call_transcripts.speaker")?,
        text,
        at: Wall(at),
        start_ms: small(start),
        end_ms: small(end),
        heard_ms: heard.map(small),
        total_ms: total.map(small),
        origin,
    })
}

fn intake_row((structured_json, urgency, completed): IntakeTuple) -> Result<IntakeRow, StoreError> {
    let urgency = urgency.map(|text| word(Urgency::parse(&text), "call_intakes.urgency_level")).transpose()?;
    Ok(IntakeRow { structured_json, urgency, completed })
}

fn event_row((no, at, kind, detail): EventTuple) -> EventRow {
    EventRow { no: small(no), at: Wall(at), kind, detail }
}

fn sum(tuple: UsageTuple) -> Usage {
    let (text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed) = tuple;
    Usage {
        text_in: unsigned(text_in),
        text_cached: unsigned(text_cached),
        audio_in: unsigned(audio_in),
        audio_cached: unsigned(audio_cached),
        text_out: unsigned(text_out),
        audio_out: unsigned(audio_out),
        transcribed_ms: unsigned(transcribed),
    }
}

/// A word of a closed list, or an error that names the column.
pub(crate) fn word<T>(parsed_word: Option<T>, column: &'static str) -> Result<T, StoreError> {
    parsed(parsed_word.ok_or(()), column)
}

pub(crate) fn unsigned(value: i64) -> u64 {
    value.try_into().unwrap_or(0)
}

pub(crate) fn small(value: i64) -> u32 {
    value.clamp(0, u32::MAX.into()) as u32
}
