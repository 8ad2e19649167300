//! Tests of `audio`.

mod chunks;
mod fixtures;
mod quality;
mod speech;
