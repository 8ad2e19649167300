//! Recordings are lines of JSON whatever passes by.

use super::*;

#[test]
fn a_line_holds_the_event_as_it_was() {
    assert_eq!(
        line(Direction::Client, "c1", r#"{"type":"response.create"}"#),
        r#"{"direction":"client","event":{"type":"response.create"},"conn":"c1"}"#
    );
}

#[test]
fn a_message_over_several_lines_becomes_one() {
    let line = line(Direction::Server, "c1", "{\r\n\"type\": \"x\\n\"\n}");
    assert!(!line.contains(['\n', '\r']));
    let record: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["event"]["type"], "x\n");
}

#[test]
fn what_is_not_json_is_kept_as_text() {
    let record: serde_json::Value = serde_json::from_str(&line(Direction::Server, "c1", "a \"b\n")).unwrap();
    assert_eq!(record["event"], serde_json::Value::Null);
    assert_eq!(record["text"], "a \"b\n");
}

#[test]
fn each_call_has_its_file_and_each_connection_its_name() {
    let dir = std::env::temp_dir().join(format!("switchboard-tap-{}", Uuid::new_v4().simple()));
    let recorder = Recorder::start(&dir).unwrap();
    let (one, two) = (CallId(Uuid::from_u128(1)), CallId(Uuid::from_u128(2)));
    let taps = [recorder.tap(one), recorder.tap(one), recorder.tap(two)];
    for tap in &taps {
        tap(Direction::Client, "{}");
        tap(Direction::Server, "{}");
    }
    assert!(recorder.flush());
    let conns = |call: CallId| -> Vec<String> {
        let text = std::fs::read_to_string(dir.join(format!("{call}.jsonl"))).unwrap();
        let record = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        text.lines().map(|line| record(line)["conn"].as_str().unwrap().to_owned()).collect()
    };
    let of_one = conns(one);
    assert_eq!(of_one.len(), 4);
    assert_eq!(of_one[0], of_one[1]);
    assert_ne!(of_one[0], of_one[2]);
    assert_eq!(conns(two).len(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&dir.join(format!("{one}.jsonl"))), 0o600);
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
