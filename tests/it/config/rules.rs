//! Each setting's rules, as tables of what is accepted and what is refused.

use std::time::Duration;

use switchboard::config::{Access, CorsOrigins, Database, LogFormat};
use switchboard::types::org::AudioFormat;
use switchboard::types::usage::Prices;

use super::{Pairs, faults, file, load, loaded};
use switchboard::config::{Config, Sources};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const PUBLIC: (&str, &str) = ("PUBLIC_BASE_URL", "https://gw.test");
const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-test");

/// Asserts that each value of a setting is accepted, or that the setting itself is named as faulty.
#[track_caller]
fn table(name: &str, others: Pairs, accepted: &[&str], refused: &[&str]) {
    for value in accepted {
        let all = [others, &[(name, *value)]].concat();
        assert!(load(&all).is_ok(), "{name}={value} was refused: {}", load(&all).err().unwrap());
    }
    for value in refused {
        assert_eq!(faults(&[others, &[(name, *value)]].concat()), [name], "{name}={value}");
    }
}

#[test]
fn nothing_needs_to_be_set() {
    let config = loaded(&[]);
    assert_eq!(config.server.bind, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.server.public_url(config.server.bind).origin(), "http://127.0.0.1:8080");
    assert_eq!(config.server.public_url(config.server.bind).ws_origin(), "ws://127.0.0.1:8080");
    assert!(config.server.is_loopback());
    assert_eq!(config.server.drain, Duration::from_secs(120));
    assert_eq!(config.server.cors_origins, CorsOrigins::List(vec![]));
    assert!(config.server.default_org.is_none() && config.server.admin_api_key.is_none());
    assert!(matches!(config.model.access, Access::Simulated));
    assert_eq!(config.model.realtime_url.as_str(), "wss://api.openai.com/v1/realtime");
    assert_eq!(config.model.base_url.as_str(), "https://api.openai.com/v1");
    assert_eq!((config.model.model.as_str(), config.model.voice.as_str()), ("gpt-realtime-2.1", "marin"));
    assert_eq!(config.model.transcribe_model, "gpt-transcribe");
    assert_eq!(config.model.audio_format, AudioFormat::Pcm);
    assert_eq!(config.telephony.api_base.as_str(), "https://api.twilio.com");
    assert!(config.telephony.validate && config.telephony.auth_tokens.is_empty());
    assert!(matches!(&config.storage.database, Database::Sqlite(url) if url == "sqlite://switchboard.db"));
    assert_eq!(config.storage.data_dir.to_str(), Some("./data"));
    let limits = &config.limits;
    assert_eq!((limits.calls_per_caller, limits.calls_per_org, limits.calls), (Some(3), Some(50), Some(500)));
    assert_eq!(limits.call_max, Duration::from_secs(1200));
    assert_eq!((config.log.filter.as_str(), config.log.format), ("warn,switchboard=info", LogFormat::Text));
}

#[test]
fn bind_is_an_address_and_a_port() {
    table(
        "BIND",
        &[],
        &["127.0.0.1:0", "[::1]:8080", "localhost:80"],
        &["8080", ":8080", "example.com:80", "127.0.0.1"],
    );
    assert_eq!(loaded(&[("BIND", "localhost:81")]).server.bind, "127.0.0.1:81".parse().unwrap());
}

#[test]
fn the_public_origin_is_encrypted_unless_it_is_this_machine() {
    let accepted = [
        "https://gw.test",
        "https://gw.test/",
        "https://gw.test:8443",
        "http://127.0.0.1:9",
        "http://[::1]:9",
        "http://localhost",
        "http://127.9.9.9",
    ];
    let refused = [
        "http://gw.test",
        "http://localhost.gw.test",
        "http://127.0.0.1.gw.test",
        "http://127.0.0.1@gw.test",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "https://gw.test/path",
        "https://gw.test/?a",
        "https://u:p@gw.test",
        "ws://127.0.0.1",
        "wss://gw.test",
        "gw.test",
        "https://",
        "ftp://127.0.0.1",
    ];
    table("PUBLIC_BASE_URL", &[KEY], &accepted, &refused);
}

