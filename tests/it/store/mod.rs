//! Tests of `store`: one contract for both databases, and a journal whose databases go away.

#![allow(clippy::unwrap_used, reason = "tests")]

mod contract;
mod given;
mod journal;
mod outage;
mod schema;
