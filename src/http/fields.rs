//! The fields of a request's body: each is taken once, faults are collected, and what is left over is refused.
//!
//! A field that nobody knows is a mistake at best; in a command about a call it may be a number that somebody wants
//! rung.

use serde_json::{Map, Value};

use crate::http::{FieldError, Problem};

/// A body, or an object within it, while it is being read.
pub(super) struct Fields {
    object: Map<String, Value>,
    pointer: String,
    errors: Vec<FieldError>,
}

impl Fields {
    pub(super) const fn new(object: Map<String, Value>) -> Self {
        Self { object, pointer: String::new(), errors: Vec::new() }
    }

    /// Takes a value; null is absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a value that may be null on purpose.
    pub(super) fn take_nullable(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name)
    }

    pub(super) fn complain(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.errors.push(FieldError::at(format!("{}/{name}", self.pointer), code, detail));
    }

    /// One line of 1 to `chars_max` characters.
    pub(super) fn line(&mut self, name: &str, chars_max: usize) -> Option<String> {
        let value = self.take(name)?;
        self.as_line(name, &value, chars_max)
    }

    /// As `line`, and it must be there.
    pub(super) fn required_line(&mut self, name: &str, chars_max: usize) -> Option<String> {
        match self.take(name) {
            Some(value) => self.as_line(name, &value, chars_max),
            None => {
                self.complain(name, "missing", "This field is required.");
                None
            }
        }
    }

    pub(super) fn as_line(&mut self, name: &str, value: &Value, chars_max: usize) -> Option<String> {
        let Some(text) = value.as_str().map(str::trim) else {
            self.complain(name, "wrong_type", format!("`{name}` must be a text."));
            return None;
        };
        if !(1..=chars_max).contains(&text.chars().count()) || text.contains(char::is_control) {
            let detail = format!("`{name}` must be one line of 1 to {chars_max} characters.");
            self.complain(name, "invalid", detail);
            return None;
        }
        Some(text.to_owned())
    }

    /// A text of 1 to `chars_max` characters, on any number of lines, that must be there.
    pub(super) fn required_text(&mut self, name: &str, chars_max: usize) -> Option<String> {
        match self.take(name) {
            Some(Value::String(text)) if (1..=chars_max).contains(&text.trim().chars().count()) => {
                return Some(text.trim().to_owned());
            }
            Some(Value::String(text)) if !text.trim().is_empty() => {
                self.complain(name, "invalid", format!("`{name}` may have at most {chars_max} characters."));
            }
            Some(Value::String(_)) | None => self.complain(name, "missing", format!("`{name}` is required.")),
            Some(_) => self.complain(name, "wrong_type", format!("`{name}` must be a text.")),
        }
        None
    }

    /// As `word`, and it must be there.
    pub(super) fn required_word<T>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Option<T>,
        words: &[&'static str],
    ) -> Option<T> {
        if self.object.get(name).is_none_or(Value::is_null) {
            self.complain(name, "missing", format!("`{name}` is required."));
        }
        self.word(name, parse, words)
    }

    /// A word of a closed list.
    pub(super) fn word<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>, words: &[&'static str]) -> Option<T> {
        let value = self.take(name)?;
        let word = value.as_str().and_then(parse);
        if word.is_none() {
            self.complain(name, "invalid", format!("`{name}` must be one of {}.", words.join(", ")));
        }
        word
    }

    /// An object within this one, to be read and then given back with `close`.
    pub(super) fn open(&mut self, name: &str) -> Option<Self> {
        match self.take(name) {
            Some(Value::Object(object)) => {
                let pointer = format!("{}/{name}", self.pointer);
                return Some(Self { object, pointer, errors: Vec::new() });
            }
            Some(_) => self.complain(name, "wrong_type", format!("`{name}` must be an object.")),
            None => self.complain(name, "missing", "This field is required."),
        }
        None
    }

    /// The faults of an inner object become ours.
    pub(super) fn close(&mut self, inner: Self) {
        self.errors.extend(inner.leftover());
    }

    /// Refuses the request if anything was wrong or is left over.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let errors = self.leftover();
        if errors.is_empty() { Ok(()) } else { Err(Problem::validation_failed(errors)) }
    }

    /// What was wrong, for a request in which further fields are not minded.
    pub(super) fn faults(self) -> Vec<FieldError> {
        self.errors
    }

    fn leftover(self) -> Vec<FieldError> {
        let Self { object, pointer, mut errors } = self;
        errors.extend(object.keys().map(|name| {
            let name = name.replace('~', "~0").replace('/', "~1");
            FieldError::at(format!("{pointer}/{name}"), "unknown_field", "There is no such field.")
        }));
        errors
    }
}
