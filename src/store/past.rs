//! What an earlier process wrote down of a call that is still going on.
//!
//! The journal must be replayed before this is read; else the counters begin too low and records would collide.

use serde_json::Value;

use crate::ports::store::{AttemptRow, EscalationRow, StoreError};
use crate::session::fact::{AttemptFact, EscalationFact};
use crate::session::input::IntakeData;
use crate::session::policy::{Past, PastAttempt, PastEscalation};
use crate::store::db::fetch;
use crate::store::fault::limited;
use crate::store::history::{small, word};
use crate::store::{OPERATION_MAX, Store, entry, escalations};
use crate::types::{CallId, EscalationState, Phase, Speaker, TargetId, Urgency};

/// The phase, then how far the counters are: the next record, the next line, the last callback and voicemail; and how
/// many callbacks are urgent.
const STAND: &str = "
    select phase,
        (select coalesce(max(no) + 1, 0) from call_records where call_id = $1),
        (select coalesce(max(seq) + 1, 0) from call_transcripts where call_id = $1),
        (select coalesce(max(no), 0) from callbacks where call_id = $1),
        (select coalesce(max(no), 0) from voicemails where call_id = $1),
        (select count(*) from callbacks where call_id = $1 and urgency = 'emergency')
    from calls where id = $1";
/// A line of which nothing was heard says nothing.
const LAST_LINES: &str = "
    select speaker, text from call_transcripts where call_id = $1 and text <> '' and origin <> 'keys' order by seq desc limit $2";
/// Whom staff chose last, and for which escalation.
const TAKE_OVER: &str = "select detail from call_events where call_id = $1 and kind = $2 order by no desc limit 1";
const INTAKE: &str = "select structured_json from call_intakes where call_id = $1";

type Stand = (String, i64, i64, i64, i64, i64);

impl Store {
    pub(crate) async fn read_past(&self, call: CallId, lines_max: u32) -> Result<Past, StoreError> {
        let read = limited(OPERATION_MAX, async {
            let stand = fetch!(&self.db, fetch_optional, Stand, STAND, call.0)?;
            let lines = fetch!(&self.db, fetch_all, (String, String), LAST_LINES, call.0, i64::from(lines_max))?;
            let intake = fetch!(&self.db, fetch_optional, (String,), INTAKE, call.0)?;
            let chosen = fetch!(&self.db, fetch_optional, (String,), TAKE_OVER, call.0, entry::TAKE_OVER)?;
            Ok((stand, lines, intake, chosen, escalations::fetch_of(&self.db, call).await?))
        });
        let (stand, lines, intake, chosen, escalations) = read.await?;
        let only = |no: u32| chosen.as_ref().and_then(|(detail,)| chosen_target(detail, no));
        let (phase, next_record, next_line, callbacks, voicemails, urgent) = stand.ok_or(StoreError::NotFound)?;
        let speaker = |text: &str| word(Speaker::parse(text), "call_transcripts.speaker");
        let lines = lines.into_iter().rev().map(|(who, text)| Ok((speaker(&who)?, text)));
        let escalations = escalations.rows()?;
        let attempts = escalations.iter().flat_map(|escalation| &escalation.attempts).map(|attempt| attempt.no);
        let attempts = attempts.max().unwrap_or(0);
        let unserved = escalations.last().filter(|last| urgent == 0 && is_unserved(last)).map(fact);
        let leaving_message =
            voicemails == 0 && escalations.last().is_some_and(|last| last.state == EscalationState::Voicemail);
        let count = escalations.last().map_or(0, |last| last.no);
        let (open, earlier) = parted(escalations);
        let open = open.map(|open| PastEscalation { only: only(open.fact.no), ..open });
        Ok(Past {
            next_record: small(next_record),
            next_line: small(next_line),
            phase: word(Phase::parse(&phase), "calls.phase")?,
            lines: lines.collect::<Result<_, StoreError>>()?,
            intake: intake.map(|(json,)| intake_data(json)),
            escalations: count,
            attempts,
            callbacks: small(callbacks),
            voicemails: small(voicemails),
            leaving_message,
            urgent_callback: urgent > 0,
            unserved,
            earlier,
            open,
        })
    }
}

/// An emergency that a restart broke off; any other that ends without a talk leaves a task.
fn is_unserved(row: &EscalationRow) -> bool {
    row.state == EscalationState::Failed && row.urgency == Urgency::Emergency
}

fn fact(row: &EscalationRow) -> EscalationFact {
    let EscalationRow { no, cause, urgency, reason, summary, .. } = row.clone();
    EscalationFact { no, cause, urgency, reason, summary }
}

/// The escalation that goes on with those of its attempts that go on, and all other attempts.
fn parted(rows: Vec<EscalationRow>) -> (Option<PastEscalation>, Vec<PastAttempt>) {
    let (mut open, mut earlier) = (None, Vec::new());
    for row in rows.into_iter().rev() {
        let is_open = open.is_none() && !row.state.is_final();
        let head = is_open.then(|| (fact(&row), row.state));
        let (going_on, finished): (Vec<_>, Vec<_>) =
            row.attempts.into_iter().map(past_attempt).partition(|attempt| is_open && !attempt.state.is_final());
        if let Some((fact, state)) = head {
            open = Some(PastEscalation { fact, state, only: None, attempts: going_on });
        }
        earlier.extend(finished);
    }
    (open, earlier)
}

fn past_attempt(row: AttemptRow) -> PastAttempt {
    let AttemptRow { no, escalation, target, mode, state, leg, .. } = row;
    PastAttempt { fact: AttemptFact { no, escalation, target, mode }, state, leg }
}

/// The target that staff chose, if it was for this escalation.
fn chosen_target(detail: &str, escalation: u32) -> Option<TargetId> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    (detail["escalation"] == escalation).then(|| detail["target"].as_str()?.parse().ok()).flatten()
}

/// The stored object with its top-level fields as text, as the tool that took it made them.
fn intake_data(json: String) -> IntakeData {
    let fields = match serde_json::from_str(&json) {
        Ok(Value::Object(object)) => {
            object.into_iter().filter_map(|(name, value)| Some((name, as_text(&value)?))).collect()
        }
        _ => Vec::new(),
    };
    IntakeData { json, fields }
}

/// A fact as text; `None`: nothing is known.
fn as_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(list) => list.iter().filter_map(part_as_text).collect::<Vec<_>>().join(", "),
        Value::Object(object) if object.is_empty() => return None,
        Value::Object(_) => value.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// A member of a list.
fn part_as_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) => Some(value.to_string()),
        _ => as_text(value),
    }
}
