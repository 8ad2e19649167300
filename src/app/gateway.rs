//! A whole gateway: database, journal, model, carrier, calls and HTTP server, started and stopped in the right order.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::browser::BrowserMint;
use crate::app::key_watch::{key_probe, watch_key};
use crate::app::keyring::KeyRing;
use crate::app::lookout::look_out;
use crate::app::upkeep::{Signs, Upkeep, keep_lease};
use crate::app::wiring::{calls_settings, check_org, connector, home, net, private_dir, secret_mint, twilio_settings};
use crate::app::{OrgCache, SystemClock, descriptors, server};
use crate::assistant::demo_org;
use crate::auth::FirstKey;
use crate::calls::{CallsPorts, Clock, Switchboard};
use crate::config::{Config, Database};
use crate::http::{self, ApiState, REQUEST_LIMIT};
use crate::net::{Lookup, Place};
use crate::ports::carrier::Carrier;
use crate::ports::door::Door as _;
use crate::ports::store::{Directory, History, Journal, Keys, StoreError};
use crate::realtime::RealtimeConnector;
use crate::safety;
use crate::session::policy::Policy;
use crate::sim::server::model::ModelServer;
use crate::store::{DiskJournal, JournalSettings, OpenError, Store, StoreSettings};
use crate::telemetry::{Metrics, Troubles};
use crate::twilio::{self, TwilioRest, TwilioState};
use crate::types::OrgId;

/// Puts something between the calls and the journal: to watch records, or to break it.
pub type WrapJournal = Box<dyn FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal> + Send>;

