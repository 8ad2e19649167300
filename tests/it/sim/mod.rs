//! The simulation from outside: its machines against small gateways, in virtual time and over sockets.

mod carrier_calls;
mod carrier_server;
