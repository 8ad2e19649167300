//! `POST /api/realtime/session`: a secret with which a browser talks with the organization's assistant by itself.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Value;

use crate::calls::new_call_id;
use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::outbound::org_of;
use crate::http::problem::of_store;
use crate::http::{AppState, Problem};

/// The seed's answer, and the model that the secret is for.
#[derive(Serialize)]
pub(super) struct SessionView {
    session_id: String,
    client_secret: String,
    /// Seconds since 1970, as the provider says it.
    expires_at: i64,
    /// The `session` of a `session.update`.
    session_config: Value,
    model: String,
}

/// `POST /api/realtime/session {org_id}`.
pub(super) async fn session(
    State(state): State<AppState>,
    Extension(KeyName(key)): Extension<KeyName>,
    JsonObject(body): JsonObject,
) -> Result<Json<SessionView>, Problem> {
    let id = org_of(&body)?;
    state.api.directory.org(&id).await.map_err(of_store("The organization"))?;
    let org = state.api.orgs.by_id(&id).await.ok_or_else(Problem::storage_unavailable)?;
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| Problem::internal())?;
    let session = new_call_id(state.api.clock.now().wall, &random);
    let minted = state.api.mint.mint(&org, session).await?;
    tracing::info!(org = %id, key, "a browser gets a secret for the model");
    Ok(Json(SessionView {
        session_id: minted.session.unwrap_or_else(|| session.to_string()),
        client_secret: minted.secret.expose().to_owned(),
        expires_at: minted.expires_at,
        session_config: serde_json::from_str(&minted.config).map_err(|_| Problem::internal())?,
        model: minted.model,
    }))
}
