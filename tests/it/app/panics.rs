//! What a panic leaves in the log, seen from outside: in a process of its own, because the hook is the process's.

use std::hint::black_box;
use std::process::Command;

use switchboard::telemetry::{init_logs, log_panics};

/// Tells the child what to do; its value is the log's filter.
const CHILD: &str = "SWITCHBOARD_TEST_PANICS";

/// What a caller may have said; a letter of more than one byte ends where it is cut.
const SECRET: &str = "pain in the chest, señora";

#[test]
fn a_panic_is_logged_by_its_place_and_never_by_its_words() {
    if let Ok(filter) = std::env::var(CHILD) {
        log_panics();
        init_logs(&filter, true).unwrap();
        let cut = || black_box(SECRET)[..black_box(22)].to_owned();
        let panicked = std::thread::Builder::new().name("call".to_owned()).spawn(cut).unwrap().join();
        assert!(panicked.is_err(), "the cut is inside a letter");
        return;
    }
    let stderr_of = |filter: &str| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "app::panics::a_panic_is_logged_by_its_place_and_never_by_its_words", "--nocapture"]);
        let child = child.env(CHILD, filter).output().unwrap();
        let (stdout, stderr) = (String::from_utf8(child.stdout).unwrap(), String::from_utf8(child.stderr).unwrap());
        assert!(child.status.success() && stdout.contains("1 passed"), "{stdout}{stderr}");
        assert!(!stdout.contains("chest") && !stderr.contains("chest"), "{stdout}{stderr}");
        stderr
    };
    let line = stderr_of("trace");
    let line: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    assert_eq!(line["level"], "ERROR", "{line}");
    assert_eq!(line["thread"], "call", "{line}");
    assert!(line["place"].as_str().unwrap().contains("panics.rs:"), "{line}");
    assert!(stderr_of("off").starts_with("a thread panicked: call, "), "also without logs");
}
