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

/// Parameters of one webhook; Twilio's have some 40, and every one of them is sorted and hashed.
const PARAMETERS_MAX: usize = 256;

/// A form that is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadForm {
    #[error("more than {PARAMETERS_MAX} parameters")]
    TooMany,
    /// A decisive parameter has two values.
    #[error("{0} is given with different values")]
    Repeated(&'static str),
    #[error("{0} is missing or malformed")]
    Field(&'static str),
}

/// All parameters of a webhook, decoded, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Form {
    /// As they were sent, for the signature.
    bytes: Vec<(Vec<u8>, Vec<u8>)>,
    /// As they are read. A caller's name or a header from somewhere may be no UTF-8: what cannot be read is replaced, and
    /// the call goes on.
    texts: Vec<(String, String)>,
}

impl Form {
    /// Decodes `application/x-www-form-urlencoded`; refuses decisive parameters that contradict themselves.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let parts = body.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
        if parts.clone().nth(PARAMETERS_MAX).is_some() {
            return Err(BadForm::TooMany);
        }
        let pairs = parts.map(|part| {
            let cut = part.iter().position(|byte| *byte == b'=');
            let (name, value) = cut.map_or((part, &part[part.len()..]), |at| (&part[..at], &part[at + 1..]));
            (decode(name), decode(value))
        });
        let bytes: Vec<(Vec<u8>, Vec<u8>)> = pairs.collect();
        for name in DECISIVE {
            let mut values = bytes.iter().filter(|(key, _)| key == name.as_bytes()).map(|(_, value)| value);
            if let Some(first) = values.next()
                && values.any(|other| other != first)
            {
                return Err(BadForm::Repeated(name));
            }
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let texts = bytes.iter().map(|(name, value)| (text(name), text(value))).collect();
        Ok(Self { bytes, texts })
    }

    /// Every pair, for the signature.
    pub fn pairs(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.bytes
    }

    /// Adds what an earlier request about the same question said, from the query of a URL that we wrote. What this
    /// request says itself counts.
    pub fn recall(&mut self, query: &str) {
        let Ok(earlier) = Self::parse(query.as_bytes()) else { return };
        let earlier = earlier.texts.into_iter().filter(|(name, _)| ONCE.contains(&name.as_str()));
        let missing: Vec<_> = earlier.filter(|(name, _)| self.first(name).is_none()).collect();
        self.texts.extend(missing);
    }

    /// What a question that is asked again must carry.
    pub fn once(&self) -> impl Iterator<Item = (&str, &str)> {
        ONCE.into_iter().filter_map(|name| Some((name, self.first(name)?)))
    }

    /// The account; `Ok(None)` if Twilio does not say.
    pub fn account(&self) -> Result<Option<AccountId>, BadForm> {
        self.first("AccountSid").map(|text| text.parse().map_err(|_| BadForm::Field("AccountSid"))).transpose()
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
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
fn decode(text: &[u8]) -> Vec<u8> {
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
    bytes
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (high, low) = (digit(*text.first()?)?, digit(*text.get(1)?)?);
    Some((high * 16 + low) as u8)
}

#[cfg(test)]
mod tests;
