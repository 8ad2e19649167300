//! Writing a batch of journal entries in one transaction.
//!
//! Each entry is remembered by its call and number next to its effect, so applying it again changes nothing. What many
//! entries leave behind is gathered and written by few statements, because a database may be far away.

mod people;

use std::collections::HashSet;

use uuid::Uuid;

use crate::ports::store::Entry;
use crate::store::db::{Arg, Tx};
use crate::store::entry::{EntryRow, RecordRow, UsageRow};
use crate::store::fault::{Fault, limited};
use crate::store::{OPERATION_MAX, Store};
use crate::types::usage::{Prices, Usage};

const INSERT_CALL: &str = "
    insert into calls
        (id, org_id, leg, caller, dialled, started_at, direction, consent_basis, consent_at, consent_by, lease, status, phase)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'in_progress', 'greeting')
    on conflict (id) do nothing";

const SET_LEG: &str = "update calls set leg = $2 where id = $1";

const REMEMBER: &str = "insert into call_records (call_id, no)";
const REMEMBER_NEW: &str = " on conflict (call_id, no) do nothing returning call_id, no";

const INSERT_LINES: &str = "
    insert into call_transcripts
        (call_id, seq, speaker, text, timestamp, start_ms, end_ms, heard_ms, total_ms, origin, metadata)";

const UPSERT_INTAKE: &str = "
    insert into call_intakes (call_id, structured_json, urgency_level, completed)
    values ($1, $2, $3, $4)
    on conflict (call_id) do update set
        structured_json = excluded.structured_json,
        urgency_level = excluded.urgency_level,
        completed = excluded.completed";

const SET_PHASE: &str = "update calls set phase = $2, escalated = (escalated or $3) where id = $1";

const INSERT_EVENTS: &str = "insert into call_events (call_id, no, timestamp, kind, detail)";

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
            self.apply_in(&mut tx, rows).await?;
            tx.commit().await
        })
        .await
    }

    /// The same as a part of a larger transaction.
    pub(crate) async fn apply_in(&self, tx: &mut Tx, rows: &[EntryRow]) -> Result<(), sqlx::Error> {
        // The call's row comes before the note that refers to it.
        for row in rows {
            open_call(tx, row, self.lease()).await?;
        }
        let mut fresh = remember(tx, rows).await?;
        let mut gathered = Gathered::default();
        for row in rows {
            if fresh.remove(&(row.call, row.no.into())) && apply_one(tx, row, &mut gathered, &self.prices).await? {
                gathered.timeline(row);
            }
        }
        gathered.write(tx).await
    }
}

/// Notes which entries are applied, and returns those that were not before.
async fn remember(tx: &mut Tx, rows: &[EntryRow]) -> Result<HashSet<(Uuid, i64)>, sqlx::Error> {
    let notes: Vec<_> = rows.iter().map(|row| vec![Arg::Id(row.call), Arg::Int(row.no.into())]).collect();
    Ok(tx.insert_returning(REMEMBER, &notes, REMEMBER_NEW).await?.into_iter().collect())
}

