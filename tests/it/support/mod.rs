//! Helpers that several tests share.

pub(crate) mod conformance;
pub(crate) mod eventually;
pub(crate) mod latency;
pub(crate) mod nobody;
pub(crate) mod postgres;
pub(crate) mod small_disk;
