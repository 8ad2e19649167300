//! Twilio's webhooks as typed requests: each is read once, here.
//!
//! This file reads those about callers' legs and streams; `transfer` reads those about operators, rooms and messages.

pub mod form;
pub mod transfer;

use std::borrow::Cow;

use crate::ports::door::{Guess, Ring};
use crate::session::input::LegStatus;
use crate::twilio::paths;
use crate::types::{Address, Caller, LegId, PhoneNumber, StreamId};

pub use form::{BadForm, Form};

/// What Twilio writes into `From` when the caller's number is withheld: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and
/// UNAVAILABLE, spelled on a telephone's keys. They look like numbers and are none.
const WITHHELD: [&str; 5] = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"];

/// `POST /twilio/voice`: a call comes in.
pub fn voice(form: &Form) -> Result<Ring, BadForm> {
    let address = |name| Address::parse(form.first(name).unwrap_or_default());
    let from = address("From");
    let caller = |bare_counts: bool| match &from {
        Address::Number(number) => known(number),
        Address::Bare(number) if bare_counts => known(number),
        Address::Bare(_) | Address::Other => Caller::Withheld,
    };
    let (dialled, guess) = match address("To") {
        Address::Number(number) => (Some(number), None),
        Address::Bare(number) => (None, Some(Guess { dialled: number, caller: caller(true) })),
        Address::Other => (None, None),
    };
    Ok(Ring { leg: form.leg()?, caller: caller(false), dialled, guess })
}

fn known(number: &PhoneNumber) -> Caller {
    if WITHHELD.contains(&number.e164()) { Caller::Withheld } else { Caller::Number(number.clone()) }
}

/// `POST /twilio/after-stream`: the caller is there, the stream is not.
pub fn after_stream(form: &Form) -> Result<LegId, BadForm> {
    form.leg()
}

/// `POST /twilio/status`: a leg made progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    pub leg: LegId,
    /// `None`: a word that we do not know.
    pub status: Option<LegStatus>,
    /// Orders callbacks of one leg; not every callback has it.
    pub sequence: Option<u32>,
}

/// Reads a status callback; a word that we do not know is not an error.
pub fn status(form: &Form) -> Result<Progress, BadForm> {
    let word = form.first("CallStatus").ok_or(BadForm::Field("CallStatus"))?;
    let sequence = form.first("SequenceNumber").and_then(|text| text.parse().ok());
    Ok(Progress { leg: form.leg()?, status: leg_status(word), sequence })
}

/// Twilio's words for the progress of a call, in webhooks and REST alike.
pub fn leg_status(word: &str) -> Option<LegStatus> {
    Some(match word {
        "queued" => LegStatus::Queued,
        "initiated" => LegStatus::Initiated,
        "ringing" => LegStatus::Ringing,
        "in-progress" | "answered" => LegStatus::InProgress,
        "completed" => LegStatus::Completed,
        "busy" => LegStatus::Busy,
        "no-answer" => LegStatus::NoAnswer,
        "failed" => LegStatus::Failed,
        "canceled" => LegStatus::Canceled,
        _ => return None,
    })
}

/// `POST /twilio/stream-status`: a stream made progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamProgress {
    pub leg: LegId,
    pub stream: StreamId,
    /// It stopped or failed.
    pub ended: bool,
    /// What Twilio says went wrong, shortened.
    pub error: Option<String>,
}

/// Reads a stream callback.
pub fn stream_status(form: &Form) -> Result<StreamProgress, BadForm> {
    let stream = form.first("StreamSid").and_then(|text| text.parse().ok()).ok_or(BadForm::Field("StreamSid"))?;
    let ended = matches!(form.first("StreamEvent"), Some("stream-stopped" | "stream-error"));
    let error = form.first("StreamError").filter(|text| !text.is_empty()).map(|text| shortened(text).into_owned());
    Ok(StreamProgress { leg: form.leg()?, stream, ended, error })
}

/// `POST /twilio/fallback`: an answer of ours could not be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fallback {
    pub leg: LegId,
    pub code: Option<u32>,
    /// It was about the call's first document.
    pub of_ring: bool,
}

/// Reads a fallback request; its error code is for the log.
pub fn fallback(form: &Form) -> Result<Fallback, BadForm> {
    let code = form.first("ErrorCode").and_then(|text| text.parse().ok());
    let path = form.first("ErrorUrl").unwrap_or_default().split('?').next().unwrap_or_default();
    let of_ring = path.ends_with(paths::VOICE) || path.contains(paths::VOICE_AGAIN_PREFIX);
    Ok(Fallback { leg: form.leg()?, code, of_ring })
}

/// At most 200 characters, for a log line.
fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(200) {
        Some((end, _)) => Cow::Owned(format!("{}...", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests;
