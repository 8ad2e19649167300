//! Whole calls over real sockets, with databases and processes that die. Slower than the rest, and not simulated.

mod child;
mod database_down;
mod ground;
mod outside;
mod sockets;
mod sqlite_kill;
mod stored;
mod twenty_calls;
