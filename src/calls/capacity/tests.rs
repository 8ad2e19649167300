//! Tests of `capacity`.
