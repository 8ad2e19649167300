//! Every port of a call's task, as one fake.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use crate::calls::{Clock, Reading};
use crate::dialling::DialsOfDay;
use crate::ports::carrier::{Carrier, CarrierError, DialOrder, FoundLeg, Script};
use crate::ports::model::{ModelConnector, ModelLink, ModelSetup};
use crate::ports::store::{
    AttemptRow, CallDetail, CallRow, CallbackChange, CallbackRow, Entry, EscalationRow, History, Journal, JournalFull,
    KeyUse, OrgLookup, OwnerUnknown, ReceiptSender, StoreError, Transfers,
};
use crate::session::effect::RecordId;
use crate::session::input::{LegStatus, LostCause};
use crate::session::policy::Past;
use crate::types::org::Organization;
use crate::types::{AttemptId, CallId, CallbackState, LegId, OrgId, PhoneNumber, RoomId, Wall};

/// Every port at once: a model that never answers, a carrier that does everything after a second.
#[derive(Default)]
pub(super) struct FakePorts {
    pub(super) origin: Option<Instant>,
    pub(super) entries: Mutex<Vec<Entry>>,
    pub(super) hung_up: Mutex<Vec<LegId>>,
    pub(super) attempts_alive: Arc<AtomicUsize>,
}

impl Clock for FakePorts {
    fn now(&self) -> Reading {
        let passed = self.origin.map_or(0, |origin| origin.elapsed().as_micros() as u64);
        Reading { monotonic_us: passed, wall: Wall(passed as i64) }
    }
}

impl Journal for FakePorts {
    fn append(&self, entry: Entry, _: &ReceiptSender) -> Result<(), JournalFull> {
        self.entries.lock().unwrap().push(entry);
        Ok(())
    }

    fn has_room(&self) -> bool {
        true
    }

    fn is_healthy(&self) -> bool {
        true
    }
}

#[async_trait]
impl ModelConnector for FakePorts {
    async fn connect(&self, _: &ModelSetup) -> Result<ModelLink, LostCause> {
        struct Alive(Arc<AtomicUsize>);
        impl Drop for Alive {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.attempts_alive.fetch_add(1, Ordering::Relaxed);
        let _alive = Alive(Arc::clone(&self.attempts_alive));
        std::future::pending().await
    }
}

#[async_trait]
impl Carrier for FakePorts {
    fn is_configured(&self) -> bool {
        true
    }

    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError> {
        sleep(Duration::from_secs(1)).await;
        self.hung_up.lock().unwrap().push(leg.clone());
        Ok(())
    }

    async fn status(&self, _: &LegId) -> Result<LegStatus, CarrierError> {
        Ok(LegStatus::InProgress)
    }

    async fn dial(&self, _: &DialOrder) -> Result<LegId, CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn find(&self, _: &PhoneNumber, _: &PhoneNumber, _: Wall) -> Result<Vec<FoundLeg>, CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn redirect(&self, _: &LegId, _: &Script) -> Result<(), CarrierError> {
        Err(CarrierError::NotConfigured)
    }

    async fn end_room(&self, _: &RoomId) -> Result<(), CarrierError> {
        Err(CarrierError::NotConfigured)
    }
}

#[async_trait]
impl OrgLookup for FakePorts {
    async fn for_number(&self, _: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, OwnerUnknown> {
        Ok(None)
    }

    async fn by_id(&self, _: &OrgId) -> Option<Arc<Organization>> {
        None
    }

    async fn is_ours(&self, _: &PhoneNumber) -> bool {
        false
    }
}

#[async_trait]
impl History for FakePorts {
    async fn calls(&self, _: Option<&OrgId>, _: u32, _: u32) -> Result<(Vec<CallRow>, u64), StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn call(&self, _: CallId) -> Result<CallDetail, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn unfinished(&self) -> Result<Vec<CallRow>, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn by_leg(&self, _: &LegId) -> Result<Option<CallRow>, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn next_record(&self, _: CallId) -> Result<RecordId, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn past(&self, _: CallId, _: u32) -> Result<Past, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Err(StoreError::Unavailable)
    }
}

#[async_trait]
impl Transfers for FakePorts {
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

    async fn dials_since(&self, _: &OrgId, _: Wall) -> Result<DialsOfDay, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn claim_key(&self, _: &str, _: &str, _: &str, _: CallId, _: Wall) -> Result<Option<KeyUse>, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn settle_key(&self, _: &str, _: &str, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn free_key(&self, _: &str, _: &str, _: &KeyUse) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable)
    }
}
