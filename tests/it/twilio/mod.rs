//! Tests of `twilio`: over real loopback sockets, with a door that records what it is asked.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests; clippy exempts only the test functions")]

mod documents;
mod doors;
mod media;
mod media_abuse;
mod patience;
mod rest;
mod signatures;
pub(crate) mod support;
mod transfers;
mod webhooks;
