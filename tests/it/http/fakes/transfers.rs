//! Escalations, callback tasks and idempotency keys in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use switchboard::dialling::DialsOfDay;
use switchboard::ports::store::{
    AttemptRow, CallbackChange, CallbackRow, EscalationRow, KeyUse, StoreError, Transfers,
};
use switchboard::types::{
    AttemptId, AttemptState, CallId, CallbackState, Cause, EscalationState, OrgId, TransferMode, Urgency, Wall,
};
use uuid::Uuid;

use super::STARTED;

/// Who has it, by scope and key.
type Answers = BTreeMap<(String, String), KeyUse>;

#[derive(Default)]
pub(in crate::http) struct FakeTransfers {
    pub(in crate::http) escalations: Mutex<Vec<EscalationRow>>,
    pub(in crate::http) callbacks: Mutex<Vec<CallbackRow>>,
    pub(in crate::http) keys: Mutex<Answers>,
    /// Everything is away.
    pub(in crate::http) down: AtomicBool,
    /// Answers cannot be kept.
    pub(in crate::http) forgetful: AtomicBool,
}

/// The escalation of the call with this number, with one attempt.
pub(in crate::http) fn escalation(number: u128, org: &str, state: EscalationState) -> EscalationRow {
    EscalationRow {
        call: CallId(Uuid::from_u128(number)),
        org: org.parse().unwrap(),
        no: 1,
        state,
        cause: Cause::CallerAsked,
        urgency: Urgency::High,
        reason: "wants the doctor".into(),
        summary: "Maria Lopez, about her prescription.".into(),
        requested_at: STARTED,
        changed_at: Wall(STARTED.0 + 20_000_000),
        attempts: vec![AttemptRow {
            no: 1,
            escalation: 1,
            target: "doctor".parse().unwrap(),
            mode: TransferMode::Warm,
            state: AttemptState::NoAnswer,
            leg: Some(format!("CA{:032x}", 9).parse().unwrap()),
            why: None,
            code: None,
            intended_at: STARTED,
            changed_at: Wall(STARTED.0 + 20_000_000),
        }],
    }
}

/// The task that the call with this number left, due so many seconds after `STARTED`.
pub(in crate::http) fn callback(number: u128, org: &str, due_secs: i64) -> CallbackRow {
    CallbackRow {
        call: CallId(Uuid::from_u128(number)),
        org: org.parse().unwrap(),
        no: 1,
        state: CallbackState::Open,
        urgency: Urgency::Medium,
        reason: "nobody was reached".into(),
        caller: Some("+15550142".into()),
        created_at: STARTED,
        due: Wall(STARTED.0 + due_secs * 1_000_000),
        assignee: None,
        done_at: None,
    }
}

impl FakeTransfers {
    fn check(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::Relaxed) { Err(StoreError::Unavailable) } else { Ok(()) }
    }
}

fn page<T>(rows: Vec<T>, limit: u32, offset: u32) -> (Vec<T>, u64) {
    let total = rows.len() as u64;
    (rows.into_iter().skip(offset as usize).take(limit as usize).collect(), total)
}

#[async_trait]
impl Transfers for FakeTransfers {
    async fn escalations(
        &self,
        org: Option<&OrgId>,
        open: bool,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<EscalationRow>, u64), StoreError> {
        self.check()?;
        let mut rows = self.escalations.lock().unwrap().clone();
        rows.retain(|row| org.is_none_or(|org| row.org == *org) && !(open && row.state.is_final()));
        Ok(page(rows, limit, offset))
    }

    async fn callbacks(
        &self,
        org: Option<&OrgId>,
        state: Option<CallbackState>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<CallbackRow>, u64), StoreError> {
        self.check()?;
        let mut rows = self.callbacks.lock().unwrap().clone();
        rows.retain(|row| org.is_none_or(|org| row.org == *org) && state.is_none_or(|state| row.state == state));
        rows.sort_by_key(|row| row.due);
        Ok(page(rows, limit, offset))
    }

    async fn change_callback(&self, call: CallId, no: u32, change: CallbackChange) -> Result<CallbackRow, StoreError> {
        self.check()?;
        let mut rows = self.callbacks.lock().unwrap();
        let row = rows.iter_mut().find(|row| row.call == call && row.no == no).ok_or(StoreError::NotFound)?;
        if let Some(state) = change.state {
            row.state = state;
            row.done_at = (state == CallbackState::Done).then_some(change.at);
        }
        if let Some(assignee) = change.assignee {
            row.assignee = assignee;
        }
        Ok(row.clone())
    }

    async fn attempt(&self, _: AttemptId) -> Result<Option<AttemptRow>, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn dials_since(&self, _: &OrgId, _: Wall) -> Result<DialsOfDay, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn claim_key(
        &self,
        scope: &str,
        key: &str,
        request_hash: &str,
        call: CallId,
        at: Wall,
    ) -> Result<Option<KeyUse>, StoreError> {
        self.check()?;
        let mut keys = self.keys.lock().unwrap();
        let place = (scope.to_owned(), key.to_owned());
        let before = keys.get(&place).cloned();
        let new = || KeyUse { request_hash: request_hash.to_owned(), call: Some(call), answer: String::new(), at };
        keys.entry(place).or_insert_with(new);
        Ok(before)
    }

    async fn settle_key(&self, scope: &str, key: &str, answer: &str) -> Result<(), StoreError> {
        if self.forgetful.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable);
        }
        let place = (scope.to_owned(), key.to_owned());
        let mut keys = self.keys.lock().unwrap();
        if answer.is_empty() {
            keys.remove(&place);
        } else if let Some(kept) = keys.get_mut(&place) {
            kept.answer = answer.to_owned();
        }
        Ok(())
    }

    async fn free_key(&self, scope: &str, key: &str, unanswered: &KeyUse) -> Result<bool, StoreError> {
        let place = (scope.to_owned(), key.to_owned());
        let mut keys = self.keys.lock().unwrap();
        let is_same = keys.get(&place) == Some(unanswered);
        if is_same {
            keys.remove(&place);
        }
        Ok(is_same)
    }
}
