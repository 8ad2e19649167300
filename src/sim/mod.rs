//! A phone company, a model and callers in a box: pure machines, and servers around them.

pub mod caller;
pub mod carrier;
pub mod clips;
pub mod clock;
pub mod model;
pub mod scenario;
pub mod server;
pub mod world;
