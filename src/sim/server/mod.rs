//! Loopback servers around the pure machines: the same phone company and the same model, over real sockets.
//!
//! Time comes from a clock that is passed in, tasks are owned by the servers and end with them.

pub mod carrier;
pub mod model;
