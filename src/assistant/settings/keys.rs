//! Every key of an organization's `config`, in one table: what may be written, what a mistyped one meant, and how a
//! partial update lies over what is stored.
//!
//! Only writing is strict. A row that an older version stored is read as far as it is known, because a call must not
//! fail for a key that nobody needs.

use serde_json::{Map, Value};

use crate::assistant::check::{Problem, Problems};
use crate::config::did_you_mean;

/// Paths below `config`; `[]` stands for each entry of a list. What lies below a path that ends here is free.
pub const KEYS: &[&str] = &[
    "greeting",
    "disclosure",
    "language",
    "voice",
    "model",
    "audio_format",
    "turn_detection.type",
    "turn_detection.threshold",
    "turn_detection.prefix_padding_ms",
    "turn_detection.silence_duration_ms",
    "turn_detection.eagerness",
    "silence.ask_secs",
    "silence.again_secs",
    "silence.end_secs",
    "call_secs_max",
    "time_zone",
    "hours",
    "intake_fields[].name",
    "intake_fields[].type",
    "intake_fields[].required",
    "intake_fields[].question",
    "escalation.targets[].id",
    "escalation.targets[].name",
    "escalation.targets[].number",
    "escalation.targets[].ring_secs",
    "escalation.targets[].hours",
    "escalation.order[]",
    "escalation.fallback",
    "escalation.after_hours",
    "escalation.allow[]",
    "escalation.escalation_secs_max",
    "escalation.dials_per_minute_max",
    "escalation.dials_per_day_max",
    "escalation.callback_due_mins",
    "safety.emergency_sentence",
    "safety.emergency[]",
    "safety.high[]",
    "safety.human[]",
    "safety.ignore[]",
    "outbound.enabled",
    "outbound.greeting",
    "outbound.machine_message",
];

/// What may stand at a place.
enum Place {
    /// These keys.
    Object(Vec<&'static str>),
    /// A value, or anything below it.
    Free,
}

impl Place {
    /// `path`: `""` is `config` itself, others as in the table.
    fn at(path: &str) -> Self {
        let mut names: Vec<&'static str> = Vec::new();
        for key in KEYS {
            let below =
                if path.is_empty() { Some(*key) } else { key.strip_prefix(path).and_then(|r| r.strip_prefix('.')) };
            let name = below.and_then(|below| below.split(['.', '[']).next());
            names.extend(name.filter(|name| !names.contains(name)));
        }
        if names.is_empty() { Self::Free } else { Self::Object(names) }
    }
}

/// Lays `patch` over `target` as RFC 7396 says: null removes a key, objects are merged, everything else replaces.
/// The days of `hours` belong together, so they replace what was there, too.
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    merge_at("", target, patch);
}

fn merge_at(path: &str, target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, value) in patch {
        let below = join(path, &key);
        match (value, target.get_mut(&key)) {
            (Value::Null, _) => {
                target.remove(&key);
            }
            (Value::Object(patch), Some(Value::Object(known))) if matches!(Place::at(&below), Place::Object(_)) => {
                merge_at(&below, known, patch);
            }
            (Value::Object(patch), _) => {
                let mut fresh = Map::new();
                merge_at(&below, &mut fresh, patch);
                target.insert(key, Value::Object(fresh));
            }
            (value, _) => {
                target.insert(key, value);
            }
        }
    }
}

/// A complaint about every key that means nothing, at every level.
pub(super) fn unknown(config: &Map<String, Value>, problems: &mut Problems) {
    unknown_at("", "/config", config, problems);
}

fn unknown_at(path: &str, pointer: &str, object: &Map<String, Value>, problems: &mut Problems) {
    let Place::Object(names) = Place::at(path) else { return };
    for (key, value) in object {
        let (below, pointer) = (join(path, key), format!("{pointer}/{}", escape(key)));
        if !names.contains(&key.as_str()) {
            let hint = did_you_mean(key, names.iter().copied());
            let hint = hint.map_or_else(String::new, |name| format!(" Did you mean \"{name}\"?"));
            problems.0.push(Problem {
                code: "unknown_field",
                ..Problem::at(pointer, format!("There is no such key.{hint}"))
            });
            continue;
        }
        match value {
            Value::Object(inner) => unknown_at(&below, &pointer, inner, problems),
            Value::Array(list) => {
                for (index, entry) in list.iter().enumerate() {
                    if let Value::Object(inner) = entry {
                        unknown_at(&format!("{below}[]"), &format!("{pointer}/{index}"), inner, problems);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A name as part of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
