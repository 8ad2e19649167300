//! Tests of `config`: settings as plain maps in, structs or faults out.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise, its helpers too")]

mod documents;
mod layers;
mod process;
mod rules;

use std::collections::BTreeMap;

use switchboard::config::{Config, ConfigError, FileText, Sources};

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn map(pairs: Pairs) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> Option<FileText> {
    Some(FileText { name: "switchboard.toml".into(), text: text.into() })
}

/// Settings as the environment would give them.
fn load(environment: Pairs) -> Result<Config, ConfigError> {
    Config::load(&Sources { environment: map(environment), ..Sources::default() })
}

#[track_caller]
fn loaded(environment: Pairs) -> Config {
    load(environment).unwrap_or_else(|error| panic!("{environment:?}: {error}"))
}

/// The settings that are at fault.
#[track_caller]
fn faults(environment: Pairs) -> Vec<String> {
    let error = load(environment).err().unwrap_or_else(|| panic!("{environment:?} was accepted"));
    error.0.into_iter().map(|fault| fault.setting).collect()
}
