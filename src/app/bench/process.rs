//! The gateway under measurement: this binary once more, as a process of its own on a processor of its own.
//!
//! Only so are its processor time and memory its own. What it used is read from `/proc`.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::{sleep, timeout};

/// Clock ticks a second in `/proc`: the same on every Linux there is.
const TICKS_PER_SEC: f64 = 100.0;

/// From its start until it answers.
const START_WAIT: Duration = Duration::from_secs(20);

const ASK_EVERY: Duration = Duration::from_millis(50);

/// Which processor is whose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    pub(super) gateway: usize,
    pub(super) load: usize,
}

impl Cores {
    /// Two of those that this process may use, and `taskset` to keep to them. `Err`: why not, in words.
    pub(super) fn find() -> Result<Self, &'static str> {
        let allowed = fs::read_to_string("/proc/self/status").ok().map(|text| allowed(&text)).unwrap_or_default();
        let (Some(gateway), Some(load)) = (allowed.first(), allowed.last()) else { return Err("no /proc") };
        if gateway == load {
            return Err("there is one processor only");
        }
        let has_taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !has_taskset.is_ok_and(|status| status.success()) {
            return Err("`taskset` (util-linux) is missing");
        }
        Ok(Self { gateway: *gateway, load: *load })
    }

    /// Keeps this thread, and those that it starts from now on, on the load's processor.
    pub(super) fn keep_load(self) -> bool {
        let (core, pid) = (self.load.to_string(), std::process::id().to_string());
        let status = Command::new("taskset").args(["-cp", &core, &pid]).stdout(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}

/// `Cpus_allowed_list: 0-1,4` as numbers.
fn allowed(status: &str) -> Vec<usize> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let ranges = list.trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

/// A running gateway. Dropping it kills it.
pub(super) struct GatewayProcess {
    child: Child,
    pub(super) addr: SocketAddr,
    log: PathBuf,
}

impl GatewayProcess {
    /// Starts `serve` with these settings and nothing of the machine's, and waits until it takes calls.
    pub(super) async fn start(
        addr: SocketAddr,
        dir: &Path,
        settings: &[(String, String)],
        cores: Option<Cores>,
        client: &reqwest::Client,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("the path of this program")?;
        let mut command = match cores {
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &cores.gateway.to_string()]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let log = dir.join("gateway.log");
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.arg("serve").env_clear().env("PATH", path).env("BIND", addr.to_string()).current_dir(dir);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let mut process = Self { child: command.spawn().context("the gateway does not start")?, addr, log };
        match timeout(START_WAIT, process.ready(client)).await {
            Ok(Ok(())) => Ok(process),
            Ok(Err(error)) => Err(error),
            Err(_) => bail!("the gateway does not get ready; it says:\n{}", process.says()),
        }
    }

    async fn ready(&mut self, client: &reqwest::Client) -> anyhow::Result<()> {
        let url = format!("http://{}/readyz", self.addr);
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the gateway ended ({status}); it said:\n{}", self.says());
            }
            if client.get(&url).send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            sleep(ASK_EVERY).await;
        }
    }

    /// What it wrote into its log.
    pub(super) fn says(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Processor seconds so far, of all its threads.
    pub(super) fn cpu_secs(&self) -> io::Result<f64> {
        cpu_secs(&self.child.id().to_string())
    }

    /// Memory in use, in KiB.
    pub(super) fn rss_kib(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").trim().parse().map_err(io::Error::other)
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor seconds of this process.
pub(super) fn own_cpu_secs() -> io::Result<f64> {
    cpu_secs("self")
}

fn cpu_secs(process: &str) -> io::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; `utime` and `stime` are the 12th and 13th field behind it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    match ticks[..] {
        [user, system] => Ok((user + system) / TICKS_PER_SEC),
        _ => Err(io::Error::other("no times in /proc")),
    }
}

/// Free now; somebody else could take it before the gateway does, which then says so.
pub(super) fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_processors_is_read() {
        assert_eq!(allowed("Name:\tx\nCpus_allowed_list:\t0-2,5,7-8\nMems:\t0\n"), [0, 1, 2, 5, 7, 8]);
        assert_eq!(allowed("Cpus_allowed_list:\t3\n"), [3]);
        assert!(allowed("nothing").is_empty());
    }

    #[test]
    fn a_process_has_used_some_time() {
        assert!(own_cpu_secs().unwrap() >= 0.0);
    }
}
