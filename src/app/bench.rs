//! `bench`: echo calls over real sockets, and what they cost the gateway.
//!
//! The gateway is a process of its own on one processor; the callers and the model that echoes them share another one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::SystemClock;
use crate::app::commands::CommandError;
use crate::app::gateway::{open_store, seed};
use crate::app::stage::{ACCOUNT, PUBLIC_BASE, TOKEN};
use crate::app::wiring::private_dir;
use crate::cli::{BenchArgs, Exit};
use crate::config::{Config, Sources};
use crate::ports::store::{Directory as _, OrgRow};
use crate::sim::model::{FakeModel, ModelKnobs, ModelScript};
use crate::sim::server::model::ModelServer;
use crate::types::org::AudioFormat;
use crate::types::{OrgId, PhoneNumber};

mod code;
mod phone;
mod process;
mod report;
mod transfer;

use phone::{Load, Seen};
use process::{Cores, GatewayProcess, own_cpu_secs};
use report::Measured;

/// Nobody's number.
const DIALLED: &str = "+15550100199";

/// Calls that begin in one second.
const CALLS_PER_SEC: u32 = 50;

/// From the last call's first sound to the measurement.
const SETTLE: Duration = Duration::from_secs(2);

/// The echo begins to speak as soon as it is configured, and a gateway that has no caller's stream yet cancels that, with
/// what was echoed so far. So it is configured only when the stream is there; a real model waits to be spoken to.
const MODEL_READY_AFTER: Duration = Duration::from_millis(300);

/// For all calls to begin.
const START_WAIT: Duration = Duration::from_secs(30);

/// The call before memory is measured, so that what is made once is not counted for each call.
const WARM_UP: Duration = Duration::from_secs(1);

/// Measures each format with each number of calls. Exit code 1 if a frame was lost.
pub(super) fn bench(args: &BenchArgs, out: &mut impl Write, talk: &mut impl Write) -> Result<Exit, CommandError> {
    let cores = match Cores::find() {
        Ok(cores) if cores.keep_load() => Some(cores),
        Ok(_) => None,
        Err(why) => {
            writeln!(talk, "gateway and load are not kept apart: {why}")?;
            None
        }
    };
    if cfg!(debug_assertions) {
        writeln!(talk, "this is not a release build; its numbers say little")?;
    }
    // One thread: it keeps to the processor that it was given.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Some(calls) = args.transfer {
        return transfer::bench(&runtime, calls, args.json, cores, out);
    }
    let mut exit = Exit::Ok;
    if !args.json {
        report::head(out)?;
    }
    for format in args.formats() {
        for calls in &args.calls {
            let measured = runtime.block_on(measure(format, *calls, args.seconds, cores))?;
            if args.json {
                writeln!(out, "{}", measured.as_json())?;
            } else {
                measured.line(out)?;
            }
            out.flush()?;
            if !measured.is_clean() {
                exit = Exit::Runtime;
            }
        }
    }
    if !args.json {
        report::notes(out)?;
    }
    Ok(exit)
}

