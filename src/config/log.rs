//! What is logged, and in which form.

use crate::config::reader::Reader;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// A filter such as `warn,switchboard=info`.
    pub filter: String,
    pub format: LogFormat,
}

impl Log {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            filter: reader.parse("LOG_LEVEL", parse_filter).unwrap_or_default(),
            format: reader.choice("LOG_FORMAT", &[("text", LogFormat::Text), ("json", LogFormat::Json)]),
        }
    }
}

/// A level is meant for this program; libraries stay at `warn`, because some of them log what they carry.
fn parse_filter(text: &str) -> Result<String, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok("off".to_owned());
    }
    let mut filter = vec!["warn".to_owned()];
    for part in text.split(',').map(|part| part.trim().to_ascii_lowercase()) {
        let (target, level) = part.split_once('=').unwrap_or(("switchboard", &part));
        let named = !target.is_empty() && target.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        if !named || !LEVELS.contains(&level) {
            return Err(format!("`{part}` is neither a level ({}) nor target=level", LEVELS.join(", ")));
        }
        filter.push(format!("{target}={level}"));
    }
    Ok(filter.join(","))
}
