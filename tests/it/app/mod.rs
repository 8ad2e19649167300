//! The whole gateway over real sockets.

mod scenarios;
