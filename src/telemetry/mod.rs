//! Logs and counters: set up once by the program, used everywhere through `tracing` and `metrics`.
//!
//! Logs go to stderr, so that stdout stays free for what a command is asked for.

mod panics;
mod troubles;

use std::io::IsTerminal;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

pub use self::panics::log_panics;
pub use self::troubles::{Standing, Trouble, Troubles};

/// Buckets of histograms in seconds: from a frame's handling to a slow first answer.
const BUCKETS_SECS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 60.0];

/// The logs or the counters cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("the log filter is not valid")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("logs are set up already")]
    LogsTwice,
    #[error("counters cannot be set up")]
    Metrics(#[from] BuildError),
}

/// Starts logging to stderr: text, coloured on a terminal, or one JSON object a line. Once for each process.
pub fn init_logs(filter: &str, json: bool) -> Result<(), TelemetryError> {
    let logs = tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(filter)?).with_writer(std::io::stderr);
    // A log that nobody takes (its reader is gone, its disk is full) loses lines. To complain about that, where else but on
    // stderr, would panic, and once more in the hook that logs panics: the end of every call.
    let logs = logs.log_internal_errors(false);
    let started = if json {
        logs.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        logs.with_ansi(colours()).with_target(false).try_init()
    };
    started.map_err(|_| TelemetryError::LogsTwice)
}

/// Colours only for people, and not for those who say that they do not want them.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The counters of this process, in the form that Prometheus reads.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Collects everything counted from now on. Once for each process.
    pub fn install() -> Result<Self, TelemetryError> {
        Ok(Self(PrometheusBuilder::new().set_buckets(&BUCKETS_SECS)?.install_recorder()?))
    }

    /// A handle that sees nothing that others count; for tests.
    pub fn detached() -> Self {
        Self(PrometheusBuilder::new().build_recorder().handle())
    }

    /// The text of `/metrics`.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Moves collected samples on; call it every few seconds, or memory grows while nobody reads `/metrics`.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}
