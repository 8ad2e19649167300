//! Judges JSON against tables of shapes, as strictly as the real server: nothing is coerced, nothing is ignored.
//!
//! The first thing that does not fit is reported with the server's code and the path to it.

use serde_json::Value;

/// What a value must look like.
#[derive(Debug)]
pub(super) enum Shape {
    Any,
    Text,
    /// Text of at most this many characters.
    Short(usize),
    Bool,
    Number,
    /// A number within these limits.
    Real(f64, f64),
    /// An integer within these limits.
    Integer(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
    Null(&'static Self),
    List(&'static Self),
    Object(&'static [Field]),
    /// Any object.
    Free,
    /// An object whose `type` says which other fields it has.
    Tagged(&'static [(&'static str, &'static [Field])]),
    /// This one word, or the other shape.
    WordOr(&'static str, &'static Self),
    /// The first shape for anything but an object, the second for an object.
    Either(&'static Self, &'static Self),
}

/// One field of an object.
#[derive(Debug)]
pub(super) struct Field {
    name: &'static str,
    required: bool,
    shape: &'static Shape,
}

pub(super) const fn must(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, required: true, shape }
}

pub(super) const fn may(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, required: false, shape }
}

/// Why something was refused, in the server's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub code: Option<&'static str>,
    pub message: String,
    pub param: Option<String>,
}

impl Refused {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: message.into(), param: None }
    }

    pub(super) fn at(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: message.into(), param: Some(param.to_owned()) }
    }
}

/// Does `value`, found at `path`, fit?
pub(super) fn check(shape: &Shape, value: &Value, path: &str) -> Result<(), Refused> {
    match shape {
        Shape::Any => Ok(()),
        Shape::Text => kind(value.is_string(), "a string", value, path),
        Shape::Short(most) => short(*most, value, path),
        Shape::Bool => kind(value.is_boolean(), "a boolean", value, path),
        Shape::Number => kind(value.is_number(), "a number", value, path),
        Shape::Real(least, most) => {
            kind(value.is_number(), "a number", value, path)?;
            within(value.as_f64().unwrap_or(f64::NAN), *least, *most, "decimal", path)
        }
        Shape::Integer(least, most) => {
            kind(value.is_i64() || value.is_u64(), "an integer", value, path)?;
            within(value.as_f64().unwrap_or(f64::NAN), *least as f64, *most as f64, "integer", path)
        }
        Shape::Word(words) => {
            kind(value.is_string(), "a string", value, path)?;
            word(words.iter().copied(), value, path)
        }
        Shape::Null(inner) => {
            if value.is_null() {
                return Ok(());
            }
            check(inner, value, path)
        }
        Shape::List(inner) => {
            kind(value.is_array(), "an array", value, path)?;
            let items = value.as_array().into_iter().flatten().enumerate();
            items.map(|(at, item)| (format!("{path}[{at}]"), item)).try_for_each(|(at, item)| check(inner, item, &at))
        }
        Shape::Object(fields) => object(fields, value, path, None),
        Shape::Free => kind(value.is_object(), "an object", value, path),
        Shape::Tagged(kinds) => tagged(kinds, value, path),
        Shape::WordOr(only, inner) => match value {
            Value::String(_) => word([*only].into_iter(), value, path),
            _ => check(inner, value, path),
        },
        Shape::Either(plain, object) => check(if value.is_object() { object } else { plain }, value, path),
    }
}

fn tagged(kinds: &[(&'static str, &'static [Field])], value: &Value, path: &str) -> Result<(), Refused> {
    kind(value.is_object(), "an object", value, path)?;
    let at = join(path, "type");
    let Some(tag) = value.get("type") else {
        return Err(missing(&at));
    };
    check(&Shape::Text, tag, &at)?;
    word(kinds.iter().map(|(name, _)| *name), tag, &at)?;
    let fields = kinds.iter().find(|(name, _)| Some(*name) == tag.as_str()).map_or(&[] as &[_], |(_, fields)| fields);
    object(fields, value, path, Some("type"))
}

fn object(fields: &[Field], value: &Value, path: &str, tag: Option<&str>) -> Result<(), Refused> {
    let Some(map) = value.as_object() else {
        return kind(false, "an object", value, path);
    };
    for key in map.keys() {
        if Some(key.as_str()) != tag && !fields.iter().any(|field| field.name == key) {
            let at = join(path, key);
            return Err(Refused::at("unknown_parameter", &at, format!("Unknown parameter: '{at}'.")));
        }
    }
    for field in fields {
        match map.get(field.name) {
            Some(inner) => check(field.shape, inner, &join(path, field.name))?,
            None if field.required => return Err(missing(&join(path, field.name))),
            None => {}
        }
    }
    Ok(())
}

fn kind(fits: bool, wanted: &str, value: &Value, path: &str) -> Result<(), Refused> {
    if fits {
        return Ok(());
    }
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("Invalid type for '{path}': expected {wanted}, but got {found} instead.");
    Err(Refused::at("invalid_type", path, message))
}

fn word<'a>(mut words: impl Iterator<Item = &'a str> + Clone, value: &Value, path: &str) -> Result<(), Refused> {
    let text = value.as_str().unwrap_or_default();
    if words.any(|word| word == text) {
        return Ok(());
    }
    Err(Refused::at("invalid_value", path, format!("Invalid value: '{text}'. It is not one of the supported values.")))
}

fn within(value: f64, least: f64, most: f64, what: &str, path: &str) -> Result<(), Refused> {
    if value < least {
        let code = if what == "integer" { "integer_below_min_value" } else { "decimal_below_min_value" };
        let message = format!("Invalid '{path}': {what} below minimum value. Expected a value >= {least}.");
        return Err(Refused::at(code, path, message));
    }
    if value <= most {
        return Ok(());
    }
    let code = if what == "integer" { "integer_above_max_value" } else { "decimal_above_max_value" };
    let message = format!("Invalid '{path}': {what} above maximum value. Expected a value <= {most}.");
    Err(Refused::at(code, path, message))
}

fn short(most: usize, value: &Value, path: &str) -> Result<(), Refused> {
    check(&Shape::Text, value, path)?;
    let length = value.as_str().unwrap_or_default().chars().count();
    if length <= most {
        return Ok(());
    }
    let message = format!(
        "Invalid '{path}': string too long. Expected a string with maximum length {most}, but got a string with length {length} instead."
    );
    Err(Refused::at("string_above_max_length", path, message))
}

pub(super) fn missing(path: &str) -> Refused {
    Refused::at("missing_required_parameter", path, format!("Missing required parameter: '{path}'."))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
