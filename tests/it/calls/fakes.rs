//! The ports that a test asks about: history, transfers, carrier, directory.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use switchboard::dialling::DialsOfDay;
use switchboard::ports::carrier::{Carrier, CarrierError, DialOrder, FoundLeg, Script};
use switchboard::ports::store::{
    AttemptRow, CallDetail, CallRow, CallbackChange, CallbackRow, EscalationRow, History, KeyUse, OrgLookup,
    OwnerUnknown, StoreError, Transfers,
};
use switchboard::session::document::Document;
use switchboard::session::effect::RecordId;
use switchboard::session::input::LegStatus;
use switchboard::session::policy::Past;
use switchboard::types::org::{
    EscalationSettings, Organization, OutboundSettings, SafetySettings, SilenceSteps, Target, TurnDetection, WeekHours,
};
use switchboard::types::{AttemptId, CallId, CallbackState, LegId, OrgId, Phase, PhoneNumber, RoomId, Wall};
use tokio::time::sleep;

use super::support::leg;

/// A history of calls that earlier processes left.
#[derive(Default)]
pub(crate) struct FakeHistory {
    pub(crate) unfinished: Mutex<Vec<CallRow>>,
    pub(crate) by_leg: Mutex<HashMap<LegId, CallRow>>,
    /// What is not here is a past in which nothing but the opening happened.
    pub(crate) pasts: Mutex<HashMap<CallId, Past>>,
    /// Calls that another process has.
    pub(crate) elsewhere: Mutex<Vec<CallId>>,
    /// Answers nothing, ever.
    pub(crate) hangs: AtomicBool,
    /// Says so many times that the database is away.
    pub(crate) away: AtomicUsize,
    /// Pasts that cannot be read.
    pub(crate) lost: Mutex<Vec<CallId>>,
    /// Each past takes so long to read.
    pub(crate) past_ms: AtomicU64,
}

impl FakeHistory {
    /// The number that every call's next record has.
    pub(crate) const NEXT: u32 = 42;

    fn check(&self) -> Result<(), StoreError> {
        let away = self.away.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if away.is_ok() { Err(StoreError::Unavailable) } else { Ok(()) }
    }
}

/// A past in which the call was opened and somebody said something.
pub(crate) fn plain_past() -> Past {
    Past {
        next_record: FakeHistory::NEXT,
        next_line: 1,
        phase: Phase::Intake,
        lines: Vec::new(),
        intake: None,
        escalations: 0,
        attempts: 0,
        callbacks: 0,
        voicemails: 0,
        leaving_message: false,
        urgent_callback: false,
        unserved: None,
        earlier: Vec::new(),
        open: None,
    }
}

#[async_trait]
impl History for FakeHistory {
    async fn calls(&self, _: Option<&OrgId>, _: u32, _: u32) -> Result<(Vec<CallRow>, u64), StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn call(&self, _: CallId) -> Result<CallDetail, StoreError> {
        Err(StoreError::NotFound)
    }

    async fn unfinished(&self) -> Result<Vec<CallRow>, StoreError> {
        self.check()?;
        Ok(self.unfinished.lock().unwrap().clone())
    }

    async fn is_elsewhere(&self, call: CallId) -> Result<bool, StoreError> {
        self.check()?;
        Ok(self.elsewhere.lock().unwrap().contains(&call))
    }

    async fn by_leg(&self, leg: &LegId) -> Result<Option<CallRow>, StoreError> {
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.check()?;
        Ok(self.by_leg.lock().unwrap().get(leg).cloned())
    }

    async fn next_record(&self, _: CallId) -> Result<RecordId, StoreError> {
        self.check()?;
        Ok(RecordId(Self::NEXT))
    }

