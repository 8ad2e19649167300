//! The REST API, health and metrics: what staff, their tools and load balancers ask of the gateway.
//!
//! Handlers translate between HTTP and the ports; they know neither the database nor the calls' insides.

mod access;
mod body;
mod calls;
mod control;
mod failures;
mod fields;
mod health;
mod idempotency;
mod layers;
mod orgs;
mod outbound;
mod peer;
mod problem;
mod query;
mod realtime;
mod sessions;
mod time;
mod transfer_views;
mod transfers;
mod unread;
mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tokio::sync::Mutex;
use tower_http::catch_panic::CatchPanicLayer;

pub use access::{AdminKeyError, ensure_admin_key};
pub use problem::{FieldError, Problem};
pub use time::rfc3339;

use crate::calls::Clock;
use crate::config::{CorsOrigins, Proxies};
use crate::http::failures::Failures;
use crate::ports::door::Door;
use crate::ports::mint::Mint;
use crate::ports::sessions::Sessions;
use crate::ports::store::{Directory, History, Journal, Keys, OrgLookup, OrgRow, Transfers};
use crate::telemetry::{Metrics, Troubles};
use crate::types::org::Target;

/// Longest request.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(15);

/// Longest request body in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Checks an organization that is about to be stored, and writes its phone numbers in E.164; `FieldError::pointer` points
/// into the API's JSON (`/config/greeting`).
pub type CheckOrg = fn(&mut OrgRow) -> Result<CheckedOrg, Vec<FieldError>>;

/// What an organization's settings come to.
pub struct CheckedOrg {
    /// What is allowed, and hardly meant.
    pub warnings: Vec<FieldError>,
    /// Who is rung, in this order.
    pub targets: Vec<Target>,
}

/// What the API stands on.
#[derive(Clone)]
pub struct ApiState {
    /// What time it is: for due tasks, the age of a consent, and new calls.
    pub clock: Arc<dyn Clock>,
    pub history: Arc<dyn History>,
    pub transfers: Arc<dyn Transfers>,
    pub directory: Arc<dyn Directory>,
    /// Organizations as calls use them.
    pub orgs: Arc<dyn OrgLookup>,
    pub keys: Arc<dyn Keys>,
    pub door: Arc<dyn Door>,
    /// Calls in browsers.
    pub sessions: Arc<dyn Sessions>,
    /// Secrets for browsers.
    pub mint: Arc<dyn Mint>,
    /// Longest session in a browser, for organizations that do not choose; the same as for calls by phone.
    pub call_max: Duration,
    pub journal: Arc<dyn Journal>,
    pub check_org: CheckOrg,
    pub metrics: Metrics,
    /// What is wrong with the installation, for health.
    pub troubles: Troubles,
    pub cors: CorsOrigins,
    /// Whose word counts about where a request comes from.
    pub proxies: Proxies,
    /// From a request's head to its answer, its body included; usually `REQUEST_LIMIT`.
    pub request_limit: Duration,
}

/// The state as handlers see it.
struct Shared {
    api: ApiState,
    /// A partial update reads and writes a whole row; two at once would undo each other.
    org_writes: Mutex<()>,
    failures: Failures,
}

type AppState = Arc<Shared>;

/// All routes but the carrier's. To be served with `ConnectInfo<SocketAddr>`, which `/metrics` needs; without it every
/// peer counts as remote. The fallback answers 404, so a router that is merged with this one must not have its own.
pub fn router(api: ApiState) -> Router {
    let (cors, limit) = (layers::cors(&api.cors), api.request_limit);
    let state = Arc::new(Shared { api, org_writes: Mutex::new(()), failures: Failures::default() });
    let guarded = guarded_routes().layer(from_fn_with_state(state.clone(), access::require_key));
    let app = Router::new()
        .route("/livez", get(health::livez()))
        .route("/readyz", get(|State(state): State<AppState>| async move { health::readyz(&state) }))
        .route("/health", get(|State(state): State<AppState>| async move { health::health(&state) }))
        .nest("/api", guarded)
        .fallback(Problem::not_found("This path"))
        .method_not_allowed_fallback(Problem::method_not_allowed());
    let app = match cors {
        Some(cors) => app.layer(cors),
        None => app,
    };
    // Behind the pages' layer: on this machine counters need no key, so no origin's page may read them.
    app.route("/metrics", get(health::metrics).fallback(Problem::method_not_allowed()))
        .with_state(state)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(limit, layers::finish))
}

/// Everything under `/api`, also what is not there: without a key nobody learns which paths exist.
fn guarded_routes() -> Router<AppState> {
    // The seed answered the same routes under both names.
    let calls = Router::new()
        .route("/", get(calls::list))
        .route("/start", post(outbound::start))
        .route("/transcript", post(sessions::transcript))
        .route("/end", post(calls::end))
        .route("/{id}", get(calls::detail))
        .route("/{id}/escalate", post(control::escalate))
        .route("/{id}/take-over", post(control::take_over))
        .route("/{id}/return", post(control::give_back))
        .route("/{id}/say", post(control::say))
        .route("/{id}/hangup", post(control::hang_up));
    Router::new()
        .nest("/calls", calls.clone())
        .nest("/call", calls)
        .route("/realtime/session", post(realtime::session))
        .route("/escalations", get(transfers::escalations))
        .route("/callbacks", get(transfers::callbacks))
        .route("/callbacks/{call_id}/{no}", post(transfers::change_callback).patch(transfers::change_callback))
        .route("/org/config/{org_id}", get(orgs::show).post(orgs::update))
        .route_layer(from_fn(query::refuse_unknown))
        .fallback(Problem::not_found("This path"))
        .method_not_allowed_fallback(Problem::method_not_allowed())
}
