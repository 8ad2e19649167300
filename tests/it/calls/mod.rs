//! Tests of `calls`: the switchboard with every port faked, under tokio's paused clock.

mod audio_path;
mod capacity;
mod drain;
mod failure;
mod ring;
mod stream;
mod support;
mod sweep;
