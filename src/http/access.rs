//! Who may use the API: bearer keys, and the key of the first start.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::auth::{ADMIN_KEY_NAME, FirstKey, NoRandomness, bearer, generate_key, hash_key};
use crate::http::peer::sender;
use crate::http::{AppState, Problem};
use crate::ports::store::{Keys, StoreError};
use crate::types::Secret;

/// The name of the key that a request came with, for the log.
#[derive(Clone, Debug)]
pub(super) struct KeyName(pub(super) String);

/// Lets a request pass if it has a key that is stored. Refuses before the body is read.
pub(super) async fn require_key(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let shown = Shown::of(&state, &request);
    match find_key(&state, shown).await {
        Ok(name) => {
            request.extensions_mut().insert(name);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// What a request shows for a key, and who sent it.
pub(super) struct Shown {
    /// `None`: nothing that has the shape of a key. Two `Authorization` headers are none.
    hash: Option<String>,
    sender: IpAddr,
}

impl Shown {
    pub(super) fn of(state: &AppState, request: &Request) -> Self {
        let mut values = request.headers().get_all(AUTHORIZATION).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let key = only.and_then(|value| value.to_str().ok()).and_then(bearer);
        Self { hash: key.map(hash_key), sender: sender(request, &state.api.proxies) }
    }
}

/// The name of the key that is shown.
pub(super) async fn find_key(state: &AppState, shown: Shown) -> Result<KeyName, Problem> {
    let Shown { hash: Some(hash), sender } = shown else {
        return Err(refused());
    };
    if let Some(wait_secs) = state.failures.wait_secs(sender, state.api.clock.now().monotonic_us) {
        metrics::counter!("switchboard_http_keys_held_off_total").increment(1);
        return Err(Problem::too_many_wrong_keys(wait_secs));
    }
    match state.api.keys.find(&hash).await {
        Ok(Some(name)) => Ok(KeyName(name)),
        Ok(None) => {
            state.failures.note(sender, state.api.clock.now().monotonic_us);
            Err(refused())
        }
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

/// Sees to it that there is a key at start: the configured one, which takes the place of every other of its name, or a
/// new one if none is stored. The caller shows `FirstKey::Made` to a person, once; only its hash is kept.
pub async fn ensure_admin_key(keys: &dyn Keys, configured: Option<&Secret>) -> Result<FirstKey, AdminKeyError> {
    if let Some(key) = configured {
        keys.replace(ADMIN_KEY_NAME, &hash_key(key.expose())).await?;
        return Ok(FirstKey::Configured(key.clone()));
    }
    if !keys.list().await?.is_empty() {
        return Ok(FirstKey::Kept);
    }
    let key = generate_key()?;
    // Another first start may have been quicker: then its key is the one.
    let is_first = keys.add_first(ADMIN_KEY_NAME, &hash_key(key.expose())).await?;
    Ok(if is_first { FirstKey::Made(key) } else { FirstKey::Kept })
}
