//! The API's JSON: the seed's field names, plus what it left out.

use serde::Serialize;
use serde_json::Value;

use crate::http::time::rfc3339;
pub(super) use crate::http::transfer_views::{
    Accepted, CallbackView, CallbacksView, EscalationItemView, EscalationView, EscalationsView, Saved, Started,
    VoicemailView,
};
use crate::http::{CheckedOrg, FieldError};
use crate::ports::store::{CallDetail, CallRow, EventRow, IntakeRow, LineRow, OrgRow};
use crate::session::effect::Consent;
use crate::types::Wall;
use crate::types::org::Target;
use crate::types::usage::Usage;

/// A row of the call list.
#[derive(Serialize)]
pub(super) struct CallView {
    id: String,
    org_id: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    status: &'static str,
    escalated: bool,
    /// E.164; null: withheld.
    caller: Option<String>,
    /// The dialled number, E.164.
    number: Option<String>,
    /// The carrier's id of the call.
    call_sid: Option<String>,
    /// Whole seconds; null while the call is live.
    duration_s: Option<i64>,
    outcome: Option<&'static str>,
    reason: Option<&'static str>,
    phase: &'static str,
    /// `inbound` or `outbound`.
    direction: &'static str,
    /// `phone` or `browser`.
    channel: &'static str,
}

impl From<CallRow> for CallView {
    fn from(row: CallRow) -> Self {
        Self {
            id: row.id.to_string(),
            org_id: row.org.to_string(),
            started_at: rfc3339(row.started_at),
            ended_at: row.ended_at.and_then(rfc3339),
            status: row.status.as_str(),
            escalated: row.escalated,
            caller: row.caller,
            number: row.dialled,
            call_sid: row.leg.map(|leg| leg.to_string()),
            duration_s: row.ended_at.map(|ended| seconds_between(row.started_at, ended)),
            outcome: row.outcome.map(|outcome| outcome.as_str()),
            reason: row.reason.map(|reason| reason.as_str()),
            phase: row.phase.as_str(),
            direction: row.direction.as_str(),
            channel: row.channel.as_str(),
        }
    }
}

/// Rounded; never negative, because wall clocks may be set back.
fn seconds_between(start: Wall, end: Wall) -> i64 {
    (end.0.saturating_sub(start.0).max(0) + 500_000) / 1_000_000
}

#[derive(Serialize)]
pub(super) struct CallsView {
    pub(super) calls: Vec<CallView>,
    pub(super) total: u64,
}

/// One call with everything that is known about it.
#[derive(Serialize)]
pub(super) struct DetailView {
    #[serde(flatten)]
    call: CallView,
    /// Why an outbound call was made; null: somebody called us.
    consent: Option<ConsentView>,
    transcripts: Vec<LineView>,
    intake: Option<IntakeView>,
    timeline: Vec<EventView>,
    escalations: Vec<EscalationView>,
    voicemails: Vec<VoicemailView>,
    usage: UsageView,
    cost: CostView,
}

impl From<CallDetail> for DetailView {
    fn from(detail: CallDetail) -> Self {
        let micro_usd = detail.call.cost_micro_usd;
        Self {
            call: detail.call.into(),
            consent: detail.consent.map(ConsentView::from),
            transcripts: detail.lines.into_iter().map(LineView::from).collect(),
            intake: detail.intake.map(IntakeView::from),
            timeline: detail.events.into_iter().map(EventView::from).collect(),
            escalations: detail.escalations.into_iter().map(EscalationView::from).collect(),
            voicemails: detail.voicemails.into_iter().map(VoicemailView::from).collect(),
            usage: detail.usage.into(),
            cost: CostView { micro_usd, currency: "USD" },
        }
    }
}

/// The called party's consent, as staff stated it.
#[derive(Serialize)]
struct ConsentView {
    basis: String,
    at: Option<String>,
    by: String,
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        Self { basis: consent.basis, at: rfc3339(consent.at), by: consent.by }
    }
}

