//! The port `Transfers`: what bringing people in left behind, for staff, for late webhooks and for limits.
//!
//! Every read may be a moment behind the journal; a limit that counts dials sees what is committed.

use async_trait::async_trait;

use crate::dialling::DialsOfDay;
use crate::ports::store::{AttemptRow, CallbackChange, CallbackRow, EscalationRow, KeyUse, StoreError, Transfers};
use crate::store::db::fetch;
use crate::store::fault::limited;
use crate::store::history::small;
use crate::store::{OPERATION_MAX, Store};
use crate::types::{AttemptId, CallId, CallbackState, OrgId, Wall};

/// A dial that was not done rang nowhere and counts for nothing, and emergencies are not limited by the day. The attempts
/// are found by their time, and their organization by a subquery: a join would let SQLite begin with every call that the
/// organization ever had.
const DIALS: &str = "
    select (
        select count(*) from escalation_attempts a
        where a.intended_at >= $2 and a.state <> 'refused' and a.why is null
            and (select c.org_id from calls c where c.id = a.call_id) = $1
            and (
                select e.urgency from escalations e where e.call_id = a.call_id and e.no = a.escalation_no
            ) <> 'emergency'
    ), (
        select count(*) from calls
        where org_id = $1 and direction = 'outbound' and started_at >= $2 and coalesce(reason, '') <> 'dial_refused'
    )";

#[async_trait]
impl Transfers for Store {
    async fn escalations(
        &self,
        org: Option<&OrgId>,
        open: bool,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<EscalationRow>, u64), StoreError> {
        self.read_escalations(org, open, limit, offset).await
    }

    async fn callbacks(
        &self,
        org: Option<&OrgId>,
        state: Option<CallbackState>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<CallbackRow>, u64), StoreError> {
        self.read_callbacks(org, state, limit, offset).await
    }

    async fn change_callback(&self, call: CallId, no: u32, change: CallbackChange) -> Result<CallbackRow, StoreError> {
        self.update_callback(call, no, change).await
    }

    async fn attempt(&self, id: AttemptId) -> Result<Option<AttemptRow>, StoreError> {
        self.read_attempt(id).await
    }

    async fn dials_since(&self, org: &OrgId, since: Wall) -> Result<DialsOfDay, StoreError> {
        let count =
            limited(OPERATION_MAX, async { fetch!(&self.db, fetch_one, (i64, i64), DIALS, org.as_str(), since.0) });
        let (transfers, outbound) = count.await?;
        Ok(DialsOfDay { transfers: small(transfers), outbound: small(outbound) })
    }

    async fn claim_key(
        &self,
        scope: &str,
        key: &str,
        request_hash: &str,
        call: CallId,
        at: Wall,
    ) -> Result<Option<KeyUse>, StoreError> {
        self.claim(scope, key, request_hash, call, at).await
    }

    async fn settle_key(&self, scope: &str, key: &str, answer: &str) -> Result<(), StoreError> {
        self.settle(scope, key, answer).await
    }

    async fn free_key(&self, scope: &str, key: &str, unanswered: &KeyUse) -> Result<bool, StoreError> {
        self.free(scope, key, unanswered).await
    }
}
