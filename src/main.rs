//! The `switchboard` command.

use std::process::ExitCode;

use clap::Parser;
use switchboard::{app, cli::Cli};

fn main() -> ExitCode {
    app::run(Cli::parse()).into()
}