#[test]
fn the_public_origin_is_spelled_as_peers_spell_it() {
    for (given, origin, ws) in [
        ("https://GW.Test:443/", "https://gw.test", "wss://gw.test"),
        ("https://gw.test:8443", "https://gw.test:8443", "wss://gw.test:8443"),
        ("http://localhost:8080", "http://localhost:8080", "ws://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080", "ws://[::1]:8080"),
    ] {
        let config = loaded(&[KEY, ("PUBLIC_BASE_URL", given)]);
        let public = config.server.public_url(config.server.bind);
        assert_eq!((public.origin().as_str(), public.ws_origin().as_str()), (origin, ws), "{given}");
    }
}

#[test]
fn without_a_public_origin_the_listening_address_is_the_name() {
    let config = loaded(&[("BIND", "[::1]:0")]);
    assert_eq!(config.server.public_url("[::1]:4711".parse().unwrap()).origin(), "http://[::1]:4711");
    assert_eq!(config.server.public_url("127.0.0.1:80".parse().unwrap()).origin(), "http://127.0.0.1");
}

#[test]
fn listening_for_others_needs_a_public_origin() {
    assert_eq!(faults(&[("BIND", "0.0.0.0:8080"), KEY]), ["PUBLIC_BASE_URL"]);
    assert!(load(&[("BIND", "0.0.0.0:8080"), KEY, PUBLIC]).is_ok());
}

#[test]
fn the_simulated_model_is_for_this_machine_only() {
    for reachable in [&[PUBLIC][..], &[("BIND", "0.0.0.0:8080"), PUBLIC], &[PUBLIC, ("OPENAI_API_KEY", " ")]] {
        assert_eq!(faults(reachable), ["OPENAI_API_KEY"]);
    }
    let config = loaded(&[PUBLIC, KEY]);
    assert!(matches!(config.model.access, Access::Key(key) if key.expose() == "sk-test"));
}

#[test]
fn the_models_endpoints_are_encrypted_unless_they_are_this_machine() {
    let accepted = ["wss://model.test/v1/realtime", "ws://127.0.0.1:9/v1", "ws://localhost:9", "ws://[::1]:9"];
    let refused = [
        "ws://model.test",
        "https://model.test",
        "http://127.0.0.1",
        "ws://localhost@model.test",
        "x",
        "wss://model.test/?model=a",
        "wss://u:p@model.test",
    ];
    table("OPENAI_REALTIME_URL", &[], &accepted, &refused);
    let accepted = ["https://model.test/v1/", "http://127.0.0.1:9/v1"];
    let refused = ["http://model.test/v1", "http://127.0.0.1.model.test", "wss://model.test", "file:///etc/passwd"];
    table("OPENAI_BASE_URL", &[], &accepted, &refused);
    table("TWILIO_API_BASE_URL", &[], &accepted, &refused);
    assert_eq!(loaded(&[("OPENAI_BASE_URL", "https://m.test/v1/")]).model.base_url.as_str(), "https://m.test/v1");
}

#[test]
fn model_names_are_names() {
    for name in ["OPENAI_REALTIME_MODEL", "OPENAI_TRANSCRIBE_MODEL", "OPENAI_VOICE"] {
        table(name, &[], &["gpt-realtime-2.1", "ft:gpt/x_1"], &["two words", "a\"b", "a&b=c", "\u{e9}"]);
    }
    table("REALTIME_AUDIO_FORMAT", &[], &["pcm", "pcmu"], &["PCM", "opus"]);
}

