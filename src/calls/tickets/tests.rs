//! Tests of `tickets`.