#[derive(Serialize)]
struct LineView {
    seq: u32,
    /// `user` or `agent`.
    speaker: &'static str,
    text: String,
    timestamp: Option<String>,
    /// Since the call began.
    start_ms: u32,
    end_ms: u32,
    /// How much of it was heard; null: all.
    heard_ms: Option<u32>,
    total_ms: Option<u32>,
    origin: String,
}

impl From<LineRow> for LineView {
    fn from(row: LineRow) -> Self {
        Self {
            seq: row.seq,
            speaker: row.speaker.as_str(),
            text: row.text,
            timestamp: rfc3339(row.at),
            start_ms: row.start_ms,
            end_ms: row.end_ms,
            heard_ms: row.heard_ms,
            total_ms: row.total_ms,
            origin: row.origin,
        }
    }
}

#[derive(Serialize)]
struct IntakeView {
    structured_json: Value,
    urgency_level: Option<&'static str>,
    completed: bool,
}

impl From<IntakeRow> for IntakeView {
    fn from(row: IntakeRow) -> Self {
        Self {
            structured_json: json(&row.structured_json),
            urgency_level: row.urgency.map(|urgency| urgency.as_str()),
            completed: row.completed,
        }
    }
}

#[derive(Serialize)]
struct EventView {
    no: u32,
    at: Option<String>,
    kind: String,
    detail: Value,
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        Self { no: row.no, at: rfc3339(row.at), kind: row.kind, detail: json(&row.detail) }
    }
}

/// Tokens; cached ones are part of the input.
#[derive(Serialize)]
struct UsageView {
    text_in: u64,
    text_cached: u64,
    text_out: u64,
    audio_in: u64,
    audio_cached: u64,
    audio_out: u64,
    transcribed_ms: u64,
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        let Usage { text_in, text_cached, text_out, audio_in, audio_cached, audio_out, transcribed_ms } = usage;
        Self { text_in, text_cached, text_out, audio_in, audio_cached, audio_out, transcribed_ms }
    }
}

#[derive(Serialize)]
struct CostView {
    micro_usd: u64,
    currency: &'static str,
}

/// An organization in the seed's shape.
#[derive(Serialize)]
pub(super) struct OrgView {
    id: String,
    name: String,
    business_hours: Value,
    after_hours_policy: String,
    services_offered: Value,
    escalation_phone: String,
    config: Value,
}

impl From<OrgRow> for OrgView {
    fn from(row: OrgRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            business_hours: json(&row.business_hours),
            after_hours_policy: row.after_hours_policy,
            services_offered: json(&row.services_offered),
            escalation_phone: row.escalation_phone,
            config: json(&row.config),
        }
    }
}

/// Stored JSON; empty is null, and what is not JSON is shown as the text that it is.
fn json(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The answer to a change of settings: the seed's, and what it comes to.
#[derive(Serialize)]
pub(super) struct OrgSaved {
    #[serde(flatten)]
    done: Done,
    /// What is allowed, and hardly meant.
    warnings: Vec<FieldError>,
    /// Who is rung when a caller needs a person, in this order.
    targets: Vec<TargetView>,
}

#[derive(Serialize)]
struct TargetView {
    id: String,
    name: String,
    /// E.164.
    number: String,
    ring_secs: u64,
}

impl From<CheckedOrg> for OrgSaved {
    fn from(checked: CheckedOrg) -> Self {
        let view = |target: Target| TargetView {
            id: target.id.to_string(),
            name: target.name,
            number: target.number.e164().to_owned(),
            ring_secs: target.ring.as_secs(),
        };
        Self {
            done: Done::new("The configuration was updated."),
            warnings: checked.warnings,
            targets: checked.targets.into_iter().map(view).collect(),
        }
    }
}

/// The seed's answer to a command.
#[derive(Serialize)]
pub(super) struct Done {
    success: bool,
    message: &'static str,
}

impl Done {
    pub(super) const fn new(message: &'static str) -> Self {
        Self { success: true, message }
    }
}