/// What differs between `serve`, `demo`, `bench` and tests, beyond settings.
#[derive(Default)]
pub struct GatewayOptions {
    /// Already listening; instead of `BIND`. For those who must know the address before the gateway is there.
    pub listener: Option<TcpListener>,
    /// `None`: counters that are not installed, so `/metrics` stays empty.
    pub metrics: Option<Metrics>,
    pub wrap_journal: Option<WrapJournal>,
    /// What names mean, instead of the system's resolver.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Limits of a call; `CALL_SECS_MAX` and the organization's settings go over it.
    pub policy: Policy,
    /// What a spool may hold, in bytes, if not what it usually may.
    pub spool_bytes_max: Option<u64>,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

/// A running gateway. Call `shutdown`; one that is dropped takes its calls with it.
pub struct Gateway {
    server: server::Server,
    store: Store,
    board: Arc<Switchboard>,
    webhooks: TwilioState,
    journal: Arc<DiskJournal>,
    writer: JoinHandle<()>,
    connector: Arc<RealtimeConnector>,
    simulated: Option<ModelServer>,
    background: CancellationToken,
    first_key: FirstKey,
    default_org: Option<OrgId>,
    origin: String,
    carrier_configured: bool,
}

impl Gateway {
    /// Starts everything; when it returns, calls are taken.
    ///
    /// # Errors
    /// The database cannot be opened, the address is in use, or a directory cannot be made.
    pub async fn start(config: &Config, options: GatewayOptions) -> Result<Self, StartError> {
        // Another gateway of this process, or a test, may have installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = SystemClock::start();
        let troubles = Troubles::new(move || clock.now().monotonic_us);
        // Tens of milliseconds of work, on a thread where no call waits for it, and beside the opening of the database.
        let tables = tokio::task::spawn_blocking(safety::build_tables);
        private_dir(&config.storage.data_dir)?;
        let home = home(&config.storage.data_dir).context("the name of DATA_DIR")?;
        let store = open_store(config).await?.leased(home);
        let default_org = seed(&store, config).await.context("the organizations cannot be read")?;
        let first_key = http::ensure_admin_key(&store, config.server.admin_api_key.as_ref())
            .await
            .context("the administrator's key cannot be stored")?;

        let mut journal_settings = JournalSettings::new(&config.storage.data_dir);
        if let Some(bytes) = options.spool_bytes_max {
            journal_settings.spool_bytes_max = bytes;
        }
        let (journal, writer) = DiskJournal::open(store.clone(), journal_settings).context("the journal")?;
        let journal = Arc::new(journal);
        // The spool's lock is ours: whoever had this directory before is dead.
        let mut lease = store.lease_keeper().context("a lease")?;
        if let Err(fault) = lease.begin().await {
            tracing::warn!(%fault, "the database takes nothing; it is asked again");
        }
        #[expect(clippy::disallowed_methods, reason = "the composition root owns this task")]
        let writer = tokio::spawn(writer);
        let written: Arc<dyn Journal> = match options.wrap_journal {
            Some(wrap) => wrap(journal.clone()),
            None => journal.clone(),
        };

        let listener = match options.listener {
            Some(listener) => listener,
            None => server::listen(config.server.bind)
                .await
                .with_context(|| format!("cannot listen on {}", config.server.bind))?,
        };
        let addr = listener.local_addr().context("the listening socket")?;
        let origin = config.server.public_url(addr).origin();

        let net = net(config, options.lookup);
        let (connector, simulated) = connector(config, &net, clock).await?;
        let twilio = twilio_settings(config, &origin);
        let carrier = TwilioRest::new(net.clone(), &twilio).context("PUBLIC_BASE_URL")?;
        let carrier = Arc::new(carrier.watched(troubles.clone(), Box::new(move || clock.wall())));
        let carrier_configured = carrier.is_configured();

        let directory: Arc<dyn Directory> = Arc::new(store.clone());
        let orgs = Arc::new(OrgCache::new(directory.clone(), default_org.clone()));
        orgs.refresh().await.context("the organizations cannot be read")?;
        let keys = Arc::new(KeyRing::new(store.clone()));
        keys.refresh().await.context("the keys cannot be read")?;
        let ports = CallsPorts {
            clock: Arc::new(clock) as Arc<dyn Clock>,
            orgs: orgs.clone(),
            journal: written.clone(),
            history: Arc::new(store.clone()),
            transfers: Arc::new(store.clone()),
            carrier: carrier.clone(),
            connector: connector.clone(),
            troubles: troubles.clone(),
        };
        let settings = calls_settings(config, options.policy)?;
        let provider = secret_mint(config, &net, simulated.as_ref())?;
        let mint = BrowserMint { settings: settings.clone(), clock, provider };
        let board = Switchboard::new(settings, ports);

        let metrics = options.metrics.unwrap_or_else(Metrics::detached);
        let api = ApiState {
            clock: Arc::new(clock),
            history: Arc::new(store.clone()) as Arc<dyn History>,
            transfers: Arc::new(store.clone()),
            directory,
            orgs: orgs.clone(),
            keys: keys.clone() as Arc<dyn Keys>,
            door: board.clone(),
            sessions: Arc::new(store.clone()),
            mint: Arc::new(mint),
            call_max: config.limits.call_max,
            journal: written,
            check_org,
            metrics: metrics.clone(),
            troubles: troubles.clone(),
            cors: config.server.cors_origins.clone(),
            proxies: config.server.proxies.clone(),
            request_limit: REQUEST_LIMIT,
        };
        tables.await.context("the safety net's tables cannot be built")?;
        let webhooks = TwilioState::new(board.clone(), &twilio).context("PUBLIC_BASE_URL")?;
        let router = http::router(api).merge(twilio::router(webhooks.clone()));
        let connections = descriptors::for_strangers(descriptors::limit(), config.limits.calls);
        let proxies = config.server.proxies.clone();
        let server = server::Server::start(listener, router, connections, proxies, troubles.clone());
        let server = server.context("the HTTP server")?;

        let background = CancellationToken::new();
        let signs = Arc::<Signs>::default();
        let upkeep = Upkeep {
            orgs,
            keys,
            metrics,
            journal: Arc::downgrade(&journal),
            board: Arc::downgrade(&board),
            store: store.clone(),
            troubles: troubles.clone(),
            clock,
            signs: signs.clone(),
        };
        let lease = keep_lease(lease, Arc::downgrade(&board), troubles.clone(), signs);
        let places = Place::parse(config.telephony.api_base.as_str()).filter(|_| carrier_configured);
        let places = places.into_iter().chain([connector.place().clone()]).collect();
        #[expect(clippy::disallowed_methods, reason = "the composition root owns these tasks")]
        {
            tokio::spawn(background.clone().run_until_cancelled_owned(upkeep.run()));
            tokio::spawn(background.clone().run_until_cancelled_owned(lease));
            tokio::spawn(background.clone().run_until_cancelled_owned(look_out(
                carrier,
                net.clone(),
                places,
                troubles.clone(),
            )));
            if let Some(probe) = key_probe(config, net)? {
                tokio::spawn(background.clone().run_until_cancelled_owned(watch_key(probe, troubles)));
            }
        }
        Ok(Self {
            server,
            store,
            board,
            webhooks,
            journal,
            writer,
            connector,
            simulated,
            background,
            first_key,
            default_org,
            origin,
            carrier_configured,
        })
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// What the carrier calls, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub const fn store(&self) -> &Store {
        &self.store
    }

    pub const fn switchboard(&self) -> &Arc<Switchboard> {
        &self.board
    }

    pub const fn journal(&self) -> &Arc<DiskJournal> {
        &self.journal
    }

