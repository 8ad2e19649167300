//! Loopback servers around the pure machines of `sim`: real sockets, real time.

pub mod model;
