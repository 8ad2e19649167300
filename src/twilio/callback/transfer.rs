//! Webhooks about bringing a person in: operators' legs, rooms, detection, messages.
//!
//! Which call and attempt one is about is in its path. Words that we do not know are no errors: Twilio adds some
//! without notice.

use std::time::Duration;

use crate::session::input::{CarrierInput, Question, RoomEvent};
use crate::twilio::callback::form::{BadForm, Form};
use crate::types::{AnsweredBy, AttemptId, CallId, LegId};

/// Longest recording that is believed; what is longer is a mistake of the sender.
const RECORDING_SECS_MAX: u64 = 24 * 3600;

/// `answer`: an operator's leg was answered.
pub fn operator_answered(form: &Form, attempt: AttemptId) -> Result<Question, BadForm> {
    Ok(Question::OperatorAnswered { attempt: attempt.no, leg: form.leg()?, by: answered_by(form) })
}

/// `key/{step}`: a key, or none in time.
pub fn operator_key(form: &Form, attempt: AttemptId, step: u32) -> Result<Question, BadForm> {
    let key = form.first("Digits").and_then(|digits| digits.trim().chars().next());
    let key = key.filter(|key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D'));
    Ok(Question::OperatorKey { attempt: attempt.no, leg: form.leg()?, step, key })
}

/// `operator-done`: the operator's part in the room is over.
pub fn operator_done(form: &Form, attempt: AttemptId) -> Result<Question, BadForm> {
    let was_in_room = matches!(form.first("DialCallStatus"), Some("answered" | "completed"));
    let parted = was_in_room && form.first("CallStatus") == Some("in-progress");
    Ok(Question::OperatorDone { attempt: attempt.no, leg: form.leg()?, parted })
}

/// `caller-done`: the caller's part in the room, or the cold transfer, is over.
pub fn caller_done(form: &Form, attempt: AttemptId) -> Result<(LegId, Question), BadForm> {
    let ended = form.first("CallStatus") == Some("completed");
    Ok((form.leg()?, Question::CallerDone { attempt: attempt.no, bridged: bridged(form), ended }))
}

/// Whether the cold transfer joined two people, if it was one: after a room Twilio says `answered` and no more.
fn bridged(form: &Form) -> Option<bool> {
    match (form.first("DialCallStatus"), form.first("DialBridged")) {
        (Some("completed"), Some("true")) => Some(true),
        (Some("completed"), Some("false")) | (Some("busy" | "no-answer" | "failed" | "canceled"), _) => Some(false),
        (_, _) => None,
    }
}

/// The party of an outbound call picked up.
pub fn outbound_answered(form: &Form) -> Result<Question, BadForm> {
    Ok(Question::OutboundAnswered { leg: form.leg()? })
}

/// `conference`: a room reports. `None`: nothing that we act on, or the room of another call.
pub fn room_event(form: &Form, call: CallId) -> Result<Option<RoomEvent>, BadForm> {
    form.leg_if_any()?;
    let ours = format!("xfer-{call}-");
    if form.first("FriendlyName").is_some_and(|name| !name.starts_with(&ours)) {
        return Ok(None);
    }
    Ok(Some(match form.first("StatusCallbackEvent") {
        Some("conference-start") => RoomEvent::Started,
        Some("conference-end") => RoomEvent::Ended,
        Some("participant-join") => RoomEvent::Joined(form.leg()?),
        Some("participant-leave") => RoomEvent::Left(form.leg()?),
        _ => return Ok(None),
    }))
}

/// `amd`: detection has come to a result.
pub fn picked_up(form: &Form) -> Result<AnsweredBy, BadForm> {
    form.leg()?;
    Ok(answered_by(form))
}

/// Who picked up, in the words of either kind of detection; everything else is unknown, and counts as a person.
fn answered_by(form: &Form) -> AnsweredBy {
    match form.first("AnsweredBy") {
        Some("human") => AnsweredBy::Human,
        Some("machine_start") => AnsweredBy::Machine,
        Some("machine_end_beep" | "machine_end_silence" | "machine_end_other") => AnsweredBy::MachineReady,
        Some("fax") => AnsweredBy::Fax,
        _ => AnsweredBy::Unknown,
    }
}

/// `POST /twilio/voicemail/{call}/done`: the caller has finished the message.
pub fn voicemail_done(form: &Form) -> Result<(LegId, Question), BadForm> {
    let question = Question::VoicemailDone { recording: recording(form), duration: duration(form) };
    Ok((form.leg()?, question))
}

/// `POST /twilio/voicemail/{call}/recording`: the recording is ready, or came to nothing (then its name is empty).
/// `None`: it is still being made.
pub fn recorded(form: &Form) -> Result<Option<CarrierInput>, BadForm> {
    form.leg_if_any()?;
    let (recording, duration) = match form.first("RecordingStatus") {
        Some("completed") | None => (recording(form), duration(form)),
        Some("absent" | "failed") => (String::new(), Duration::ZERO),
        Some(_) => return Ok(None),
    };
    Ok(Some(CarrierInput::Recorded { recording, duration }))
}

/// The recording's name: given, or the end of its URL; empty if neither has its shape.
fn recording(form: &Form) -> String {
    let url = form.first("RecordingUrl").unwrap_or_default();
    let last = url.rsplit('/').next().unwrap_or_default();
    let names = [form.first("RecordingSid").unwrap_or_default(), last];
    names.into_iter().find(|name| is_recording(name)).unwrap_or_default().to_owned()
}

fn is_recording(name: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    name.len() == 34 && name.starts_with("RE") && name.bytes().skip(2).all(hex)
}

fn duration(form: &Form) -> Duration {
    let secs = form.first("RecordingDuration").and_then(|text| text.parse().ok()).unwrap_or(0);
    Duration::from_secs(u64::min(secs, RECORDING_SECS_MAX))
}

#[cfg(test)]
mod tests;
