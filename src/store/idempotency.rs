//! Requests that must not be done twice: who claims a key first does the work, everybody else gets its answer.
//!
//! The claim is one insert, so of two that come at once exactly one wins, on one node or on several.

use crate::ports::store::StoreError;
use crate::store::db::{Arg, fetch};
use crate::store::entry::storable;
use crate::store::fault::limited;
use crate::store::{OPERATION_MAX, Store};
use crate::types::Wall;

/// Longest memory of a key: 24 hours, in microseconds.
const AGE_MAX_MICROS: i64 = 24 * 3600 * 1_000_000;

/// A key may be given back between the claim that fails and the look at it; then it is claimed again.
const CLAIM_TRIES: u32 = 3;

const FORGET: &str = "delete from idempotency_keys where at < $1";
const CLAIM: &str = "
    insert into idempotency_keys (scope, key, request_hash, answer, at) values ($1, $2, $3, '', $4)
    on conflict (scope, key) do nothing";
const LOOK: &str = "select request_hash, answer from idempotency_keys where scope = $1 and key = $2";
/// An answer that was given stays.
const SETTLE: &str = "update idempotency_keys set answer = $3 where scope = $1 and key = $2 and answer = ''";
const GIVE_BACK: &str = "delete from idempotency_keys where scope = $1 and key = $2 and answer = ''";

impl Store {
    /// `None`: the key is ours now. Else the hash of the request that has it and its answer.
    pub(crate) async fn claim(
        &self,
        scope: &str,
        key: &str,
        request_hash: &str,
        at: Wall,
    ) -> Result<Option<(String, String)>, StoreError> {
        let (scope, key, hash) = (storable(scope), storable(key), storable(request_hash));
        let args = [Arg::Text(&scope), Arg::Text(&key), Arg::Text(&hash), Arg::Int(at.0)];
        let claimed = limited(OPERATION_MAX, async {
            self.db.execute(FORGET, &[Arg::Int(at.0.saturating_sub(AGE_MAX_MICROS))]).await?;
            for _ in 0..CLAIM_TRIES {
                if self.db.execute(CLAIM, &args).await? > 0 {
                    return Ok(Some(None));
                }
                let found = fetch!(&self.db, fetch_optional, (String, String), LOOK, scope.as_ref(), key.as_ref())?;
                if found.is_some() {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        });
        claimed.await?.ok_or(StoreError::Unavailable)
    }

    /// Stores the answer of a claimed key, or gives the key back.
    pub(crate) async fn settle(&self, scope: &str, key: &str, answer: &str) -> Result<(), StoreError> {
        let (scope, key, answer) = (storable(scope), storable(key), storable(answer));
        let (scope, key) = (Arg::Text(&scope), Arg::Text(&key));
        if answer.is_empty() {
            limited(OPERATION_MAX, self.db.execute(GIVE_BACK, &[scope, key])).await?;
            return Ok(());
        }
        match limited(OPERATION_MAX, self.db.execute(SETTLE, &[scope, key, Arg::Text(&answer)])).await? {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }
}
