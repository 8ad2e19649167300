//! Writing a batch of journal entries in one transaction.
//!
//! Each entry is remembered by its call and number next to its effect, so applying it again changes nothing.

mod people;

use crate::ports::store::Entry;
use crate::store::db::{Arg, Tx};
use crate::store::entry::{EntryRow, RecordRow, UsageRow};
use crate::store::fault::{Fault, limited};
use crate::store::{OPERATION_MAX, Store};
use crate::types::usage::{Prices, Usage};

const INSERT_CALL: &str = "
    insert into calls
        (id, org_id, leg, caller, dialled, started_at, direction, consent_basis, consent_at, consent_by, status, phase)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'in_progress', 'greeting')
    on conflict (id) do nothing";

const SET_LEG: &str = "update calls set leg = $2 where id = $1";

const REMEMBER: &str = "insert into call_records (call_id, no) values ($1, $2) on conflict (call_id, no) do nothing";

const INSERT_LINE: &str = "
    insert into call_transcripts
        (call_id, seq, speaker, text, timestamp, start_ms, end_ms, heard_ms, total_ms, origin, metadata)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

const UPSERT_INTAKE: &str = "
    insert into call_intakes (call_id, structured_json, urgency_level, completed)
    values ($1, $2, $3, $4)
    on conflict (call_id) do update set
        structured_json = excluded.structured_json,
        urgency_level = excluded.urgency_level,
        completed = excluded.completed";

const SET_PHASE: &str = "update calls set phase = $2, escalated = (escalated or $3) where id = $1";

const INSERT_EVENT: &str = "
    insert into call_events (call_id, no, timestamp, kind, detail)
    values ($1, $2, $3, $4, $5)";