async fn measure(format: AudioFormat, calls: u32, seconds: u32, cores: Option<Cores>) -> anyhow::Result<Measured> {
    let clock = SystemClock::start();
    let place = Place::new(clock)?;
    let time = Arc::new(move || clock.mono());
    let updated_delay = Some(MODEL_READY_AFTER);
    let knobs = ModelKnobs { unix_secs: clock.wall().0 / 1_000_000, updated_delay, ..ModelKnobs::default() };
    let factory = Arc::new(move |number| FakeModel::new(number, ModelScript::echo(), knobs.clone()));
    let model = ModelServer::start(time, factory, None).await.context("the model's server")?;
    let settings = settings(&place.0, &model, format);
    prepare(&settings, r#"{"greeting":"","disclosure":""}"#).await?;

    let client = reqwest::Client::builder().no_proxy().timeout(START_WAIT).build()?;
    let addr = process::free_port().context("no loopback port is free")?;
    let gateway = GatewayProcess::start(addr, &place.0, &settings, cores, &client).await?;
    let load = |enough: &CancellationToken| {
        Arc::new(Load {
            gateway: gateway.addr,
            client: client.clone(),
            clock,
            format,
            dialled: DIALLED.to_owned(),
            is_measuring: AtomicBool::new(false),
            talking: AtomicU32::new(0),
            enough: enough.clone(),
        })
    };
    let enough = CancellationToken::new();
    let first = phone::call(load(&enough), calls);
    let (first, ()) = tokio::join!(first, async {
        sleep(WARM_UP).await;
        enough.cancel();
    });
    first.with_context(|| format!("the first call; the gateway says:\n{}", gateway.says()))?;
    sleep(WARM_UP).await;

    let enough = CancellationToken::new();
    let measured = run(load(&enough), &gateway, calls, seconds).await;
    model.stop().await;
    measured
}

/// All calls of one measurement, to their end.
async fn run(load: Arc<Load>, gateway: &GatewayProcess, calls: u32, seconds: u32) -> anyhow::Result<Measured> {
    let idle_rss_kib = gateway.rss_kib()?;
    let mut callers = JoinSet::new();
    for number in 0..calls {
        callers.spawn(phone::call(load.clone(), number));
        sleep(Duration::from_secs(1) / CALLS_PER_SEC).await;
    }
    let began = load.clock.mono();
    while load.talking.load(Ordering::Relaxed) < calls {
        if let Some(ended) = callers.try_join_next() {
            ended?.with_context(|| format!("a call failed; the gateway says:\n{}", gateway.says()))?;
        }
        if load.clock.mono().since(began) > START_WAIT {
            bail!("only {} of {calls} calls are up", load.talking.load(Ordering::Relaxed));
        }
        sleep(Duration::from_millis(50)).await;
    }
    sleep(SETTLE).await;

    load.is_measuring.store(true, Ordering::Relaxed);
    let (from, gateway_cpu, load_cpu) = (load.clock.mono(), gateway.cpu_secs()?, own_cpu_secs()?);
    sleep(Duration::from_secs(seconds.into())).await;
    let secs = load.clock.mono().since(from).as_secs_f64();
    let (gateway_cpu, load_cpu) = (gateway.cpu_secs()? - gateway_cpu, own_cpu_secs()? - load_cpu);
    let rss_kib = gateway.rss_kib()?;
    load.is_measuring.store(false, Ordering::Relaxed);
    load.enough.cancel();

    let mut measured = Measured {
        format: load.format,
        calls,
        secs,
        tally: code::Tally::default(),
        failures: Vec::new(),
        latencies_us: Vec::new(),
        late_us: Vec::new(),
        gateway_cpu_secs: gateway_cpu,
        load_cpu_secs: load_cpu,
        idle_rss_kib,
        rss_kib,
    };
    while let Some(ended) = callers.join_next().await {
        match ended? {
            Ok(Seen { tally, latencies_us, late_us, violations }) => {
                measured.tally.add(&tally);
                measured.latencies_us.extend(latencies_us);
                measured.late_us.extend(late_us);
                measured.failures.extend(violations);
            }
            Err(error) => measured.failures.push(format!("a call ended too early: {error:#}")),
        }
    }
    measured.latencies_us.sort_unstable();
    measured.late_us.sort_unstable();
    measured.failures.truncate(FAILURES_SHOWN_MAX);
    Ok(measured)
}

/// Everything that the gateway is told; nothing of this machine's settings counts.
fn settings(dir: &Path, model: &ModelServer, format: AudioFormat) -> Vec<(String, String)> {
    let settings = [
        ("PUBLIC_BASE_URL", PUBLIC_BASE.to_owned()),
        ("DATABASE_URL", format!("sqlite://{}", dir.join("switchboard.db").display())),
        ("DATA_DIR", dir.join("data").display().to_string()),
        ("OPENAI_API_KEY", "sk-echo".to_owned()),
        ("OPENAI_REALTIME_URL", model.url()),
        ("REALTIME_AUDIO_FORMAT", format.as_str().to_owned()),
        ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
        ("TWILIO_AUTH_TOKEN", TOKEN.to_owned()),
        // Nobody is there, and nobody is asked: the callers hang up.
        ("TWILIO_API_BASE_URL", "http://127.0.0.1:9".to_owned()),
        ("CALLS_PER_CALLER_MAX", "0".to_owned()),
        ("CALLS_PER_ORG_MAX", "0".to_owned()),
        ("CALLS_MAX", "0".to_owned()),
        ("CALL_SECS_MAX", "3500".to_owned()),
        ("LOG_LEVEL", "warn".to_owned()),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A database with one organization, which says nothing by itself: every sound of its calls is the caller's own.
async fn prepare(settings: &[(String, String)], org: &str) -> anyhow::Result<()> {
    let config = Config::load(&Sources { environment: settings.iter().cloned().collect(), ..Sources::default() })?;
    let store = open_store(&config).await?;
    seed(&store, &config).await?;
    let (id, name) = ("echo".to_owned(), "Echo".to_owned());
    let row = OrgRow { id, name, config: org.to_owned(), ..OrgRow::default() };
    store.create_org(&row).await?;
    store.assign_number(&DIALLED.parse::<PhoneNumber>()?, &"echo".parse::<OrgId>()?).await?;
    store.close().await;
    Ok(())
}

/// A folder of its own below the machine's temporary one; removed in the end.
struct Place(PathBuf);

impl Place {
    fn new(clock: SystemClock) -> anyhow::Result<Self> {
        let name = format!("switchboard-bench-{}-{}", clock.wall().0, std::process::id());
        let dir = std::env::temp_dir().join(name);
        private_dir(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed is left for the machine to clean up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The first of them say it all.
const FAILURES_SHOWN_MAX: usize = 5;
