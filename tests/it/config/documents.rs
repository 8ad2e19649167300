//! The documents name exactly the settings that the program knows, so they stay true.

use std::collections::BTreeSet;

use switchboard::config::{Config, SETTINGS, Sources};

use super::file;

const README: &str = include_str!("../../../README.md");
const EXAMPLE: &str = include_str!("../../../switchboard.example.toml");

fn known() -> BTreeSet<String> {
    SETTINGS.iter().map(|setting| setting.name.to_owned()).collect()
}

/// The lines between `<!-- settings -->` and `<!-- /settings -->`.
fn settings_table() -> Vec<&'static str> {
    let (_, rest) = README.split_once("<!-- settings -->").unwrap();
    let (table, _) = rest.split_once("<!-- /settings -->").unwrap();
    table.lines().filter(|line| line.starts_with("| `")).collect()
}

/// The example with every setting taken out of its comment.
fn uncommented() -> String {
    let setting =
        |line: &str| line.strip_prefix("#").is_some_and(|rest| !rest.starts_with([' ', '#']) && !rest.is_empty());
    EXAMPLE.lines().map(|line| if setting(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_readmes_table_names_exactly_the_known_settings_with_their_defaults() {
    let mut named = BTreeSet::new();
    for line in settings_table() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let names: Vec<&str> = cells[1].split(',').map(|name| name.trim().trim_matches('`')).collect();
        let defaults: Vec<&str> = cells[2].split(',').map(|text| text.trim().trim_matches('`')).collect();
        assert_eq!(names.len(), defaults.len(), "{line}");
        for (name, shown) in names.into_iter().zip(defaults) {
            let setting = SETTINGS.iter().find(|setting| setting.name == name);
            let setting = setting.unwrap_or_else(|| panic!("{name} is not a setting"));
            match setting.default {
                Some(default) => assert_eq!(shown, default, "{name}"),
                None => assert!(!shown.is_empty(), "{name}"),
            }
            assert!(named.insert(name.to_owned()), "{name} is there twice");
        }
    }
    assert_eq!(named, known());
}

#[test]
fn the_example_file_changes_nothing_until_it_is_edited() {
    let table: toml::Table = toml::from_str(EXAMPLE).unwrap();
    assert!(table.is_empty());
}

#[test]
fn the_example_file_names_every_setting_with_its_default_or_a_valid_value() {
    let table: toml::Table = toml::from_str(&uncommented()).unwrap();
    let named: BTreeSet<String> =
        table.keys().filter(|key| *key != "prices").map(|key| key.to_ascii_uppercase()).collect();
    assert_eq!(named, known());
    for setting in SETTINGS.iter().filter(|setting| setting.default.is_some()) {
        let value = &table[&setting.name.to_ascii_lowercase()];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(Some(text.as_str()), setting.default, "{}", setting.name);
    }
    if let Err(error) = Config::load(&Sources { file: file(&uncommented()), ..Sources::default() }) {
        panic!("{error}");
    }
}
