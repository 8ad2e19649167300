//! What an error of the server means for a call.
//!
//! There is no official list of codes; this one was collected from clients' reports (reference: November 2026). An
//! unknown code counts as our own mistake: it is counted and the call goes on.

use crate::realtime::command::EventId;
use crate::realtime::event::ServerError;
use crate::session::effect::RequestNo;
use crate::session::input::{FaultKind, ResponseEnd};

/// Longest code that is passed on; codes end up in rows and logs.
const CODE_CHARS_MAX: usize = 80;

/// An error, classified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Our request, when the error names one.
    pub about: Option<RequestNo>,
    pub kind: FaultKind,
    pub code: String,
    /// The server ends the session with this error.
    pub closes: bool,
}

impl Fault {
    /// The kind as a metric's label.
    pub const fn kind_label(&self) -> &'static str {
        match self.kind {
            FaultKind::ActiveResponse => "active_response",
            FaultKind::Benign => "benign",
            FaultKind::Ours => "ours",
            FaultKind::Server => "server",
            FaultKind::Setting => "setting",
            FaultKind::Fatal => "fatal",
        }
    }
}

/// Classifies an `error` event.
pub fn classify(error: &ServerError) -> Fault {
    let about = EventId::parse(&error.about);
    // A refused configuration leaves a connection that speaks the wrong format in the wrong voice: of no use to anyone,
    // unless it can do without what was refused.
    let configuring = matches!(about, Some(EventId::Configure(_))) || error.param.starts_with("session");
    let kind = match kind_of(error) {
        FaultKind::Ours if configuring => FaultKind::Setting,
        kind => kind,
    };
    let field = short(&error.param);
    let code = if kind == FaultKind::Setting && !field.is_empty() { field } else { code_of(error) };
    let about = match about {
        Some(EventId::Request(no)) => Some(no),
        Some(EventId::Configure(_) | EventId::Append(_)) | None => None,
    };
    Fault { about, kind, code, closes: error.code == "session_expired" }
}

/// How a response ended.
pub fn response_end(status: &str, reason: &str, error: &ServerError) -> ResponseEnd {
    match status {
        // A status that is missing says no more than that the response is over.
        "completed" | "" => ResponseEnd::Completed,
        "cancelled" => ResponseEnd::Cancelled,
        "failed" => ResponseEnd::Failed { code: code_of(error), fatal: kind_of(error) == FaultKind::Fatal },
        "incomplete" if !reason.is_empty() => ResponseEnd::Incomplete(short(reason)),
        other => ResponseEnd::Incomplete(short(other)),
    }
}

fn kind_of(error: &ServerError) -> FaultKind {
    match error.code.as_str() {
        "conversation_already_has_active_response" => return FaultKind::ActiveResponse,
        "response_cancel_not_active"
        | "input_audio_buffer_commit_empty"
        | "item_truncate_invalid_item_id"
        | "item_delete_invalid_item_id"
        | "item_retrieve_invalid_item_id"
        | "invalid_tool_call_id"
        | "session_expired" => return FaultKind::Benign,
        "invalid_api_key" | "insufficient_quota" | "model_not_found" | "beta_api_shape_disabled" | "missing_model" => {
            return FaultKind::Fatal;
        }
        "server_error" | "rate_limit_exceeded" => return FaultKind::Server,
        _ => {}
    }
    if error.kind == "insufficient_quota" {
        return FaultKind::Fatal;
    }
    if error.kind == "server_error" {
        return FaultKind::Server;
    }
    // Truncations that come too late have been seen without a code, and with one that says nothing.
    if TRUNCATED_TOO_LATE.iter().any(|text| error.message.contains(text)) {
        return FaultKind::Benign;
    }
    FaultKind::Ours
}

const TRUNCATED_TOO_LATE: [&str; 2] = ["Only model output audio messages can be truncated", "is already shorter than"];

/// The error's code, or its type, in any case something.
pub fn code_of(error: &ServerError) -> String {
    let code = [&error.code, &error.kind].into_iter().find(|text| !text.is_empty());
    code.map_or_else(|| "unknown".to_owned(), |code| short(code))
}

/// A word of the server's, made fit for rows and logs.
pub fn short(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(CODE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
