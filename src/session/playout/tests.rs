//! Tests of the play-out.
