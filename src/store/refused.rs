//! Entries that the database refuses for good: kept in a file, so that one of them never holds up the others.
//!
//! Written at least once each; a crash between this file and the spool's next step may write one again.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::store::entry::EntryRow;
use crate::store::fault::Fault;
use crate::store::spool::private;

/// The file `refused.jsonl`: one JSON object a line, `{"why", "entry"}`.
#[derive(Clone)]
pub(crate) struct Refused {
    path: PathBuf,
}

#[derive(Serialize)]
struct Letter<'a, T> {
    why: &'a str,
    entry: T,
}

impl Refused {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { path: dir.join("refused.jsonl") }
    }

    /// Keeps an entry that breaks a rule of the schema. Returns when it is on disk.
    pub(crate) fn keep(&self, row: &EntryRow, fault: &Fault) -> io::Result<()> {
        self.write(&Letter { why: &fault.to_string(), entry: row })
    }

    /// Keeps a record of the spool that this release cannot read.
    pub(crate) fn keep_unreadable(&self, payload: &[u8]) -> io::Result<()> {
        let why = "not understood by this release";
        match serde_json::from_slice::<&RawValue>(payload) {
            Ok(entry) => self.write(&Letter { why, entry }),
            Err(_) => self.write(&Letter { why, entry: String::from_utf8_lossy(payload) }),
        }
    }

    fn write<T: Serialize>(&self, letter: &Letter<'_, T>) -> io::Result<()> {
        let mut line = serde_json::to_vec(letter)?;
        line.push(b'\n');
        let mut file = private().append(true).open(&self.path)?;
        file.write_all(&line)?;
        file.sync_all()
    }
}
