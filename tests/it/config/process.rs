//! Reading the settings file that a flag names.

use std::collections::BTreeMap;
use std::path::Path;

use switchboard::config::Sources;

#[test]
fn a_file_that_is_named_must_be_there() {
    let error = Sources::from_process(Some(Path::new("/nonexistent/switchboard.toml")), BTreeMap::new()).err().unwrap();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[test]
fn flags_and_environment_are_taken_as_they_are() {
    let flags = BTreeMap::from([("BIND".to_owned(), "127.0.0.1:1".to_owned())]);
    let sources = Sources::from_process(None, flags.clone()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(sources.flags, flags);
    assert_eq!(sources.environment.get("PATH"), std::env::var("PATH").ok().as_ref());
}
