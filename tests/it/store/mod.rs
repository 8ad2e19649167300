//! Tests of `store`: one contract for both databases, and a journal whose databases go away.

mod contract;
mod given;
mod journal;
mod outage;
mod schema;
