//! Switchboard: a telephony gateway that lets an AI assistant answer a phone line.
//!
//! A call is a pure state machine (`session`) with a thin async shell (`calls`). Adapters translate: `twilio` for the
//! carrier, `realtime` for the model, `store` for the database, `http` for staff; `net` makes connections. `sim` is a
//! phone company and a model in a box. `app` puts them together and is the only place that names them all. Layers,
//! lowest first:
//!
//! ```text
//! 0 types   1 audio safety dialling net telemetry auth   2 session config   3 ports assistant   4 twilio realtime store   5 calls
//! 6 http sim   7 app cli main
//! ```
//!
//! A module may import lower layers only, and adapters never import each other; `tests/it/tidy.rs` keeps it so.

pub mod app;
pub mod assistant;
pub mod audio;
pub mod auth;
pub mod calls;
pub mod cli;
pub mod config;
pub mod dialling;
pub mod http;
pub mod net;
pub mod ports;
pub mod realtime;
pub mod safety;
pub mod session;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod twilio;
pub mod types;
