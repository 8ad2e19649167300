//! Keys of requests that must not be done twice: who may do the work, and what the others are answered.
//!
//! The process that had a key may be gone before it answered. Then the call that it was placing decides: nothing is
//! dialled before the call's first record is on disk, so without its row nobody's phone can have rung.

use crate::http::problem::of_store;
use crate::http::views::Started;
use crate::http::{AppState, Problem};
use crate::ports::store::{KeyUse, StoreError};
use crate::types::{CallId, Wall};

/// A request that has its key for so long is not being worked on any more. The longest placing takes a request's whole
/// time, a quarter of this; microseconds.
const PLACING_MAX_US: i64 = 60 * 1_000_000;

/// Two may give the same abandoned key back at once; then it is another's.
const CLAIM_TRIES: u32 = 3;

/// Takes the key for `call`. `Some`: the answer that another request with it got.
pub(super) async fn claim(
    state: &AppState,
    (scope, key): (&str, &str),
    hash: &str,
    call: CallId,
    now: Wall,
) -> Result<Option<String>, Problem> {
    for _ in 0..CLAIM_TRIES {
        let Some(used) = state.api.transfers.claim_key(scope, key, hash, call, now).await? else {
            return Ok(None);
        };
        if used.request_hash != hash {
            return Err(Problem::idempotency_mismatch());
        }
        if !used.answer.is_empty() {
            return Ok(Some(used.answer));
        }
        if let Some(answer) = abandoned(state, (scope, key), &used, now).await? {
            return Ok(Some(answer));
        }
    }
    Err(Problem::idempotency_running())
}

/// A key without an answer: that of the call, if it was made after all, or the key is given back.
///
/// # Errors
/// Somebody may be at it, or nobody can tell: then the key stays taken, so that no phone rings twice.
async fn abandoned(
    state: &AppState,
    (scope, key): (&str, &str),
    used: &KeyUse,
    now: Wall,
) -> Result<Option<String>, Problem> {
    let is_old = now.0.saturating_sub(used.at.0) >= PLACING_MAX_US;
    let Some(call) = used.call.filter(|_| is_old) else {
        return Err(Problem::idempotency_running());
    };
    // What waits in the spool is not in the database yet. Asked before the database is.
    if !state.api.journal.is_healthy() {
        return Err(Problem::idempotency_running());
    }
    match state.api.history.call(call).await {
        Ok(_) => {
            let answer = serde_json::to_string(&Started::new(call)).map_err(|_| Problem::internal())?;
            if let Err(error) = state.api.transfers.settle_key(scope, key, &answer).await {
                tracing::warn!(%error, "the answer of an idempotency key could not be kept");
            }
            Ok(Some(answer))
        }
        Err(StoreError::NotFound) => {
            if state.api.transfers.free_key(scope, key, used).await? {
                tracing::info!(%call, "an idempotency key is free again: its call was never made");
            }
            Ok(None)
        }
        Err(error) => Err(of_store("The call")(error)),
    }
}
