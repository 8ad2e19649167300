//! Reads typed values out of resolved settings and collects what is wrong with them.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::config::{ConfigError, Fault, Resolved};
use crate::types::Secret;

/// Hands out values; a faulty one is noted and replaced by a stand-in, so that all faults are found in one go.
pub(super) struct Reader<'a> {
    resolved: &'a Resolved,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(resolved: &'a Resolved) -> Self {
        Self { resolved, faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, setting: &str, detail: impl Into<String>) {
        self.faults.push(Fault { setting: setting.into(), detail: detail.into() });
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.resolved.text(name)
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    pub(super) const fn prices(&self) -> &'a toml::Table {
        self.resolved.prices()
    }

    /// Parses a setting if it is set. A fault counts as unset for the rest of the reading.
    pub(super) fn parse<T>(&mut self, name: &str, parse: impl FnOnce(&'a str) -> Result<T, String>) -> Option<T> {
        match parse(self.text(name)?) {
            Ok(value) => Some(value),
            Err(detail) => {
                self.fault(name, detail);
                None
            }
        }
    }

    /// A whole number within a range; `stand_in` replaces a faulty one.
    pub(super) fn number<N>(&mut self, name: &str, range: RangeInclusive<N>, stand_in: N) -> N
    where
        N: FromStr + PartialOrd + Display,
    {
        let parse = |text: &str| match text.parse::<N>() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(format!("`{text}` is not a whole number from {} to {}", range.start(), range.end())),
        };
        self.parse(name, parse).unwrap_or(stand_in)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> T {
        let parse = |text: &str| {
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                format!("`{text}` is not one of: {}", known.join(", "))
            })
        };
        self.parse(name, parse).unwrap_or(words[0].1)
    }

    /// The result, unless a fault was noted.
    pub(super) fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.faults.is_empty() { Ok(value) } else { Err(ConfigError(self.faults)) }
    }
}
