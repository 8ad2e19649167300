//! Connections to the outside, with names, proxies and TLS, and not a packet beyond loopback.

mod connect;
pub(crate) mod ground;
mod proxies;
mod request;
