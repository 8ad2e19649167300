//! The layers laid over each other: for each setting its value and where that came from. Nothing is checked yet.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::settings::{EITHER_CASE, did_you_mean, find};
use crate::config::{ConfigError, Fault, FileText, Kind, SETTINGS, Setting, Sources};

/// The table of the settings file that holds price overrides.
pub(super) const PRICES_TABLE: &str = "prices";

/// Where a value came from; later ones win.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Layer {
    Default,
    File,
    DotEnv,
    Environment,
    Flag,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "settings file",
            Self::DotEnv => ".env",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

#[derive(Clone)]
struct Value {
    text: String,
    layer: Layer,
    /// Read from the file that `NAME_FILE` names.
    from_file: bool,
}

/// All settings with their sources. Holds secrets, so it cannot be printed; `show` masks them.
#[derive(Clone)]
pub struct Resolved {
    values: BTreeMap<&'static str, Value>,
    prices: toml::Table,
}

/// One line of `config show`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub name: &'static str,
    /// Masked; `None`: not set.
    pub value: Option<String>,
    /// For example `environment` or `environment (OPENAI_API_KEY_FILE)`.
    pub source: String,
}

impl Resolved {
    /// Lays the layers over each other. Fails on a settings file that cannot be parsed or has an unknown key, and on a
    /// secret's file that cannot be read.
    pub fn new(sources: &Sources) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let (file, prices) = match &sources.file {
            Some(file) => parse_file(file, &mut faults)?,
            None => Default::default(),
        };
        let mut values: BTreeMap<&'static str, Value> = SETTINGS
            .iter()
            .filter_map(|s| Some((s.name, Value { text: s.default?.into(), layer: Layer::Default, from_file: false })))
            .collect();
        let layers = [
            (Layer::File, &file),
            (Layer::DotEnv, &sources.dotenv),
            (Layer::Environment, &sources.environment),
            (Layer::Flag, &sources.flags),
        ];
        for (layer, map) in layers {
            for setting in SETTINGS {
                match lookup(setting, map, layer) {
                    Ok(Some(value)) => drop(values.insert(setting.name, value)),
                    Ok(None) => {}
                    Err(fault) => faults.push(fault),
                }
            }
        }
        if faults.is_empty() { Ok(Self { values, prices }) } else { Err(ConfigError(faults)) }
    }

    /// Every setting in documented order, secrets masked.
    pub fn show(&self) -> Vec<Shown> {
        SETTINGS
            .iter()
            .map(|setting| {
                let value = self.values.get(setting.name);
                let source = match value {
                    None => "not set".to_owned(),
                    Some(value) if value.from_file => format!("{} ({}_FILE)", value.layer, setting.name),
                    Some(value) => value.layer.to_string(),
                };
                Shown { name: setting.name, value: value.map(|value| masked(setting.kind, &value.text)), source }
            })
            .collect()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(find(name).is_some(), "{name} is not in the list of settings");
        self.values.get(name).map(|value| value.text.as_str())
    }

    pub(super) const fn prices(&self) -> &toml::Table {
        &self.prices
    }
}

/// A setting's value in one layer: itself, or the content of the file that `NAME_FILE` names. Empty is unset.
fn lookup(setting: &Setting, map: &BTreeMap<String, String>, layer: Layer) -> Result<Option<Value>, Fault> {
    let given = |name: &str| map.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let lower = || EITHER_CASE.contains(&setting.name).then(|| given(&setting.name.to_ascii_lowercase())).flatten();
    let direct =
        given(setting.name).or_else(lower).map(|text| Value { text: text.to_owned(), layer, from_file: false });
    if setting.kind == Kind::Plain {
        return Ok(direct);
    }
    let file_name = format!("{}_FILE", setting.name);
    let Some(path) = given(&file_name) else { return Ok(direct) };
    if direct.is_some() {
        let detail = format!("is set together with {file_name} ({layer}); set one of them");
        return Err(Fault { setting: setting.name.into(), detail });
    }
    let text = std::fs::read_to_string(path).map_err(|error| Fault {
        setting: file_name,
        detail: format!("the file {path} cannot be read: {}", error.kind()),
    })?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| Value { text: text.to_owned(), layer, from_file: true }))
}

/// Reads the settings file: flat keys in upper or lower case, and the table of prices.
fn parse_file(
    file: &FileText,
    faults: &mut Vec<Fault>,
) -> Result<(BTreeMap<String, String>, toml::Table), ConfigError> {
    // The parser's full message quotes the line, which may hold a secret.
    let table: toml::Table = toml::from_str(&file.text).map_err(|error| {
        let line = error.span().map_or(1, |span| file.text[..span.start].matches('\n').count() + 1);
        ConfigError::one(&file.name, format!("line {line}: {}", error.message()))
    })?;
    let (mut map, mut prices) = (BTreeMap::new(), toml::Table::new());
    for (key, value) in table {
        if let (PRICES_TABLE, toml::Value::Table(table)) = (key.as_str(), &value) {
            prices = table.clone();
            continue;
        }
        let name = key.to_ascii_uppercase();
        if (key != name && key != key.to_ascii_lowercase()) || !is_known(&name) {
            faults.push(unknown_key(file, &key));
            continue;
        }
        match scalar(&value) {
            Some(text) if map.contains_key(&name) => {
                drop(text);
                faults.push(Fault { setting: name, detail: format!("is set twice in {}", file.name) });
            }
            Some(text) => drop(map.insert(name, text)),
            None => faults.push(Fault { setting: name, detail: "must be a text, a number, true or false".into() }),
        }
    }
    Ok((map, prices))
}

fn is_known(name: &str) -> bool {
    let of_file = name.strip_suffix("_FILE").and_then(find);
    find(name).is_some() || of_file.is_some_and(|setting| setting.kind != Kind::Plain)
}

fn unknown_key(file: &FileText, key: &str) -> Fault {
    let lower: Vec<String> = SETTINGS.iter().map(|setting| setting.name.to_ascii_lowercase()).collect();
    let known = lower.iter().map(String::as_str).chain([PRICES_TABLE]);
    let hint = did_you_mean(key, known).map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    Fault { setting: file.name.clone(), detail: format!("unknown key `{key}`{hint}") }
}

/// A value as the text that the environment would hold; a list of texts is joined by commas.
fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

fn masked(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Plain => text.to_owned(),
        Kind::Url => masked_url(text),
        // Not even its end: whoever is shown this screen has no use for a part of it.
        Kind::Secret => "(set)".to_owned(),
    }
}

/// Hides what stands between the scheme and the last `@`, and everything after `?`.
fn masked_url(text: &str) -> String {
    let (url, query) = text.split_once('?').map_or((text, ""), |(url, _)| (url, "?***"));
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => format!("{}***{}{query}", &url[..scheme + 3], &url[at..]),
        _ => format!("{url}{query}"),
    }
}
