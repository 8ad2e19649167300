//! A phone company, a model and callers in a box: pure machines, and servers around them.

pub mod clips;
pub mod model;
pub mod scenario;
pub mod server;
