//! The audio path: G.711, resampling, transcoding, levels and the local sentences.
//!
//! Pure and synchronous: bytes in, bytes out, so that the same code runs in a call, in virtual time and in a benchmark.

pub mod gaps;
pub mod level;
pub mod mulaw;
pub mod prompts;
pub mod resample;
pub mod transcode;

pub use gaps::{Arrival, Gaps};
pub use transcode::{Downlink, Uplink};
