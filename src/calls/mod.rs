//! The shell: one task per call performs what the core decides.
//!
//! It exists so that the core never waits: sockets, timers, the carrier's requests and the journal are driven from here.
//!
//! ```text
//! Switchboard (route) --commands--> Actor --owns--> Engine (session + transcoders) --actions--> Actor
//!    registry, tickets, capacity      |  polls both sockets' events, commands, receipts, one alarm
//!                                     +--queues--> writer task of the media socket, writer task of the model socket
//! ```

mod actor;
mod capacity;
mod clock;
mod drain;
mod engine;
mod opening;
mod records;
mod registry;
mod route;
mod settings;
mod sweep;
mod tickets;
mod turn;
mod writer;

pub use capacity::CallLimits;
pub use clock::{CallClock, Clock, Reading};
pub use drain::FAREWELL_WAIT;
pub use engine::{Action, Engine, RenderAnswer};
pub use opening::{facts, model_setup, new_call_id, policy, safety_id};
pub use route::Switchboard;
pub use settings::{CallsPorts, CallsSettings};
