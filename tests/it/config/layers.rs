//! Which layer wins, files of secrets, unknown keys, and what `config show` gives away.

use std::path::PathBuf;

use switchboard::config::{Config, FileText, Resolved, Shown, Sources};

use super::{file, load, map};

fn shown(sources: &Sources, name: &str) -> Shown {
    let resolved = Resolved::new(sources).unwrap_or_else(|error| panic!("{error}"));
    resolved.show().into_iter().find(|line| line.name == name).unwrap()
}

/// A file of its own for each test, removed with the guard.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("switchboard-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_higher_layer_wins_and_is_named() {
    let name = "OPENAI_VOICE";
    let mut sources = Sources::default();
    let check = |sources: &Sources, value: &str, source: &str| {
        let line = shown(sources, name);
        assert_eq!((line.value.as_deref(), line.source.as_str()), (Some(value), source));
    };
    check(&sources, "marin", "default");
    sources.file = file("openai_voice = \"a\"");
    check(&sources, "a", "settings file");
    sources.dotenv = map(&[(name, "b")]);
    check(&sources, "b", ".env");
    sources.environment = map(&[(name, "c")]);
    check(&sources, "c", "environment");
    sources.flags = map(&[(name, "d")]);
    check(&sources, "d", "flag");
}

#[test]
fn an_empty_value_is_an_unset_one() {
    let sources = Sources {
        dotenv: map(&[("OPENAI_VOICE", "cedar"), ("TWILIO_AUTH_TOKEN", "token")]),
        environment: map(&[("OPENAI_VOICE", ""), ("TWILIO_AUTH_TOKEN", " "), ("OPENAI_API_KEY", "")]),
        ..Sources::default()
    };
    let config = Config::load(&sources).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((config.model.voice.as_str(), config.telephony.auth_tokens.len()), ("cedar", 1));
    assert_eq!(shown(&sources, "OPENAI_API_KEY").source, "not set");
}

#[test]
fn the_file_takes_upper_and_lower_case_numbers_booleans_and_lists() {
    let text =
        "CALLS_MAX = 7\nuse_redis = false\ncors_origins = [\"https://a.test\", \"https://b.test\"]\nbind = '[::1]:1'";
    let sources = Sources { file: file(text), ..Sources::default() };
    let config = Config::load(&sources).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((config.limits.calls, config.server.bind.port()), (Some(7), 1));
    assert_eq!(shown(&sources, "CORS_ORIGINS").value.as_deref(), Some("https://a.test,https://b.test"));
}

#[test]
fn an_unknown_key_is_refused_with_a_suggestion() {
    for (text, hint) in [
        ("openai_apikey = 'x'", "unknown key `openai_apikey`; did you mean `openai_api_key`?"),
        ("BINDD = 'x'", "unknown key `BINDD`; did you mean `bind`?"),
        ("Bind = 'x'", "unknown key `Bind`; did you mean `bind`?"),
        ("price = 1", "unknown key `price`; did you mean `prices`?"),
        ("bind_file = 'x'", "unknown key `bind_file`"),
        ("colour = 'red'", "unknown key `colour`"),
        ("[server]\nbind = 'x'", "unknown key `server`"),
    ] {
        let error = Config::load(&Sources { file: file(text), ..Sources::default() }).err().unwrap();
        assert_eq!(error.0[0].setting, "switchboard.toml", "{text}");
        assert!(error.0[0].detail.starts_with(hint), "{text}: {error}");
    }
}

#[test]
fn other_names_in_the_environment_are_nobodys_business() {
    assert!(load(&[("PATH", "/bin"), ("OPENAI_APIKEY", "x")]).is_ok());
}

#[test]
fn a_file_that_cannot_be_parsed_is_named_with_the_line_and_without_its_content() {
    for text in ["bind = 'x'\nadmin_api_key = canary", "bind = 'x'\nadmin_api_key = 'canary", "bind = 'x'\ncanary"] {
        let error = Config::load(&Sources { file: file(text), ..Sources::default() }).err().unwrap().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let twice = Config::load(&Sources { file: file("bind = 'a'\nBIND = 'b'"), ..Sources::default() }).err().unwrap();
    assert_eq!(twice.0[0].setting, "BIND");
    for text in ["bind = 1.5", "bind = 2026-01-01", "cors_origins = [1]", "[bind]\na = 1"] {
        let error = Config::load(&Sources { file: file(text), ..Sources::default() }).err().unwrap();
        assert!(error.0[0].detail.contains("must be a text"), "{text}: {error}");
    }
}

#[test]
fn a_secret_can_come_from_a_file_of_its_own() {
    let secret = TempFile::new("secret", "first,second\n");
    for name in ["TWILIO_AUTH_TOKEN_FILE", "twilio_auth_token_file"] {
        let text = format!("{name} = '{}'", secret.path());
        let sources = if name.starts_with('T') {
            Sources { environment: map(&[(name, secret.path())]), ..Sources::default() }
        } else {
            Sources { file: Some(FileText { name: "x.toml".into(), text }), ..Sources::default() }
        };
        let config = Config::load(&sources).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.telephony.auth_tokens[1].expose(), "second");
        assert!(shown(&sources, "TWILIO_AUTH_TOKEN").source.ends_with("(TWILIO_AUTH_TOKEN_FILE)"));
    }
}

