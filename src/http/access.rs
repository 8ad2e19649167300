//! Who may use the API: bearer keys, and the key of the first start.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::auth::{ADMIN_KEY_NAME, FirstKey, NoRandomness, bearer, hash_key};
use crate::http::{AppState, Problem};
use crate::ports::store::{Keys, StoreError};
use crate::types::Secret;

/// The name of the key that a request came with, for the log.
#[derive(Clone, Debug)]
pub(super) struct KeyName(pub(super) String);

/// Lets a request pass if it has a key that is stored. Refuses before the body is read.
pub(super) async fn require_key(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match find_key(state.api.keys.as_ref(), request.headers()).await {
        Ok(name) => {
            request.extensions_mut().insert(name);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The name of the key in the headers. Two `Authorization` headers are none.
pub(super) async fn find_key(keys: &dyn Keys, headers: &HeaderMap) -> Result<KeyName, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(refused());
    };
    let key = value.to_str().ok().and_then(bearer).ok_or_else(refused)?;
    match keys.find(&hash_key(key)).await {
        Ok(Some(name)) => Ok(KeyName(name)),
        Ok(None) => Err(refused()),
        Err(error) => Err(error.into()),
    }
}

fn refused() -> Problem {
    metrics::counter!("switchboard_http_unauthenticated_total").increment(1);
    Problem::unauthenticated()
}

/// The administrator's key cannot be made or stored.
#[derive(Debug, thiserror::Error)]
pub enum AdminKeyError {
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sees to it that there is a key at start: the configured one, or a new one if none is stored. The caller shows
/// `FirstKey::Made` to a person, once; only its hash is kept.
pub async fn ensure_admin_key(keys: &dyn Keys, configured: Option<&Secret>) -> Result<FirstKey, AdminKeyError> {
    let first = FirstKey::decide(keys.any().await?, configured)?;
    if let Some(hash) = first.hash() {
        keys.add(ADMIN_KEY_NAME, &hash).await?;
    }
    Ok(first)
}
