//! Tests of `opening`.
