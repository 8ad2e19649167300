//! Whole calls over real sockets, with databases and processes that die. Slower than the rest, and not simulated.

#![expect(clippy::unwrap_used, reason = "tests, and their helpers")]

mod child;
mod connections;
mod database_down;
mod doors;
mod doorstep;
mod empty_environment;
mod faults;
mod full_disk;
mod ground;
mod hostile;
mod hostile_people;
mod key_watch;
mod knock;
mod log_gone;
mod outside;
mod read_only;
mod readme;
mod signatures;
mod sockets;
mod sqlite_kill;
mod staff;
mod stored;
mod transfer_kill;
mod transfers;
mod twenty_calls;
mod two_processes;
mod ward;
