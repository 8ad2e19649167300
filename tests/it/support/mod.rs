//! Helpers that several tests share.

pub(crate) mod conformance;
pub(crate) mod postgres;
