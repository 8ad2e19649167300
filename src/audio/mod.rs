//! The audio path: G.711, resampling, transcoding, levels and the local sentences. Pure.
