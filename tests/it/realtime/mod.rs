//! Tests of `realtime`.
