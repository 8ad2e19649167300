//! A real Postgres for the tests: a cluster of its own in a temporary directory, on a loopback port of its own.
//!
//! The store must behave the same on both databases, and only the real one can show it. Where Postgres is not installed
//! the tests that need it say so and do nothing; in CI they fail.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests, which must say what they skip")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Attempts to start on a port that another process may take first.
const START_TRIES: u32 = 3;

/// A running cluster. It stops, and its files go, when the test binary ends, however it ends.
pub(crate) struct Postgres {
    bin: PathBuf,
    dir: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// A process that waits for our end on its standard input, then stops the server.
    guard: Child,
}

impl Postgres {
    /// The cluster that most tests share, each with a database of its own. `None`: not installed.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A cluster that the test may stop and start.
    pub(crate) fn start() -> Option<Self> {
        let Some(bin) = binaries() else {
            let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!in_ci, "CI=true and no Postgres in /usr/lib/postgresql/*/bin");
            eprintln!("SKIPPED: no Postgres in /usr/lib/postgresql/*/bin; this test checked nothing");
            return None;
        };
        let dir = fresh_dir();
        run(as_postgres(&bin.join("initdb"))
            .args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "-D"])
            .arg(&dir));
        let guard = guard(&bin, &dir);
        let mut cluster = Self { bin, dir, port: 0, databases: AtomicU32::new(0), guard };
        for _ in 0..START_TRIES {
            cluster.port = free_port();
            if cluster.try_start() {
                return Some(cluster);
            }
        }
        panic!("Postgres does not start; see {}", cluster.dir.join("log").display());
    }

    /// Makes an empty database and returns its URL.
    pub(crate) async fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&self.url("postgres")).await.unwrap();
        admin.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        admin.close().await.unwrap();
        self.url(&name)
    }

    /// Stops the server as a crash would: connections break, nothing is flushed.
    pub(crate) fn stop(&self) {
        run(self.pg_ctl().args(["-m", "immediate", "-w", "stop"]));
    }

    /// Starts it again on the same port.
    pub(crate) fn start_again(&self) {
        assert!(self.try_start(), "Postgres does not start again");
    }

    fn try_start(&self) -> bool {
        let options = format!(
            "-F -p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=16MB -c max_connections=150",
            self.port
        );
        let mut command = self.pg_ctl();
        command.args(["-w", "-t", "30", "-o", &options, "-l"]).arg(self.dir.join("log")).arg("start");
        silent(&mut command).status().is_ok_and(|status| status.success())
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn pg_ctl(&self) -> Command {
        let mut command = as_postgres(&self.bin.join("pg_ctl"));
        command.arg("-D").arg(&self.dir);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The newest installed release.
fn binaries() -> Option<PathBuf> {
    let releases = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    releases.filter(|bin| bin.join("initdb").exists()).max()
}

/// Postgres refuses to run as root, so root lends it to the user that the package made.
fn as_postgres(program: &Path) -> Command {
    let mut command = if is_root() { Command::new("runuser") } else { Command::new(program) };
    if is_root() {
        command.args(["-u", "postgres", "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// An empty directory that the server's user owns. Below the system's temporary directory, which that user can reach.
fn fresh_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("switchboard-postgres-{}-{count}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    let mut command = Command::new("install");
    command.args(["-d", "-m", "700"]);
    if is_root() {
        command.args(["-o", "postgres"]);
    }
    run(command.arg(&dir));
    dir
}

/// Stops the server and removes its files when our end of the pipe closes, even if we are killed.
fn guard(bin: &Path, dir: &Path) -> Child {
    let stop = as_postgres(&bin.join("pg_ctl"));
    let mut words = vec![stop.get_program().to_owned()];
    words.extend(stop.get_args().map(ToOwned::to_owned));
    let script = "dir=$1; shift; read -r _; \"$@\" -D \"$dir\" -m immediate -w stop; rm -rf \"$dir\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "guard"]).arg(dir).args(words).current_dir("/");
    // A group of its own: an interrupt at the terminal must not end it before its work.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    silent(&mut command).stdin(Stdio::piped()).spawn().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn run(command: &mut Command) {
    assert!(silent(command).status().unwrap().success(), "{command:?} failed");
}
