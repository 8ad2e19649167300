//! Helpers that several tests share.

pub mod conformance;
pub mod postgres;
