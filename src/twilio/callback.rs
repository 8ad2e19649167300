//! Twilio's webhooks as typed requests: the form is parsed once, here.
//!
//! Every pair is kept for the signature, because Twilio adds parameters without notice and signs them all.

use std::borrow::Cow;

use crate::ports::door::Ring;
use crate::session::input::LegStatus;
use crate::types::{AccountId, Caller, LegId, PhoneNumber, StreamId};

/// Parameters that decide what is done: given twice with different values, nobody knows which one counts.
const DECISIVE: [&str; 5] = ["CallSid", "AccountSid", "From", "To", "Digits"];

/// What Twilio writes into `From` when the caller's number is withheld: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and
/// UNAVAILABLE, spelled on a telephone's keys. They look like numbers and are none.
const WITHHELD: [&str; 5] = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"];

/// A form that is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadForm {
    #[error("the form is not UTF-8")]
    NotText,
    /// A decisive parameter has two values.
    #[error("{0} is given with different values")]
    Repeated(&'static str),
    #[error("{0} is missing or malformed")]
    Field(&'static str),
}

/// All parameters of a webhook, decoded, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Decodes `application/x-www-form-urlencoded`; refuses decisive parameters that contradict themselves.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let parts = body.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let cut = part.iter().position(|byte| *byte == b'=');
            let (name, value) = cut.map_or((part, &part[part.len()..]), |at| (&part[..at], &part[at + 1..]));
            Ok((decode(name)?, decode(value)?))
        });
        let form = Self(pairs.collect::<Result<_, BadForm>>()?);
        for name in DECISIVE {
            let mut values = form.values(name);
            if let Some(first) = values.next()
                && values.any(|other| other != first)
            {
                return Err(BadForm::Repeated(name));
            }
        }
        Ok(form)
    }

    /// Every pair, for the signature.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The account; `Ok(None)` if Twilio does not say.
    pub fn account(&self) -> Result<Option<AccountId>, BadForm> {
        self.first("AccountSid").map(|text| text.parse().map_err(|_| BadForm::Field("AccountSid"))).transpose()
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn leg(&self) -> Result<LegId, BadForm> {
        self.first("CallSid").and_then(|text| text.parse().ok()).ok_or(BadForm::Field("CallSid"))
    }
}

/// `+` is a space, `%XX` a byte; a stray `%` stands for itself.
fn decode(text: &[u8]) -> Result<String, BadForm> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match hex_pair(tail) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).map_err(|_| BadForm::NotText)
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (high, low) = (digit(*text.first()?)?, digit(*text.get(1)?)?);
    Some((high * 16 + low) as u8)
}

/// `POST /twilio/voice`: a call comes in.
pub fn voice(form: &Form) -> Result<Ring, BadForm> {
    let from = form.first("From").unwrap_or_default();
    let caller = if WITHHELD.contains(&from.trim()) { Caller::Withheld } else { Caller::parse(from) };
    let dialled: Option<PhoneNumber> = form.first("To").and_then(|text| text.trim().parse().ok());
    Ok(Ring { leg: form.leg()?, caller, dialled })
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
}

/// Reads a fallback request; its error code is for the log.
pub fn fallback(form: &Form) -> Result<Fallback, BadForm> {
    let code = form.first("ErrorCode").and_then(|text| text.parse().ok());
    Ok(Fallback { leg: form.leg()?, code })
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
