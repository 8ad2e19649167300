//! Requests that must not be done twice: who claims a key first does the work, everybody else gets its answer.
//!
//! The claim is one insert, so of two that come at once exactly one wins, on one node or on several. Until there is an
//! answer, its column names the call that is being placed, so that whoever comes after a crash can look for that.

use uuid::Uuid;

use crate::ports::store::{KeyUse, StoreError};
use crate::store::db::{Arg, fetch};
use crate::store::entry::storable;
use crate::store::fault::limited;
use crate::store::{OPERATION_MAX, Store};
use crate::types::{CallId, Wall};

/// Longest memory of a key: 24 hours, in microseconds.
const AGE_MAX_MICROS: i64 = 24 * 3600 * 1_000_000;

/// A key may be given back between the claim that fails and the look at it; then it is claimed again.
const CLAIM_TRIES: u32 = 3;

/// What stands before the call in place of an answer. Answers are JSON, so none begins like this.
const PLACING: &str = "call:";

const FORGET: &str = "delete from idempotency_keys where at < $1";
const CLAIM: &str = "
    insert into idempotency_keys (scope, key, request_hash, answer, at) values ($1, $2, $3, $4, $5)
    on conflict (scope, key) do nothing";
const LOOK: &str = "select request_hash, answer, at from idempotency_keys where scope = $1 and key = $2";
/// An answer that was given stays.
const SETTLE: &str = "
    update idempotency_keys set answer = $3
    where scope = $1 and key = $2 and (answer = '' or answer like 'call:%')";
const GIVE_BACK: &str = "
    delete from idempotency_keys where scope = $1 and key = $2 and (answer = '' or answer like 'call:%')";
const FREE: &str = "delete from idempotency_keys where scope = $1 and key = $2 and answer = $3 and at = $4";

impl Store {
    /// `None`: the key is ours now.
    pub(crate) async fn claim(
        &self,
        scope: &str,
        key: &str,
        request_hash: &str,
        call: CallId,
        at: Wall,
    ) -> Result<Option<KeyUse>, StoreError> {
        let (scope, key, hash) = (storable(scope), storable(key), storable(request_hash));
        let placing = placing(Some(call));
        let args = [Arg::Text(&scope), Arg::Text(&key), Arg::Text(&hash), Arg::Text(&placing), Arg::Int(at.0)];
        let claimed = limited(OPERATION_MAX, async {
            self.db.execute(FORGET, &[Arg::Int(at.0.saturating_sub(AGE_MAX_MICROS))]).await?;
            for _ in 0..CLAIM_TRIES {
                if self.db.execute(CLAIM, &args).await? > 0 {
                    return Ok(Some(None));
                }
                let found =
                    fetch!(&self.db, fetch_optional, (String, String, i64), LOOK, scope.as_ref(), key.as_ref())?;
                if found.is_some() {
                    return Ok(Some(found.map(key_use)));
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

    /// Gives a key back that was never answered, unless somebody else was faster.
    pub(crate) async fn free(&self, scope: &str, key: &str, unanswered: &KeyUse) -> Result<bool, StoreError> {
        if !unanswered.answer.is_empty() {
            return Ok(false);
        }
        let (scope, key, placing) = (storable(scope), storable(key), placing(unanswered.call));
        let args = [Arg::Text(&scope), Arg::Text(&key), Arg::Text(&placing), Arg::Int(unanswered.at.0)];
        Ok(limited(OPERATION_MAX, self.db.execute(FREE, &args)).await? > 0)
    }
}

fn placing(call: Option<CallId>) -> String {
    call.map_or_else(String::new, |call| format!("{PLACING}{}", call.0))
}

fn key_use((request_hash, answer, at): (String, String, i64)) -> KeyUse {
    let call = answer.strip_prefix(PLACING).and_then(|id| id.parse::<Uuid>().ok()).map(CallId);
    let answer = if call.is_some() { String::new() } else { answer };
    KeyUse { request_hash, call, answer, at: Wall(at) }
}
