//! Runs the official-SDK checker over a recording.

use crate::support::conformance;

/// Judges both directions of a recording, warnings included.
pub(crate) fn assert_conforms(recording: &str) {
    if let Some(output) = conformance::realtime(recording, &["--werror"]) {
        conformance::assert_content(&output);
    }
}