    /// Media sockets that have not said what they are for yet.
    pub fn waiting_sockets(&self) -> usize {
        self.webhooks.waiting_sockets()
    }

    /// The administrator's key, if this start made it: the only time that it can be shown.
    pub const fn first_key(&self) -> &FirstKey {
        &self.first_key
    }

    /// Who answers for numbers that nobody owns.
    pub const fn default_org(&self) -> Option<&OrgId> {
        self.default_org.as_ref()
    }

    /// Whether the built-in model answers.
    pub const fn is_simulated(&self) -> bool {
        self.simulated.is_some()
    }

    /// Whether the carrier can be asked to hang up.
    pub const fn has_carrier(&self) -> bool {
        self.carrier_configured
    }

    /// Waits until the model events of all calls so far are in `REALTIME_LOG_DIR`.
    pub async fn flush_model_log(&self) -> bool {
        let connector = self.connector.clone();
        tokio::task::spawn_blocking(move || connector.flush_log()).await.unwrap_or(false)
    }

    /// Takes no new calls, gives the live ones `drain` to end and then lets them say goodbye, keeps what they left
    /// behind, and closes everything. Returns how many calls were still live at the end.
    pub async fn shutdown(self, drain: Duration) -> usize {
        self.shutdown_unless(drain, pending()).await
    }

    /// The same, but does not wait for calls any longer once `hurry` is ready. What they recorded is kept all the same.
    pub async fn shutdown_unless(self, drain: Duration, hurry: impl Future<Output = ()>) -> usize {
        let left = tokio::select! {
            left = self.board.drain(drain) => left,
            () = hurry => self.board.live().len(),
        };
        self.background.cancel();
        self.server.stop(REQUESTS_WAIT).await;
        if let Err(error) = self.journal.flush(JOURNAL_WAIT).await {
            tracing::error!(%error, "not everything that calls recorded is on disk");
        }
        self.flush_model_log().await;
        if let Some(model) = &self.simulated
            && timeout(REQUESTS_WAIT, model.stop()).await.is_err()
        {
            tracing::debug!("the simulated model did not stop in time");
        }
        let Self { server, store, board, webhooks, journal, mut writer, .. } = self;
        // The journal's writer ends when nobody can append any more; calls that were cut off still could.
        drop((server, board, webhooks, journal));
        if left > 0 || timeout(JOURNAL_WAIT, &mut writer).await.is_err() {
            writer.abort();
        }
        // What is left open is the next process's, whichever that is.
        if let Some(mut lease) = store.lease_keeper()
            && let Err(fault) = lease.end().await
        {
            tracing::debug!(%fault, "the lease runs out by itself");
        }
        store.close().await;
        left
    }
}

/// The database's URL, which may hold a password.
fn database_url(config: &Config) -> &str {
    match &config.storage.database {
        Database::Sqlite(url) => url,
        Database::Postgres(url) => url.expose(),
    }
}

/// Opens the database with the newest schema; makes a missing file.
pub(super) async fn open_store(config: &Config) -> Result<Store, OpenError> {
    Store::open(database_url(config), store_settings(config)).await
}

/// The same for commands that look after what is there: a file that is missing is most likely somewhere else.
pub(super) async fn open_existing_store(config: &Config) -> Result<Store, OpenError> {
    Store::open_existing(database_url(config), store_settings(config)).await
}

fn store_settings(config: &Config) -> StoreSettings {
    StoreSettings { prices: config.model.prices.of(&config.model.model) }
}

/// A database without any organization gets the one of the demonstration, which answers for all numbers until
/// `DEFAULT_ORG` says otherwise.
pub(super) async fn seed(store: &Store, config: &Config) -> Result<Option<OrgId>, StoreError> {
    let demo = demo_org();
    if store.orgs().await?.is_empty() {
        store.create_org(&demo).await?;
    }
    if let Some(org) = &config.server.default_org {
        return match store.org(org).await {
            Ok(_) => Ok(Some(org.clone())),
            Err(StoreError::NotFound) => {
                tracing::warn!(%org, "DEFAULT_ORG names an organization that does not exist yet");
                Ok(Some(org.clone()))
            }
            Err(error) => Err(error),
        };
    }
    let Ok(id) = demo.id.parse::<OrgId>() else { return Ok(None) };
    match store.org(&id).await {
        Ok(_) => Ok(Some(id)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Requests under way at shutdown.
const REQUESTS_WAIT: Duration = Duration::from_secs(2);

/// Records on their way to the disk at shutdown.
const JOURNAL_WAIT: Duration = Duration::from_secs(5);