#[test]
fn the_carriers_token_may_be_two_but_never_half() {
    table("TWILIO_AUTH_TOKEN", &[], &["one", "one,two", " one , two "], &["one,", ",one", ",", "one,,two", "a,b,c"]);
    let tokens = loaded(&[("TWILIO_AUTH_TOKEN", "one, two")]).telephony.auth_tokens;
    assert_eq!(tokens.iter().map(|token| token.expose()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(loaded(&[("TWILIO_AUTH_TOKEN", "  ")]).telephony.auth_tokens.is_empty());
}

#[test]
fn checking_webhooks_can_be_turned_off_on_this_machine_only() {
    table("TWILIO_VALIDATE", &[], &["on", "off"], &["false", "OFF", "no"]);
    assert!(!loaded(&[("TWILIO_VALIDATE", "off")]).telephony.validate);
    for reachable in [&[PUBLIC, KEY][..], &[("BIND", "0.0.0.0:80"), PUBLIC, KEY]] {
        assert_eq!(faults(&[reachable, &[("TWILIO_VALIDATE", "off")]].concat()), ["TWILIO_VALIDATE"]);
    }
    let half = [("BIND", "0.0.0.0:80"), ("PUBLIC_BASE_URL", "http://localhost:80"), KEY, ("TWILIO_VALIDATE", "off")];
    assert_eq!(faults(&half), ["TWILIO_VALIDATE"]);
}

#[test]
fn shared_keys_are_pairs_with_different_ids() {
    table("TWILIO_SHARED_KEYS", &[], &["a:1", "a:1,b:2", "a:1:2"], &["a", "a:", ":1", "a:1,", "a:1,a:2", ","]);
    let keys = loaded(&[("TWILIO_SHARED_KEYS", "a:1:2, b:3")]).telephony.shared_keys;
    let pairs: Vec<_> = keys.iter().map(|key| (key.id.as_str(), key.secret.expose())).collect();
    assert_eq!(pairs, [("a", "1:2"), ("b", "3")]);
}

#[test]
fn the_carriers_account_and_api_key_are_whole() {
    let upper = ACCOUNT.to_uppercase();
    table("TWILIO_ACCOUNT_SID", &[], &[ACCOUNT], &["AC1", upper.as_str(), "CA0123456789abcdef0123456789abcdef"]);
    let (account, sid, secret) =
        (("TWILIO_ACCOUNT_SID", ACCOUNT), ("TWILIO_API_KEY_SID", "SK1"), ("TWILIO_API_KEY_SECRET", "secret"));
    assert_eq!(faults(&[account, sid]), ["TWILIO_API_KEY_SECRET"]);
    assert_eq!(faults(&[account, secret]), ["TWILIO_API_KEY_SID"]);
    assert_eq!(faults(&[sid, secret]), ["TWILIO_ACCOUNT_SID"]);
    assert!(loaded(&[account, sid, secret]).telephony.api_key.is_some_and(|key| key.sid == "SK1"));
}

#[test]
fn the_administrators_key_is_long_where_others_can_try() {
    table("ADMIN_API_KEY", &[], &["short"], &["two words", "t\u{e9}st"]);
    let reachable = [("BIND", "0.0.0.0:8080"), PUBLIC, KEY];
    table("ADMIN_API_KEY", &reachable, &["0123456789abcdef"], &["0123456789abcde"]);
    let behind_a_proxy = [("BIND", "127.0.0.1:8080"), PUBLIC, KEY];
    table("ADMIN_API_KEY", &behind_a_proxy, &["0123456789abcdef"], &["0123456789abcde"]);
}

#[test]
fn numbers_have_ranges() {
    for name in ["CALLS_PER_CALLER_MAX", "CALLS_PER_ORG_MAX", "CALLS_MAX"] {
        table(name, &[], &["0", "1", "1000000"], &["-1", "1.5", "many", "1000001", "99999999999999999999"]);
    }
    table("CALL_SECS_MAX", &[], &["30", "3500"], &["0", "29", "3501"]);
    table("TALK_SECS_MAX", &[], &["600", "86400"], &["0", "599", "86401"]);
    table("DRAIN_SECS", &[], &["0", "3600"], &["3601", "2m"]);
    let limits = loaded(&[("CALLS_MAX", "0"), ("CALLS_PER_ORG_MAX", "7"), ("CALL_SECS_MAX", "60")]).limits;
    assert_eq!((limits.calls, limits.calls_per_org, limits.call_max), (None, Some(7), Duration::from_secs(60)));
}

#[test]
fn other_words_are_checked() {
    table("DEFAULT_ORG", &[], &["demo", "north-2_a"], &["Demo", "a b", "a/b"]);
    table("LOG_FORMAT", &[], &["text", "json"], &["xml"]);
    table("LOG_LEVEL", &[], &["off", "TRACE", "info,sqlx=debug"], &["inof", "info,", "a b=info", "sqlx=loud"]);
    table(
        "DATABASE_URL",
        &[],
        &["sqlite://a.db", "sqlite::memory:", "postgres://h/d", "postgresql://h/d"],
        &["a.db", "mysql://h/d", "sqlite://", "sqlite:"],
    );
    table(
        "CORS_ORIGINS",
        &[],
        &["*", "https://a.test", "https://a.test, http://b.test:81"],
        &[
            "a.test",
            "https://a.test/",
            "https://a.test/x",
            "https://A.test",
            "*,https://a.test",
            "https://a.test,",
            "null",
        ],
    );
    table(
        "TRUSTED_PROXIES",
        &[],
        &["10.0.0.0/8", "192.0.2.1, 2001:db8::/32"],
        &["proxy.test", "10.0.0.0/40", "10.0.0.1,"],
    );
    assert_eq!(loaded(&[("LOG_LEVEL", "off")]).log.filter, "off");
}

#[test]
fn redis_is_refused_clearly_because_it_is_not_there_yet() {
    table("USE_REDIS", &[], &["false"], &["true", "1"]);
    let error = load(&[("USE_REDIS", "true"), ("REDIS_URL", "redis://127.0.0.1")]).err().unwrap();
    assert!(error.to_string().contains("not available yet"), "{error}");
}

#[test]
fn all_faults_are_reported_at_once() {
    let named = faults(&[("BIND", "x"), ("LOG_FORMAT", "x"), ("CALLS_MAX", "x"), ("TWILIO_AUTH_TOKEN", ",")]);
    assert_eq!(named, ["BIND", "TWILIO_AUTH_TOKEN", "CALLS_MAX", "LOG_FORMAT"]);
}

#[test]
fn no_fault_repeats_a_secret() {
    let canary = "canary-8c1f";
    let values = [canary.to_owned(), format!("{canary},"), format!("{canary} x"), format!("https://u:{canary}@h.test")];
    for name in [
        "OPENAI_API_KEY",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_SHARED_KEYS",
        "TWILIO_API_KEY_SECRET",
        "ADMIN_API_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "PUBLIC_BASE_URL",
        "OPENAI_BASE_URL",
        "OPENAI_REALTIME_URL",
        "TWILIO_API_BASE_URL",
    ] {
        for value in &values {
            let text = load(&[(name, value.as_str())]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!text.contains(canary), "{name}: {text}");
        }
    }
}

#[test]
fn prices_are_built_in_and_can_be_overridden_for_all_models_or_one() {
    let load = |text: &str| {
        Config::load(&Sources { file: file(text), ..Sources::default() }).map(|config| config.model.prices)
    };
    let built_in = load("").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(built_in.of("gpt-realtime-2.1").audio_out, 64_000);
    assert_eq!(built_in.of("gpt-realtime-2.1-mini-2026-01-01").audio_out, 20_000);
    assert_eq!(built_in.of("gpt-realtime-1.5").text_out, 16_000);
    assert_eq!(built_in.of("somebody-elses"), built_in.of("gpt-realtime-2.1"));
    let text = "[prices]\ntext_in = 5\ntranscribed_minute = 0.0061\n[prices.\"mine-1\"]\ntext_in = 0.25";
    let own = load(text).unwrap_or_else(|error| panic!("{error}"));
    let expected = Prices { text_in: 5_000, transcribed_minute: 6_100, ..built_in.of("gpt-realtime-2.1") };
    assert_eq!(own.of("gpt-realtime-2.1"), expected);
    assert_eq!(own.of("mine-1"), Prices { text_in: 250, ..expected });
    for text in ["text_in = -1", "text_in = \"4\"", "text_in = nan", "text_in = 1e9", "text_inn = 1", "a.text_in = inf"]
    {
        assert!(load(&format!("[prices]\n{text}")).is_err(), "{text}");
    }
}
