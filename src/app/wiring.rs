//! From settings and stored rows to what each part wants to be told.
//!
//! Parts of one layer do not know each other; here their words are put side by side.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use uuid::Uuid;

use crate::app::{SystemClock, simulated};
use crate::assistant::{self, dates, prompt, settings, today, tools};
use crate::audio::prompts;
use crate::auth::generate_key;
use crate::calls::{CallLimits, CallsSettings};
use crate::config::{Access, Config};
use crate::dialling::Ceiling;
use crate::http::{CheckedOrg, FieldError};
use crate::net::{Lookup, Net, Proxies, SystemLookup, tls_config};
use crate::ports::store::OrgRow;
use crate::realtime::{RealtimeConnector, RealtimeSettings, SecretMint};
use crate::session::policy::Policy;
use crate::sim::server::model::ModelServer;
use crate::twilio::TwilioSettings;
use crate::types::Secret;

/// How connections to the outside are made. Only what the settings say counts, not the process's environment.
pub(super) fn net(config: &Config, lookup: Option<Arc<dyn Lookup>>) -> Net {
    let proxies = match &config.network.proxy {
        Some(proxy) => Proxies::new(proxy.clone(), &config.network.no_proxy),
        None => Proxies::default(),
    };
    Net::new(tls_config(), proxies, lookup.unwrap_or_else(|| Arc::new(SystemLookup)))
}

/// The connection to the model, and the model itself if it is the built-in one.
pub(super) async fn connector(
    config: &Config,
    net: &Net,
    clock: SystemClock,
) -> anyhow::Result<(Arc<RealtimeConnector>, Option<ModelServer>)> {
    let (url, api_key, simulated) = match &config.model.access {
        Access::Key(key) => (config.model.realtime_url.to_string(), Some(key.clone()), None),
        Access::Simulated => {
            let server = simulated::model(clock).await?;
            (server.url(), Some(built_in_key()), Some(server))
        }
    };
    let settings = RealtimeSettings { url, api_key, log_dir: config.model.log_dir.clone(), parse_tool: tools::parse };
    let connector = RealtimeConnector::new(settings, net.clone()).context("the model's connection")?;
    Ok((Arc::new(connector), simulated))
}

/// Where browsers' secrets come from: the model that calls talk with.
pub(super) fn secret_mint(config: &Config, net: &Net, simulated: Option<&ModelServer>) -> anyhow::Result<SecretMint> {
    let base_url = simulated.map_or_else(|| config.model.base_url.to_string(), ModelServer::rest_base);
    let api_key = match &config.model.access {
        Access::Key(key) => Some(key.clone()),
        Access::Simulated => Some(built_in_key()),
    };
    SecretMint::new(net.clone(), &base_url, api_key).context("OPENAI_BASE_URL")
}

/// The built-in model wants a key as the real one does, and takes any.
fn built_in_key() -> Secret {
    Secret::new("built-in")
}

/// What the carrier's adapter must know.
pub(super) fn twilio_settings(config: &Config, origin: &str) -> TwilioSettings {
    let telephony = &config.telephony;
    TwilioSettings {
        tokens: telephony.auth_tokens.clone(),
        shared_keys: telephony.shared_keys.iter().map(|key| (key.id.clone(), key.secret.clone())).collect(),
        account: telephony.account.clone(),
        api_key: telephony.api_key.as_ref().map(|key| (key.sid.clone(), key.secret.clone())),
        api_base_url: telephony.api_base.to_string(),
        validate: telephony.validate,
        ..TwilioSettings::new(origin)
    }
}

/// What calls must know.
pub(super) fn calls_settings(config: &Config, mut policy: Policy) -> anyhow::Result<CallsSettings> {
    policy.call_max = config.limits.call_max;
    policy.bridge_max = config.limits.talk_max;
    let limit = |limit: Option<u32>| limit.unwrap_or(0);
    let limits = &config.limits;
    Ok(CallsSettings {
        limits: CallLimits::new(limit(limits.calls_per_caller), limit(limits.calls_per_org), limit(limits.calls)),
        dialling: Ceiling { countries: limits.dial_countries.clone(), dials_per_day_max: limits.dials_per_day },
        policy,
        model: config.model.model.clone(),
        transcribe_model: config.model.transcribe_model.clone(),
        voice: config.model.voice.clone(),
        format: config.model.audio_format,
        safety_salt: salt(&config.storage.data_dir).context("the salt in DATA_DIR")?,
        instructions: prompt::instructions,
        moments: today::moments,
        settle_dates: dates::settle,
        tools: tools::specs,
        prompts: prompts::for_language,
        hold: prompts::hold,
        people: assistant::people,
        render: tools::render,
    })
}

/// The name of the data directory: random and kept, so that a process knows what an earlier one of the same directory
/// has left in the database.
pub(super) fn home(data_dir: &Path) -> anyhow::Result<Uuid> {
    let path = data_dir.join("home.id");
    if let Ok(text) = std::fs::read_to_string(&path)
        && let Ok(home) = text.trim().parse()
    {
        return Ok(home);
    }
    let home = Uuid::new_v4();
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(home.to_string().as_bytes())?;
    file.sync_all()?;
    Ok(home)
}

/// Random and kept, so that a caller's opaque name is the same tomorrow, and another one at other installations.
fn salt(data_dir: &Path) -> anyhow::Result<Secret> {
    let path = data_dir.join("caller.salt");
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(Secret::new(text.trim())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let salt = generate_key()?;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(salt.expose().as_bytes())?;
    Ok(salt)
}

/// Makes a directory that only its owner can read. One that is there is left as it is, since somebody made it so; that
/// others can look into it is said.
pub(super) fn private_dir(dir: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot make the directory {}", dir.display()))?;
    if std::fs::metadata(dir).is_ok_and(|about| about.mode() & 0o077 != 0) {
        let (dir, mend) = (dir.display(), "chmod 700");
        tracing::warn!(%dir, mend, "other users of this machine can look into the data directory");
    }
    Ok(())
}

/// Whether this row may be stored; the API asks before it stores one.
pub(super) fn check_org(row: &mut OrgRow) -> Result<CheckedOrg, Vec<FieldError>> {
    let fields = |problems: Vec<settings::Problem>| {
        problems.into_iter().map(|problem| FieldError::at(problem.pointer, problem.code, problem.detail)).collect()
    };
    let checked = settings::check(row).map_err(fields)?;
    Ok(CheckedOrg { warnings: fields(checked.warnings), targets: checked.org.escalation.targets })
}
