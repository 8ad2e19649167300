//! Whether a request comes from Twilio: the `X-Twilio-Signature` header.
//!
//! Twilio signs the URL that it called plus every decoded form parameter. A signature has no time in it, so a valid
//! one can be replayed; who takes the request must make that harmless.

use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::twilio::TwilioSettings;
use crate::twilio::origin::Origin;
use crate::types::Secret;

const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");
/// Announces a SharedKey (public beta): `key=<id>,algorithm=HMAC_SHA256`.
const SETTINGS: HeaderName = HeaderName::from_static("x-twilio-webhooks-signature-settings");
/// The query parameter that binds a JSON body to the signed URL.
const BODY_HASH: &str = "bodySHA256";

/// Characters of a signature in base64; the last of each is padding.
const SHA1_CHARS: usize = 28;
const SHA256_CHARS: usize = 44;

/// Why a request is not Twilio's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Nobody can be checked: no secret is configured, and checking is on.
    #[error("no signing secret is configured")]
    NotConfigured,
    #[error("no signature, or more than one")]
    Missing,
    /// It was not made by any of the two hashes.
    #[error("a signature that is none")]
    Malformed,
    #[error("a shared key or algorithm that is not configured")]
    UnknownKey,
    #[error("the signature does not match")]
    Mismatch,
    #[error("the body does not have the hash in the URL")]
    BodyHash,
    /// Twilio drops the query of a stream's URL, so an upgrade that has one is not its own.
    #[error("a query on the stream's URL")]
    Query,
}

impl Refused {
    /// For metrics and logs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::Mismatch => "mismatch",
            Self::BodyHash => "body_hash",
            Self::Query => "query",
        }
    }
}

/// Checks signatures against the configured secrets and our own public URLs.
pub struct Verifier {
    origin: Origin,
    tokens: Vec<Secret>,
    shared_keys: Vec<(String, Secret)>,
    validate: bool,
}

impl Verifier {
    /// `origin` is the only source of the URLs that may have been signed.
    pub fn new(origin: Origin, settings: &TwilioSettings) -> Self {
        Self {
            origin,
            tokens: settings.tokens.clone(),
            shared_keys: settings.shared_keys.clone(),
            validate: settings.validate,
        }
    }

    /// Whether any request can be accepted at all.
    pub fn is_ready(&self) -> bool {
        !self.validate || !self.tokens.is_empty() || !self.shared_keys.is_empty()
    }

    /// Whether the headers leave it possible that this is signed. Costs nothing, so it comes before the body is read.
    pub fn might_be_signed(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if !self.validate {
            return Ok(());
        }
        if !self.is_ready() {
            return Err(Refused::NotConfigured);
        }
        let given = only_one(headers, &SIGNATURE).ok_or(Refused::Missing)?;
        let chars = if has_settings(headers) { SHA256_CHARS } else { SHA1_CHARS };
        let legal = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let is_one = matches!(given, [digits @ .., b'='] if digits.len() + 1 == chars && digits.iter().all(legal));
        if is_one { Ok(()) } else { Err(Refused::Malformed) }
    }

    /// The URL that a request to this path is checked with, for whoever must find out why it does not match.
    pub fn hashed(&self, path: &str, is_stream: bool) -> String {
        if is_stream { self.origin.socket(path) } else { self.origin.http(path) }
    }

