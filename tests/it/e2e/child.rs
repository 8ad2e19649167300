//! The gateway as a process of its own, which can be killed, and what it said was safe before that.
//!
//! What is safe is read from its log: a line at debug level for each receipt, written after the receipt's commit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::e2e::ground::PATIENCE;

/// What the log must show: receipts, and everything that went wrong.
const LOG_LEVEL: &str = "info,switchboard::store::writer=debug";

/// What the program's first words say when it takes connections.
const LISTENING: &str = r#""what":"listening""#;

/// A running `switchboard serve`.
pub(crate) struct Gateway {
    process: Child,
    log: mpsc::UnboundedReceiver<String>,
    /// What it said before it took connections.
    early: Vec<String>,
}

/// What the process has acknowledged, and what it complained about.
#[derive(Default)]
pub(crate) struct Heard {
    /// Record numbers, by call.
    pub(crate) records: BTreeMap<String, BTreeSet<u32>>,
    /// Sequence numbers of lines, by call.
    pub(crate) lines: BTreeMap<String, BTreeSet<u32>>,
    /// What is safe for processes of the same data directory only: call, record, line.
    pub(crate) spooled: Vec<(String, u32, Option<u32>)>,
    /// Log lines about panics.
    pub(crate) panics: Vec<String>,
    /// Log lines at level `ERROR`.
    pub(crate) errors: Vec<String>,
}

/// A loopback address that nobody listens on, and that no outgoing connection will get: below the ephemeral ports.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + (std::process::id() % 1000) as u16 * 10;
    loop {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 2000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().unwrap();
        }
    }
}

impl Gateway {
    /// Starts the program with these settings and nothing else; returns when it takes connections.
    pub(crate) async fn start(folder: &Path, addr: SocketAddr, settings: &[(&str, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.arg("serve");
        Self::run(command, folder, addr, settings).await
    }

    /// The same with so many file descriptors and no more.
    pub(crate) async fn with_descriptors(
        count: u32,
        folder: &Path,
        addr: SocketAddr,
        settings: &[(&str, String)],
    ) -> Self {
        let mut command = Command::new("/bin/sh");
        let limited = format!("ulimit -n {count} && exec \"$0\" serve");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_switchboard")]);
        Self::run(command, folder, addr, settings).await
    }

    async fn run(mut command: Command, folder: &Path, addr: SocketAddr, settings: &[(&str, String)]) -> Self {
        command.current_dir(folder).env_clear();
        command.env("BIND", addr.to_string()).env("LOG_LEVEL", LOG_LEVEL).env("LOG_FORMAT", "json");
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let stderr = process.stderr.take().unwrap();
        let (tell, log) = mpsc::unbounded_channel();
        // Reads to the end, so that what was said before a kill is heard after it, too.
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).all(|line| tell.send(line).is_ok())
        });
        let mut gateway = Self { process, log, early: Vec::new() };
        let listens = timeout(PATIENCE, gateway.has_begun()).await;
        assert!(listens.is_ok_and(|listens| listens), "the gateway does not start: {:?}", gateway.early);
        gateway
    }

    /// False: it has ended.
    async fn has_begun(&mut self) -> bool {
        while let Some(line) = self.log.recv().await {
            let listens = line.contains(LISTENING);
            self.early.push(line);
            if listens {
                return true;
            }
        }
        false
    }

    /// Listens to the log for so long, or until `enough`.
    pub(crate) async fn listen(&mut self, heard: &mut Heard, limit: Duration, mut enough: impl FnMut(&Heard) -> bool) {
        self.early.drain(..).for_each(|line| heard.take(line));
        let until = Instant::now() + limit;
        while !enough(heard) {
            let Ok(line) = timeout_at(until, self.log.recv()).await else { return };
            let Some(line) = line else { panic!("the gateway ended by itself: {:?}", heard.errors) };
            heard.take(line);
        }
    }

    /// Listens while something else is waited for.
    pub(crate) async fn meanwhile<T>(&mut self, heard: &mut Heard, waiting: impl Future<Output = T>) -> T {
        self.early.drain(..).for_each(|line| heard.take(line));
        let mut waiting = std::pin::pin!(waiting);
        loop {
            tokio::select! {
                done = &mut waiting => return done,
                line = self.log.recv() => match line {
                    Some(line) => heard.take(line),
                    None => panic!("the gateway ended by itself: {:?}", heard.errors),
                },
            }
        }
    }

    /// Kills it without a warning, and hears the rest of what it had said.
    pub(crate) async fn kill(mut self, heard: &mut Heard) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.early.drain(..).for_each(|line| heard.take(line));
        while let Some(line) = self.log.recv().await {
            heard.take(line);
        }
    }

    /// File descriptors that it holds.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Heard {
    /// Acknowledged records of all calls.
    pub(crate) fn count(&self) -> usize {
        self.records.values().map(BTreeSet::len).sum()
    }

    /// Acknowledged lines of all calls.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.values().map(BTreeSet::len).sum()
    }

    /// Leaves only what is in the database. A process with another data directory knows no more.
    pub(crate) fn forget_spooled(&mut self) {
        for (call, record, line) in self.spooled.drain(..) {
            self.records.get_mut(&call).map(|records| records.remove(&record));
            self.lines.get_mut(&call).zip(line).map(|(lines, line)| lines.remove(&line));
        }
    }

    fn take(&mut self, line: String) {
        if line.contains("panicked") {
            self.panics.push(line.clone());
        }
        // The program's first words, before its log, are for people.
        let Ok(entry) = serde_json::from_str::<Value>(&line) else { return };
        if entry["level"] == "ERROR" {
            self.errors.push(line);
        } else if entry["message"] == "a record is safe" {
            let number = |name: &str| entry[name].as_u64().map(|number| u32::try_from(number).unwrap());
            let call = entry["call"].as_str().unwrap();
            self.records.entry(call.to_owned()).or_default().insert(number("no").unwrap());
            self.lines.entry(call.to_owned()).or_default().extend(number("line"));
            if entry["to"] == "spool" {
                self.spooled.push((call.to_owned(), number("no").unwrap(), number("line")));
            }
        }
    }
}
