//! The simulation from outside: its machines against small counterparts, in virtual time and over sockets.

mod carrier_calls;
mod carrier_server;
mod carrier_world;
mod conformance;
mod model;
mod model_faults;
mod model_server;
mod model_strict;
#[cfg(feature = "plant")]
mod plants;
mod scenario;
mod talk;
mod transfers;
mod transfers_hostile;
mod transfers_races;
mod world;
