//! Tests of `calls`: the switchboard with every port faked, under tokio's paused clock.

mod audio_path;
mod capacity;
mod dial;
mod drain;
mod elsewhere;
mod ends;
mod failure;
mod fakes;
mod journal;
mod operators;
mod place;
mod resume;
mod ring;
mod stream;
mod support;
