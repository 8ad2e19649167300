//! Writing what bringing a person in leaves behind.
//!
//! A move names the state that it leaves and changes nothing when the row is elsewhere: whoever comes late, or again,
//! never undoes what was decided. Nothing leaves a final state; only a leg's name may come later.

use crate::store::db::{Arg, Tx};
use crate::store::entry::{
    AttemptMoveRow, AttemptRow, CallbackRow, EntryRow, EscalationMoveRow, EscalationRaiseRow, EscalationRow,
    VoicemailRow,
};
use crate::types::{AttemptState, EscalationState};

const INSERT_ESCALATION: &str = "
    insert into escalations (call_id, no, state, cause, urgency, reason, summary, requested_at, changed_at, org_id)
    values ($1, $2, 'requested', $3, $4, $5, $6, $7, $7, (select org_id from calls where id = $1))";

const SET_ESCALATED: &str = "update calls set escalated = $2 where id = $1";

const MOVE_ESCALATION: &str = "
    update escalations set state = $4, changed_at = $5 where call_id = $1 and no = $2 and state = $3";

const RAISE_ESCALATION: &str = "
    update escalations set cause = $3, urgency = $4, reason = $5, changed_at = $6
    where call_id = $1 and no = $2 and state in ('requested', 'dialing', 'briefing', 'merging', 'bridged')";

const INSERT_ATTEMPT: &str = "
    insert into escalation_attempts (call_id, no, escalation_no, target, mode, state, intended_at, changed_at)
    values ($1, $2, $3, $4, $5, 'intended', $6, $6)";

const MOVE_ATTEMPT: &str = "
    update escalation_attempts set state = $4, changed_at = $5, leg = coalesce($6, leg), why = $7, code = $8
    where call_id = $1 and no = $2 and state = $3";

/// The name of a leg whose attempt is over already; a name that is known stays.
const LEARN_LEG: &str = "
    update escalation_attempts set leg = coalesce(leg, $4) where call_id = $1 and no = $2 and state = $3";

const INSERT_CALLBACK: &str = "
    insert into callbacks (call_id, no, escalation_no, state, urgency, reason, due, created_at, assignee, org_id)
    values ($1, $2, $3, 'open', $4, $5, $6, $7, $8, (select org_id from calls where id = $1))";

const INSERT_VOICEMAIL: &str = "
    insert into voicemails (call_id, no, escalation_no, recording, duration_secs, at)
    values ($1, $2, $3, $4, $5, $6)";

pub(super) async fn escalate(tx: &mut Tx, row: &EntryRow, fact: &EscalationRow) -> Result<(), sqlx::Error> {
    let args = [
        Arg::Id(row.call),
        number(fact.escalation),
        Arg::Text(&fact.cause),
        Arg::Text(&fact.urgency),
        Arg::Text(&fact.reason),
        Arg::Text(&fact.summary),
        Arg::Int(row.at),
    ];
    tx.execute(INSERT_ESCALATION, &args).await?;
    tx.execute(SET_ESCALATED, &[Arg::Id(row.call), Arg::Bool(true)]).await?;
    Ok(())
}

/// False: the escalation was not in the state that it should leave.
pub(super) async fn move_escalation(
    tx: &mut Tx,
    row: &EntryRow,
    moved: &EscalationMoveRow,
) -> Result<bool, sqlx::Error> {
    let args =
        [Arg::Id(row.call), number(moved.escalation), Arg::Text(&moved.from), Arg::Text(&moved.to), Arg::Int(row.at)];
    let is_over = EscalationState::parse(&moved.from).is_some_and(EscalationState::is_final);
    let done = !is_over && tx.execute(MOVE_ESCALATION, &args).await? > 0;
    Ok(noted(row, "escalation", done))
}

/// False: the escalation is over.
pub(super) async fn raise_escalation(
    tx: &mut Tx,
    row: &EntryRow,
    raised: &EscalationRaiseRow,
) -> Result<bool, sqlx::Error> {
    let args = [
        Arg::Id(row.call),
        number(raised.escalation),
        Arg::Text(&raised.cause),
        Arg::Text(&raised.urgency),
        Arg::Text(&raised.reason),
        Arg::Int(row.at),
    ];
    let done = tx.execute(RAISE_ESCALATION, &args).await? > 0;
    Ok(noted(row, "escalation", done))
}

pub(super) async fn attempt(tx: &mut Tx, row: &EntryRow, fact: &AttemptRow) -> Result<(), sqlx::Error> {
    let args = [
        Arg::Id(row.call),
        number(fact.attempt),
        number(fact.escalation),
        Arg::Text(&fact.target),
        Arg::Text(&fact.mode),
        Arg::Int(row.at),
    ];
    tx.execute(INSERT_ATTEMPT, &args).await?;
    Ok(())
}

/// False: the attempt was not in the state that it should leave.
pub(super) async fn move_attempt(tx: &mut Tx, row: &EntryRow, moved: &AttemptMoveRow) -> Result<bool, sqlx::Error> {
    let args = [
        Arg::Id(row.call),
        number(moved.attempt),
        Arg::Text(&moved.from),
        Arg::Text(&moved.to),
        Arg::Int(row.at),
        Arg::MaybeText(moved.leg.as_deref()),
        Arg::MaybeText(moved.why.as_deref()),
        Arg::MaybeInt(moved.code.map(i64::from)),
    ];
    let is_over = AttemptState::parse(&moved.from).is_some_and(AttemptState::is_final);
    let done = match &moved.leg {
        Some(leg) if is_over && moved.from == moved.to => {
            let args = [Arg::Id(row.call), number(moved.attempt), Arg::Text(&moved.from), Arg::Text(leg)];
            tx.execute(LEARN_LEG, &args).await? > 0
        }
        _ => !is_over && tx.execute(MOVE_ATTEMPT, &args).await? > 0,
    };
    Ok(noted(row, "attempt", done))
}

pub(super) async fn call_back(tx: &mut Tx, row: &EntryRow, fact: &CallbackRow) -> Result<(), sqlx::Error> {
    let args = [
        Arg::Id(row.call),
        number(fact.callback),
        Arg::MaybeInt(fact.escalation.map(i64::from)),
        Arg::Text(&fact.urgency),
        Arg::Text(&fact.reason),
        Arg::Int(fact.due),
        Arg::Int(row.at),
        Arg::MaybeText(fact.assignee.as_deref()),
    ];
    tx.execute(INSERT_CALLBACK, &args).await?;
    Ok(())
}

pub(super) async fn voicemail(tx: &mut Tx, row: &EntryRow, fact: &VoicemailRow) -> Result<(), sqlx::Error> {
    let args = [
        Arg::Id(row.call),
        number(fact.voicemail),
        Arg::MaybeInt(fact.escalation.map(i64::from)),
        Arg::Text(&fact.recording),
        number(fact.duration_secs),
        Arg::Int(row.at),
    ];
    tx.execute(INSERT_VOICEMAIL, &args).await?;
    Ok(())
}

/// Counts a move that found its row elsewhere. The record is remembered as applied, but the timeline does not show it:
/// it tells what happened, and this did not.
fn noted(row: &EntryRow, what: &'static str, done: bool) -> bool {
    if !done {
        tracing::warn!(call = %row.call, no = row.no, what, "a move came too late and changed nothing");
        metrics::counter!("switchboard_store_moves_late_total", "what" => what).increment(1);
    }
    done
}

fn number(value: u32) -> Arg<'static> {
    Arg::Int(value.into())
}
