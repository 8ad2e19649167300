//! A webhook's form, decoded.
//!
//! Every pair is kept for the signature, because Twilio adds parameters without notice and signs them all.

use crate::types::{AccountId, LegId};

/// Parameters that decide what is done: given twice with different values, nobody knows which one counts.
const DECISIVE: [&str; 15] = [
    "CallSid",
    "AccountSid",
    "From",
    "To",
    "Digits",
    "CallStatus",
    "AnsweredBy",
    "DialCallStatus",
    "DialBridged",
    "StatusCallbackEvent",
    "FriendlyName",
    "RecordingSid",
    "RecordingUrl",
    "RecordingStatus",
    "RecordingDuration",
];

/// Parameters that Twilio sends with one request and not with the next, and that decide what is done.
const ONCE: [&str; 7] =
    ["Digits", "AnsweredBy", "DialCallStatus", "DialBridged", "RecordingSid", "RecordingUrl", "RecordingDuration"];

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

    /// Adds what an earlier request about the same question said, from the query of a URL that we wrote. What this
    /// request says itself counts.
    pub fn recall(&mut self, query: &str) {
        let Ok(earlier) = Self::parse(query.as_bytes()) else { return };
        let earlier = earlier.0.into_iter().filter(|(name, _)| ONCE.contains(&name.as_str()));
        let missing: Vec<_> = earlier.filter(|(name, _)| self.first(name).is_none()).collect();
        self.0.extend(missing);
    }

    /// What a question that is asked again must carry.
    pub fn once(&self) -> impl Iterator<Item = (&str, &str)> {
        ONCE.into_iter().filter_map(|name| Some((name, self.first(name)?)))
    }

    /// The account; `Ok(None)` if Twilio does not say.
    pub fn account(&self) -> Result<Option<AccountId>, BadForm> {
        self.first("AccountSid").map(|text| text.parse().map_err(|_| BadForm::Field("AccountSid"))).transpose()
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Fails if there is one without the shape of one.
    pub(super) fn leg_if_any(&self) -> Result<(), BadForm> {
        if self.first("CallSid").is_some() { self.leg().map(drop) } else { Ok(()) }
    }

    pub(super) fn leg(&self) -> Result<LegId, BadForm> {
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

#[cfg(test)]
mod tests;
