//! Helpers that several tests share.

pub(crate) mod conformance;
pub(crate) mod eventually;
pub(crate) mod nobody;
pub(crate) mod postgres;
