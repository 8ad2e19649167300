//! Tests of `sim`.

mod conformance;
mod model;
mod model_faults;
mod model_server;
mod model_strict;
mod scenario;
mod talk;