    async fn past(&self, call: CallId, _: u32) -> Result<Past, StoreError> {
        sleep(Duration::from_millis(self.past_ms.load(Ordering::Relaxed))).await;
        self.check()?;
        if self.lost.lock().unwrap().contains(&call) {
            return Err(StoreError::NotFound);
        }
        Ok(self.pasts.lock().unwrap().get(&call).cloned().unwrap_or_else(plain_past))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Knows how often was dialled today, and when attempts were meant.
#[derive(Default)]
pub(crate) struct FakeTransfers {
    pub(crate) dials_today: AtomicU32,
}

#[async_trait]
impl Transfers for FakeTransfers {
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
        Ok(None)
    }

    async fn dials_since(&self, _: &OrgId, _: Wall) -> Result<DialsOfDay, StoreError> {
        let dials = self.dials_today.load(Ordering::Relaxed);
        Ok(DialsOfDay { transfers: dials, outbound: dials })
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

/// A carrier that knows what the test told it about legs; others are in progress.
#[derive(Default)]
pub(crate) struct FakeCarrier {
    pub(crate) unconfigured: AtomicBool,
    pub(crate) statuses: Mutex<HashMap<LegId, LegStatus>>,
    pub(crate) gone: Mutex<Vec<LegId>>,
    pub(crate) hung_up: Mutex<Vec<LegId>>,
    /// Every dial that was asked for.
    pub(crate) dialled: Mutex<Vec<DialOrder>>,
    /// What the next dials come to; without any, each is a leg of its own from `DIALLED` on.
    pub(crate) dials: Mutex<VecDeque<Result<LegId, CarrierError>>>,
    /// Each dial takes so long.
    pub(crate) dial_ms: AtomicU64,
    pub(crate) next_leg: AtomicU32,
    /// What a search finds.
    pub(crate) found: Mutex<Vec<FoundLeg>>,
    pub(crate) redirected: Mutex<Vec<(LegId, Document)>>,
    pub(crate) rooms_ended: Mutex<Vec<RoomId>>,
}

impl FakeCarrier {
    /// The first leg that a dial makes.
    pub(crate) const DIALLED: u32 = 9_000;

    pub(crate) fn numbers_dialled(&self) -> Vec<String> {
        self.dialled.lock().unwrap().iter().map(|order| order.to.number().e164().to_owned()).collect()
    }
}

#[async_trait]
impl Carrier for FakeCarrier {
    fn is_configured(&self) -> bool {
        !self.unconfigured.load(Ordering::Relaxed)
    }

    async fn hang_up(&self, leg: &LegId) -> Result<(), CarrierError> {
        self.hung_up.lock().unwrap().push(leg.clone());
        Ok(())
    }

    async fn status(&self, leg: &LegId) -> Result<LegStatus, CarrierError> {
        assert!(self.is_configured(), "asked without credentials");
        if self.gone.lock().unwrap().contains(leg) {
            return Err(CarrierError::Gone);
        }
        Ok(self.statuses.lock().unwrap().get(leg).copied().unwrap_or(LegStatus::InProgress))
    }

    async fn dial(&self, order: &DialOrder) -> Result<LegId, CarrierError> {
        self.dialled.lock().unwrap().push(order.clone());
        sleep(Duration::from_millis(self.dial_ms.load(Ordering::Relaxed))).await;
        let answer = self.dials.lock().unwrap().pop_front();
        answer.unwrap_or_else(|| Ok(leg(Self::DIALLED + self.next_leg.fetch_add(1, Ordering::Relaxed))))
    }

    async fn find(&self, _: &PhoneNumber, _: &PhoneNumber, _: Wall) -> Result<Vec<FoundLeg>, CarrierError> {
        Ok(self.found.lock().unwrap().clone())
    }

    async fn redirect(&self, leg: &LegId, script: &Script) -> Result<(), CarrierError> {
        self.redirected.lock().unwrap().push((leg.clone(), script.document.clone()));
        Ok(())
    }

    async fn end_room(&self, room: &RoomId) -> Result<(), CarrierError> {
        self.rooms_ended.lock().unwrap().push(*room);
        Ok(())
    }
}

/// One organization that owns every number.
pub(crate) struct FakeOrgs {
    pub(crate) delay_ms: AtomicU64,
    pub(crate) none: AtomicBool,
    /// Nobody can tell whose number it is.
    pub(crate) unknown: AtomicBool,
    pub(crate) org: Mutex<Organization>,
    pub(crate) ours: Mutex<Vec<PhoneNumber>>,
}

impl Default for FakeOrgs {
    fn default() -> Self {
        Self {
            delay_ms: AtomicU64::default(),
            none: AtomicBool::default(),
            unknown: AtomicBool::default(),
            org: Mutex::new(organization()),
            ours: Mutex::default(),
        }
    }
}

impl FakeOrgs {
    /// Somebody can be reached: name and number.
    pub(crate) fn add_target(&self, name: &str, number: &str) {
        self.org.lock().unwrap().escalation.targets.push(Target {
            id: name.parse().unwrap(),
            name: name.to_owned(),
            number: number.parse().unwrap(),
            ring: Duration::from_secs(20),
            hours: WeekHours::Always,
        });
    }

    pub(crate) fn current(&self) -> Arc<Organization> {
        Arc::new(self.org.lock().unwrap().clone())
    }

    async fn answer(&self) -> Option<Arc<Organization>> {
        sleep(Duration::from_millis(self.delay_ms.load(Ordering::Relaxed))).await;
        (!self.none.load(Ordering::Relaxed)).then(|| self.current())
    }
}

#[async_trait]
impl OrgLookup for FakeOrgs {
    async fn for_number(&self, _: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, OwnerUnknown> {
        if self.unknown.load(Ordering::Relaxed) {
            return Err(OwnerUnknown);
        }
        Ok(self.answer().await)
    }

    async fn by_id(&self, _: &OrgId) -> Option<Arc<Organization>> {
        self.answer().await
    }

    async fn is_ours(&self, number: &PhoneNumber) -> bool {
        self.ours.lock().unwrap().contains(number)
    }

    fn number_of(&self, _: &OrgId) -> Option<PhoneNumber> {
        self.ours.lock().unwrap().first().cloned()
    }
}

fn organization() -> Organization {
    Organization {
        id: "demo".parse().unwrap(),
        name: "Riverside Clinic".to_owned(),
        business_hours: String::new(),
        after_hours_policy: String::new(),
        services_offered: Vec::new(),
        escalation_phone: String::new(),
        greeting: String::new(),
        disclosure: String::new(),
        language: "en".to_owned(),
        voice: None,
        model: None,
        audio_format: None,
        turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        intake_fields: Vec::new(),
        silence: SilenceSteps {
            ask: Duration::from_secs(6),
            again: Duration::from_secs(8),
            end: Duration::from_secs(10),
        },
        call_secs_max: None,
        time_zone: "UTC".to_owned(),
        hours: WeekHours::Always,
        turns_away_when_closed: false,
        escalation: EscalationSettings::default(),
        safety: SafetySettings::default(),
        outbound: OutboundSettings::default(),
    }
}
