//! A gateway between the phone company and the model in a box, all on loopback ports of one process.
//!
//! Everything is real but the two ends: sockets, signatures, database. The demonstration and the end-to-end tests play
//! on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::app::tape::Tape;
use crate::app::watch::{Committed, watch};
use crate::app::{Gateway, GatewayOptions, StartError, SystemClock, server};
use crate::auth::FirstKey;
use crate::config::{Config, Sources};
use crate::net::Lookup;
use crate::session::policy::Policy;
use crate::sim::carrier::{CallPlan, CompanyKnobs};
use crate::sim::model::{FakeModel, ModelKnobs, ModelScript};
use crate::sim::server::carrier::{CallHandle, CarrierConfig, CarrierServer};
use crate::sim::server::model::ModelServer;
use crate::types::{AccountId, Secret};

/// The account of the phone company in a box.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// Its token: signs webhooks and opens the REST interface. No secret: it opens nothing but this process.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// The public name that the phone company signs; it leads to the gateway's loopback port.
pub const PUBLIC_BASE: &str = "https://gw.test";

/// What is played, and where it is kept.
pub struct StageOptions {
    /// Spool and salt; made if it is missing.
    pub data_dir: PathBuf,
    pub database_url: String,
    /// Settings beyond the stage's own, or instead of them.
    pub settings: Vec<(String, String)>,
    /// What every connection to the model plays.
    pub script: ModelScript,
    pub knobs: ModelKnobs,
    /// Faults of the legs that the gateway places, and of the company's REST interface.
    pub company: CompanyKnobs,
    pub policy: Policy,
    /// What the spool may hold, in bytes, if not what it usually may.
    pub spool_bytes_max: Option<u64>,
    /// What names mean, instead of the system's resolver; the ends are then called `localhost`.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Ids, faults and the model's timing come from it.
    pub seed: u64,
}

impl StageOptions {
    /// An SQLite database in `data_dir`; a model that is well.
    pub fn new(data_dir: impl Into<PathBuf>, script: ModelScript) -> Self {
        let data_dir = data_dir.into();
        let database_url = format!("sqlite://{}", data_dir.join("switchboard.db").display());
        Self {
            data_dir,
            database_url,
            settings: Vec::new(),
            script,
            knobs: ModelKnobs::default(),
            company: CompanyKnobs::default(),
            policy: Policy::default(),
            spool_bytes_max: None,
            lookup: None,
            seed: 1,
        }
    }

    #[must_use]
    pub fn with(mut self, setting: &str, value: impl Into<String>) -> Self {
        self.settings.push((setting.to_owned(), value.into()));
        self
    }
}

/// A running stage.
pub struct Stage {
    pub gateway: Gateway,
    pub carrier: CarrierServer,
    pub model: ModelServer,
    /// What calls have recorded and the database has.
    pub committed: Committed,
    pub clock: SystemClock,
    /// Runs on the caller's phone.
    pub tape: Tape,
}

impl Stage {
    /// Starts the phone company, the model and the gateway between them.
    ///
    /// # Errors
    /// As the gateway's; or no loopback port is free.
    pub async fn start(options: StageOptions) -> Result<Self, StartError> {
        let clock = SystemClock::start();
        let listener = listen().await?;
        let addr = listener.local_addr().context("the listening socket")?;
        let time = Arc::new(move || clock.mono());
        let carrier_config = CarrierConfig {
            gateway: addr,
            public_base: PUBLIC_BASE.to_owned(),
            account: account(),
            token: TOKEN.to_owned(),
            clock: time.clone(),
            epoch: clock.wall(),
            seed: options.seed,
        };
        let company = options.company.clone();
        let carrier = CarrierServer::start_with(carrier_config, |exchange| exchange.knobs = company).await?;
        let knobs = ModelKnobs { unix_secs: clock.wall().0 / 1_000_000, ..options.knobs.clone() };
        let (script, seed) = (options.script.clone(), options.seed);
        let factory = Arc::new(move |number| FakeModel::new(seed ^ number, script.clone(), knobs.clone()));
        let model = ModelServer::start(time, factory, None).await.context("the model's server")?;

        let config = config(&options, &carrier, &model)?;
        let (watcher, watched) = std::sync::mpsc::sync_channel(1);
        let wrap = Box::new(move |inner| {
            let (journal, committed) = watch(inner);
            let _ = watcher.send(committed);
            journal
        });
        let options = GatewayOptions {
            listener: Some(listener),
            metrics: None,
            wrap_journal: Some(wrap),
            policy: options.policy,
            lookup: options.lookup,
            spool_bytes_max: options.spool_bytes_max,
        };
        let gateway = Gateway::start(&config, options).await?;
        let committed = watched.try_recv().context("the journal's watch")?;
        Ok(Self { gateway, carrier, model, committed, clock, tape: Tape::default() })
    }

    /// Dials.
    pub fn place(&self, plan: CallPlan) -> CallHandle {
        self.carrier.place_call(plan)
    }

    /// A key for the gateway's API, if its database was fresh.
    pub fn admin_key(&self) -> Option<&Secret> {
        match self.gateway.first_key() {
            FirstKey::Made(key) | FirstKey::Configured(key) => Some(key),
            FirstKey::Kept => None,
        }
    }

    /// Ends everything: the gateway first, so that live calls can still be hung up. Returns how many were left.
    pub async fn stop(self, drain: Duration) -> usize {
        let Self { gateway, carrier, model, committed, clock: _, tape: _ } = self;
        let left = gateway.shutdown(drain).await;
        drop(committed);
        carrier.stop().await;
        model.stop().await;
        left
    }
}

async fn listen() -> anyhow::Result<TcpListener> {
    server::listen(([127, 0, 0, 1], 0).into()).await.context("no loopback port is free")
}

fn account() -> AccountId {
    ACCOUNT.parse().expect("two letters and 32 hex digits")
}

/// The stage's settings: nothing of the machine's environment or files counts.
fn config(options: &StageOptions, carrier: &CarrierServer, model: &ModelServer) -> anyhow::Result<Config> {
    // With names of its own, the ends have one to look up.
    let named = |url: String| if options.lookup.is_some() { url.replace("127.0.0.1", "localhost") } else { url };
    let own = [
        ("BIND", "127.0.0.1:0".to_owned()),
        ("PUBLIC_BASE_URL", PUBLIC_BASE.to_owned()),
        ("DATABASE_URL", options.database_url.clone()),
        ("DATA_DIR", options.data_dir.display().to_string()),
        ("OPENAI_API_KEY", "sk-built-in".to_owned()),
        ("OPENAI_REALTIME_URL", named(model.url())),
        ("OPENAI_BASE_URL", named(model.rest_base())),
        ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
        ("TWILIO_AUTH_TOKEN", TOKEN.to_owned()),
        ("TWILIO_API_BASE_URL", named(carrier.rest_base())),
    ];
    let mut environment: BTreeMap<String, String> =
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    environment.extend(options.settings.iter().cloned());
    Ok(Config::load(&Sources { environment, ..Sources::default() })?)
}
