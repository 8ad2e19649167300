//! Tests of `twilio`.
