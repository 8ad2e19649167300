//! API keys: made, hashed, compared, read from a header. Pure.
//!
//! A key has 256 random bits, so one round of SHA-256 keeps it: there is nothing to guess and nothing to slow down. One
//! that somebody chose has at least sixteen characters, and `http` bounds how often wrong ones are tried.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::types::Secret;

/// Marks a key as ours, so that scanners for leaked secrets can find it.
const KEY_PREFIX: &str = "sb_";
const KEY_BYTES: usize = 32;

/// No key is longer, so nothing longer is hashed.
const BEARER_CHARS_MAX: usize = 256;

/// The name under which the first key is stored.
pub const ADMIN_KEY_NAME: &str = "admin";

/// The operating system gives no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness;

/// Makes a key: `sb_` and 64 hex digits.
pub fn generate_key() -> Result<Secret, NoRandomness> {
    let mut bytes = [0_u8; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(Secret::new(format!("{KEY_PREFIX}{}", hex(&bytes))))
}

/// What is stored of a key: SHA-256 in lower-case hex.
pub fn hash_key(key: &str) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

/// Compares in time that depends on the lengths only.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The key in an `Authorization` header, if it has the shape of one. The scheme's case does not matter.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    let key = key.trim();
    let shaped = !key.is_empty() && key.len() <= BEARER_CHARS_MAX && key.bytes().all(|b| b.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && shaped).then_some(key)
}

/// What became of the administrator's key at start.
#[derive(Clone)]
pub enum FirstKey {
    /// There are keys and none is configured: nothing was done.
    Kept,
    /// The configured key counts, and no other of its name.
    Configured(Secret),
    /// There was no key at all: this one was made, and it is the only time that it can be shown.
    Made(Secret),
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
