//! Whether the process lives, whether it takes calls, and its counters. The open ones say nothing but a state.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::access::{Shown, find_key};
use crate::http::peer::is_local;
use crate::http::{AppState, Problem};
use crate::telemetry::Trouble;

/// The whole answer of an open health route.
#[derive(Clone, Serialize)]
pub(super) struct Health {
    status: &'static str,
    /// What is wrong with the installation: closed words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<&'static str>,
}

/// Whether new calls are taken.
#[derive(Clone, Copy)]
enum Readiness {
    Ready,
    /// They are, but something is wrong: the database is away and what they leave behind waits in the spool, or one of
    /// the troubles stands.
    Degraded,
    /// The gateway shuts down.
    Draining,
    /// The spool is full.
    Full,
    /// The database can be read only.
    ReadOnly,
}

impl Readiness {
    fn of(app: &AppState) -> Self {
        if app.api.door.is_draining() {
            Self::Draining
        } else if !app.api.journal.has_room() {
            Self::Full
        } else if app.api.troubles.stands(Trouble::DatabaseReadOnly) {
            Self::ReadOnly
        } else if !app.api.journal.is_healthy() || !app.api.troubles.standing().is_empty() {
            Self::Degraded
        } else {
            Self::Ready
        }
    }
}

/// The process answers.
pub(super) const fn livez() -> Json<Health> {
    Json(Health { status: "ok", causes: Vec::new() })
}

/// For load balancers: 503 while no new calls are taken.
pub(super) fn readyz(app: &AppState) -> (StatusCode, Json<Health>) {
    let (code, status) = match Readiness::of(app) {
        Readiness::Ready => (StatusCode::OK, "ready"),
        Readiness::Degraded => (StatusCode::OK, "degraded"),
        Readiness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        Readiness::Full => (StatusCode::SERVICE_UNAVAILABLE, "full"),
        Readiness::ReadOnly => (StatusCode::SERVICE_UNAVAILABLE, "read_only"),
    };
    (code, Json(Health { status, causes: causes(app) }))
}

/// The seed's health check: always 200, with the state in words.
pub(super) fn health(app: &AppState) -> Json<Health> {
    let status = match Readiness::of(app) {
        Readiness::Ready => "healthy",
        Readiness::Degraded => "degraded",
        Readiness::Draining => "draining",
        Readiness::Full => "full",
        Readiness::ReadOnly => "read_only",
    };
    Json(Health { status, causes: causes(app) })
}

fn causes(app: &AppState) -> Vec<&'static str> {
    app.api.troubles.standing().iter().map(|standing| standing.trouble.as_str()).collect()
}

/// Counters for Prometheus: for this machine, or with a key.
pub(super) async fn metrics(State(app): State<AppState>, request: Request) -> Result<Response, Problem> {
    if !is_local(&request) {
        let shown = Shown::of(&app, &request);
        drop(request);
        find_key(&app, shown).await?;
    }
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, app.api.metrics.render()).into_response())
}