/// False: what it wants came too late, so the timeline does not show it.
async fn apply_one<'a>(
    tx: &mut Tx,
    row: &'a EntryRow,
    gathered: &mut Gathered<'a>,
    prices: &Prices,
) -> Result<bool, sqlx::Error> {
    let call = Arg::Id(row.call);
    match &row.record {
        RecordRow::Opened { .. } | RecordRow::Event { .. } => {}
        RecordRow::Leg { leg } => {
            tx.execute(SET_LEG, &[call, Arg::Text(leg)]).await?;
        }
        RecordRow::Line { .. } => gathered.line(row),
        RecordRow::Intake { json, urgency, completed, .. } => {
            tx.execute(UPSERT_INTAKE, &[call, Arg::Text(json), Arg::Text(urgency), Arg::Bool(*completed)]).await?;
        }
        RecordRow::Phase { phase, escalated } => {
            tx.execute(SET_PHASE, &[call, Arg::Text(phase), Arg::Bool(*escalated)]).await?;
        }
        RecordRow::Usage(used) => gathered.usage(row.call, used, prices),
        RecordRow::Escalation(fact) => people::escalate(tx, row, fact).await?,
        RecordRow::EscalationMove(moved) => return people::move_escalation(tx, row, moved).await,
        RecordRow::EscalationRaised(raised) => return people::raise_escalation(tx, row, raised).await,
        RecordRow::Attempt(fact) => people::attempt(tx, row, fact).await?,
        RecordRow::AttemptMove(moved) => return people::move_attempt(tx, row, moved).await,
        RecordRow::Callback(fact) => people::call_back(tx, row, fact).await?,
        RecordRow::Voicemail(fact) => people::voicemail(tx, row, fact).await?,
        RecordRow::Ended { outcome, reason, status, escalated, .. } => {
            let (outcome, reason, status) = (Arg::Text(outcome), Arg::Text(reason), Arg::Text(status));
            tx.execute(END_CALL, &[call, outcome, reason, status, Arg::Bool(*escalated), Arg::Int(row.at)]).await?;
            tx.execute(CLOSE_ATTEMPTS, &[call, Arg::Int(row.at)]).await?;
            tx.execute(CLOSE_ESCALATIONS, &[call, Arg::Int(row.at)]).await?;
        }
    }
    Ok(true)
}

async fn open_call(tx: &mut Tx, row: &EntryRow, lease: Option<Uuid>) -> Result<(), sqlx::Error> {
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
        Arg::MaybeId(lease),
    ];
    tx.execute(INSERT_CALL, &args).await?;
    Ok(())
}

/// What is written at the end of a batch, because nothing else in it depends on that.
#[derive(Default)]
struct Gathered<'a> {
    lines: Vec<Vec<Arg<'a>>>,
    /// Call, number, time, kind, detail.
    events: Vec<(Uuid, i64, i64, &'a str, String)>,
    /// Sums with their costs, one for each call.
    usage: Vec<(Uuid, UsageRow, u64)>,
}

impl<'a> Gathered<'a> {
    fn line(&mut self, row: &'a EntryRow) {
        let RecordRow::Line { seq, speaker, text, start_ms, end_ms, heard_ms, total_ms, origin, metadata } =
            &row.record
        else {
            return;
        };
        self.lines.push(vec![
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
        ]);
    }

    fn timeline(&mut self, row: &'a EntryRow) {
        if let Some((kind, detail)) = row.timeline() {
            self.events.push((row.call, row.no.into(), row.at, kind, detail));
        }
    }

    /// The cost is computed per record, so a change of prices never rewrites the past.
    fn usage(&mut self, call: Uuid, used: &UsageRow, prices: &Prices) {
        let cost = prices.cost(&Usage::from(*used));
        match self.usage.iter_mut().find(|(of, ..)| *of == call) {
            Some((_, sum, costs)) => {
                *sum = sum.plus(used);
                *costs = costs.saturating_add(cost);
            }
            None => self.usage.push((call, *used, cost)),
        }
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        tx.insert(INSERT_LINES, &self.lines).await?;
        let events: Vec<_> = self.events.iter().map(event_args).collect();
        tx.insert(INSERT_EVENTS, &events).await?;
        for (call, used, cost) in &self.usage {
            add_usage(tx, Arg::Id(*call), used, *cost).await?;
        }
        Ok(())
    }
}

fn event_args<'e>((call, no, at, kind, detail): &'e (Uuid, i64, i64, &str, String)) -> Vec<Arg<'e>> {
    vec![Arg::Id(*call), Arg::Int(*no), Arg::Int(*at), Arg::Text(kind), Arg::Text(detail)]
}

async fn add_usage(tx: &mut Tx, call: Arg<'_>, used: &UsageRow, cost: u64) -> Result<(), sqlx::Error> {
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
    if cost > 0 {
        tx.execute(ADD_COST, &[call, amount(cost)]).await?;
    }
    Ok(())
}

/// A count as both databases hold it.
fn amount(value: u64) -> Arg<'static> {
    Arg::Int(i64::try_from(value).unwrap_or(i64::MAX))
}
