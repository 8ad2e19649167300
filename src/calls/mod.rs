//! The shell: one task per call performs what the core decides.
//!
//! It exists so that the core never waits: sockets, timers, the carrier's requests and the journal are driven from here.
//!
//! ```text
//! Switchboard (route) --commands--> Actor --owns--> Engine (session + transcoders) --actions--> Actor
//!    registry, tickets, capacity      |  polls both sockets' events, commands, receipts, one alarm
//!    begin, sweep, answers            +--queues--> writer task of the media socket, writer task of the model socket
//!                                     +--desk----> one task for each carrier request; dials pass the choke point
//! ```

mod act;
mod actor;
mod answers;
mod begin;
mod capacity;
mod clock;
mod desk;
mod dials;
mod direct;
mod drain;
mod engine;
mod faults;
mod known;
mod legs;
mod opening;
mod progress;
mod records;
mod registry;
mod route;
mod rulebook;
mod settings;
mod sweep;
mod tickets;
mod turn;
mod whose;
mod writer;

pub use capacity::CallLimits;
pub use clock::{CallClock, Clock, Reading};
pub use drain::FAREWELL_WAIT;
pub use engine::{Action, Engine, RenderAnswer};
pub use opening::{Occasion, facts, model_setup, new_call_id, policy, safety_id};
pub use route::Switchboard;
pub use settings::{CallsPorts, CallsSettings};
