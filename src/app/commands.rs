//! The commands: each reads its settings, does its work, and ends with the exit code that scripts rely on.

mod keys;

use std::io::{self, IsTerminal as _, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::app::gateway::{open_existing_store, open_store, seed};
use crate::app::{StartError, SystemClock, bench, demo, serve};
use crate::cli::{
    Cli, Command, ConfigCommand, Exit, HealthArgs, NumberCommand, OrgCommand, SettingFlags, completions, config_show,
};
use crate::config::{Config, ConfigError};
use crate::ports::store::{Directory as _, OrgRow, StoreError};
use crate::store::{OpenError, Store};
use crate::telemetry;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    /// Asked for something that does not exist.
    #[error("{0}")]
    Usage(String),
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl CommandError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Config,
            Self::Start(StartError::Database(error)) if error.is_schema() => Exit::Schema,
            Self::Start(_) | Self::Other(_) => Exit::Runtime,
            Self::Usage(_) => Exit::Usage,
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        Self::Start(error.into())
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// Performs a command. What it is asked for goes to stdout, everything else to stderr.
pub fn run(cli: Cli) -> Exit {
    telemetry::log_panics();
    let (out, talk) = (&mut io::stdout(), &mut io::stderr());
    match perform(cli, out, talk) {
        Ok(exit) => exit,
        Err(error) => {
            // With a broken stderr there is nobody to tell.
            let _ = writeln!(talk, "switchboard: {}", causes(&error));
            error.exit()
        }
    }
}

/// The error and what caused it, unless that says the same.
fn causes(error: &CommandError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

fn perform(cli: Cli, out: &mut impl Write, talk: &mut impl Write) -> Result<Exit, CommandError> {
    let flags = cli.settings;
    match cli.command {
        Command::Config(ConfigCommand::Show { json }) => Ok(config_show(&flags, json, out, talk)?),
        Command::Completions { shell } => {
            completions(shell, out);
            Ok(Exit::Ok)
        }
        Command::Serve(_) => {
            let config = load(&flags)?;
            telemetry::init_logs(&config.log.filter, config.log.format == crate::config::LogFormat::Json)
                .context("logs")?;
            let runtime = runtime()?;
            let exit = runtime.block_on(serve::serve(&config, talk));
            // Whoever asks a dead name server holds a thread for half a minute.
            runtime.shutdown_timeout(THREADS_WAIT);
            exit
        }
        Command::Demo(args) => {
            quiet_logs(&flags, "off")?;
            runtime()?.block_on(demo::demo(&args, &flags, out))
        }
        Command::Migrate => {
            let config = load(&flags)?;
            quiet_logs(&flags, "warn")?;
            runtime()?.block_on(migrate(&config, out))
        }
        Command::Org(command) => {
            let config = load(&flags)?;
            quiet_logs(&flags, "warn")?;
            runtime()?.block_on(org(command, &config, out))
        }
        Command::Key(command) => {
            let config = load(&flags)?;
            quiet_logs(&flags, "warn")?;
            runtime()?.block_on(keys::keys(command, &config, out, talk))
        }
        Command::Health(args) => runtime()?.block_on(health(&args, &flags, out)),
        Command::Bench(args) => {
            quiet_logs(&flags, "warn")?;
            bench::bench(&args, out, talk)
        }
    }
}

fn load(flags: &SettingFlags) -> Result<Config, CommandError> {
    Ok(Config::load(&flags.sources()?)?)
}

fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    Ok(tokio::runtime::Runtime::new().context("the runtime does not start")?)
}

/// Logs of a command that talks to people itself: only what they ask for by flag, or this level.
fn quiet_logs(flags: &SettingFlags, level: &str) -> Result<(), CommandError> {
    let filter = flags.log_level.as_deref().unwrap_or(level);
    let json = flags.log_format.as_deref() == Some("json");
    Ok(telemetry::init_logs(filter, json).context("logs")?)
}

async fn migrate(config: &Config, out: &mut impl Write) -> Result<Exit, CommandError> {
    let store = open_store(config).await?;
    let version = store.schema_version().await?;
    store.close().await;
    writeln!(out, "{} at {}: schema version {version}", store.kind(), store.place())?;
    Ok(Exit::Ok)
}

async fn org(command: OrgCommand, config: &Config, out: &mut impl Write) -> Result<Exit, CommandError> {
    let store = open_existing_store(config).await?;
    seed(&store, config).await?;
    let done = change_org(command, &store, out).await;
    store.close().await;
    done.map(|()| Exit::Ok)
}

async fn change_org(command: OrgCommand, store: &Store, out: &mut impl Write) -> Result<(), CommandError> {
    match command {
        OrgCommand::Add(args) => {
            let existed = store.org(&args.org).await.is_ok();
            let row =
                OrgRow { id: args.org.to_string(), name: args.name, config: "{}".to_owned(), ..OrgRow::default() };
            if let Err(problems) = crate::assistant::settings::organization(&row) {
                let details: Vec<_> = problems.into_iter().map(|problem| problem.detail).collect();
                return Err(CommandError::Usage(details.join(" ")));
            }
            store.create_org(&row).await?;
            writeln!(out, "{} {}", args.org, if existed { "exists already; it was left as it is" } else { "created" })?;
        }
        OrgCommand::List(args) => {
            let mut list = Vec::new();
            for row in store.orgs().await? {
                let numbers = match row.id.parse() {
                    Ok(id) => store.numbers(&id).await?,
                    Err(_) => Vec::new(),
                };
                list.push((row, numbers.iter().map(|number| number.e164().to_owned()).collect::<Vec<_>>()));
            }
            if args.json {
                let json: Vec<_> = list
                    .iter()
                    .map(|(row, numbers)| json!({ "id": row.id, "name": row.name, "numbers": numbers }))
                    .collect();
                writeln!(out, "{:#}", Value::Array(json))?;
            } else {
                let width = list.iter().map(|(row, _)| row.id.len()).max().unwrap_or(0);
                for (row, numbers) in list {
                    writeln!(out, "{:width$}  {}  {}", row.id, row.name, numbers.join(" "))?;
                }
            }
        }
        OrgCommand::Show { org } => {
            let row = store.org(&org).await.map_err(|error| missing(error, &org))?;
            writeln!(out, "{:#}", shown(&row))?;
        }
        OrgCommand::Number(NumberCommand::Add { org, number }) => {
            store.assign_number(&number, &org).await.map_err(|error| missing(error, &org))?;
            writeln!(out, "{} belongs to {org}", number.e164())?;
        }
        OrgCommand::Number(NumberCommand::List { org }) => {
            store.org(&org).await.map_err(|error| missing(error, &org))?;
            for number in store.numbers(&org).await? {
                writeln!(out, "{}", number.e164())?;
            }
        }
    }
    Ok(())
}

fn missing(error: StoreError, org: &crate::types::OrgId) -> CommandError {
    match error {
        StoreError::NotFound => CommandError::Usage(format!("there is no organization `{org}`")),
        error => error.into(),
    }
}

/// A row as the API shows it: JSON columns as JSON.
fn shown(row: &OrgRow) -> Value {
    let loose = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    json!({
        "id": row.id,
        "name": row.name,
        "business_hours": loose(&row.business_hours),
        "after_hours_policy": row.after_hours_policy,
        "services_offered": loose(&row.services_offered),
        "escalation_phone": row.escalation_phone,
        "config": loose(&row.config),
    })
}

async fn health(args: &HealthArgs, flags: &SettingFlags, out: &mut impl Write) -> Result<Exit, CommandError> {
    let origin = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(load(flags)?.server.bind)),
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(HEALTH_WAIT).no_proxy().build().context("the HTTP client")?;
    let clock = SystemClock::start();
    loop {
        let (is_ready, says) = ask_health(&client, &origin).await;
        let is_late = clock.mono().0 >= Duration::from_secs(args.timeout).as_micros() as u64;
        if is_ready || !args.wait || is_late {
            writeln!(out, "{origin}: {says}")?;
            return Ok(if is_ready { Exit::Ok } else { Exit::Unhealthy });
        }
        sleep(HEALTH_EVERY).await;
    }
}

async fn ask_health(client: &reqwest::Client, origin: &str) -> (bool, String) {
    let response = match client.get(format!("{origin}/readyz")).send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() => return (false, "nobody answers".to_owned()),
        Err(error) if error.is_timeout() => return (false, "no answer in time".to_owned()),
        Err(_) => return (false, "no answer that can be read".to_owned()),
    };
    let status = response.status();
    let body: Value = response.json().await.unwrap_or_default();
    let says = body["status"].as_str().map_or_else(|| status.to_string(), str::to_owned);
    (status.is_success(), says)
}

/// An address to connect to, for one that listens everywhere.
fn reachable(bind: SocketAddr) -> SocketAddr {
    match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, bind.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, bind.port())),
        IpAddr::V4(_) | IpAddr::V6(_) => bind,
    }
}

/// Whether colours are welcome on stdout.
pub(super) fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// At the end of `serve`, for threads that are still busy.
const THREADS_WAIT: Duration = Duration::from_secs(2);

const HEALTH_WAIT: Duration = Duration::from_secs(5);

const HEALTH_EVERY: Duration = Duration::from_millis(250);
