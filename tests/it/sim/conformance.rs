//! Runs the official-SDK checker over a recording.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Judges both directions of a recording. Without the checker's Python this says so and passes, but not in CI.
///
/// The Python is `$CONFORMANCE_PYTHON`, else the one of the virtual environment in `target/conformance`.
#[expect(clippy::print_stderr, reason = "says what was not checked")]
pub(crate) fn assert_conforms(recording: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python =
        std::env::var_os("CONFORMANCE_PYTHON").map_or_else(|| root.join("target/conformance/bin/python"), Into::into);
    if !python.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", python.display());
        eprintln!("not checked against the official SDK: {} is missing", python.display());
        return;
    }
    let mut checker = Command::new(python)
        .arg(root.join("tests/conformance/check_realtime_events.py"))
        .args(["--werror", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the checker starts");
    let mut input = checker.stdin.take().expect("it is piped");
    // The checker writes only after it has read everything.
    input.write_all(recording.as_bytes()).expect("the checker reads");
    drop(input);
    let output = checker.wait_with_output().expect("the checker ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
