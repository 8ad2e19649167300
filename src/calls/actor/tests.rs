//! Tests of `actor`.
