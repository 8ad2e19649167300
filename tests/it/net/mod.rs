//! Connections to the outside, with names, proxies and TLS, and not a packet beyond loopback.

#![expect(clippy::unwrap_used, reason = "tests, and their helpers")]

mod connect;
pub(crate) mod ground;
mod proxies;
mod request;