#[test]
fn a_secrets_file_must_be_readable_alone_and_may_be_empty() {
    let error = load(&[("OPENAI_API_KEY_FILE", "/nonexistent/key")]).err().unwrap();
    assert_eq!(error.0[0].setting, "OPENAI_API_KEY_FILE");
    let secret = TempFile::new("both", "from-file");
    let error = load(&[("OPENAI_API_KEY_FILE", secret.path()), ("OPENAI_API_KEY", "x")]).err().unwrap();
    assert_eq!(error.0[0].setting, "OPENAI_API_KEY");
    let empty = TempFile::new("empty", "\n");
    let sources = Sources { environment: map(&[("ADMIN_API_KEY_FILE", empty.path())]), ..Sources::default() };
    assert_eq!(shown(&sources, "ADMIN_API_KEY").source, "not set");
}

#[test]
fn a_higher_layer_wins_over_a_lower_layers_file() {
    let secret = TempFile::new("lower", "from-file");
    let sources = Sources {
        dotenv: map(&[("DATABASE_URL_FILE", secret.path())]),
        environment: map(&[("DATABASE_URL", "sqlite://other.db")]),
        ..Sources::default()
    };
    let line = shown(&sources, "DATABASE_URL");
    assert_eq!((line.value.as_deref(), line.source.as_str()), (Some("sqlite://other.db"), "environment"));
}

#[test]
fn secrets_are_shown_masked() {
    let long = "sk-0123456789abcdefghij";
    for (name, value, expected) in [
        ("OPENAI_API_KEY", long, "(set)"),
        ("OPENAI_API_KEY", "short", "(set)"),
        ("TWILIO_AUTH_TOKEN", "01234567890123456789,98765432109876543210", "(set)"),
        ("TWILIO_SHARED_KEYS", "some-long-id:0123456789abcdef", "(set)"),
        ("DATABASE_URL", "postgres://user:p@ss@db.test/calls?password=x", "postgres://***@db.test/calls?***"),
        ("DATABASE_URL", "postgres://db.test/calls", "postgres://db.test/calls"),
        ("DATABASE_URL", "sqlite://a@b.db", "sqlite://***@b.db"),
        ("REDIS_URL", "redis://:secret@h:6379", "redis://***@h:6379"),
        ("BIND", "127.0.0.1:1", "127.0.0.1:1"),
    ] {
        let sources = Sources { environment: map(&[(name, value)]), ..Sources::default() };
        assert_eq!(shown(&sources, name).value.as_deref(), Some(expected), "{name}={value}");
    }
}

/// The proxy of some settings, as host and port, and what is reached without it.
fn proxy(pairs: &[(&str, &str)]) -> (Option<(String, u16)>, String) {
    let network = load(pairs).unwrap_or_else(|error| panic!("{error}")).network;
    (network.proxy.map(|proxy| (proxy.host().to_owned(), proxy.port())), network.no_proxy)
}

#[test]
fn proxies_are_read_in_either_case_and_the_one_for_encrypted_connections_counts() {
    let at = |host: &str| Some((host.to_owned(), 3128));
    assert_eq!(proxy(&[]), (None, String::new()));
    assert_eq!(proxy(&[("HTTP_PROXY", "http://a.test:3128")]).0, at("a.test"));
    let both = [("http_proxy", "http://a.test:3128"), ("https_proxy", "b.test:3128"), ("no_proxy", "c.test")];
    assert_eq!(proxy(&both), (at("b.test"), "c.test".to_owned()));
    let cases = [("HTTPS_PROXY", "http://b.test:3128"), ("https_proxy", "http://a.test:3128")];
    assert_eq!(proxy(&cases).0, at("b.test"));
    let faults = load(&[("HTTPS_PROXY", "socks5://me:secret@a.test:1")]).err().unwrap().to_string();
    assert!(faults.starts_with("HTTPS_PROXY: must begin with http://") && !faults.contains("secret"), "{faults}");
}

#[test]
fn a_proxys_password_is_masked() {
    let sources =
        Sources { environment: map(&[("https_proxy", "http://me:secret@a.test:3128")]), ..Sources::default() };
    assert_eq!(shown(&sources, "HTTPS_PROXY").value.as_deref(), Some("http://***@a.test:3128"));
}
