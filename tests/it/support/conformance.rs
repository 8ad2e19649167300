//! Runs the checkers in `tests/conformance/`, which are built on the official SDKs.
//!
//! They need a Python with `tests/conformance/requirements.txt`. Without one a test is skipped and says so past the
//! test runner's capture; in CI (`CI=true`) that is a failure, because a check that never runs proves nothing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Names the interpreter if it is not the one in `target/conformance`.
const PYTHON_VARIABLE: &str = "SWITCHBOARD_CONFORMANCE_PYTHON";

/// The official OpenAPI file, made stricter; too large for the repository, so it lies beside it.
const REST_SPEC: &str = "../shared/conformance/data/twilio_api_v2010.calls.strict.json";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the checkers, for Python's `sys.path`.
pub(crate) fn folder() -> PathBuf {
    root().join("tests/conformance")
}

/// Where tests may put files for a checker.
pub(crate) fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The OpenAPI file, if it is there.
pub(crate) fn rest_spec() -> Option<PathBuf> {
    let path = root().join(REST_SPEC);
    if path.exists() {
        return Some(path);
    }
    missing(&format!("the OpenAPI file {REST_SPEC}"))
}

/// Runs a checker; `None` if there is no Python for it.
pub(crate) fn run(script: &str, arguments: &[&str]) -> Option<Output> {
    let script = folder().join(script);
    let mut all = vec![script.to_str().expect("the repository's path is UTF-8")];
    all.extend(arguments);
    python(&all, b"")
}

/// Judges a recording of the model's connection (JSONL); `options` as the checker spells them.
pub(crate) fn realtime(recording: &str, options: &[&str]) -> Option<Output> {
    let script = folder().join("check_realtime_events.py");
    let mut all = vec![script.to_str().expect("the repository's path is UTF-8")];
    all.extend(options);
    all.push("-");
    python(&all, recording.as_bytes())
}

/// Runs Python itself.
pub(crate) fn python(arguments: &[&str], input: &[u8]) -> Option<Output> {
    let mut child = Command::new(interpreter()?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input).expect("Python reads");
    drop(stdin);
    Some(child.wait_with_output().expect("Python ends"))
}

/// Panics with everything that the checker said unless it is content.
pub(crate) fn assert_content(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}{err}", output.status);
}

fn interpreter() -> Option<PathBuf> {
    let built = root().join("target/conformance/bin/python");
    if built.exists() {
        return Some(built);
    }
    match std::env::var_os(PYTHON_VARIABLE) {
        Some(path) => Some(path.into()),
        None => missing(&format!("a Python at target/conformance/bin/python or named by {PYTHON_VARIABLE}")),
    }
}

fn missing<T>(what: &str) -> Option<T> {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs {what}");
    // Straight to the file: the test runner would swallow a print.
    let _ = writeln!(std::io::stderr(), "SKIPPED a conformance check: {what} is not there");
    None
}

#[test]
fn each_checker_proves_that_it_can_fail() {
    for (script, option) in [
        ("check_twiml.py", "--selftest"),
        ("twilio_sign.py", "--selftest"),
        ("check_realtime_events.py", "--self-test"),
    ] {
        if let Some(output) = run(script, &[option]) {
            assert_content(&output);
        }
    }
    if let Some(spec) = rest_spec()
        && let Some(output) = run("check_twilio_rest.py", &[spec.to_str().expect("UTF-8"), "--selftest"])
    {
        assert_content(&output);
    }
}