    /// A form POST. `target` is the raw path and query; `pairs` are all decoded parameters, unknown ones too, as bytes:
    /// not everything that a phone company passes on is UTF-8.
    pub fn form<T: AsRef<[u8]>>(&self, target: &str, headers: &HeaderMap, pairs: &[(T, T)]) -> Result<(), Refused> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        self.check(headers, &self.origin.signed_http(target), pairs)
    }

    /// A plain GET.
    pub fn get(&self, target: &str, headers: &HeaderMap) -> Result<(), Refused> {
        self.check(headers, &self.origin.signed_http(target), Vec::new())
    }

    /// A JSON POST: the URL carries the hash of the raw body.
    pub fn json(&self, target: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        if self.validate && !has_body_hash(target, body) {
            return Err(Refused::BodyHash);
        }
        self.check(headers, &self.origin.signed_http(target), Vec::new())
    }

    /// The upgrade of a media stream's socket.
    pub fn upgrade(&self, target: &str, headers: &HeaderMap) -> Result<(), Refused> {
        if target.contains('?') {
            return Err(Refused::Query);
        }
        self.check(headers, &self.origin.signed_socket(target), Vec::new())
    }

    fn check(&self, headers: &HeaderMap, urls: &[String], pairs: Vec<Pair<'_>>) -> Result<(), Refused> {
        self.might_be_signed(headers)?;
        if !self.validate {
            return Ok(());
        }
        let given = only_one(headers, &SIGNATURE).ok_or(Refused::Missing)?;
        let pairs = canonical(pairs);
        if has_settings(headers) {
            let secret = self.shared_key(headers)?;
            let hit = any_of(urls.iter().map(|url| matches::<Hmac<Sha256>>(secret, url, &pairs, given)));
            return if hit { Ok(()) } else { Err(Refused::Mismatch) };
        }
        // Every token is tried on every URL, whichever of them matches, so that time tells nothing.
        let hits: Vec<bool> = self
            .tokens
            .iter()
            .map(|token| any_of(urls.iter().map(|url| matches::<Hmac<Sha1>>(token, url, &pairs, given))))
            .collect();
        match hits.iter().position(|hit| *hit) {
            Some(0) => Ok(()),
            Some(nth) => {
                tracing::debug!(token = nth + 1, "a request is signed with a token that is not the first");
                Ok(())
            }
            None => Err(Refused::Mismatch),
        }
    }

    /// The secret that the settings header names.
    fn shared_key(&self, headers: &HeaderMap) -> Result<&Secret, Refused> {
        let settings = only_one(headers, &SETTINGS).ok_or(Refused::UnknownKey)?;
        let settings = std::str::from_utf8(settings).map_err(|_| Refused::UnknownKey)?;
        let (mut key, mut algorithm) = (None, None);
        for part in settings.split(',') {
            let slot = match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some(("key", value)) => key.replace(value),
                Some(("algorithm", value)) => algorithm.replace(value),
                _ => None,
            };
            if slot.is_some() {
                return Err(Refused::UnknownKey);
            }
        }
        let (Some(key), Some("HMAC_SHA256")) = (key, algorithm) else {
            return Err(Refused::UnknownKey);
        };
        self.shared_keys.iter().find(|(id, _)| id == key).map(|(_, secret)| secret).ok_or(Refused::UnknownKey)
    }
}

/// A parameter, decoded.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// Parameters in byte order of name, then value; equal ones once.
fn canonical(mut pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The request is signed with a SharedKey.
fn has_settings(headers: &HeaderMap) -> bool {
    headers.get_all(&SETTINGS).iter().any(|value| !value.is_empty())
}

/// Compares in constant time the base64 text that we would have sent with the one that came.
fn matches<M: Mac + KeyInit>(secret: &Secret, url: &str, pairs: &[Pair<'_>], given: &[u8]) -> Choice {
    let mut mac = <M as KeyInit>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in pairs {
        mac.update(name);
        mac.update(value);
    }
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    expected.as_bytes().ct_eq(given)
}

fn any_of(choices: impl Iterator<Item = Choice>) -> bool {
    choices.fold(Choice::from(0), |all, one| all | one).into()
}

/// The header's value if there is exactly one.
fn only_one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.as_bytes())
}

/// Whether the query names the SHA-256 of this body, exactly once.
fn has_body_hash(target: &str, body: &[u8]) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let mut hashes = query.split('&').filter_map(|part| part.strip_prefix(BODY_HASH)?.strip_prefix('='));
    let (Some(given), None) = (hashes.next(), hashes.next()) else {
        return false;
    };
    let expected: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests;
