//! Tests of the core, through a small world: a phone that plays in real time, and a model that is spoken for.

mod barge_in;
mod endings;
mod last_words;
mod moments;
mod opening;
mod people;
mod quiet;
mod response_ends;
mod rig;
mod taken_up;
mod transcribing;
mod turns;
