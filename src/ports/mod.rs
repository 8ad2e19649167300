//! What the outside must provide, and what the outside may ask: traits and the values that cross them.
//!
//! Adapters implement these and never import each other or `calls`; `calls` uses these and never imports an adapter.

pub mod carrier;
pub mod door;
pub mod keys;
pub mod link;
pub mod media;
pub mod mint;
pub mod model;
pub mod sessions;
pub mod store;