const ADD_USAGE: &str = "
    insert into usage
        (call_id, text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (call_id) do update set
        text_in = usage.text_in + excluded.text_in,
        text_cached = usage.text_cached + excluded.text_cached,
        audio_in = usage.audio_in + excluded.audio_in,
        audio_cached = usage.audio_cached + excluded.audio_cached,
        text_out = usage.text_out + excluded.text_out,
        audio_out = usage.audio_out + excluded.audio_out,
        transcribed_ms = usage.transcribed_ms + excluded.transcribed_ms";

const ADD_COST: &str = "update calls set cost_micro_usd = cost_micro_usd + $2 where id = $1";

const END_CALL: &str = "
    update calls
    set outcome = $2, reason = $3, status = $4, escalated = (escalated or $5), ended_at = $6
    where id = $1 and outcome is null";

/// What the end of a call finds open was left by a process that could not close it.
const CLOSE_ATTEMPTS: &str = "
    update escalation_attempts set state = 'lost', changed_at = $2
    where call_id = $1 and state in ('intended', 'dialing', 'briefing', 'accepted', 'bridged')";
const CLOSE_ESCALATIONS: &str = "
    update escalations set state = 'failed', changed_at = $2
    where call_id = $1 and state in ('requested', 'dialing', 'briefing', 'merging', 'bridged')";

impl Store {
    /// Applies entries in their order, all or none. Entries that were applied before change nothing.
    pub async fn apply(&self, entries: &[Entry]) -> Result<(), Fault> {
        let rows: Vec<_> = entries.iter().map(EntryRow::from).collect();
        self.apply_rows(&rows).await
    }

    pub(crate) async fn apply_rows(&self, rows: &[EntryRow]) -> Result<(), Fault> {
        limited(OPERATION_MAX, async {
            let mut tx = self.db.begin().await?;
            for row in rows {
                apply_one(&mut tx, row, &self.prices).await?;
            }
            tx.commit().await
        })
        .await
    }
}

pub(crate) async fn apply_one(tx: &mut Tx, row: &EntryRow, prices: &Prices) -> Result<(), sqlx::Error> {
    let (call, no) = (Arg::Id(row.call), Arg::Int(row.no.into()));
    // The call's row comes before the note that refers to it.
    open_call(tx, row).await?;
    if tx.execute(REMEMBER, &[call, no]).await? == 0 {
        return Ok(());
    }
    match &row.record {
        RecordRow::Opened { .. } | RecordRow::Event { .. } => {}
        RecordRow::Leg { leg } => {
            tx.execute(SET_LEG, &[call, Arg::Text(leg)]).await?;
        }
        RecordRow::Line { .. } => insert_line(tx, row).await?,
        RecordRow::Intake { json, urgency, completed, .. } => {
            tx.execute(UPSERT_INTAKE, &[call, Arg::Text(json), Arg::Text(urgency), Arg::Bool(*completed)]).await?;
        }
        RecordRow::Phase { phase, escalated } => {
            tx.execute(SET_PHASE, &[call, Arg::Text(phase), Arg::Bool(*escalated)]).await?;
        }
        RecordRow::Usage(used) => add_usage(tx, call, used, prices).await?,
        RecordRow::Escalation(fact) => people::escalate(tx, row, fact).await?,
        RecordRow::EscalationMove(moved) => {
            if !people::move_escalation(tx, row, moved).await? {
                return Ok(());
            }
        }
        RecordRow::EscalationRaised(raised) => {
            if !people::raise_escalation(tx, row, raised).await? {
                return Ok(());
            }
        }
        RecordRow::Attempt(fact) => people::attempt(tx, row, fact).await?,
        RecordRow::AttemptMove(moved) => {
            if !people::move_attempt(tx, row, moved).await? {
                return Ok(());
            }
        }
        RecordRow::Callback(fact) => people::call_back(tx, row, fact).await?,
        RecordRow::Voicemail(fact) => people::voicemail(tx, row, fact).await?,
        RecordRow::Ended { outcome, reason, status, escalated, .. } => {
            let (outcome, reason, status) = (Arg::Text(outcome), Arg::Text(reason), Arg::Text(status));
            tx.execute(END_CALL, &[call, outcome, reason, status, Arg::Bool(*escalated), Arg::Int(row.at)]).await?;
            tx.execute(CLOSE_ATTEMPTS, &[call, Arg::Int(row.at)]).await?;
            tx.execute(CLOSE_ESCALATIONS, &[call, Arg::Int(row.at)]).await?;
        }
    }
    if let Some((kind, detail)) = row.timeline() {
        tx.execute(INSERT_EVENT, &[call, no, Arg::Int(row.at), Arg::Text(kind), Arg::Text(&detail)]).await?;
    }
    Ok(())
}

async fn open_call(tx: &mut Tx, row: &EntryRow) -> Result<(), sqlx::Error> {
    let RecordRow::Opened { org, leg, caller, dialled, direction, consent } = &row.record else {
        return Ok(());
    };
    let consent = consent.as_ref();
    let args = [
        Arg::Id(row.call),
        Arg::Text(org),
        Arg::MaybeText(leg.as_deref()),
        Arg::MaybeText(caller.as_deref()),
        Arg::MaybeText(dialled.as_deref()),
        Arg::Int(row.at),
        Arg::Text(direction),
        Arg::MaybeText(consent.map(|consent| consent.basis.as_str())),
        Arg::MaybeInt(consent.map(|consent| consent.at)),
        Arg::MaybeText(consent.map(|consent| consent.by.as_str())),
    ];
    tx.execute(INSERT_CALL, &args).await?;
    Ok(())
}

async fn insert_line(tx: &mut Tx, row: &EntryRow) -> Result<(), sqlx::Error> {
    let RecordRow::Line { seq, speaker, text, start_ms, end_ms, heard_ms, total_ms, origin, metadata } = &row.record
    else {
        return Ok(());
    };
    let args = [
        Arg::Id(row.call),
        Arg::Int((*seq).into()),
        Arg::Text(speaker),
        Arg::Text(text),
        Arg::Int(row.at),
        Arg::Int((*start_ms).into()),
        Arg::Int((*end_ms).into()),
        Arg::MaybeInt(heard_ms.map(i64::from)),
        Arg::MaybeInt(total_ms.map(i64::from)),
        Arg::Text(origin),
        Arg::Text(metadata),
    ];
    tx.execute(INSERT_LINE, &args).await?;
    Ok(())
}

/// Adds tokens to the call's sum. The cost is computed per record, so a change of prices never rewrites the past.
async fn add_usage(tx: &mut Tx, call: Arg<'_>, used: &UsageRow, prices: &Prices) -> Result<(), sqlx::Error> {
    let args = [
        call,
        amount(used.text_in),
        amount(used.text_cached),
        amount(used.audio_in),
        amount(used.audio_cached),
        amount(used.text_out),
        amount(used.audio_out),
        amount(used.transcribed_ms),
    ];
    tx.execute(ADD_USAGE, &args).await?;
    let cost = prices.cost(&Usage::from(*used));
    if cost > 0 {
        tx.execute(ADD_COST, &[call, amount(cost)]).await?;
    }
    Ok(())
}

/// A count as both databases hold it.
fn amount(value: u64) -> Arg<'static> {
    Arg::Int(i64::try_from(value).unwrap_or(i64::MAX))
}
