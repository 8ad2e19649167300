//! The list of all settings: name, default, kind, one sentence.
//!
//! One list feeds the reader, `config show`, the check for unknown keys and the test that keeps the README true.

/// How a value may be shown, and whether it can come from a file of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Plain,
    /// Never shown; also read from the file that `NAME_FILE` names.
    Secret,
    /// A URL that may hold a password, which is masked; also read from the file that `NAME_FILE` names.
    Url,
}

/// One setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    pub name: &'static str,
    /// `None`: there is none, or it depends on other settings.
    pub default: Option<&'static str>,
    pub kind: Kind,
    pub about: &'static str,
}

const fn plain(name: &'static str, default: Option<&'static str>, about: &'static str) -> Setting {
    Setting { name, default, kind: Kind::Plain, about }
}

const fn secret(name: &'static str, about: &'static str) -> Setting {
    Setting { name, default: None, kind: Kind::Secret, about }
}

const fn url(name: &'static str, about: &'static str) -> Setting {
    Setting { name, default: None, kind: Kind::Url, about }
}

/// Settings that other programs read as well, and in lower case, too.
pub(super) const EITHER_CASE: &[&str] = &["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

/// Every setting, in the order in which they are documented.
pub const SETTINGS: &[Setting] = &[
    plain("BIND", Some("127.0.0.1:8080"), "where `serve` listens"),
    plain("PUBLIC_BASE_URL", None, "origin that the carrier calls; default: http:// and BIND"),
    Setting {
        name: "DATABASE_URL",
        default: Some("sqlite://switchboard.db"),
        kind: Kind::Url,
        about: "sqlite://... or postgres://...",
    },
    plain("DATA_DIR", Some("./data"), "spool, recordings, logs"),
    secret("OPENAI_API_KEY", "none: the built-in simulated model"),
    plain("OPENAI_REALTIME_URL", Some("wss://api.openai.com/v1/realtime"), "WebSocket endpoint of the model"),
    plain("OPENAI_BASE_URL", Some("https://api.openai.com/v1"), "REST endpoint of the model"),
    plain("OPENAI_REALTIME_MODEL", Some("gpt-realtime-2.1"), "the model that talks"),
    plain("OPENAI_TRANSCRIBE_MODEL", Some("gpt-transcribe"), "the model that writes down what the caller says"),
    plain("OPENAI_VOICE", Some("marin"), "the assistant's voice"),
    plain("REALTIME_AUDIO_FORMAT", Some("pcm"), "pcm (24 kHz, transcoded) or pcmu (passed through)"),
    plain("REALTIME_LOG_DIR", None, "writes each call's model events there; contains what was said"),
    plain("TWILIO_ACCOUNT_SID", None, "the account that calls come from"),
    secret("TWILIO_AUTH_TOKEN", "checks signatures; two tokens, comma separated, while rotating"),
    plain("TWILIO_VALIDATE", Some("on"), "off: webhooks are not checked; loopback only"),
    secret("TWILIO_SHARED_KEYS", "id:secret,... for SharedKey signatures"),
    plain("TWILIO_API_KEY_SID", None, "used for REST instead of the auth token"),
    secret("TWILIO_API_KEY_SECRET", "belongs to TWILIO_API_KEY_SID"),
    plain("TWILIO_API_BASE_URL", Some("https://api.twilio.com"), "REST endpoint of the carrier"),
    plain("DEFAULT_ORG", None, "organization for numbers that no organization owns"),
    secret("ADMIN_API_KEY", "bearer key with all rights; made at first start if there is none"),
    plain("CALLS_PER_CALLER_MAX", Some("3"), "calls at once from one number; 0: no limit"),
    plain("CALLS_PER_ORG_MAX", Some("50"), "calls at once for one organization; 0: no limit"),
    plain("CALLS_MAX", Some("500"), "calls at once; 0: no limit"),
    plain("CALL_SECS_MAX", Some("1200"), "longest call in seconds"),
    plain(
        "TALK_SECS_MAX",
        Some("14400"),
        "longest talk of a caller with a person in seconds; it ends without a warning",
    ),
    plain("DIAL_COUNTRIES", None, "prefixes that may be dialled, comma separated, as in +1,+44; no API key adds to it"),
    plain(
        "DIALS_PER_DAY_MAX",
        Some("5000"),
        "dials a day of all organizations, emergencies aside; no API key raises it",
    ),
    plain("DRAIN_SECS", Some("120"), "seconds that live calls get at shutdown"),
    plain("CORS_ORIGINS", None, "origins, comma separated, whose pages may use the API"),
    url("HTTPS_PROXY", "http:// proxy for REST and the model's connection, never for loopback; lower case counts, too"),
    url("HTTP_PROXY", "the same, where HTTPS_PROXY is not set"),
    plain("NO_PROXY", None, "names, addresses and networks, comma separated, that are reached without the proxy"),
    plain(
        "TRUSTED_PROXIES",
        None,
        "addresses or networks of proxies in front, comma separated; loopback always is one",
    ),
    plain("LOG_LEVEL", Some("info"), "off, error, warn, info, debug, trace, or target=level pairs"),
    plain("LOG_FORMAT", Some("text"), "text or json"),
    plain("USE_REDIS", Some("false"), "shared state for several nodes; not available yet"),
    url("REDIS_URL", "used with USE_REDIS; not available yet"),
];

/// The setting with this exact name.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The known name that is closest to a mistyped one, if any is close.
pub(crate) fn did_you_mean<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_uppercase();
    let far = typed.len() / 3 + 1;
    known
        .map(|name| (distance(&typed, &name.to_ascii_uppercase()), name))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Levenshtein distance in bytes; one row is enough.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
