//! `key`: made, listed, taken back. A key itself is printed once, by the command that makes it.

use std::fmt::Display;
use std::io::Write;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::app::commands::CommandError;
use crate::app::gateway::open_existing_store;
use crate::auth::{generate_key, hash_key};
use crate::cli::{Exit, KeyCommand};
use crate::config::Config;
use crate::ports::store::{KeyRow, Keys};

pub(super) async fn keys(
    command: KeyCommand,
    config: &Config,
    out: &mut impl Write,
    talk: &mut impl Write,
) -> Result<Exit, CommandError> {
    let store = open_existing_store(config).await?;
    let done = match command {
        KeyCommand::Add { name } => add(&store, &name, out, talk, store.place()).await,
        KeyCommand::List { json } => list(&store, json, out).await,
        KeyCommand::Revoke { key } => revoke(&store, &key, out).await,
    };
    store.close().await;
    done.map(|()| Exit::Ok)
}

async fn add(
    keys: &dyn Keys,
    name: &str,
    out: &mut impl Write,
    talk: &mut impl Write,
    place: impl Display,
) -> Result<(), CommandError> {
    if keys.list().await?.iter().any(|key| key.name == name) {
        return Err(CommandError::Usage(format!("there is a key `{name}`; choose another name, or revoke it first")));
    }
    let key = generate_key().context("a key")?;
    keys.add(name, &hash_key(key.expose())).await?;
    writeln!(out, "{}", key.expose())?;
    writeln!(talk, "Keep it: it is not stored and cannot be shown again. It opens the gateway of {place}.")?;
    Ok(())
}

async fn list(keys: &dyn Keys, as_json: bool, out: &mut impl Write) -> Result<(), CommandError> {
    let list = keys.list().await?;
    if as_json {
        let rows: Vec<_> = list.iter().map(|key| json!({ "id": key.id(), "name": key.name })).collect();
        writeln!(out, "{:#}", Value::Array(rows))?;
        return Ok(());
    }
    for key in list {
        writeln!(out, "{}  {}", key.id(), key.name)?;
    }
    Ok(())
}

/// By id, or by a name that only one key has: earlier versions let several have the same.
async fn revoke(keys: &dyn Keys, which: &str, out: &mut impl Write) -> Result<(), CommandError> {
    let list = keys.list().await?;
    let named: Vec<&KeyRow> = list.iter().filter(|key| key.id() == which || key.name == which).collect();
    let key = match named.as_slice() {
        [only] => only,
        [] => return Err(CommandError::Usage(format!("there is no key `{which}`; `key list` shows all"))),
        several => {
            let ids: Vec<&str> = several.iter().map(|key| key.id()).collect();
            let ids = ids.join(", ");
            return Err(CommandError::Usage(format!("several keys are called `{which}`; name one of {ids}")));
        }
    };
    keys.revoke(&key.hash).await?;
    writeln!(out, "{} ({}) opens nothing any more", key.name, key.id())?;
    Ok(())
}
