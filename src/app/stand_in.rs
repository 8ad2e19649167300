//! Stands in for the store's transfers and the assistant's people until they are there.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::store::{AttemptRow, CallbackChange, CallbackRow, EscalationRow, StoreError, Transfers};
use crate::session::policy::{People, Reachable};
use crate::types::org::Organization;
use crate::types::{AttemptId, CallId, CallbackState, OpenHours, OrgId, Wall};

pub(super) fn people(org: &Organization, _: Wall) -> People {
    let targets = org.escalation.targets.iter().map(|target| Reachable {
        id: target.id.clone(),
        name: target.name.as_str().into(),
        ring: target.ring,
        hours: OpenHours::Always,
    });
    People {
        targets: targets.collect(),
        fallback: org.escalation.fallback,
        after_hours: org.escalation.after_hours,
        emergency_sentence: org.safety.emergency_sentence.as_str().into(),
        callback_due: Duration::from_secs(u64::from(org.escalation.callback_due_mins) * 60),
        ..People::nobody()
    }
}

pub(super) struct NoTransfers;

#[async_trait]
impl Transfers for NoTransfers {
    async fn escalations(
        &self,
        _: Option<&OrgId>,
        _: bool,
        _: u32,
        _: u32,
    ) -> Result<(Vec<EscalationRow>, u64), StoreError> {
        Err(StoreError::Unavailable)
    }
    async fn callbacks(
        &self,
        _: Option<&OrgId>,
        _: Option<CallbackState>,
        _: u32,
        _: u32,
    ) -> Result<(Vec<CallbackRow>, u64), StoreError> {
        Err(StoreError::Unavailable)
    }
    async fn change_callback(&self, _: CallId, _: u32, _: CallbackChange) -> Result<CallbackRow, StoreError> {
        Err(StoreError::Unavailable)
    }
    async fn attempt(&self, _: AttemptId) -> Result<Option<AttemptRow>, StoreError> {
        Err(StoreError::Unavailable)
    }
    async fn dials_since(&self, _: &OrgId, _: Wall) -> Result<u64, StoreError> {
        Err(StoreError::Unavailable)
    }
    async fn claim_key(&self, _: &str, _: &str, _: &str, _: Wall) -> Result<Option<(String, String)>, StoreError> {
        Err(StoreError::Unavailable)
    }
    async fn settle_key(&self, _: &str, _: &str, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Unavailable)
    }
}
