//! `serve`: answers calls until it is told to stop, and stops without hanging up on anybody who can finish in time.

use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::banner::Banner;
use crate::app::commands::CommandError;
use crate::app::{Gateway, GatewayOptions, descriptors};
use crate::auth::FirstKey;
use crate::cli::Exit;
use crate::config::{Config, LogFormat};
use crate::ports::door::Door as _;
use crate::telemetry::Metrics;
use crate::types::Secret;

/// Runs a gateway until SIGTERM or SIGINT. `talk` is stderr.
pub(super) async fn serve(config: &Config, talk: &mut impl Write) -> Result<Exit, CommandError> {
    let mut signals = Signals::new().context("signals")?;
    descriptors::raise();
    let metrics = Metrics::install().context("counters")?;
    let options = GatewayOptions { metrics: Some(metrics), ..GatewayOptions::default() };
    let gateway = Gateway::start(config, options).await?;
    let banner = Banner::new(config, &gateway).await;
    match config.log.format {
        LogFormat::Text => banner.print(talk)?,
        LogFormat::Json => banner.log(),
    }
    if let FirstKey::Made(key) = gateway.first_key() {
        hand_over(key, &config.storage.data_dir, talk)?;
    }

    let first = signals.recv().await;
    let live = gateway.switchboard().live().len();
    tracing::info!(signal = first, live, wait_secs = config.server.drain.as_secs(), "shutting down: no new calls");
    let left = gateway
        .shutdown_unless(config.server.drain, async {
            let second = signals.recv().await;
            tracing::warn!(signal = second, "asked again: not waiting for calls any longer");
        })
        .await;
    if left > 0 {
        tracing::warn!(left, "calls were cut off");
    }
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// Shows the administrator's key to a person, or leaves it where only the owner can read it.
fn hand_over(key: &Secret, data_dir: &Path, talk: &mut impl Write) -> Result<(), CommandError> {
    if io::stderr().is_terminal() {
        writeln!(talk, "  admin key   {}   (shown this once; only its hash is stored)\n", key.expose())?;
        return Ok(());
    }
    let path = write_key(key, data_dir).context("the administrator's key cannot be written")?;
    tracing::info!(path = %path.display(), "the administrator's key was made");
    Ok(())
}

fn write_key(key: &Secret, data_dir: &Path) -> io::Result<PathBuf> {
    let path = data_dir.join("admin.key");
    // A file of an earlier database is replaced, not followed or kept with its mode.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    writeln!(file, "{}", key.expose())?;
    file.sync_all()?;
    Ok(path)
}

/// The signals that mean: stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn recv(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
