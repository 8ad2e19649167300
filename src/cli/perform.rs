//! The commands that need no gateway: the settings' table and completion scripts.

use std::io::{self, Write};

use clap::CommandFactory;
use serde_json::json;

use crate::cli::{Cli, Exit, SettingFlags};
use crate::config::{Config, ConfigError, Resolved, Shown};

/// `config show`: prints every setting to `out`, and what is wrong with them to `talk`.
pub fn config_show(flags: &SettingFlags, as_json: bool, out: &mut dyn Write, talk: &mut dyn Write) -> io::Result<Exit> {
    let resolved = match flags.sources().and_then(|sources| Resolved::new(&sources)) {
        Ok(resolved) => resolved,
        Err(error) => return refuse(&error, talk),
    };
    let shown = resolved.show();
    if as_json {
        write_json(&shown, out)?
    } else {
        write_table(&shown, out)?
    }
    match Config::check(&resolved) {
        Ok(_) => Ok(Exit::Ok),
        Err(error) => refuse(&error, talk),
    }
}

fn refuse(error: &ConfigError, talk: &mut dyn Write) -> io::Result<Exit> {
    writeln!(talk, "{error}")?;
    Ok(Exit::Config)
}

fn write_table(shown: &[Shown], out: &mut dyn Write) -> io::Result<()> {
    let name_width = shown.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let value_width = shown.iter().filter_map(|line| line.value.as_ref()).map(String::len).max().unwrap_or(0);
    for Shown { name, value, source } in shown {
        let value = value.as_deref().unwrap_or("-");
        writeln!(out, "{name:name_width$}  {value:value_width$}  {source}")?;
    }
    Ok(())
}

fn write_json(shown: &[Shown], out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<_> =
        shown.iter().map(|line| json!({ "name": line.name, "value": line.value, "source": line.source })).collect();
    serde_json::to_writer_pretty(&mut *out, &lines)?;
    writeln!(out)
}

/// `completions`: a shell's completion script.
pub fn completions(shell: clap_complete::Shell, out: &mut dyn Write) {
    clap_complete::generate(shell, &mut Cli::command(), "switchboard", out);
}
