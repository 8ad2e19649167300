//! Tests of `twilio`: over real loopback sockets, with a door that records what it is asked.

mod documents;
mod media;
mod media_abuse;
mod rest;
mod signatures;
mod support;
mod webhooks;
