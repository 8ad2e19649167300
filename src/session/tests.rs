//! Tests of the core, through a small world.
