//! The form in which conversations are recorded: one JSON object a line, both directions, as they crossed the wire.

use serde_json::Value;

/// Who sent an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Client,
    Server,
}

/// One line, with its newline. Texts that are no JSON (a fault on demand) have no place in a recording: `None`.
pub fn line(direction: Direction, conn: &str, text: &str) -> Option<String> {
    let event: &serde_json::value::RawValue = serde_json::from_str(text).ok()?;
    let direction = match direction {
        Direction::Client => "client",
        Direction::Server => "server",
    };
    let conn = Value::from(conn);
    // A line break can only be white space between tokens: inside strings JSON escapes it.
    let event = event.get().replace(['\n', '\r'], " ");
    Some(format!("{{\"direction\":\"{direction}\",\"conn\":{conn},\"event\":{event}}}\n"))
}
