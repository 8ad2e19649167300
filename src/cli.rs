//! The command line: what can be asked for, how it is spelled, and the exit codes that scripts rely on.
//!
//! Parsing lives here; `app` performs the commands that need the gateway, `cli::perform` the ones that do not.

mod args;
mod exit;
mod flags;
mod perform;

pub use args::{
    AudioChoice, BenchArgs, DemoArgs, HealthArgs, KeyCommand, NumberCommand, OrgAddArgs, OrgCommand, OrgListArgs,
    ServeArgs,
};
pub use exit::Exit;
pub use flags::SettingFlags;
pub use perform::{completions, config_show};

use clap::{Parser, Subcommand};

/// A telephony gateway: an AI assistant answers the phone and hands the caller to a person when it should.
#[derive(Parser)]
#[command(name = "switchboard", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub settings: SettingFlags,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "Settings: defaults < switchboard.toml < .env < environment < flags; `switchboard config show` \
says what counts and why.\nExit codes: 0 ok, 1 runtime failure, 2 usage, 3 configuration, 4 health check failed, \
5 database schema.";

#[derive(Subcommand)]
pub enum Command {
    /// Answer calls until SIGTERM or Ctrl-C
    Serve(ServeArgs),
    /// Play one spoken call through the whole gateway, without any account
    Demo(DemoArgs),
    /// Bring the database to this version's schema
    Migrate,
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Organizations and the numbers that they own
    #[command(subcommand)]
    Org(OrgCommand),
    /// API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Ask a running gateway whether it takes calls (exit code 4: no)
    Health(HealthArgs),
    /// Print a shell's completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Measure: echo calls over real sockets, latency and CPU for each number of calls at once
    Bench(BenchArgs),
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Every setting with its value and where that came from; secrets are masked
    Show {
        /// Print a JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests;
