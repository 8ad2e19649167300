//! Tests of `session`.

mod field;
