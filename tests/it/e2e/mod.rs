//! Whole calls over real sockets, with databases and processes that die. Slower than the rest, and not simulated.

mod ground;
mod sockets;
mod twenty_calls;
