//! The API's JSON about bringing people in: escalations with their attempts, voicemails, callback tasks.
//!
//! Targets are shown by their ids: an operator's number is nobody's business who may read a call.

use serde::Serialize;

use crate::http::time::rfc3339;
use crate::ports::store::{AttemptRow, CallbackRow, EscalationRow, VoicemailRow};
use crate::types::{CallId, CallbackState, NotDialled, Wall};

/// An escalation as part of its call.
#[derive(Serialize)]
pub(super) struct EscalationView {
    /// Within the call, from 1.
    no: u32,
    state: &'static str,
    cause: &'static str,
    urgency: &'static str,
    reason: String,
    summary: String,
    requested_at: Option<String>,
    changed_at: Option<String>,
    attempts: Vec<AttemptView>,
}

impl From<EscalationRow> for EscalationView {
    fn from(row: EscalationRow) -> Self {
        Self {
            no: row.no,
            state: row.state.as_str(),
            cause: row.cause.as_str(),
            urgency: row.urgency.as_str(),
            reason: row.reason,
            summary: row.summary,
            requested_at: rfc3339(row.requested_at),
            changed_at: rfc3339(row.changed_at),
            attempts: row.attempts.into_iter().map(AttemptView::from).collect(),
        }
    }
}

/// One phone that was rung.
#[derive(Serialize)]
struct AttemptView {
    /// Within the call, from 1.
    no: u32,
    target_id: String,
    /// `warm` or `cold`.
    mode: &'static str,
    state: &'static str,
    /// Why nothing rang; null: it did, or may have.
    reason: Option<&'static str>,
    /// The carrier's code, if it refused.
    code: Option<u32>,
    /// The carrier's id of the operator's call.
    call_sid: Option<String>,
    intended_at: Option<String>,
    changed_at: Option<String>,
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        Self {
            no: row.no,
            target_id: row.target.to_string(),
            mode: row.mode.as_str(),
            state: row.state.as_str(),
            reason: row.why.map(NotDialled::as_str),
            code: row.code,
            call_sid: row.leg.map(|leg| leg.to_string()),
            intended_at: rfc3339(row.intended_at),
            changed_at: rfc3339(row.changed_at),
        }
    }
}

/// An escalation in a list of many calls'.
#[derive(Serialize)]
pub(super) struct EscalationItemView {
    call_id: String,
    org_id: String,
    #[serde(flatten)]
    escalation: EscalationView,
}

impl From<EscalationRow> for EscalationItemView {
    fn from(row: EscalationRow) -> Self {
        Self { call_id: row.call.to_string(), org_id: row.org.to_string(), escalation: row.into() }
    }
}

#[derive(Serialize)]
pub(super) struct EscalationsView {
    pub(super) escalations: Vec<EscalationItemView>,
    pub(super) total: u64,
}

/// A message that a caller left.
#[derive(Serialize)]
pub(super) struct VoicemailView {
    no: u32,
    /// The carrier's id of the recording; null: none was made.
    recording_sid: Option<String>,
    duration_s: u32,
    at: Option<String>,
}

impl From<VoicemailRow> for VoicemailView {
    fn from(row: VoicemailRow) -> Self {
        Self {
            no: row.no,
            recording_sid: Some(row.recording).filter(|recording| !recording.is_empty()),
            duration_s: row.duration_secs,
            at: rfc3339(row.at),
        }
    }
}

/// Somebody has to call a caller back.
#[derive(Serialize)]
pub(super) struct CallbackView {
    call_id: String,
    org_id: String,
    /// Within the call, from 1.
    no: u32,
    state: &'static str,
    urgency: &'static str,
    reason: String,
    /// E.164; null: withheld.
    caller: Option<String>,
    created_at: Option<String>,
    due: Option<String>,
    /// Open, and it should have been done by now.
    overdue: bool,
    /// A target of the organization, or a name that staff chose; null: nobody.
    assignee: Option<String>,
    done_at: Option<String>,
}

impl CallbackView {
    pub(super) fn new(row: CallbackRow, now: Wall) -> Self {
        Self {
            call_id: row.call.to_string(),
            org_id: row.org.to_string(),
            no: row.no,
            state: row.state.as_str(),
            urgency: row.urgency.as_str(),
            reason: row.reason,
            caller: row.caller,
            created_at: rfc3339(row.created_at),
            due: rfc3339(row.due),
            overdue: row.state == CallbackState::Open && row.due < now,
            assignee: row.assignee,
            done_at: row.done_at.and_then(rfc3339),
        }
    }
}

#[derive(Serialize)]
pub(super) struct CallbacksView {
    pub(super) callbacks: Vec<CallbackView>,
    pub(super) total: u64,
}

/// A command was handed to a live call.
#[derive(Serialize)]
pub(super) struct Accepted {
    call_id: String,
    status: &'static str,
}

impl Accepted {
    pub(super) fn new(call: CallId) -> Self {
        Self { call_id: call.to_string(), status: "accepted" }
    }
}

/// The seed's answer to a call that begins.
#[derive(Serialize)]
pub(super) struct Started {
    call_id: String,
    status: &'static str,
}

impl Started {
    pub(super) fn new(call: CallId) -> Self {
        Self { call_id: call.to_string(), status: "in_progress" }
    }
}

/// The seed's answer to a line that is kept.
#[derive(Serialize)]
pub(super) struct Saved {
    /// The call's id and the line's `seq`.
    id: String,
    status: &'static str,
}

impl Saved {
    pub(super) fn new(call: CallId, seq: u32) -> Self {
        Self { id: format!("{call}-{seq}"), status: "saved" }
    }
}
