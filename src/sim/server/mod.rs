//! The machines of the simulation behind real sockets, on loopback.

pub mod carrier;
