//! Tests of `assistant`.
